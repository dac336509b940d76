// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {TxProof, Verdict} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {Proofs} from "../../src/fraud/proofs/Proofs.sol";
import {ChallengeBase} from "./ChallengeBase.sol";

contract TxFraudTest is ChallengeBase {
    function test_duplicate_nonceUsedTwiceConvictsTheLaterBlock() public {
        Span memory span = submit(1, replayedNonce());
        TxProof memory t1 = txProofOf(span, 0, 0);
        TxProof memory t2 = txProofOf(span, 2, 1);
        Verdict memory v = txFraud.validateDuplicateNonce(t1, t2, span.blocks[2].header);
        assertEq(v.offenceId, replayOffence(span));
        assertEq(v.class, 1);
        assertEq(v.chainId, CHAIN);
        assertEq(v.number, 1);
        assertEq(v.blockHash, span.blocks[2].hash);
        assertEq(v.leaf, BlockTree.leafOf(t2.b));
        assertEq(v.producer, producer);
        assertEq(v.signers, 0);
        // The order of the two does not matter.
        assertEq(
            keccak256(abi.encode(txFraud.validateDuplicateNonce(t2, t1, span.blocks[2].header))),
            keccak256(abi.encode(v))
        );
    }

    function test_duplicate_sameBytesTwiceConvict() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 1);
        blocks[0].txs[1] = blocks[0].txs[0];
        finishBlock(blocks[0], producerKey);
        Span memory span = submit(1, blocks);
        Verdict memory v =
            txFraud.validateDuplicateNonce(txProofOf(span, 0, 0), txProofOf(span, 0, 1), blocks[0].header);
        assertEq(v.blockHash, blocks[0].hash);
    }

    function test_duplicate_withoutAHeaderNothingIsBannedYet() public {
        Span memory span = submit(1, replayedNonce());
        Verdict memory v = txFraud.validateDuplicateNonce(txProofOf(span, 0, 0), txProofOf(span, 2, 1), "");
        assertEq(v.offenceId, replayOffence(span));
        assertEq(v.blockHash, 0);
        assertEq(v.producer, address(0));
        assertTrue(v.leaf != 0);
    }

    function test_duplicate_headerOfTheEarlierBlockIsRefused() public {
        Span memory span = submit(1, replayedNonce());
        TxProof memory t1 = txProofOf(span, 0, 0);
        TxProof memory t2 = txProofOf(span, 2, 1);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        txFraud.validateDuplicateNonce(t1, t2, span.blocks[0].header);
    }

    function test_duplicate_acrossCheckpointsConvictsTheLaterOne() public {
        Sealed[] memory blocks = replayedNonce();
        Sealed[] memory head = new Sealed[](2);
        Sealed[] memory tail = new Sealed[](1);
        (head[0], head[1], tail[0]) = (blocks[0], blocks[1], blocks[2]);
        Span memory first = submitAs(1, head, CheckpointStatus.Finalized);
        Span memory second = submit(2, tail);
        Verdict memory v =
            txFraud.validateDuplicateNonce(txProofOf(second, 0, 1), txProofOf(first, 0, 0), tail[0].header);
        assertEq(v.number, 2);
    }

    function test_duplicate_notFraud() public {
        Span memory span = submit(1, _twoSenders());
        vm.expectRevert(notFraud("same position"));
        txFraud.validateDuplicateNonce(txProofOf(span, 0, 1), txProofOf(span, 0, 1), "");
        vm.expectRevert(notFraud("different senders"));
        txFraud.validateDuplicateNonce(txProofOf(span, 0, 0), txProofOf(span, 0, 1), "");
        vm.expectRevert(notFraud("different nonces"));
        txFraud.validateDuplicateNonce(txProofOf(span, 0, 0), txProofOf(span, 1, 0), "");
        TxProof memory elsewhere = txProofOf(span, 1, 0);
        elsewhere.b.chainId = CHAIN + 1;
        vm.expectRevert(notFraud("different chains"));
        txFraud.validateDuplicateNonce(txProofOf(span, 0, 0), elsewhere, "");
    }

    function test_mismatch_lowerNonceLaterConvicts() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 1);
        blocks[0].txs[1] = legacyTx(alice, 1);
        finishBlock(blocks[0], producerKey);
        Span memory span = submit(1, blocks);
        Verdict memory v =
            txFraud.validateMisMatchedNonce(txProofOf(span, 0, 0), txProofOf(span, 0, 1), blocks[0].header);
        assertEq(v.blockHash, blocks[0].hash);
        assertEq(v.class, 1);
    }

    function test_mismatch_equalNonceIsTheSameOffenceAsADuplicate() public {
        Span memory span = submit(1, replayedNonce());
        TxProof memory t1 = txProofOf(span, 0, 0);
        TxProof memory t2 = txProofOf(span, 2, 1);
        assertEq(
            txFraud.validateMisMatchedNonce(t1, t2, "").offenceId, txFraud.validateDuplicateNonce(t1, t2, "").offenceId
        );
    }

    function test_mismatch_notFraud() public {
        Span memory span = submit(1, _twoSenders());
        vm.expectRevert(notFraud("same position"));
        txFraud.validateMisMatchedNonce(txProofOf(span, 0, 1), txProofOf(span, 0, 1), "");
        vm.expectRevert(notFraud("different senders"));
        txFraud.validateMisMatchedNonce(txProofOf(span, 0, 0), txProofOf(span, 0, 1), "");
        vm.expectRevert(notFraud("nonces ascend"));
        txFraud.validateMisMatchedNonce(txProofOf(span, 0, 0), txProofOf(span, 1, 0), "");
        vm.expectRevert(notFraud("wrong order"));
        txFraud.validateMisMatchedNonce(txProofOf(span, 1, 0), txProofOf(span, 0, 0), "");
        TxProof memory elsewhere = txProofOf(span, 1, 0);
        elsewhere.b.chainId = CHAIN + 1;
        vm.expectRevert(notFraud("different chains"));
        txFraud.validateMisMatchedNonce(txProofOf(span, 0, 0), elsewhere, "");
    }

    function test_rejectedCheckpointsProveNothing() public {
        Span memory span = submitAs(1, replayedNonce(), CheckpointStatus.Rejected);
        vm.expectRevert(abi.encodeWithSelector(Proofs.StaleCheckpoint.selector, 1));
        txFraud.verify(5, replayEvidence(span));
    }

    function test_otherKindsAreUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 7));
        txFraud.verify(7, "");
    }

    function testFuzz_honestHistoriesAreNoFraud(uint256 seed) public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 3));
        uint256 i = seed % 3;
        uint256 j = (seed >> 8) % 3;
        uint32 a = uint32((seed >> 16) % 2);
        uint32 b = uint32((seed >> 24) % 2);
        TxProof memory t1 = txProofOf(span, i, a);
        TxProof memory t2 = txProofOf(span, j, b);
        vm.expectPartialRevert(IFraudVerifier.NotFraud.selector);
        txFraud.validateDuplicateNonce(t1, t2, "");
        vm.expectPartialRevert(IFraudVerifier.NotFraud.selector);
        txFraud.validateMisMatchedNonce(t1, t2, "");
    }

    /// @dev Block 1: alice 2, bob 2. Block 2: alice 4, 5.
    function _twoSenders() private view returns (Sealed[] memory blocks) {
        blocks = honestBlocks(keccak256("genesis"), 1, 2);
        blocks[0].txs[1] = unprotectedTx(bob, 2);
        finishBlock(blocks[0], producerKey);
    }
}
