// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice One RLP item lying in memory: bit 255 = it is a list, bits 128–191 = length of its prefix,
/// bits 64–127 = length of its payload, bits 0–63 = where its prefix begins. Nothing is copied to make one.
type RlpItem is uint256;

/// @title RLP that has one encoding for every value
/// @notice Decoding for evidence. OpenZeppelin's RLP follows the lengths strictly but takes integers with leading zeros
/// and one-byte addresses, so that one value has several encodings; here every value has exactly one, and everything
/// else is `NonCanonicalRLP` (KOMA root contracts, proof rule P5; Ethereum Yellow Paper, appendix B).
/// @dev `try…` functions answer false, for callers to whom a malformed structure is a finding; the others revert.
/// Items point into the memory of the bytes they were opened from, which must not be changed while they are in use.
library StrictRLP {
    /// @notice The bytes are not the one canonical encoding of what was expected there.
    error NonCanonicalRLP();

    uint256 private constant LIST = 1 << 255;

    /// @notice The single item that `data` consists of, nothing before and nothing after it.
    function tryOpen(bytes memory data) internal pure returns (bool ok, RlpItem item) {
        uint256 from;
        assembly ("memory-safe") {
            from := add(data, 0x20)
        }
        uint256 until = from + data.length;
        uint256 next;
        (ok, item, next) = tryNext(from, until);
        ok = ok && next == until;
    }

    /// @notice The item at `cursor` of the memory that ends at `until`, and where the next one begins.
    function tryNext(uint256 cursor, uint256 until) internal pure returns (bool ok, RlpItem item, uint256 next) {
        if (cursor >= until) return (false, item, cursor);
        uint256 left = until - cursor;
        uint256 word;
        assembly ("memory-safe") {
            word := mload(cursor)
        }
        uint256 first = word >> 248;
        uint256 head = 1;
        uint256 length;
        uint256 list;
        if (first < 0x80) {
            head = 0;
            length = 1;
        } else {
            if (first >= 0xc0) {
                list = LIST;
                first -= 0x40;
            }
            if (first < 0xb8) {
                length = first - 0x80;
                // A byte below 0x80 is its own encoding.
                if (length == 1 && list == 0 && left > 1 && (word >> 240) & 0xff < 0x80) return (false, item, cursor);
            } else {
                uint256 width = first - 0xb7;
                head += width;
                length = (word << 8) >> (256 - 8 * width);
                // Shorter than 56 has the short form; a length whose first byte is zero has a shorter form.
                if (length < 56 || length >> (8 * (width - 1)) == 0) return (false, item, cursor);
            }
        }
        if (head + length > left) return (false, item, cursor);
        item = RlpItem.wrap(list | head << 128 | length << 64 | cursor);
        return (true, item, cursor + head + length);
    }

    /// @notice The items of a list of at most `max`, which they fill exactly.
    function tryFields(RlpItem list, uint256 max) internal pure returns (bool ok, RlpItem[] memory items) {
        if (!isList(list)) return (false, items);
        uint256 cursor = payload(list);
        uint256 until = cursor + size(list);
        items = new RlpItem[](max);
        uint256 count;
        while (cursor < until) {
            if (count == max) return (false, items);
            (ok, items[count], cursor) = tryNext(cursor, until);
            if (!ok) return (false, items);
            ++count;
        }
        assembly ("memory-safe") {
            mstore(items, count)
        }
        return (true, items);
    }

    /// @notice The item at `index` of a list of exactly `count` items, each of them a string of 32 bytes or an empty one:
    /// a branch of a trie as it mostly is, read at a tenth of what `tryFields` costs. False for any other list, which may
    /// still be well formed.
    function tryHashAt(RlpItem list, uint256 index, uint256 count) internal pure returns (bool ok, RlpItem item) {
        if (!isList(list)) return (false, item);
        uint256 cursor = payload(list);
        uint256 until = cursor + size(list);
        assembly ("memory-safe") {
            let left := count
            for {} left { left := sub(left, 1) } {
                let first := byte(0, mload(cursor))
                // 0xa0: a string of 32 bytes; 0x80: an empty one. The sum of what they take must be the list's length.
                let length := mul(32, eq(first, 0xa0))
                if iszero(or(length, eq(first, 0x80))) { break }
                if eq(sub(count, left), index) { item := or(or(shl(128, 1), shl(64, length)), cursor) }
                cursor := add(cursor, add(length, 1))
                if gt(cursor, until) { break }
            }
            ok := and(iszero(left), eq(cursor, until))
        }
    }

    /// @notice An integer of at most `maxBytes` (1 to 32) bytes without leading zeros; zero is the empty string.
    function tryUint(RlpItem item, uint256 maxBytes) internal pure returns (bool ok, uint256 value) {
        uint256 length = size(item);
        if (isList(item) || length > maxBytes) return (false, 0);
        if (length == 0) return (true, 0);
        value = wordAt(payload(item)) >> (256 - 8 * length);
        ok = value >> (8 * (length - 1)) != 0;
    }

    /// @notice True when the item is a string of exactly `length` bytes.
    function isString(RlpItem item, uint256 length) internal pure returns (bool) {
        return !isList(item) && size(item) == length;
    }

    function open(bytes memory data) internal pure returns (RlpItem) {
        (bool ok, RlpItem item) = tryOpen(data);
        if (!ok) revert NonCanonicalRLP();
        return item;
    }

    function fields(RlpItem list, uint256 max) internal pure returns (RlpItem[] memory) {
        (bool ok, RlpItem[] memory items) = tryFields(list, max);
        if (!ok) revert NonCanonicalRLP();
        return items;
    }

    function uintOf(RlpItem item, uint256 maxBytes) internal pure returns (uint256) {
        (bool ok, uint256 value) = tryUint(item, maxBytes);
        if (!ok) revert NonCanonicalRLP();
        return value;
    }

    /// @notice An address: exactly 20 bytes.
    function addressOf(RlpItem item) internal pure returns (address) {
        if (!isString(item, 20)) revert NonCanonicalRLP();
        return address(uint160(wordAt(payload(item)) >> 96));
    }

    /// @notice Exactly 32 bytes.
    function bytes32Of(RlpItem item) internal pure returns (bytes32) {
        if (!isString(item, 32)) revert NonCanonicalRLP();
        return bytes32(wordAt(payload(item)));
    }

    /// @notice A copy of a string's bytes.
    function bytesOf(RlpItem item) internal pure returns (bytes memory) {
        if (isList(item)) revert NonCanonicalRLP();
        return copy(payload(item), size(item));
    }

    function isList(RlpItem item) internal pure returns (bool) {
        return RlpItem.unwrap(item) & LIST != 0;
    }

    /// @notice Length of the payload in bytes.
    function size(RlpItem item) internal pure returns (uint256) {
        return (RlpItem.unwrap(item) >> 64) & type(uint64).max;
    }

    /// @notice Length of prefix and payload in bytes.
    function encodedSize(RlpItem item) internal pure returns (uint256) {
        return size(item) + ((RlpItem.unwrap(item) >> 128) & type(uint64).max);
    }

    /// @notice Where the prefix begins.
    function start(RlpItem item) internal pure returns (uint256) {
        return RlpItem.unwrap(item) & type(uint64).max;
    }

    /// @notice Where the payload begins.
    function payload(RlpItem item) internal pure returns (uint256) {
        return start(item) + encodedSize(item) - size(item);
    }

    /// @notice Where the payload ends.
    function end(RlpItem item) internal pure returns (uint256) {
        return start(item) + encodedSize(item);
    }

    function wordAt(uint256 position) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(position)
        }
    }

    /// @notice A copy of `length` bytes of memory from `from`.
    function copy(uint256 from, uint256 length) internal pure returns (bytes memory result) {
        result = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(result, 0x20), from, length)
        }
    }
}
