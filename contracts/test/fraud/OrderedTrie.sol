// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// @title Builder of transaction and receipt tries for tests
/// @notice The plain recursive definition (Yellow Paper, appendix D), made for being right, not fast. That it is right is
/// checked against vectors of another implementation.
library OrderedTrie {
    function root(bytes[] memory values) internal pure returns (bytes32) {
        if (values.length == 0) return keccak256(RLP.encode(bytes("")));
        return keccak256(_node(values, _all(values.length), 0));
    }

    /// @notice Nodes referred to by hash on the way to the value at `index`, root first.
    function prove(bytes[] memory values, uint256 index) internal pure returns (bytes[] memory nodes) {
        nodes = new bytes[](16);
        uint256 count;
        uint256[] memory indices = _all(values.length);
        uint256 depth;
        bytes memory key = _key(index);
        while (true) {
            bytes memory node = _node(values, indices, depth);
            if (count == 0 || node.length >= 32) nodes[count++] = node;
            if (indices.length == 1) break;
            uint256 shared = _shared(indices, depth);
            if (shared > 0) {
                depth += shared;
                node = _node(values, indices, depth);
                if (node.length >= 32) nodes[count++] = node;
            }
            indices = _select(indices, depth, uint8(key[depth]));
            ++depth;
        }
        assembly {
            mstore(nodes, count)
        }
    }

    /// @notice All nodes that are referred to by hash, in pre-order.
    function walk(bytes[] memory values) internal pure returns (bytes[] memory nodes) {
        nodes = new bytes[](3 * values.length + 1);
        uint256 count = values.length == 0 ? 0 : _walk(values, _all(values.length), 0, nodes, 0);
        assembly {
            mstore(nodes, count)
        }
    }

    function _walk(bytes[] memory values, uint256[] memory indices, uint256 depth, bytes[] memory nodes, uint256 count)
        private
        pure
        returns (uint256)
    {
        bytes memory node = _node(values, indices, depth);
        if (count == 0 || node.length >= 32) nodes[count++] = node;
        if (indices.length == 1) return count;
        uint256 shared = _shared(indices, depth);
        if (shared > 0) return _walk(values, indices, depth + shared, nodes, count);
        for (uint8 nibble; nibble < 16; ++nibble) {
            uint256[] memory below = _select(indices, depth, nibble);
            if (below.length > 0) count = _walk(values, below, depth + 1, nodes, count);
        }
        return count;
    }

    function _node(bytes[] memory values, uint256[] memory indices, uint256 depth) private pure returns (bytes memory) {
        if (indices.length == 1) {
            bytes memory key = _key(indices[0]);
            return _pair(RLP.encode(_hexPrefix(key, depth, key.length, true)), RLP.encode(values[indices[0]]));
        }
        uint256 shared = _shared(indices, depth);
        if (shared > 0) {
            return _pair(
                RLP.encode(_hexPrefix(_key(indices[0]), depth, depth + shared, false)),
                _reference(_node(values, indices, depth + shared))
            );
        }
        bytes[] memory items = new bytes[](17);
        for (uint8 nibble; nibble < 16; ++nibble) {
            uint256[] memory below = _select(indices, depth, nibble);
            items[nibble] = below.length == 0 ? bytes(hex"80") : _reference(_node(values, below, depth + 1));
        }
        items[16] = hex"80";
        return RLP.encode(items);
    }

    function _pair(bytes memory a, bytes memory b) private pure returns (bytes memory) {
        bytes[] memory items = new bytes[](2);
        (items[0], items[1]) = (a, b);
        return RLP.encode(items);
    }

    function _reference(bytes memory node) private pure returns (bytes memory) {
        return node.length < 32 ? node : RLP.encode(keccak256(node));
    }

    /// @dev One byte per nibble.
    function _key(uint256 index) private pure returns (bytes memory nibbles) {
        bytes memory encoded = RLP.encode(index);
        nibbles = new bytes(2 * encoded.length);
        for (uint256 i; i < encoded.length; ++i) {
            nibbles[2 * i] = encoded[i] >> 4;
            nibbles[2 * i + 1] = encoded[i] & 0x0f;
        }
    }

    function _hexPrefix(bytes memory key, uint256 from, uint256 to, bool leaf)
        private
        pure
        returns (bytes memory path)
    {
        uint256 length = to - from;
        uint8 flag = (leaf ? 2 : 0) + uint8(length & 1);
        path = new bytes(length / 2 + 1);
        path[0] = bytes1(flag << 4);
        uint256 place = 2 - (length & 1);
        for (uint256 i = from; i < to; ++i) {
            path[place / 2] |= place & 1 == 0 ? key[i] << 4 : key[i];
            ++place;
        }
    }

    function _shared(uint256[] memory indices, uint256 depth) private pure returns (uint256 length) {
        bytes memory first = _key(indices[0]);
        while (true) {
            for (uint256 i = 1; i < indices.length; ++i) {
                if (_key(indices[i])[depth + length] != first[depth + length]) return length;
            }
            ++length;
        }
    }

    function _select(uint256[] memory indices, uint256 depth, uint8 nibble)
        private
        pure
        returns (uint256[] memory out)
    {
        out = new uint256[](indices.length);
        uint256 count;
        for (uint256 i; i < indices.length; ++i) {
            if (uint8(_key(indices[i])[depth]) == nibble) out[count++] = indices[i];
        }
        assembly {
            mstore(out, count)
        }
    }

    function _all(uint256 count) private pure returns (uint256[] memory indices) {
        indices = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            indices[i] = i;
        }
    }
}
