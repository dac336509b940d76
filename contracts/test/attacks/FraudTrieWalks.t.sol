// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {BlockProof, LogProof, TxProof} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {StrictTrie, TrieFault} from "../../src/fraud/proofs/StrictTrie.sol";
import {ChallengeBase} from "../fraud/ChallengeBase.sol";
import {OrderedTrie} from "../fraud/OrderedTrie.sol";
import {ProofHarness} from "../fraud/ProofHarness.sol";

/// @notice Attacks on trie proofs: one fact has one proof, and no other bytes pass for it.
contract FraudTrieWalksTest is ChallengeBase {
    ProofHarness private harness = new ProofHarness();

    // AT-01: double exit by re-encoding. Nothing of the key is the caller's, and no other bytes prove the same log.

    function test_AT01_noPrefixByteMakesASecondProof() public {
        LogProof memory p = logProofOf(_oneTransaction(), 0, 0, 0);
        bytes memory node = p.receiptNodes[0];
        manager.verifyReceipt(p);
        for (uint256 prefix; prefix < 256; ++prefix) {
            p.receiptNodes[0] = bytes.concat(bytes1(uint8(prefix)), node);
            _expectFault(TrieFault.Root);
            manager.verifyReceipt(p);
        }
    }

    function test_AT01_pathOfTheLeafIsNotSkipped() public {
        // A leaf for key 0x80 whose path has another flag nibble or padding has another hash, and even under a root of
        // its own it is refused.
        for (uint8 flag; flag < 16; ++flag) {
            for (uint8 padding; padding < 16; ++padding) {
                if (flag == 2 && padding == 0) continue;
                bytes memory leaf = _pair(abi.encodePacked(flag << 4 | padding, hex"80"), RLP.encode(new bytes(40)));
                bytes[] memory nodes = _list(leaf);
                vm.expectPartialRevert(StrictTrie.BadTrieProof.selector);
                harness.trieValue(keccak256(leaf), 0, nodes);
            }
        }
    }

    function test_AT01_keysAreDerivedFromTheIndexAlone() public {
        bytes[] memory values = new bytes[](20);
        for (uint256 i; i < 20; ++i) {
            values[i] = abi.encodePacked(keccak256(abi.encode(i)), keccak256("more"));
        }
        bytes32 root = OrderedTrie.root(values);
        for (uint32 i; i < 20; ++i) {
            bytes[] memory nodes = OrderedTrie.prove(values, i);
            assertEq(harness.trieValue(root, i, nodes), values[i]);
            for (uint32 claimed; claimed < 30; ++claimed) {
                if (claimed == i) continue;
                vm.expectPartialRevert(StrictTrie.BadTrieProof.selector);
                harness.trieValue(root, claimed, nodes);
            }
        }
    }

    function test_AT01_numberOfTheBlockCannotBePadded() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 4));
        BlockProof memory b = proofOf(span, 1);
        b.number += 4;
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, 6));
        manager.verifyBlock(b);
        b.number = 2 + 256;
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, 258));
        manager.verifyBlock(b);
    }

    // AT-04: ways a trie walk may end

    function test_AT04_superfluousNodes() public {
        bytes memory leaf = _pair(hex"2080", RLP.encode(new bytes(40)));
        bytes[] memory nodes = new bytes[](2);
        (nodes[0], nodes[1]) = (leaf, leaf);
        _expectFault(TrieFault.Superfluous);
        harness.trieValue(keccak256(leaf), 0, nodes);
    }

    function test_AT04_noNodes() public {
        _expectFault(TrieFault.Truncated);
        harness.trieValue(keccak256("root"), 0, new bytes[](0));
    }

    function test_AT04_emptyValue() public {
        bytes memory leaf = _pair(hex"2080", hex"80");
        bytes[] memory nodes = _list(leaf);
        _expectFault(TrieFault.Value);
        harness.trieValue(keccak256(leaf), 0, nodes);
    }

    function test_AT04_listAsValue() public {
        bytes memory leaf = _pair(hex"2080", hex"c0");
        bytes[] memory nodes = _list(leaf);
        _expectFault(TrieFault.Value);
        harness.trieValue(keccak256(leaf), 0, nodes);
    }

    function test_AT04_valueInTheSeventeenthSlot() public {
        bytes memory branch = _branch(0, hex"80", RLP.encode(new bytes(40)));
        bytes memory extension = _pair(hex"0080", RLP.encode(keccak256(branch)));
        bytes[] memory nodes = new bytes[](2);
        (nodes[0], nodes[1]) = (extension, branch);
        vm.expectRevert(StrictTrie.BranchValue.selector);
        harness.trieValue(keccak256(extension), 0, nodes);
    }

    function test_AT04_extensionWithoutNibbles() public {
        bytes memory leaf = _pair(hex"2080", RLP.encode(new bytes(40)));
        bytes memory extension = _pair(hex"00", RLP.encode(keccak256(leaf)));
        bytes[] memory nodes = new bytes[](2);
        (nodes[0], nodes[1]) = (extension, leaf);
        _expectFault(TrieFault.EmptyExtension);
        harness.trieValue(keccak256(extension), 0, nodes);
    }

    function test_AT04_leafPresentedAsExtension() public {
        bytes memory node = _pair(hex"0080", RLP.encode(new bytes(40)));
        bytes[] memory nodes = _list(node);
        _expectFault(TrieFault.Malformed);
        harness.trieValue(keccak256(node), 0, nodes);
        // A value of 32 bytes would be taken for a reference: nothing hashes to it.
        node = _pair(hex"0080", RLP.encode(keccak256("value")));
        nodes[0] = node;
        _expectFault(TrieFault.Truncated);
        harness.trieValue(keccak256(node), 0, nodes);
    }

    function test_AT04_extensionPresentedAsLeaf() public {
        bytes memory branch = _branch(0, RLP.encode(keccak256("child")), hex"80");
        bytes memory node = _pair(hex"38", RLP.encode(keccak256(branch)));
        bytes[] memory nodes = new bytes[](2);
        (nodes[0], nodes[1]) = (node, branch);
        _expectFault(TrieFault.Key);
        harness.trieValue(keccak256(node), 0, nodes);
    }

    function test_AT04_embeddedNodesOf31And32Bytes() public {
        // 31 bytes: prefix, path of one byte, value of 28 bytes with its prefix. It stands inside its parent.
        bytes memory leaf = _pair(hex"20", RLP.encode(new bytes(28)));
        assertEq(leaf.length, 31);
        bytes memory root = _above(leaf);
        assertEq(harness.trieValue(keccak256(root), 0, _list(root)), new bytes(28));
        // Listed by itself, it is one node too many.
        bytes[] memory nodes = new bytes[](2);
        (nodes[0], nodes[1]) = (root, leaf);
        _expectFault(TrieFault.Superfluous);
        harness.trieValue(keccak256(root), 0, nodes);
        // And it cannot be referred to by hash.
        root = _above(RLP.encode(keccak256(leaf)));
        nodes[0] = root;
        _expectFault(TrieFault.Malformed);
        harness.trieValue(keccak256(root), 0, nodes);

        // 32 bytes: the other way round.
        leaf = _pair(hex"20", RLP.encode(new bytes(29)));
        assertEq(leaf.length, 32);
        root = _above(RLP.encode(keccak256(leaf)));
        (nodes[0], nodes[1]) = (root, leaf);
        assertEq(harness.trieValue(keccak256(root), 0, nodes), new bytes(29));
        root = _above(leaf);
        nodes = _list(root);
        _expectFault(TrieFault.Malformed);
        harness.trieValue(keccak256(root), 0, nodes);
    }

    function test_AT04_keySharingAPrefix() public {
        // Keys 0x80 and 0x8180 share their first nibble.
        bytes memory leaf = _pair(hex"208180", RLP.encode(new bytes(40)));
        bytes[] memory nodes = _list(leaf);
        assertEq(harness.trieValue(keccak256(leaf), 128, nodes), new bytes(40));
        _expectFault(TrieFault.Key);
        harness.trieValue(keccak256(leaf), 0, nodes);
        leaf = _pair(hex"2081", RLP.encode(new bytes(40)));
        nodes = _list(leaf);
        _expectFault(TrieFault.Key);
        harness.trieValue(keccak256(leaf), 128, nodes);
    }

    function test_AT04_absentKey() public {
        bytes memory branch = _branch(8, hex"80", hex"80");
        bytes[] memory nodes = _list(branch);
        _expectFault(TrieFault.Absent);
        harness.trieValue(keccak256(branch), 0, nodes);
    }

    function test_AT04_blockOfOneTransactionHasALeafAsRoot() public {
        Span memory span = _oneTransaction();
        TxProof memory t = txProofOf(span, 0, 0);
        assertEq(t.txNodes.length, 1);
        assertEq(manager.verifyTransaction(t), span.blocks[0].txs[0]);
    }

    function test_AT04_indicesWhereKeysChangeTheirLength() public view {
        uint32[8] memory indices = [uint32(0), 1, 127, 128, 255, 256, 65_535, 65_536];
        bytes[8] memory keys =
            [bytes(hex"80"), hex"01", hex"7f", hex"8180", hex"81ff", hex"820100", hex"82ffff", hex"83010000"];
        for (uint256 i; i < 8; ++i) {
            assertEq(RLP.encode(uint256(indices[i])), keys[i]);
            bytes memory leaf = _pair(bytes.concat(hex"20", keys[i]), RLP.encode(new bytes(40)));
            assertEq(harness.trieValue(keccak256(leaf), indices[i], _list(leaf)), new bytes(40));
        }
    }

    function _expectFault(TrieFault fault) private {
        vm.expectRevert(abi.encodeWithSelector(StrictTrie.BadTrieProof.selector, fault));
    }

    function _oneTransaction() private returns (Span memory) {
        Sealed[] memory blocks = new Sealed[](1);
        bytes[] memory txs = new bytes[](1);
        txs[0] = dynamicFeeTx(alice, 0);
        blocks[0] = sealBlock(keccak256("genesis"), 1, GENESIS_TIME + 1, txs, producerKey);
        return submit(1, blocks);
    }

    function _list(bytes memory node) private pure returns (bytes[] memory nodes) {
        nodes = new bytes[](1);
        nodes[0] = node;
    }

    /// @param value RLP of the value or child
    function _pair(bytes memory path, bytes memory value) private pure returns (bytes memory) {
        bytes[] memory items = new bytes[](2);
        (items[0], items[1]) = (RLP.encode(path), value);
        return RLP.encode(items);
    }

    function _branch(uint256 nibble, bytes memory child, bytes memory value) private pure returns (bytes memory) {
        bytes[] memory items = new bytes[](17);
        for (uint256 i; i < 16; ++i) {
            items[i] = hex"80";
        }
        items[nibble] = child;
        items[16] = value;
        return RLP.encode(items);
    }

    /// @dev Root for key 0x80 of which `child` is the only node below: an extension by both nibbles.
    function _above(bytes memory child) private pure returns (bytes memory) {
        return _pair(hex"0080", child);
    }
}
