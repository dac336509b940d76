// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

import {BlockProof, LogProof} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";

struct TestLog {
    address emitter;
    bytes32[] topics;
    bytes data;
}

/// @notice Blocks of one transaction, whose receipts trie is a single leaf, alone in their checkpoint.
library ReceiptBuilder {
    function encodeLog(TestLog memory log) internal pure returns (bytes memory) {
        bytes[] memory topics = new bytes[](log.topics.length);
        for (uint256 i; i < topics.length; ++i) {
            topics[i] = RLP.encode(abi.encodePacked(log.topics[i]));
        }
        bytes[] memory parts = new bytes[](3);
        parts[0] = RLP.encode(abi.encodePacked(log.emitter));
        parts[1] = RLP.encode(topics);
        parts[2] = RLP.encode(log.data);
        return RLP.encode(parts);
    }

    /// @notice Receipt of a transaction of type 2.
    function encodeReceipt(uint8 status, TestLog[] memory logs) internal pure returns (bytes memory) {
        bytes[] memory encodedLogs = new bytes[](logs.length);
        for (uint256 i; i < logs.length; ++i) {
            encodedLogs[i] = encodeLog(logs[i]);
        }
        bytes[] memory parts = new bytes[](4);
        parts[0] = RLP.encode(uint256(status));
        parts[1] = RLP.encode(uint256(60_000));
        parts[2] = RLP.encode(new bytes(256));
        parts[3] = RLP.encode(encodedLogs);
        return abi.encodePacked(uint8(2), RLP.encode(parts));
    }

    /// @dev The trie of one entry: its root is the leaf with the whole key, RLP(0) = 0x80.
    function leafNode(bytes memory value) internal pure returns (bytes memory) {
        bytes[] memory parts = new bytes[](2);
        parts[0] = RLP.encode(abi.encodePacked(uint8(0x20), uint8(0x80)));
        parts[1] = RLP.encode(value);
        return RLP.encode(parts);
    }

    /// @notice Proof of log `logIndex` of the block's only transaction, and the root of the one-block checkpoint.
    function prove(uint64 chainId, uint64 checkpoint, uint64 blockNumber, bytes memory receipt, uint32 logIndex)
        internal
        pure
        returns (LogProof memory p, bytes32 rootHash)
    {
        bytes[] memory nodes = new bytes[](1);
        nodes[0] = leafNode(receipt);
        p.b = BlockProof({
            chainId: chainId,
            checkpoint: checkpoint,
            number: blockNumber,
            timestamp: 1_700_000_000 + blockNumber,
            txRoot: keccak256(abi.encode("transactions", blockNumber)),
            receiptsRoot: keccak256(nodes[0]),
            blockHash: keccak256(abi.encode("block", blockNumber, receipt)),
            siblings: new bytes32[](0)
        });
        p.txIndex = 0;
        p.logIndex = logIndex;
        p.receiptNodes = nodes;
        rootHash = BlockTree.leafOf(p.b.number, p.b.timestamp, p.b.txRoot, p.b.receiptsRoot, p.b.blockHash);
    }
}
