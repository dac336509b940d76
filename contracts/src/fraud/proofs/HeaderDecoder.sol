// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockProof} from "../ProofTypes.sol";
import {RlpItem, StrictRLP} from "./StrictRLP.sol";

/// @notice The fields of a header that proofs speak about.
struct Header {
    bytes32 parentHash;
    address coinbase;
    bytes32 stateRoot;
    bytes32 txRoot;
    bytes32 receiptsRoot;
    uint64 number;
    uint64 gasLimit;
    uint64 gasUsed;
    uint64 timestamp;
    bytes extraData;
    bytes32 prevRandao;
    uint256 baseFeePerGas;
}

/// @title Block headers
/// @notice Strict decoding of header RLP and its comparison with a checkpoint's leaf (proof rule P9).
library HeaderDecoder {
    using StrictRLP for RlpItem;

    /// @notice The header does not open the leaf: `field` is "hash", "rlp", "number", "timestamp", "transactionsRoot",
    /// "receiptsRoot", "parentHash", or "leaf" when the leaf is known by its hash alone.
    error HeaderMismatch(string field);

    /// @dev A header has 20 fields under Cancun. Later forks append, and what they append is not looked at.
    uint256 private constant MAX_FIELDS = 32;
    uint256 private constant MIN_FIELDS = 16;
    uint256 internal constant EXTRA_DATA_FIELD = 12;

    /// @notice False when the bytes are not a canonical list of at least 16 fields of a header's shapes.
    function tryDecode(bytes memory raw) internal pure returns (bool ok, Header memory header) {
        RlpItem[] memory items;
        (ok, items) = tryItems(raw);
        if (!ok) return (false, header);
        // Shapes first: parent, uncles, roots, randao and bloom, nonce.
        ok = items[0].isString(32) && items[1].isString(32) && items[2].isString(20) && items[3].isString(32)
            && items[4].isString(32) && items[5].isString(32) && items[6].isString(256)
            && !items[EXTRA_DATA_FIELD].isList() && items[13].isString(32) && items[14].isString(8);
        if (!ok) return (false, header);
        header.parentHash = items[0].bytes32Of();
        header.coinbase = items[2].addressOf();
        header.stateRoot = items[3].bytes32Of();
        header.txRoot = items[4].bytes32Of();
        header.receiptsRoot = items[5].bytes32Of();
        header.extraData = items[EXTRA_DATA_FIELD].bytesOf();
        header.prevRandao = items[13].bytes32Of();
        uint256 value;
        (ok,) = items[7].tryUint(32);
        if (!ok) return (false, header);
        (ok, value) = items[8].tryUint(8);
        if (!ok) return (false, header);
        header.number = uint64(value);
        (ok, value) = items[9].tryUint(8);
        if (!ok) return (false, header);
        header.gasLimit = uint64(value);
        (ok, value) = items[10].tryUint(8);
        if (!ok) return (false, header);
        header.gasUsed = uint64(value);
        (ok, value) = items[11].tryUint(8);
        if (!ok) return (false, header);
        header.timestamp = uint64(value);
        (ok, header.baseFeePerGas) = items[15].tryUint(32);
    }

    /// @notice The items of a header, at least 16 of them.
    function tryItems(bytes memory raw) internal pure returns (bool ok, RlpItem[] memory items) {
        RlpItem list;
        (ok, list) = StrictRLP.tryOpen(raw);
        if (!ok) return (false, items);
        (ok, items) = list.tryFields(MAX_FIELDS);
        ok = ok && items.length >= MIN_FIELDS;
    }

    /// @notice The header that the leaf's block hash opens to; reverts unless it agrees with the leaf (P9).
    function open(BlockProof memory b, bytes memory raw) internal pure returns (Header memory header) {
        if (keccak256(raw) != b.blockHash) revert HeaderMismatch("hash");
        bool ok;
        (ok, header) = tryDecode(raw);
        if (!ok) revert HeaderMismatch("rlp");
        if (header.number != b.number) revert HeaderMismatch("number");
        if (header.timestamp != b.timestamp) revert HeaderMismatch("timestamp");
        if (header.txRoot != b.txRoot) revert HeaderMismatch("transactionsRoot");
        if (header.receiptsRoot != b.receiptsRoot) revert HeaderMismatch("receiptsRoot");
    }
}
