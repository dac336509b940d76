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

    function decode(bytes memory raw) internal pure returns (Receipt memory receipt) {
        if (raw.length == 0) revert StrictRLP.NonCanonicalRLP();
        uint8 first = uint8(raw[0]);
        if (first < 0xc0 && first != 1 && first != 2) revert TxDecoder.UnsupportedTxType(first);
        receipt.txType = first < 0xc0 ? first : 0;

        uint256 from;
        assembly ("memory-safe") {
            from := add(raw, 0x20)
        }
        uint256 end = from + raw.length;
        (bool ok, RlpItem list, uint256 next) = StrictRLP.tryNext(from + (first < 0xc0 ? 1 : 0), end);
        if (!ok || next != end) revert StrictRLP.NonCanonicalRLP();
        RlpItem[] memory items = list.fields(4);
        if (items.length != 4) revert StrictRLP.NonCanonicalRLP();
        uint256 status = items[0].uintOf(1);
        if (status > 1) revert StrictRLP.NonCanonicalRLP();
        receipt.status = uint8(status);
        receipt.cumulativeGasUsed = uint64(items[1].uintOf(8));
        if (!items[2].isString(256) || !items[3].isList()) revert StrictRLP.NonCanonicalRLP();
        receipt.bloom = items[2];
        receipt.logs = items[3];
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
        RlpItem log;
        for (uint256 i; i <= logIndex; ++i) {
            if (cursor == end) revert NoSuchLog(logIndex, i);
            (log, cursor) = _next(cursor, end);
        }
        RlpItem[] memory parts = log.fields(3);
        if (parts.length != 3) revert StrictRLP.NonCanonicalRLP();
        emitter = parts[0].addressOf();
        RlpItem[] memory topicItems = parts[1].fields(4);
        topics = new bytes32[](topicItems.length);
        for (uint256 i; i < topics.length; ++i) {
            topics[i] = topicItems[i].bytes32Of();
        }
        data = parts[2].bytesOf();
    }

    function _next(uint256 cursor, uint256 end) private pure returns (RlpItem log, uint256 next) {
        bool ok;
        (ok, log, next) = StrictRLP.tryNext(cursor, end);
        if (!ok) revert StrictRLP.NonCanonicalRLP();
    }
}
