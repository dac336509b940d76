// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockProof} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {Header, HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {Receipt, ReceiptDecoder} from "../../src/fraud/proofs/ReceiptDecoder.sol";
import {Seal} from "../../src/fraud/proofs/Seal.sol";
import {Signatures} from "../../src/fraud/proofs/Signatures.sol";
import {StrictTrie} from "../../src/fraud/proofs/StrictTrie.sol";
import {RlpItem, StrictRLP} from "../../src/fraud/proofs/StrictRLP.sol";
import {Transaction, TxDecoder} from "../../src/fraud/proofs/TxDecoder.sol";

/// @notice The libraries behind external calls, so that their reverts can be expected.
contract ProofHarness {
    using ReceiptDecoder for Receipt;
    using StrictRLP for RlpItem;

    function trieValue(bytes32 root, uint32 index, bytes[] memory nodes) external pure returns (bytes memory) {
        return StrictTrie.valueAt(root, index, nodes);
    }

    function trieKey(uint32 index) external pure returns (uint256 key, uint256 length) {
        return StrictTrie.keyOf(index);
    }

    function transaction(bytes memory raw, uint64 chainId) external pure returns (Transaction memory) {
        return TxDecoder.decode(raw, chainId);
    }

    function receipt(bytes memory raw)
        external
        pure
        returns (uint8 txType, uint8 status, uint64 cumulativeGasUsed, uint256 logCount)
    {
        Receipt memory decoded = ReceiptDecoder.decode(raw);
        return (decoded.txType, decoded.status, decoded.cumulativeGasUsed, decoded.logCount());
    }

    function log(bytes memory raw, uint32 index)
        external
        pure
        returns (address emitter, bytes32[] memory topics, bytes memory data)
    {
        return ReceiptDecoder.decode(raw).logAt(index);
    }

    function header(BlockProof memory b, bytes memory raw) external pure returns (Header memory) {
        return HeaderDecoder.open(b, raw);
    }

    function headerDecodes(bytes memory raw) external pure returns (bool ok) {
        (ok,) = HeaderDecoder.tryDecode(raw);
    }

    function sealer(bytes memory raw, uint64 chainId) external pure returns (address) {
        return Seal.signerOf(raw, chainId);
    }

    function recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) external pure returns (address) {
        return Signatures.recover(digest, v, r, s);
    }

    function recoverCompact(bytes32 digest, bytes memory signature) external pure returns (address) {
        return Signatures.recoverCompact(digest, signature);
    }

    function requireLeaf(bytes32 root, uint64 start, uint64 end, uint256 index, BlockProof memory b) external pure {
        BlockTree.requireLeaf(root, start, end, index, b);
    }

    function rootFrom(bytes32 leaf, uint256 index, bytes32[] memory siblings) external pure returns (bytes32) {
        return BlockTree.rootFrom(leaf, index, siblings);
    }

    function depth(uint256 count) external pure returns (uint256) {
        return BlockTree.depthOf(count);
    }

    // RLP: decode the whole bytes as one value

    function uintOf(bytes memory raw, uint256 maxBytes) external pure returns (uint256) {
        return StrictRLP.open(raw).uintOf(maxBytes);
    }

    function addressOf(bytes memory raw) external pure returns (address) {
        return StrictRLP.open(raw).addressOf();
    }

    function bytes32Of(bytes memory raw) external pure returns (bytes32) {
        return StrictRLP.open(raw).bytes32Of();
    }

    function bytesOf(bytes memory raw) external pure returns (bytes memory) {
        return StrictRLP.open(raw).bytesOf();
    }

    /// @notice Copies of the encodings of a list's items.
    function itemsOf(bytes memory raw, uint256 max) external pure returns (bytes[] memory encodings) {
        RlpItem[] memory items = StrictRLP.open(raw).fields(max);
        encodings = new bytes[](items.length);
        for (uint256 i; i < items.length; ++i) {
            encodings[i] = StrictRLP.copy(items[i].start(), items[i].encodedSize());
        }
    }
}
