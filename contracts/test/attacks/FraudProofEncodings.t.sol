// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {BlockProof} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {StrictRLP} from "../../src/fraud/proofs/StrictRLP.sol";
import {ChallengeBase} from "../fraud/ChallengeBase.sol";
import {ProofHarness} from "../fraud/ProofHarness.sol";

/// @notice Attacks on the block tree and on RLP.
contract FraudProofEncodingsTest is ChallengeBase {
    ProofHarness private harness = new ProofHarness();

    // AT-13: the block tree

    function test_AT13_innerNodesAndLeavesAreNotInterchangeable() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 4));
        BlockProof memory b = proofOf(span, 0);
        // The inner node over blocks 1 and 2 as if it were a leaf of a tree half as deep.
        b.siblings = new bytes32[](1);
        b.siblings[0] = proofOf(span, 0).siblings[1];
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BadSiblings.selector, 2, 1));
        manager.verifyBlock(b);
        // A leaf as if it were an inner node: the tree seems deeper.
        b.siblings = new bytes32[](3);
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BadSiblings.selector, 2, 3));
        manager.verifyBlock(b);
    }

    function test_AT13_paddingIsNoBlock() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 3));
        BlockProof memory b = proofOf(span, 2);
        b.number = 4;
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, 4));
        manager.verifyBlock(b);
    }

    function test_AT13_numberBelowTheStartDoesNotUnderflow() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 7, 3));
        BlockProof memory b = proofOf(span, 0);
        b.number = 6;
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, 6));
        manager.verifyBlock(b);
        b.number = 0;
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, 0));
        manager.verifyBlock(b);
    }

    function test_AT13_tooManySiblings() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 3));
        BlockProof memory b = proofOf(span, 0);
        b.siblings = new bytes32[](257);
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BadSiblings.selector, 2, 257));
        manager.verifyBlock(b);
    }

    function test_AT13_depthZero() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 1));
        BlockProof memory b = proofOf(span, 0);
        assertEq(b.siblings.length, 0);
        manager.verifyBlock(b);
        b.siblings = new bytes32[](1);
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BadSiblings.selector, 0, 1));
        manager.verifyBlock(b);
    }

    function testFuzz_AT13_everyLeafVerifiesAtItsIndexOnly(uint256 seed, uint8 size, uint8 place) public {
        uint256 count = bound(size, 1, 40);
        uint256 index = bound(place, 0, count - 1);
        bytes32[] memory leaves = new bytes32[](count);
        BlockProof memory b;
        for (uint256 i; i < count; ++i) {
            b.number = uint64(100 + i);
            b.blockHash = keccak256(abi.encode(seed, i));
            leaves[i] = BlockTree.leafOf(b);
        }
        bytes32 root = treeRoot(leaves);
        b.number = uint64(100 + index);
        b.blockHash = keccak256(abi.encode(seed, index));
        b.siblings = siblingsOf(leaves, index);
        harness.requireLeaf(root, 100, uint64(99 + count), index, b);
        for (uint256 other; other < count; ++other) {
            if (other == index) continue;
            vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, b.number));
            harness.requireLeaf(root, 100, uint64(99 + count), other, b);
        }
    }

    // AT-16: malleable RLP

    function test_AT16_transactionFieldsHaveOneEncoding() public {
        // Leading zero, wrapped byte, long form of a short string, recipients of 1, 19 and 21 bytes, bytes after the list.
        bytes[6] memory fields = [
            bytes(hex"820001"),
            hex"8105",
            abi.encodePacked(hex"b814", bytes20(0)),
            hex"00",
            abi.encodePacked(hex"93", bytes19(0)),
            abi.encodePacked(hex"95", bytes21(0))
        ];
        uint8[6] memory places = [1, 1, 4, 4, 4, 4];
        for (uint256 i; i < 6; ++i) {
            bytes[] memory plain = new bytes[](8);
            for (uint256 f; f < 7; ++f) {
                plain[f] = hex"80";
            }
            (plain[0], plain[7]) = (RLP.encode(uint256(CHAIN)), bytes(hex"c0"));
            plain[places[i]] = fields[i];
            bytes memory raw = signTyped(alice, 1, plain);
            vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
            harness.transaction(raw, CHAIN);
        }
        bytes memory long = bytes.concat(dynamicFeeTx(alice, 0), hex"00");
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
        harness.transaction(long, CHAIN);
    }

    function test_AT16_addressesAndTopicsHaveOneLength() public {
        bytes[3] memory emitters =
            [abi.encodePacked(hex"93", bytes19(0)), abi.encodePacked(hex"95", bytes21(0)), bytes(hex"01")];
        for (uint256 i; i < 3; ++i) {
            _expectBadLog(emitters[i], hex"c0");
        }
        bytes memory emitter = abi.encodePacked(hex"94", bytes20(0));
        _expectBadLog(emitter, abi.encodePacked(hex"e09f", bytes31(0)));
        _expectBadLog(emitter, abi.encodePacked(hex"e2a1", bytes32(0), hex"00"));
    }

    function test_AT16_gasOfZeroIsTheEmptyString() public {
        (,, uint64 gas,) = harness.receipt(encodeReceipt(0, 1, 0, new bytes[](0)));
        assertEq(gas, 0);
        bytes[] memory fields = new bytes[](4);
        (fields[0], fields[1], fields[2], fields[3]) =
        (bytes(hex"01"), bytes(hex"00"), RLP.encode(new bytes(256)), bytes(hex"c0"));
        bytes memory raw = RLP.encode(fields);
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
        harness.receipt(raw);
    }

    function _expectBadLog(bytes memory emitter, bytes memory topics) private {
        bytes[] memory log = new bytes[](3);
        (log[0], log[1], log[2]) = (emitter, topics, bytes(hex"80"));
        bytes[] memory logs = new bytes[](1);
        logs[0] = RLP.encode(log);
        bytes memory raw = encodeReceipt(2, 1, 21_000, logs);
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
        harness.log(raw, 0);
    }
}
