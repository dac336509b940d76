// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {LogProof} from "../../src/fraud/ProofTypes.sol";
import {TokenReceipts} from "../receipts/TokenReceipts.sol";

/// @notice Attacks on honest signers through proofs about transactions and receipts (attack-tests: AT-07 to AT-09, AT-14),
/// and one that the catalogue does not have.
contract ReceiptAttacksTest is TokenReceipts {
    LogProof[] private none;

    function test_AT07_honestTransferThatRevertedIsNoFraud() public {
        Span memory span = checkpointed(transferCall(), 0, new bytes[](0));
        vm.expectRevert(notFraud("reverted"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, span.blocks[0].header);
        vm.expectRevert(notFraud("reverted"));
        manager.challenge(12, abi.encode(txReceiptOf(span, 0, 0), none, span.blocks[0].header));
    }

    function test_AT08_trailingCalldataIsNoFraud() public {
        bytes memory call = abi.encodeCall(IERC20.transfer, (friend, AMOUNT));
        for (uint256 length = 1; length <= 64; length += 21) {
            bytes memory longer = bytes.concat(call, new bytes(length));
            Span memory span = checkpointed(callOf(TOKEN, 0, longer), 1, honestLogs());
            vm.expectRevert(notFraud("transferred"));
            receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, "");
        }
    }

    function test_AT08_shorterCalldataIsNoTransfer() public {
        bytes memory call = abi.encodePacked(IERC20.transfer.selector, new bytes(63));
        Span memory span = checkpointed(callOf(TOKEN, 0, call), 1, new bytes[](0));
        vm.expectRevert(notFraud("no transfer"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, "");
    }

    function test_AT09_typedTransactionsAreWellFormed() public {
        Sealed[] memory blocks = honestBlocks(keccak256("parent"), 1, 2);
        (blocks[0].txs[0], blocks[0].txs[1]) = (unprotectedTx(alice, 1), legacyTx(alice, 2));
        blocks[1].txs[0] = dynamicFeeTx(alice, 3);
        blocks[1].txs[1] = signTyped(bob, 1, _accessListFields());
        finishBlock(blocks[0], producerKey);
        finishBlock(blocks[1], producerKey);
        Span memory span = submit(1, blocks);
        for (uint256 i; i < 2; ++i) {
            for (uint32 t; t < 2; ++t) {
                // dynamicFeeTx has a gas limit of 21,000 and an access list, which no valid block takes.
                if (i == 1 && t == 0) continue;
                vm.expectRevert(notFraud("well formed"));
                txFraud.validateTransaction(txProofOf(span, i, t), span.blocks[i].header);
            }
        }
    }

    function test_AT14_oneReceiptIsPunishedOnceThroughAllItsKinds() public {
        uint256[7] memory words = honestWords();
        words[3] = 71;
        bytes[] memory logs = honestLogs();
        logs[1] = balanceLog(words);
        Span memory span = checkpointed(transferCall(), 1, logs);
        bytes memory header = span.blocks[0].header;
        bytes memory asLog = abi.encode(logProofOf(span, 0, 0, 1), header);
        bytes memory asTransfer = abi.encode(txReceiptOf(span, 0, 0), none, header);
        bytes32 offence = manager.challenge(13, asLog);
        // The checkpoint is gone; under a new one with the same content the same receipt is a new offence of new signers.
        assertEq(stakes.orderCount(), 1);
        assertTrue(registry.ejected(producer));
        span = submit(1, span.blocks);
        assertTrue(manager.challenge(12, asTransfer) != offence);
        assertEq(stakes.orderAt(1).producerKey, address(0), "the producer pays once for a block");
    }

    function test_AT14_twoKindsUnderOneFinalCheckpointAreOneOffence() public {
        bytes[] memory logs = honestLogs();
        uint256[7] memory words = honestWords();
        words[4] = 0;
        logs[1] = balanceLog(words);
        Span memory span = checkpointed(transferCall(), 1, logs);
        checkpoints.setStatus(CHAIN, 1, CheckpointStatus.Finalized);
        bytes32 offence = manager.challenge(13, abi.encode(logProofOf(span, 0, 0, 1), ""));
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.AlreadyPunished.selector, offence));
        manager.challenge(12, abi.encode(txReceiptOf(span, 0, 0), none, ""));
    }

    /// @notice A token is mapped on the root chain before its child exists. Whoever calls the child's address in between
    /// succeeds without a log, and no honest signer may pay for that.
    function test_callOfATokenBeforeItExistsIsNoFraud() public {
        Span memory span = checkpointed(transferCall(), 1, new bytes[](0));
        vm.expectRevert(notFraud("the token may not exist yet"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, span.blocks[0].header);
        bytes[] memory others = new bytes[](1);
        others[0] = encodeLog(friend, new bytes32[](0), "");
        span = checkpointed(callOf(TOKEN, 5, abi.encodeCall(IERC20.transfer, (friend, AMOUNT))), 1, others);
        vm.expectRevert(notFraud("the token may not exist yet"));
        receiptFraud.validateERC20TransferTx(txReceiptOf(span, 0, 0), none, span.blocks[0].header);
    }

    function _accessListFields() private pure returns (bytes[] memory fields) {
        fields = new bytes[](8);
        (fields[0], fields[1], fields[2]) = (hex"83013a11", hex"01", hex"0a");
        fields[3] = hex"830186a0";
        fields[4] = abi.encodePacked(hex"94", address(0xcafe));
        (fields[5], fields[6], fields[7]) = (hex"80", hex"80", accessList());
    }
}
