// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RlpItem, StrictRLP} from "./StrictRLP.sol";
import {TxDecoder} from "./TxDecoder.sol";

/// @notice A receipt of a transaction of type 0, 1 or 2.
/// @param bloom 256 bytes in memory
/// @param logs list whose entries are read by `ReceiptDecoder.logAt`
struct Receipt {
    uint8 txType;
    uint8 status;
    uint64 cumulativeGasUsed;
    RlpItem bloom;
    RlpItem logs;
}

/// @title Receipts and their logs
/// @notice Strict decoding (proof rules P5 and P6). A log is decoded only when it is asked for.
library ReceiptDecoder {
    using StrictRLP for RlpItem;

    /// @notice The receipt has fewer logs.
    error NoSuchLog(uint32 logIndex, uint256 count);

    /// @notice Decodes, or reverts with the reason.
    function decode(bytes memory raw) internal pure returns (Receipt memory receipt) {
        bool ok;
        (ok, receipt) = tryDecode(raw);
        if (ok) return receipt;
        uint8 first = raw.length == 0 ? 0xc0 : uint8(raw[0]);
        if (first < 0xc0 && first != 1 && first != 2) revert TxDecoder.UnsupportedTxType(first);
        revert StrictRLP.NonCanonicalRLP();
    }

    /// @notice False unless the bytes are a type of 0 to 2, a status of 0 or 1, a sum of gas, 256 bytes and a list.
    function tryDecode(bytes memory raw) internal pure returns (bool ok, Receipt memory receipt) {
        if (raw.length == 0) return (false, receipt);
        uint8 first = uint8(raw[0]);
        if (first < 0xc0 && first != 1 && first != 2) return (false, receipt);
        receipt.txType = first < 0xc0 ? first : 0;

        uint256 from;
        assembly ("memory-safe") {
            from := add(raw, 0x20)
        }
        uint256 end = from + raw.length;
        RlpItem list;
        uint256 next;
        (ok, list, next) = StrictRLP.tryNext(from + (first < 0xc0 ? 1 : 0), end);
        if (!ok || next != end) return (false, receipt);
        RlpItem[] memory items;
        (ok, items) = list.tryFields(4);
        if (!ok || items.length != 4) return (false, receipt);
        uint256 value;
        (ok, value) = items[0].tryUint(1);
        if (!ok || value > 1) return (false, receipt);
        receipt.status = uint8(value);
        (ok, value) = items[1].tryUint(8);
        if (!ok || !items[2].isString(256) || !items[3].isList()) return (false, receipt);
        receipt.cumulativeGasUsed = uint64(value);
        receipt.bloom = items[2];
        receipt.logs = items[3];
    }

    /// @notice The log at `cursor` of the list that ends at `end`, its topics as they lie in memory, and the next one.
    function tryLog(uint256 cursor, uint256 end)
        internal
        pure
        returns (bool ok, address emitter, RlpItem[] memory topics, RlpItem data, uint256 next)
    {
        RlpItem log;
        (ok, log, next) = StrictRLP.tryNext(cursor, end);
        if (!ok) return (false, emitter, topics, data, next);
        RlpItem[] memory parts;
        (ok, parts) = log.tryFields(3);
        if (!ok || parts.length != 3 || !parts[0].isString(20) || parts[2].isList()) {
            return (false, emitter, topics, data, next);
        }
        emitter = parts[0].addressOf();
        data = parts[2];
        (ok, topics) = parts[1].tryFields(4);
        for (uint256 i; ok && i < topics.length; ++i) {
            ok = topics[i].isString(32);
        }
    }

    /// @notice Copies of the words that `tryLog` found.
    function wordsOf(RlpItem[] memory items) internal pure returns (bytes32[] memory words) {
        words = new bytes32[](items.length);
        for (uint256 i; i < words.length; ++i) {
            words[i] = items[i].bytes32Of();
        }
    }

    function logCount(Receipt memory receipt) internal pure returns (uint256 count) {
        uint256 cursor = receipt.logs.payload();
        uint256 end = receipt.logs.end();
        while (cursor < end) {
            (, cursor) = _next(cursor, end);
            ++count;
        }
    }

    /// @notice The log at `logIndex` of this receipt (not of the block): 20 bytes, up to 4 topics of 32 bytes, bytes.
    function logAt(Receipt memory receipt, uint32 logIndex)
        internal
        pure
        returns (address emitter, bytes32[] memory topics, bytes memory data)
    {
        uint256 cursor = receipt.logs.payload();
        uint256 end = receipt.logs.end();
        for (uint256 i; i < logIndex; ++i) {
            if (cursor == end) revert NoSuchLog(logIndex, i);
            (, cursor) = _next(cursor, end);
        }
        if (cursor == end) revert NoSuchLog(logIndex, logIndex);
        bool ok;
        RlpItem[] memory topicItems;
        RlpItem dataItem;
        (ok, emitter, topicItems, dataItem,) = tryLog(cursor, end);
        if (!ok) revert StrictRLP.NonCanonicalRLP();
        return (emitter, wordsOf(topicItems), dataItem.bytesOf());
    }

    function _next(uint256 cursor, uint256 end) private pure returns (RlpItem log, uint256 next) {
        bool ok;
        (ok, log, next) = StrictRLP.tryNext(cursor, end);
        if (!ok) revert StrictRLP.NonCanonicalRLP();
    }
}
