// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {BlockProof} from "../../src/fraud/ProofTypes.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {ReceiptDecoder} from "../../src/fraud/proofs/ReceiptDecoder.sol";
import {StrictRLP} from "../../src/fraud/proofs/StrictRLP.sol";
import {Transaction, TxDecoder} from "../../src/fraud/proofs/TxDecoder.sol";
import {ChainBuilder} from "./ChainBuilder.sol";
import {ProofHarness} from "./ProofHarness.sol";

contract DecodersTest is ChainBuilder {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    ProofHarness private harness = new ProofHarness();

    function test_everyTypeOfTransactionNamesItsSender() public view {
        bytes[4] memory raws =
            [legacyTx(alice, 0), unprotectedTx(alice, 1), accessListTx(alice, 127), dynamicFeeTx(alice, 128)];
        uint64[4] memory nonces = [uint64(0), 1, 127, 128];
        for (uint256 i; i < 4; ++i) {
            Transaction memory t = harness.transaction(raws[i], CHAIN);
            assertEq(t.sender, vm.addr(alice));
            assertEq(t.nonce, nonces[i]);
            assertEq(t.hasChainId, i != 1);
            assertEq(t.to, address(0xcafe));
            assertEq(t.gasLimit, 21_000);
            assertEq(t.value, 1 ether);
        }
        assertEq(harness.transaction(raws[3], CHAIN).maxPriorityFeePerGas, 2);
        assertEq(harness.transaction(raws[3], CHAIN).maxFeePerGas, 7_000_000_000);
    }

    function testFuzz_anyKeyAndNonceComeBack(uint256 key, uint64 nonce) public view {
        key = bound(key, 1, ORDER - 1);
        Transaction memory t = harness.transaction(dynamicFeeTx(key, nonce), CHAIN);
        assertEq(t.sender, vm.addr(key));
        assertEq(t.nonce, nonce);
        assertEq(harness.transaction(legacyTx(key, nonce), CHAIN).sender, vm.addr(key));
    }

    function test_otherTypesAreRefused() public {
        for (uint8 txType = 3; txType < 6; ++txType) {
            vm.expectRevert(abi.encodeWithSelector(TxDecoder.UnsupportedTxType.selector, txType));
            harness.transaction(bytes.concat(bytes1(txType), hex"c0"), CHAIN);
        }
        vm.expectRevert(abi.encodeWithSelector(TxDecoder.UnsupportedTxType.selector, 0));
        harness.transaction(hex"00c0", CHAIN);
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
        harness.transaction("", CHAIN);
    }

    function test_transactionsOfOtherChainsAreRefused() public {
        bytes[3] memory raws = [legacyTx(alice, 0), accessListTx(alice, 0), dynamicFeeTx(alice, 0)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(TxDecoder.WrongTxChain.selector);
            harness.transaction(raws[i], CHAIN + 1);
        }
        assertEq(harness.transaction(unprotectedTx(alice, 0), CHAIN + 1).sender, vm.addr(alice));
    }

    function test_signaturesHaveOneForm() public {
        (bytes32 digest, uint8 v, bytes32 r, bytes32 s) = _signature();
        assertEq(harness.recover(digest, v, r, s), vm.addr(alice));
        assertEq(harness.recover(digest, v - 27, r, s), address(0));
        assertEq(harness.recover(digest, 29, r, s), address(0));
        assertEq(harness.recover(digest, v ^ 7, r, bytes32(ORDER - uint256(s))), address(0));
        assertEq(harness.recover(digest, v, 0, s), address(0));
        assertEq(harness.recover(digest, v, bytes32(ORDER), s), address(0));
        assertEq(harness.recover(digest, v, r, 0), address(0));

        bytes memory compact = abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255);
        assertEq(harness.recoverCompact(digest, compact), vm.addr(alice));
        assertEq(harness.recoverCompact(digest, ""), address(0));
        assertEq(harness.recoverCompact(digest, abi.encodePacked(r, s, v)), address(0));
        assertEq(harness.recoverCompact(digest, abi.encodePacked(compact, uint16(0))), address(0));
        assertEq(harness.recoverCompact(digest, new bytes(64)), address(0));
    }

    function test_transactionsNobodySignedAreRefused() public {
        bytes[] memory fields = new bytes[](8);
        for (uint256 i; i < 8; ++i) {
            fields[i] = hex"80";
        }
        (fields[0], fields[7]) = (RLP.encode(uint256(CHAIN)), bytes(hex"c0"));
        bytes[] memory signed = _resize(fields, 11);
        (signed[8], signed[9], signed[10]) = (bytes(hex"80"), bytes(hex"80"), bytes(hex"01"));
        vm.expectRevert(TxDecoder.BadSender.selector);
        harness.transaction(bytes.concat(hex"01", RLP.encode(signed)), CHAIN);
        // A parity of 2 is no signature either.
        (signed[8], signed[9]) = (bytes(hex"02"), bytes(hex"01"));
        vm.expectRevert(TxDecoder.BadSender.selector);
        harness.transaction(bytes.concat(hex"01", RLP.encode(signed)), CHAIN);
    }

    function test_accessListsHaveOneShape() public {
        bytes[4] memory bad = [
            bytes(hex"80"),
            hex"c3c281c0",
            abi.encodePacked(hex"d7d693", bytes19(0), hex"c0", hex"00"),
            abi.encodePacked(hex"f7f694", bytes20(0), hex"e0", hex"9f", bytes31(0))
        ];
        for (uint256 i; i < 4; ++i) {
            bytes[] memory fields = new bytes[](8);
            for (uint256 f; f < 7; ++f) {
                fields[f] = hex"80";
            }
            (fields[0], fields[7]) = (RLP.encode(uint256(CHAIN)), bad[i]);
            bytes memory raw = signTyped(alice, 1, fields);
            vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
            harness.transaction(raw, CHAIN);
        }
    }

    function test_nonceOfNineBytesIsRefused() public {
        bytes[] memory fields = new bytes[](8);
        for (uint256 f; f < 7; ++f) {
            fields[f] = hex"80";
        }
        (fields[0], fields[1], fields[7]) = (RLP.encode(uint256(CHAIN)), RLP.encode(uint256(1) << 64), bytes(hex"c0"));
        bytes memory raw = signTyped(alice, 1, fields);
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
        harness.transaction(raw, CHAIN);
    }

    function test_receiptsShowTypeStatusGasAndLogs() public view {
        bytes[] memory logs = new bytes[](2);
        bytes32[] memory topics = new bytes32[](4);
        topics[3] = keccak256("topic");
        logs[0] = encodeLog(address(1), new bytes32[](0), "");
        logs[1] = encodeLog(address(0xfeed), topics, "data");
        for (uint8 txType; txType < 3; ++txType) {
            bytes memory raw = encodeReceipt(txType, 1, 21_000, logs);
            (uint8 gotType, uint8 status, uint64 gas, uint256 count) = harness.receipt(raw);
            assertEq(gotType, txType);
            assertEq(status, 1);
            assertEq(gas, 21_000);
            assertEq(count, 2);
            (address emitter, bytes32[] memory gotTopics, bytes memory data) = harness.log(raw, 1);
            assertEq(emitter, address(0xfeed));
            assertEq(gotTopics[3], topics[3]);
            assertEq(data, "data");
        }
    }

    function test_logsThatAreNotThereAreRefused() public {
        bytes memory raw = encodeReceipt(2, 1, 21_000, new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(ReceiptDecoder.NoSuchLog.selector, 0, 0));
        harness.log(raw, 0);
        bytes[] memory logs = new bytes[](1);
        logs[0] = encodeLog(address(1), new bytes32[](0), "");
        raw = encodeReceipt(2, 1, 21_000, logs);
        vm.expectRevert(abi.encodeWithSelector(ReceiptDecoder.NoSuchLog.selector, type(uint32).max, 1));
        harness.log(raw, type(uint32).max);
    }

    function test_receiptStatusIsZeroOrOne() public {
        bytes memory raw = encodeReceipt(0, 2, 21_000, new bytes[](0));
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
        harness.receipt(raw);
    }

    function test_fiveTopicsAreRefused() public {
        bytes[] memory logs = new bytes[](1);
        logs[0] = encodeLog(address(1), new bytes32[](5), "");
        bytes memory raw = encodeReceipt(0, 1, 21_000, logs);
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
        harness.log(raw, 0);
    }

    function test_headerMustOpenTheLeafInEveryField() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 1);
        BlockProof memory b = proofOf(submit(1, blocks), 0);
        bytes memory raw = blocks[0].header;
        assertEq(harness.header(b, raw).coinbase, producer);

        b.receiptsRoot = 0;
        _refuseHeader(b, raw, "receiptsRoot");
        b.txRoot = 0;
        _refuseHeader(b, raw, "transactionsRoot");
        b.timestamp++;
        _refuseHeader(b, raw, "timestamp");
        b.number++;
        _refuseHeader(b, raw, "number");
        b.blockHash = keccak256(hex"c0");
        _refuseHeader(b, hex"c0", "rlp");
        _refuseHeader(b, raw, "hash");
    }

    function test_sealsHaveOneForm() public view {
        Sealed memory b = honestBlocks(keccak256("genesis"), 1, 1)[0];
        assertEq(harness.sealer(b.header, CHAIN), producer);
        assertTrue(harness.sealer(b.header, CHAIN + 1) != producer);

        (bytes32 r, bytes32 s, uint8 v) = _sealOf(b);
        bytes memory free = "koma";
        assertEq(harness.sealer(encodeHeader(b, abi.encodePacked(free, r, s, v)), CHAIN), producer);
        assertEq(harness.sealer(encodeHeader(b, abi.encodePacked(free, r, s, v - 27)), CHAIN), address(0));
        bytes32 high = bytes32(ORDER - uint256(s));
        assertEq(harness.sealer(encodeHeader(b, abi.encodePacked(free, r, high, v ^ 7)), CHAIN), address(0));
        assertEq(harness.sealer(encodeHeader(b, abi.encodePacked(free, r, s)), CHAIN), address(0));
        assertEq(harness.sealer(encodeHeader(b, ""), CHAIN), address(0));
        assertEq(harness.sealer(encodeHeader(b, abi.encodePacked(new bytes(33), r, s, v)), CHAIN), address(0));
    }

    function testFuzz_noBytesMakeTheDecodersPanic(bytes memory raw) public view {
        harness.headerDecodes(raw);
        harness.sealer(raw, CHAIN);
    }

    function testFuzz_oneFlippedByteOfATransactionNeverKeepsItsSender(uint256 place, uint8 mask) public view {
        bytes memory raw = dynamicFeeTx(alice, 7);
        place = bound(place, 0, raw.length - 1);
        vm.assume(mask != 0);
        raw[place] ^= bytes1(mask);
        try harness.transaction(raw, CHAIN) returns (Transaction memory t) {
            assertTrue(t.sender != vm.addr(alice));
        } catch {}
    }

    function _sealOf(Sealed memory b) private view returns (bytes32 r, bytes32 s, uint8 v) {
        bytes32 unsealed = keccak256(encodeHeader(b, "koma"));
        (v, r, s) = vm.sign(producerKey, keccak256(abi.encodePacked("KOMA seal v1", uint256(CHAIN), unsealed)));
    }

    function _signature() private view returns (bytes32 digest, uint8 v, bytes32 r, bytes32 s) {
        digest = keccak256("digest");
        (v, r, s) = vm.sign(alice, digest);
    }

    function _refuseHeader(BlockProof memory b, bytes memory raw, string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, field));
        harness.header(b, raw);
    }
}
