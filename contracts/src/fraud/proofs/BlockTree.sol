// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockProof} from "../ProofTypes.sol";

/// @title The Merkle tree of the blocks under a checkpoint
/// @notice leaf = keccak256(0x00 ‖ number ‖ timestamp ‖ txRoot ‖ receiptsRoot ‖ blockHash), 161 bytes;
/// node = keccak256(0x01 ‖ left ‖ right); padding = zero words at leaf level up to the next power of two. Leaves and
/// nodes differ in their first byte, so that neither can stand for the other, and padding has no preimage.
library BlockTree {
    /// @notice The number of siblings is not the depth of the checkpoint's tree.
    error BadSiblings(uint256 want, uint256 got);
    /// @notice The block is outside the checkpoint's range, or its siblings do not lead to the checkpoint's root.
    error BlockNotInCheckpoint(uint64 number);

    function leafOf(BlockProof memory b) internal pure returns (bytes32) {
        return leafOf(b.number, b.timestamp, b.txRoot, b.receiptsRoot, b.blockHash);
    }

    function leafOf(uint64 number, uint64 timestamp, bytes32 txRoot, bytes32 receiptsRoot, bytes32 blockHash)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(uint8(0), uint256(number), uint256(timestamp), txRoot, receiptsRoot, blockHash)
        );
    }

    /// @notice ceil(log2(count)): siblings on every path of a tree with `count` (at least 1) leaves.
    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while (1 << depth < count) ++depth;
    }

    /// @notice Root that `leaf` at `index` leads to; `siblings` from the leaf's level upwards.
    function rootFrom(bytes32 leaf, uint256 index, bytes32[] memory siblings) internal pure returns (bytes32 node) {
        node = leaf;
        for (uint256 i; i < siblings.length; ++i) {
            node = (index >> i) & 1 == 0 ? _node(node, siblings[i]) : _node(siblings[i], node);
        }
    }

    /// @notice Reverts unless `b` is the leaf at `index` of the tree over blocks `start` to `end` with this root (P1).
    function requireLeaf(bytes32 root, uint64 start, uint64 end, uint256 index, BlockProof memory b) internal pure {
        if (index > end - start) revert BlockNotInCheckpoint(b.number);
        uint256 depth = depthOf(uint256(end - start) + 1);
        if (b.siblings.length != depth) revert BadSiblings(depth, b.siblings.length);
        if (rootFrom(leafOf(b), index, b.siblings) != root) revert BlockNotInCheckpoint(b.number);
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32 hash) {
        // Beyond the free memory pointer, without moving it: up to 12 levels are hashed for every proof.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            mstore(add(free, 1), left)
            mstore(add(free, 0x21), right)
            hash := keccak256(free, 0x41)
        }
    }
}
