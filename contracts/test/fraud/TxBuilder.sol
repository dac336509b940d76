// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Test} from "forge-std/Test.sol";

/// @title Vocabulary for tests: users sign transactions, receipts carry logs
abstract contract TxBuilder is Test {
    uint64 internal constant CHAIN = 80401;

    // transactions

    function legacyTx(uint256 key, uint64 nonce) internal pure returns (bytes memory) {
        bytes[] memory fields = _legacyFields(nonce);
        bytes[] memory signed = _resize(fields, 9);
        signed[6] = RLP.encode(uint256(CHAIN));
        (signed[7], signed[8]) = (bytes(hex"80"), bytes(hex"80"));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(RLP.encode(signed)));
        signed[6] = RLP.encode(uint256(CHAIN) * 2 + 8 + v);
        (signed[7], signed[8]) = (RLP.encode(uint256(r)), RLP.encode(uint256(s)));
        return RLP.encode(signed);
    }

    function unprotectedTx(uint256 key, uint64 nonce) internal pure returns (bytes memory) {
        bytes[] memory fields = _legacyFields(nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(RLP.encode(fields)));
        fields = _resize(fields, 9);
        fields[6] = RLP.encode(uint256(v));
        (fields[7], fields[8]) = (RLP.encode(uint256(r)), RLP.encode(uint256(s)));
        return RLP.encode(fields);
    }

    function accessListTx(uint256 key, uint64 nonce) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](8);
        fields[0] = RLP.encode(uint256(CHAIN));
        bytes[] memory common = _legacyFields(nonce);
        for (uint256 i; i < 6; ++i) {
            fields[i + 1] = common[i];
        }
        fields[7] = accessList();
        return signTyped(key, 1, fields);
    }

    function dynamicFeeTx(uint256 key, uint64 nonce) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](9);
        bytes[] memory common = _legacyFields(nonce);
        (fields[0], fields[1], fields[2], fields[3]) =
        (RLP.encode(uint256(CHAIN)), common[0], RLP.encode(uint256(2)), common[1]);
        for (uint256 i = 2; i < 6; ++i) {
            fields[i + 2] = common[i];
        }
        fields[8] = accessList();
        return signTyped(key, 2, fields);
    }

    function accessList() internal pure returns (bytes memory) {
        bytes[] memory keys = new bytes[](2);
        (keys[0], keys[1]) = (RLP.encode(bytes32(uint256(1))), RLP.encode(keccak256("slot")));
        bytes[] memory entry = new bytes[](2);
        (entry[0], entry[1]) = (RLP.encode(address(0xbeef)), RLP.encode(keys));
        bytes[] memory list = new bytes[](1);
        list[0] = RLP.encode(entry);
        return RLP.encode(list);
    }

    /// @param fields all but the signature
    function signTyped(uint256 key, uint8 txType, bytes[] memory fields) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(bytes.concat(bytes1(txType), RLP.encode(fields))));
        uint256 count = fields.length;
        fields = _resize(fields, count + 3);
        fields[count] = RLP.encode(uint256(v - 27));
        (fields[count + 1], fields[count + 2]) = (RLP.encode(uint256(r)), RLP.encode(uint256(s)));
        return bytes.concat(bytes1(txType), RLP.encode(fields));
    }

    function _legacyFields(uint64 nonce) private pure returns (bytes[] memory fields) {
        fields = new bytes[](6);
        fields[0] = RLP.encode(uint256(nonce));
        fields[1] = RLP.encode(uint256(7_000_000_000));
        fields[2] = RLP.encode(uint256(21_000));
        fields[3] = RLP.encode(abi.encodePacked(address(0xcafe)));
        fields[4] = RLP.encode(uint256(1 ether));
        fields[5] = hex"80";
    }

    // receipts

    /// @param logs encoded by `encodeLog`
    function encodeReceipt(uint8 txType, uint8 status, uint64 gasUsed, bytes[] memory logs)
        internal
        pure
        returns (bytes memory)
    {
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(status));
        fields[1] = RLP.encode(uint256(gasUsed));
        fields[2] = RLP.encode(new bytes(256));
        fields[3] = RLP.encode(logs);
        bytes memory list = RLP.encode(fields);
        return txType == 0 ? list : bytes.concat(bytes1(txType), list);
    }

    function encodeLog(address emitter, bytes32[] memory topics, bytes memory data)
        internal
        pure
        returns (bytes memory)
    {
        bytes[] memory encodedTopics = new bytes[](topics.length);
        for (uint256 i; i < topics.length; ++i) {
            encodedTopics[i] = RLP.encode(topics[i]);
        }
        bytes[] memory fields = new bytes[](3);
        (fields[0], fields[1], fields[2]) =
        (RLP.encode(abi.encodePacked(emitter)), RLP.encode(encodedTopics), RLP.encode(data));
        return RLP.encode(fields);
    }

    function _resize(bytes[] memory items, uint256 length) internal pure returns (bytes[] memory out) {
        out = new bytes[](length);
        for (uint256 i; i < items.length && i < length; ++i) {
            out[i] = items[i];
        }
    }
}
