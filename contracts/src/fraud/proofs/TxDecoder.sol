// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {RlpItem, StrictRLP} from "./StrictRLP.sol";
import {Signatures} from "./Signatures.sol";

/// @notice A transaction of type 0, 1 or 2 with its recovered sender.
/// @param to zero when `creates`
/// @param hasChainId false for legacy transactions without replay protection (v of 27 or 28)
/// @param maxFeePerGas gas price for types 0 and 1, as is `maxPriorityFeePerGas`
/// @param accessedAddresses entries of the access list
/// @param accessedKeys storage keys of all of them
struct Transaction {
    uint8 txType;
    bool hasChainId;
    bool creates;
    uint64 nonce;
    uint64 gasLimit;
    address sender;
    address to;
    uint256 maxFeePerGas;
    uint256 maxPriorityFeePerGas;
    uint256 value;
    uint256 accessedAddresses;
    uint256 accessedKeys;
    bytes data;
}

/// @notice Why bytes are not a transaction of the chain.
enum TxFault {
    None,
    UnsupportedType,
    Malformed,
    WrongChain,
    BadSender
}

/// @title Transactions as they lie in a block
/// @notice Strict decoding of EIP-2718 bytes and recovery of the sender (proof rules P5 to P7).
library TxDecoder {
    using StrictRLP for RlpItem;

    error UnsupportedTxType(uint8 txType);
    /// @notice The transaction names another chain than the one whose block it lies in.
    error WrongTxChain();
    /// @notice Nobody signed this: s in the upper half, r or s out of range, no such point, or v of no known form.
    error BadSender();

    /// @notice Decodes, or reverts with the reason.
    function decode(bytes memory raw, uint64 chainId) internal pure returns (Transaction memory transaction) {
        TxFault fault;
        (fault, transaction) = tryDecode(raw, chainId);
        if (fault == TxFault.None) return transaction;
        if (fault == TxFault.UnsupportedType) revert UnsupportedTxType(uint8(raw[0]));
        if (fault == TxFault.WrongChain) revert WrongTxChain();
        if (fault == TxFault.BadSender) revert BadSender();
        revert StrictRLP.NonCanonicalRLP();
    }

    /// @notice Type of the transaction that the bytes are, 0 for a legacy one, whether or not they are well formed.
    function typeOf(bytes memory raw) internal pure returns (uint8 txType) {
        if (raw.length != 0 && uint8(raw[0]) < 0xc0) txType = uint8(raw[0]);
    }

    /// @param raw legacy list, or type byte and list
    /// @param chainId chain whose block the transaction lies in
    function tryDecode(bytes memory raw, uint64 chainId)
        internal
        pure
        returns (TxFault fault, Transaction memory transaction)
    {
        if (raw.length == 0) return (TxFault.Malformed, transaction);
        uint8 first = uint8(raw[0]);
        if (first < 0xc0 && first != 1 && first != 2) return (TxFault.UnsupportedType, transaction);
        transaction.txType = first < 0xc0 ? first : 0;

        uint256 from;
        assembly ("memory-safe") {
            from := add(raw, 0x20)
        }
        uint256 end = from + raw.length;
        (bool ok, RlpItem list, uint256 next) = StrictRLP.tryNext(from + (first < 0xc0 ? 1 : 0), end);
        if (!ok || next != end) return (TxFault.Malformed, transaction);
        RlpItem[] memory items;
        (ok, items) = list.tryFields(12);
        // Legacy 9, access list 11, dynamic fee 12 (EIP-155, EIP-2930, EIP-1559).
        if (!ok || items.length != (first == 2 ? 12 : first == 1 ? 11 : 9)) return (TxFault.Malformed, transaction);

        uint256 nonceAt = first < 0xc0 ? 1 : 0;
        if (!_readFields(transaction, items, nonceAt)) return (TxFault.Malformed, transaction);
        if (first < 0xc0 && !_readAccessList(transaction, items[items.length - 4])) {
            return (TxFault.Malformed, transaction);
        }
        fault = first < 0xc0
            ? _recoverTyped(transaction, list, items, chainId)
            : _recoverLegacy(transaction, list, items, chainId);
    }

    /// @dev Nonce, prices, gas limit, recipient, value and data stand side by side in all three types.
    function _readFields(Transaction memory transaction, RlpItem[] memory items, uint256 place)
        private
        pure
        returns (bool ok)
    {
        uint256 value;
        (ok, value) = items[place].tryUint(8);
        if (!ok) return false;
        transaction.nonce = uint64(value);
        (ok, transaction.maxPriorityFeePerGas) = items[++place].tryUint(32);
        if (!ok) return false;
        if (transaction.txType == 2) ++place;
        (ok, transaction.maxFeePerGas) = items[place].tryUint(32);
        if (!ok) return false;
        (ok, value) = items[++place].tryUint(8);
        if (!ok) return false;
        transaction.gasLimit = uint64(value);

        RlpItem to = items[++place];
        transaction.creates = to.isString(0);
        if (!transaction.creates) {
            if (!to.isString(20)) return false;
            transaction.to = to.addressOf();
        }
        (ok, transaction.value) = items[++place].tryUint(32);
        if (!ok || items[++place].isList()) return false;
        transaction.data = items[place].bytesOf();
    }

    /// @dev A list of [20 bytes, list of 32 bytes].
    function _readAccessList(Transaction memory transaction, RlpItem list) private pure returns (bool) {
        if (!list.isList()) return false;
        uint256 cursor = list.payload();
        uint256 end = list.end();
        while (cursor < end) {
            bool ok;
            RlpItem entry;
            (ok, entry, cursor) = StrictRLP.tryNext(cursor, end);
            if (!ok) return false;
            RlpItem[] memory parts;
            (ok, parts) = entry.tryFields(2);
            if (!ok || parts.length != 2 || !parts[0].isString(20) || !parts[1].isList()) return false;
            ++transaction.accessedAddresses;
            uint256 keyCursor = parts[1].payload();
            uint256 keyEnd = parts[1].end();
            while (keyCursor < keyEnd) {
                RlpItem key;
                (ok, key, keyCursor) = StrictRLP.tryNext(keyCursor, keyEnd);
                if (!ok || !key.isString(32)) return false;
                ++transaction.accessedKeys;
            }
        }
        return true;
    }

    function _recoverTyped(Transaction memory transaction, RlpItem list, RlpItem[] memory items, uint64 chainId)
        private
        pure
        returns (TxFault)
    {
        (bool ok, uint256 named) = items[0].tryUint(32);
        if (!ok) return TxFault.Malformed;
        uint256 parity;
        (ok, parity) = items[items.length - 3].tryUint(1);
        if (!ok) return TxFault.Malformed;
        if (named != chainId) return TxFault.WrongChain;
        transaction.hasChainId = true;
        if (parity > 1) return TxFault.BadSender;
        // The signed fields are the first ones as they stand: only the list's prefix differs.
        bytes memory signed = _fieldsBefore(list, items[items.length - 3]);
        bytes32 digest = keccak256(bytes.concat(bytes1(transaction.txType), _asList(signed)));
        return _recover(transaction, items, digest, uint8(27 + parity));
    }

    function _recoverLegacy(Transaction memory transaction, RlpItem list, RlpItem[] memory items, uint64 chainId)
        private
        pure
        returns (TxFault)
    {
        (bool ok, uint256 v) = items[6].tryUint(32);
        if (!ok) return TxFault.Malformed;
        bytes memory signed = _fieldsBefore(list, items[6]);
        if (v != 27 && v != 28) {
            if (v < 35) return TxFault.BadSender;
            if ((v - 35) / 2 != chainId) return TxFault.WrongChain;
            transaction.hasChainId = true;
            signed = bytes.concat(signed, RLP.encode(uint256(chainId)), hex"8080");
            v = 27 + ((v - 35) & 1);
        }
        bytes32 digest = keccak256(_asList(signed));
        return _recover(transaction, items, digest, uint8(v));
    }

    function _recover(Transaction memory transaction, RlpItem[] memory items, bytes32 digest, uint8 v)
        private
        pure
        returns (TxFault)
    {
        (bool okR, uint256 r) = items[items.length - 2].tryUint(32);
        (bool okS, uint256 s) = items[items.length - 1].tryUint(32);
        if (!okR || !okS) return TxFault.Malformed;
        transaction.sender = Signatures.recover(digest, v, bytes32(r), bytes32(s));
        return transaction.sender == address(0) ? TxFault.BadSender : TxFault.None;
    }

    function _fieldsBefore(RlpItem list, RlpItem field) private pure returns (bytes memory) {
        return StrictRLP.copy(list.payload(), field.start() - list.payload());
    }

    /// @dev The list whose items are encoded one after another in `body`.
    function _asList(bytes memory body) private pure returns (bytes memory) {
        bytes[] memory parts = new bytes[](1);
        parts[0] = body;
        return RLP.encode(parts);
    }
}
