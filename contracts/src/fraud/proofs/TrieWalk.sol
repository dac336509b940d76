// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RlpItem, StrictRLP} from "./StrictRLP.sol";

/// @title A whole trie, node by node
/// @notice Shows a Merkle-Patricia trie in pre-order: each node must hash to the reference on top of a stack, and puts its
/// own references there. Who has seen the stack empty has seen everything that the root commits to, each node once, in
/// whatever form whoever made the root gave it; an inclusion proof shows one value and tells nothing of the others.
/// @dev A node of under 32 bytes stands inside its parent. No such node refers to another by hash.
library TrieWalk {
    using StrictRLP for RlpItem;

    /// @notice Root of a trie without values.
    bytes32 internal constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;

    /// @notice The node is not the next one.
    error WrongNode(bytes32 expected);
    /// @notice More nodes than the trie has.
    error NoNodeLeft();
    /// @notice The node is none of a trie: such a root is of no list of transactions or receipts.
    error MalformedNode();

    /// @notice Takes the next node.
    /// @param stack references to show, with room for sixteen more
    /// @param size how many there are
    /// @return how many there are after it
    function take(bytes32[] memory stack, uint256 size, bytes memory node) internal pure returns (uint256) {
        if (size == 0) revert NoNodeLeft();
        bytes32 expected = stack[--size];
        if (keccak256(node) != expected) revert WrongNode(expected);
        (bool ok, RlpItem list) = StrictRLP.tryOpen(node);
        if (!ok) revert MalformedNode();
        RlpItem[] memory items;
        (ok, items) = list.tryFields(17);
        if (!ok) revert MalformedNode();
        if (items.length == 17) {
            if (items[16].isList() || items[16].size() != 0) revert MalformedNode();
            for (uint256 i = 16; i > 0; --i) {
                size = _push(stack, size, items[i - 1]);
            }
            return size;
        }
        if (items.length != 2 || items[0].isList() || items[0].size() == 0) revert MalformedNode();
        // Hex prefix: 0 and 1 extension, 2 and 3 leaf.
        uint256 flag = StrictRLP.wordAt(items[0].payload()) >> 252;
        if (flag > 3) revert MalformedNode();
        if (flag < 2) return _push(stack, size, items[1]);
        if (items[1].isList()) revert MalformedNode();
        return size;
    }

    function _push(bytes32[] memory stack, uint256 size, RlpItem child) private pure returns (uint256) {
        if (child.isList()) {
            if (child.encodedSize() >= 32) revert MalformedNode();
            return size;
        }
        if (child.size() == 0) return size;
        if (child.size() != 32) revert MalformedNode();
        stack[size] = child.bytes32Of();
        return size + 1;
    }
}
