// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {LogProof, Verdict} from "../../src/fraud/ProofTypes.sol";
import {OrderedTrie} from "../fraud/OrderedTrie.sol";
import {TokenReceipts} from "./TokenReceipts.sol";

/// @notice What the vectors cannot show: headers, proofs of earlier logs, whom a verdict names, and any numbers.
contract ReceiptFraudTest is TokenReceipts {
    LogProof[] private none;

    function test_transfer_verdictNamesSignersAndProducer() public {
        bytes[] memory logs = new bytes[](1);
        logs[0] = transferLog(AMOUNT);
        Span memory span = checkpointed(transferCall(), 1, logs);
        Verdict memory v =
            receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, span.blocks[0].header);
        assertEq(v.offenceId, _offence(span));
        assertEq(v.class, 1);
        assertEq(v.number, 1);
        assertEq(v.blockHash, span.blocks[0].hash);
        assertEq(v.producer, producer);
        assertEq(v.signers, 0);
        v = receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, "");
        assertEq(v.blockHash, 0);
        assertTrue(v.leaf != 0);
    }

    function test_allKindsOfOneReceiptAreOneOffence() public {
        uint256[7] memory words = honestWords();
        words[4] = 36;
        bytes[] memory logs = new bytes[](2);
        (logs[0], logs[1]) = (transferLog(AMOUNT), balanceLog(words));
        Span memory span = checkpointed(transferCall(), 1, logs);
        bytes32 id = _offence(span);
        assertEq(receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, "").offenceId, id);
        assertEq(receiptFraud.validateERC20Log(logProofOf(span, 0, 0, 1), "").offenceId, id);
        // The test's receipts have an empty bloom.
        assertEq(receiptFraud.validateReceipt(txReceiptOf(span, 0, 0), new bytes[](0), "").offenceId, id);
    }

    function test_transferWithoutLogsNeedsAnEarlierLogOfTheToken() public {
        Span memory before = checkpointed(callOf(friend, 0, ""), 1, honestLogs());
        Sealed[] memory blocks = new Sealed[](1);
        bytes[] memory txs = new bytes[](2);
        (txs[0], txs[1]) = (transferCall(), callOf(friend, 1, ""));
        blocks[0] = sealBlock(before.blocks[0].hash, 2, GENESIS_TIME + 2, txs, producerKey);
        bytes[] memory others = new bytes[](1);
        others[0] = encodeLog(friend, new bytes32[](0), "");
        blocks[0].receipts[1] = encodeReceipt(2, 1, 120_000, honestLogs());
        finishBlock(blocks[0], producerKey);
        Span memory span = submit(2, blocks);

        vm.expectRevert(notFraud("the token may not exist yet"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, "");
        LogProof[] memory earlier = new LogProof[](1);
        earlier[0] = logProofOf(before, 0, 0, 1);
        assertEq(receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), earlier, "").number, 2);
        // A later log shows nothing about the time before it, and a log of another chain or contract nothing at all.
        earlier[0] = logProofOf(span, 0, 1, 1);
        vm.expectRevert(notFraud("not earlier"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), earlier, "");
        earlier[0] = logProofOf(before, 0, 0, 1);
        earlier[0].b.chainId = CHAIN + 1;
        vm.expectRevert(notFraud("different chains"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), earlier, "");
        before = checkpointed(callOf(friend, 0, ""), 1, others);
        earlier[0] = logProofOf(before, 0, 0, 0);
        vm.expectRevert(notFraud("another contract's log"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), earlier, "");
    }

    function test_receiptBeyondItsBlocksGas() public {
        Sealed[] memory blocks = honestBlocks(keccak256("parent"), 1, 1);
        blocks[0].gasUsed = 41_999;
        finishBlock(blocks[0], producerKey);
        Span memory span = submit(1, blocks);
        bytes[] memory previous = OrderedTrie.prove(blocks[0].receipts, 0);
        vm.expectRevert(notFraud("well formed"));
        receiptFraud.validateReceipt(txReceiptOf(span, 0, 1), previous, "");
        Verdict memory v = receiptFraud.validateReceipt(txReceiptOf(span, 0, 1), previous, blocks[0].header);
        assertEq(v.blockHash, blocks[0].hash);
        vm.expectRevert(notFraud("well formed"));
        receiptFraud.validateReceipt(txReceiptOf(span, 0, 0), new bytes[](0), blocks[0].header);
    }

    function test_transactionAgainstItsBlock() public {
        // The test's blocks have a base fee of 7 and a gas limit of 30,000,000.
        bytes[] memory fields = new bytes[](9);
        for (uint256 i; i < 9; ++i) {
            fields[i] = hex"80";
        }
        (fields[0], fields[3], fields[4]) = (RLP.encode(uint256(CHAIN)), RLP.encode(uint256(6)), hex"825208");
        (fields[5], fields[8]) = (RLP.encode(abi.encodePacked(friend)), hex"c0");
        bytes[] memory txs = new bytes[](1);
        txs[0] = signTyped(alice, 2, fields);
        Sealed[] memory blocks = new Sealed[](1);
        blocks[0] = sealBlock(keccak256("parent"), 1, GENESIS_TIME + 1, txs, producerKey);
        Span memory span = submit(1, blocks);
        vm.expectRevert(notFraud("well formed"));
        txFraud.validateTransaction(txProofOf(span, 0, 0), "");
        assertEq(txFraud.validateTransaction(txProofOf(span, 0, 0), blocks[0].header).blockHash, blocks[0].hash);
        fields[3] = hex"07";
        txs[0] = signTyped(alice, 2, fields);
        blocks[0] = sealBlock(keccak256("parent"), 1, GENESIS_TIME + 1, txs, producerKey);
        span = submit(1, blocks);
        vm.expectRevert(notFraud("well formed"));
        txFraud.validateTransaction(txProofOf(span, 0, 0), blocks[0].header);
    }

    function test_transactionWithTooMuchDataIsBad() public {
        Span memory span = checkpointed(callOf(friend, 0, new bytes(128 * 1024 + 1)), 1, new bytes[](0));
        assertEq(txFraud.validateTransaction(txProofOf(span, 0, 0), "").number, 1);
    }

    function test_otherKindsAreUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 14));
        receiptFraud.verify(14, "");
    }

    function test_logsOfOthersAreNobodysBusiness() public {
        registry.mapToken(CHAIN, TOKEN, address(0));
        uint256[7] memory words = honestWords();
        words[4] = 36;
        bytes[] memory logs = new bytes[](1);
        logs[0] = balanceLog(words);
        Span memory span = checkpointed(transferCall(), 1, logs);
        vm.expectRevert(notFraud("no standard token"));
        receiptFraud.validateERC20Log(logProofOf(span, 0, 0, 0), "");
        vm.expectRevert(notFraud("no standard token"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, "");
    }

    /// @notice Any transfer that a token makes is honest, whatever its numbers.
    function testFuzz_possibleBalancesAreNoFraud(uint192 input1, uint96 input2, uint192 amount, uint64 seq) public {
        amount = uint192(bound(amount, 0, input1 > type(uint192).max - input2 ? type(uint192).max - input2 : input1));
        seq = uint64(bound(seq, 2, type(uint64).max));
        uint256[7] memory words = [
            uint256(amount), input1, input2, uint256(input1) - amount, uint256(input2) + amount, seq, seq - 1
        ];
        if (seq == 2 && input2 != 0) words[6] = 2;
        bytes[] memory logs = new bytes[](2);
        (logs[0], logs[1]) = (transferLog(AMOUNT), balanceLog(words));
        Span memory span = checkpointed(callOf(friend, 0, ""), 1, logs);
        vm.expectRevert(notFraud("balances fit"));
        receiptFraud.validateERC20Log(logProofOf(span, 0, 0, 1), "");
        vm.expectRevert(notFraud("no balances"));
        receiptFraud.validateERC20Log(logProofOf(span, 0, 0, 0), "");
    }

    /// @notice A single number that is changed shows, whichever it is and however little it is changed.
    function testFuzz_oneChangedBalanceConvicts(uint256 place, uint256 by) public {
        place = bound(place, 0, 4);
        uint256[7] memory words = honestWords();
        unchecked {
            words[place] += bound(by, 1, type(uint256).max);
        }
        bytes[] memory logs = honestLogs();
        logs[1] = balanceLog(words);
        Span memory span = checkpointed(transferCall(), 1, logs);
        assertEq(receiptFraud.validateERC20Log(logProofOf(span, 0, 0, 1), "").offenceId, _offence(span));
        assertEq(receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, "").offenceId, _offence(span));
    }

    /// @notice The word-wise count of zero bytes is the bytewise one.
    function testFuzz_intrinsicGasIsCountedExactly(bytes memory data, uint256 zeros) public {
        vm.assume(data.length < 2_000);
        uint256 gas = 21_000;
        for (uint256 i; i < data.length; ++i) {
            if ((zeros >> (i % 256)) & 1 == 1) data[i] = 0;
            gas += data[i] == 0 ? 4 : 16;
        }
        _expectLimit(data, gas, false);
        _expectLimit(data, gas - 1, true);
    }

    function _expectLimit(bytes memory data, uint256 gasLimit, bool convicts) private {
        bytes[] memory fields = new bytes[](9);
        (fields[0], fields[1], fields[2]) = (RLP.encode(uint256(CHAIN)), hex"80", hex"80");
        (fields[3], fields[4]) = (hex"07", RLP.encode(gasLimit));
        (fields[5], fields[6]) = (RLP.encode(abi.encodePacked(friend)), hex"80");
        (fields[7], fields[8]) = (RLP.encode(data), hex"c0");
        Span memory span = checkpointed(signTyped(alice, 2, fields), 1, new bytes[](0));
        bytes memory header = span.blocks[0].header;
        if (!convicts) vm.expectRevert(notFraud("well formed"));
        txFraud.validateTransaction(txProofOf(span, 0, 0), header);
    }

    function _offence(Span memory span) private view returns (bytes32) {
        return keccak256(
            abi.encode("receipt", checkpoints.checkpointAt(CHAIN, 1).structHash, span.blocks[0].hash, uint32(0))
        );
    }
}
