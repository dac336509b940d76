// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RlpItem, StrictRLP} from "./StrictRLP.sol";

/// @notice Why a trie proof was refused.
enum TrieFault {
    None,
    /// the first node does not hash to the root
    Root,
    /// a later node does not hash to its parent's reference
    Node,
    /// the nodes end before a value is reached
    Truncated,
    /// nodes are left over after the value
    Superfluous,
    /// a node is not a canonical list of 2 or 17 items, or a reference is neither a hash nor a node of under 32 bytes
    Malformed,
    /// a path is empty, has an unknown flag or a padding nibble that is not zero
    Path,
    /// an extension without nibbles
    EmptyExtension,
    /// the nodes lead to another key
    Key,
    /// the branch has no child there: the key is absent
    Absent,
    /// the leaf's value is empty or a list
    Value
}

/// @title Values of a transaction or receipt trie
/// @notice Walks a Merkle-Patricia proof from the root down to the leaf of RLP(index). The key is derived here, the
/// value is read here: neither can be supplied, so that one position has one value (proof rules P2 to P4). A node of
/// under 32 bytes stands inside its parent and is never listed by itself.
/// @dev Own walk instead of OpenZeppelin's TrieProof because that takes values in branches, tolerates padding nibbles,
/// takes embedded nodes in two ways, and reverts with errors of its own on malformed nodes.
library StrictTrie {
    using StrictRLP for RlpItem;

    error BadTrieProof(TrieFault code);
    /// @notice The walk ends at a branch. Keys of these tries are prefix-free, so that no value ever lies in one.
    error BranchValue();

    /// @notice Bytes at key RLP(index) of the trie with this root.
    /// @param nodes RLP of the nodes that are referred to by hash, from the root down to the one with the value
    function valueAt(bytes32 root, uint32 index, bytes[] memory nodes) internal pure returns (bytes memory) {
        (uint256 key, uint256 keyLength) = keyOf(index);
        uint256 position;
        bytes32 expected = root;
        for (uint256 i; i < nodes.length; ++i) {
            bytes memory encoded = nodes[i];
            if (keccak256(encoded) != expected) revert BadTrieProof(i == 0 ? TrieFault.Root : TrieFault.Node);
            // Only the root is referred to by hash when it is that short.
            if (i != 0 && encoded.length < 32) revert BadTrieProof(TrieFault.Malformed);
            (bool ok, RlpItem node) = StrictRLP.tryOpen(encoded);
            if (!ok) revert BadTrieProof(TrieFault.Malformed);

            // One turn for this node and one for each node embedded in it on the way.
            while (true) {
                RlpItem next;
                bool isValue;
                (next, position, isValue) = _step(node, key, keyLength, position);
                if (isValue) {
                    if (i != nodes.length - 1) revert BadTrieProof(TrieFault.Superfluous);
                    if (next.isList() || next.size() == 0) revert BadTrieProof(TrieFault.Value);
                    return next.bytesOf();
                }
                if (next.isList()) {
                    if (next.encodedSize() >= 32) revert BadTrieProof(TrieFault.Malformed);
                    node = next;
                    continue;
                }
                if (next.size() == 0) revert BadTrieProof(TrieFault.Absent);
                if (next.size() != 32) revert BadTrieProof(TrieFault.Malformed);
                expected = next.bytes32Of();
                break;
            }
        }
        revert BadTrieProof(TrieFault.Truncated);
    }

    /// @notice RLP(index) as the low `length` nibbles of `key`.
    function keyOf(uint32 index) internal pure returns (uint256 key, uint256 length) {
        if (index == 0) return (0x80, 2);
        if (index < 0x80) return (index, 2);
        uint256 bytes_ = 1;
        while (index >> (8 * bytes_) != 0) ++bytes_;
        return ((0x80 + bytes_) << (8 * bytes_) | index, 2 + 2 * bytes_);
    }

    /// @dev One node.
    /// @return next the child that the key leads to, or the leaf's value
    /// @return after_ number of nibbles consumed in all
    function _step(RlpItem node, uint256 key, uint256 keyLength, uint256 position)
        private
        pure
        returns (RlpItem next, uint256 after_, bool isValue)
    {
        if (position < keyLength) {
            (bool isBranch, RlpItem child) = node.tryHashAt(_nibble(key, keyLength, position), 17);
            if (isBranch) return (child, position + 1, false);
        }
        (bool ok, RlpItem[] memory items) = node.tryFields(17);
        if (!ok) revert BadTrieProof(TrieFault.Malformed);
        if (items.length == 17) {
            if (position == keyLength) revert BranchValue();
            return (items[_nibble(key, keyLength, position)], position + 1, false);
        }
        if (items.length != 2) revert BadTrieProof(TrieFault.Malformed);

        RlpItem path = items[0];
        if (path.isList()) revert BadTrieProof(TrieFault.Malformed);
        if (path.size() == 0) revert BadTrieProof(TrieFault.Path);
        // Hex prefix: 0 and 1 extension, 2 and 3 leaf; odd ones carry the first nibble beside the flag.
        uint256 pathStart = path.payload();
        uint256 flag = StrictRLP.wordAt(pathStart) >> 252;
        if (flag > 3) revert BadTrieProof(TrieFault.Path);
        if (flag & 1 == 0 && (StrictRLP.wordAt(pathStart) >> 248) & 0x0f != 0) revert BadTrieProof(TrieFault.Path);
        uint256 length = 2 * path.size() - (flag & 1 == 0 ? 2 : 1);
        isValue = flag >= 2;
        if (!isValue && length == 0) revert BadTrieProof(TrieFault.EmptyExtension);
        if (length > keyLength - position) revert BadTrieProof(TrieFault.Key);
        uint256 skip = flag & 1 == 0 ? 2 : 1;
        for (uint256 i; i < length; ++i) {
            uint256 nibbleAt = skip + i;
            uint256 found = (StrictRLP.wordAt(pathStart + nibbleAt / 2) >> (nibbleAt & 1 == 0 ? 252 : 248)) & 0x0f;
            if (found != _nibble(key, keyLength, position + i)) revert BadTrieProof(TrieFault.Key);
        }
        after_ = position + length;
        if (isValue && after_ != keyLength) revert BadTrieProof(TrieFault.Key);
        next = items[1];
    }

    function _nibble(uint256 key, uint256 keyLength, uint256 position) private pure returns (uint256) {
        return (key >> (4 * (keyLength - 1 - position))) & 0x0f;
    }
}
