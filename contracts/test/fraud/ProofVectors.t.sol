// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {BlockProof} from "../../src/fraud/ProofTypes.sol";
import {Header} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {Transaction} from "../../src/fraud/proofs/TxDecoder.sol";
import {MockCheckpointManager} from "./MockRoot.sol";
import {OrderedTrie} from "./OrderedTrie.sol";
import {ProofHarness} from "./ProofHarness.sol";

/// @notice The libraries against blocks, tries, receipts and votes made by other implementations.
contract ProofVectorsTest is Test {
    string private constant PATH = "../test/vectors/proofs.json";

    ProofHarness private harness = new ProofHarness();
    string private json;
    uint64 private chainId;

    function setUp() public {
        json = vm.readFile(PATH);
        chainId = uint64(vm.parseJsonUint(json, ".chainId"));
    }

    function test_treesOfOneToSevenLeavesVerify() public view {
        for (uint256 t; t < 7; ++t) {
            string memory tree = _at(".trees", t);
            bytes32 root = vm.parseJsonBytes32(json, string.concat(tree, ".root"));
            uint64 start = uint64(vm.parseJsonUint(json, string.concat(tree, ".start")));
            assertEq(harness.depth(t + 1), vm.parseJsonUint(json, string.concat(tree, ".depth")));
            for (uint64 i; i <= t; ++i) {
                string memory leaf = _at(string.concat(tree, ".leaves"), i);
                BlockProof memory b = _leaf(leaf);
                harness.requireLeaf(root, start, start + uint64(t), i, b);
                assertEq(harness.rootFrom(vm.parseJsonBytes32(json, string.concat(leaf, ".leaf")), i, b.siblings), root);
            }
        }
    }

    function test_headersAndSealsVerify() public view {
        bytes32 root = vm.parseJsonBytes32(json, ".blocksRoot");
        for (uint256 i; i < 4; ++i) {
            string memory path = _at(".blocks", i);
            BlockProof memory b = _block(path);
            harness.requireLeaf(root, 1, 4, i, b);
            bytes memory raw = vm.parseJsonBytes(json, string.concat(path, ".header"));
            Header memory header = harness.header(b, raw);
            assertEq(header.parentHash, vm.parseJsonBytes32(json, string.concat(path, ".parentHash")));
            assertEq(header.coinbase, vm.parseJsonAddress(json, string.concat(path, ".sealer")));
            assertEq(header.baseFeePerGas, 7 + b.number);
            assertEq(harness.sealer(raw, chainId), header.coinbase);
            assertTrue(harness.sealer(raw, chainId + 1) != header.coinbase);
        }
    }

    function test_transactionsVerifyAndNameTheirSenders() public view {
        for (uint256 i; i < 4; ++i) {
            string memory path = _at(".blocks", i);
            bytes32 root = vm.parseJsonBytes32(json, string.concat(path, ".transactionsRoot"));
            for (uint256 e; vm.keyExistsJson(json, _at(string.concat(path, ".entries"), e)); ++e) {
                string memory entry = _at(string.concat(path, ".entries"), e);
                uint32 index = uint32(vm.parseJsonUint(json, string.concat(entry, ".index")));
                bytes memory raw = vm.parseJsonBytes(json, string.concat(entry, ".transaction"));
                bytes[] memory nodes = vm.parseJsonBytesArray(json, string.concat(entry, ".txNodes"));
                assertEq(harness.trieValue(root, index, nodes), raw);

                Transaction memory transaction = harness.transaction(raw, chainId);
                assertEq(transaction.sender, vm.parseJsonAddress(json, string.concat(entry, ".sender")));
                assertEq(transaction.nonce, vm.parseJsonUint(json, string.concat(entry, ".nonce")));
                assertEq(transaction.txType, vm.parseJsonUint(json, string.concat(entry, ".type")));
                assertEq(transaction.creates, vm.parseJsonBool(json, string.concat(entry, ".creates")));
            }
        }
    }

    function test_receiptsVerifyAndShowTheirLogs() public view {
        for (uint256 i; i < 4; ++i) {
            string memory path = _at(".blocks", i);
            bytes32 root = vm.parseJsonBytes32(json, string.concat(path, ".receiptsRoot"));
            for (uint256 e; vm.keyExistsJson(json, _at(string.concat(path, ".entries"), e)); ++e) {
                string memory entry = _at(string.concat(path, ".entries"), e);
                uint32 index = uint32(vm.parseJsonUint(json, string.concat(entry, ".index")));
                bytes memory raw = vm.parseJsonBytes(json, string.concat(entry, ".receipt"));
                assertEq(
                    harness.trieValue(root, index, vm.parseJsonBytesArray(json, string.concat(entry, ".receiptNodes"))),
                    raw
                );
                (uint8 txType, uint8 status, uint64 gas, uint256 count) = harness.receipt(raw);
                assertEq(txType, vm.parseJsonUint(json, string.concat(entry, ".type")));
                assertEq(status, vm.parseJsonUint(json, string.concat(entry, ".status")));
                assertEq(gas, vm.parseJsonUint(json, string.concat(entry, ".cumulativeGasUsed")));
                for (uint32 l; l < count; ++l) {
                    string memory log = _at(string.concat(entry, ".logs"), l);
                    (address emitter, bytes32[] memory topics, bytes memory data) = harness.log(raw, l);
                    assertEq(emitter, vm.parseJsonAddress(json, string.concat(log, ".address")));
                    assertEq(data, vm.parseJsonBytes(json, string.concat(log, ".data")));
                    assertEq(
                        keccak256(abi.encode(topics)),
                        keccak256(abi.encode(vm.parseJsonBytes32Array(json, string.concat(log, ".topics"))))
                    );
                }
                assertFalse(vm.keyExistsJson(json, _at(string.concat(entry, ".logs"), count)));
            }
        }
    }

    function test_theTestTrieIsTheOtherImplementationsTrie() public view {
        string memory blocks = vm.readFile("../test/vectors/proof-blocks.json");
        for (uint256 i; i < 2; ++i) {
            bytes[] memory transactions = vm.parseJsonBytesArray(blocks, string.concat(_at("", i), ".transactions"));
            assertEq(
                OrderedTrie.root(transactions),
                vm.parseJsonBytes32(json, string.concat(_at(".blocks", i), ".transactionsRoot"))
            );
            for (uint32 t; t < transactions.length; ++t) {
                bytes[] memory nodes = OrderedTrie.prove(transactions, t);
                assertEq(harness.trieValue(keccak256(nodes[0]), t, nodes), transactions[t]);
            }
        }
    }

    function test_voteHasTheDigestThatEthersSigns() public {
        Checkpoint memory c;
        c.chainId = uint64(vm.parseJsonUint(json, ".checkpoint.message.chainId"));
        c.epoch = uint64(vm.parseJsonUint(json, ".checkpoint.message.epoch"));
        c.number = uint64(vm.parseJsonUint(json, ".checkpoint.message.number"));
        c.proposer = vm.parseJsonAddress(json, ".checkpoint.message.proposer");
        c.start = uint64(vm.parseJsonUint(json, ".checkpoint.message.start"));
        c.end = uint64(vm.parseJsonUint(json, ".checkpoint.message.end"));
        c.rootHash = vm.parseJsonBytes32(json, ".checkpoint.message.rootHash");
        c.lastBlockHash = vm.parseJsonBytes32(json, ".checkpoint.message.lastBlockHash");
        c.accountHash = vm.parseJsonBytes32(json, ".checkpoint.message.accountHash");
        c.prevCheckpoint = vm.parseJsonBytes32(json, ".checkpoint.message.prevCheckpoint");
        c.generation = uint64(vm.parseJsonUint(json, ".checkpoint.message.generation"));
        MockCheckpointManager manager = new MockCheckpointManager(
            vm.parseJsonUint(json, ".checkpoint.domain.chainId"),
            vm.parseJsonAddress(json, ".checkpoint.domain.verifyingContract")
        );
        bytes32 digest = manager.digestOf(c);
        assertEq(digest, vm.parseJsonBytes32(json, ".checkpoint.digest"));
        assertEq(
            harness.recoverCompact(digest, vm.parseJsonBytes(json, ".checkpoint.signature")),
            vm.parseJsonAddress(json, ".checkpoint.signer")
        );
    }

    function _leaf(string memory path) private view returns (BlockProof memory b) {
        b = _common(path);
        b.txRoot = vm.parseJsonBytes32(json, string.concat(path, ".txRoot"));
    }

    function _block(string memory path) private view returns (BlockProof memory b) {
        b = _common(path);
        b.txRoot = vm.parseJsonBytes32(json, string.concat(path, ".transactionsRoot"));
    }

    function _common(string memory path) private view returns (BlockProof memory b) {
        b.chainId = chainId;
        b.number = uint64(vm.parseJsonUint(json, string.concat(path, ".number")));
        b.timestamp = uint64(vm.parseJsonUint(json, string.concat(path, ".timestamp")));
        b.receiptsRoot = vm.parseJsonBytes32(json, string.concat(path, ".receiptsRoot"));
        b.blockHash = vm.parseJsonBytes32(json, string.concat(path, ".blockHash"));
        b.siblings = vm.parseJsonBytes32Array(json, string.concat(path, ".siblings"));
    }

    function _at(string memory path, uint256 index) private pure returns (string memory) {
        return string.concat(path, "[", vm.toString(index), "]");
    }
}
