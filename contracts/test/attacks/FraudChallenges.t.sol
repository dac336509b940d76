// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoint, CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {BountyLedger} from "../../src/fraud/BountyLedger.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {TxProof} from "../../src/fraud/ProofTypes.sol";
import {StrictTrie} from "../../src/fraud/proofs/StrictTrie.sol";
import {Proofs} from "../../src/fraud/proofs/Proofs.sol";
import {ChallengeBase} from "../fraud/ChallengeBase.sol";

/// @notice Attacks on the honest through fraud proofs, and on whoever finds a fraud.
contract FraudChallengesTest is ChallengeBase {
    // AT-05: one transaction proven twice as two

    function test_AT05_oneTransactionIsNotTwo() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 2));
        TxProof memory t1 = txProofOf(span, 0, 0);
        TxProof memory t2 = txProofOf(span, 0, 0);
        _expectSamePosition(t1, t2);
        // Other bytes for the same position: more nodes, other siblings, another checkpoint, other claims of the leaf.
        t2.txNodes = new bytes[](3);
        _expectSamePosition(t1, t2);
        t2 = txProofOf(span, 0, 0);
        t2.b.siblings = new bytes32[](9);
        _expectSamePosition(t1, t2);
        t2.b.checkpoint = 2;
        _expectSamePosition(t1, t2);
        t2.b.blockHash = keccak256("other");
        _expectSamePosition(t1, t2);
    }

    function test_AT05_trailingBytesOfTheEvidenceChangeNothing() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 2));
        TxProof memory t = txProofOf(span, 0, 0);
        bytes memory evidence = bytes.concat(abi.encode(t, t, ""), new bytes(64));
        vm.expectRevert(notFraud("same position"));
        manager.challenge(5, evidence);
    }

    // AT-06: "t1 stands after t2"

    function test_AT06_indexCannotBeClaimed() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 2));
        TxProof memory t1 = txProofOf(span, 0, 0);
        TxProof memory t2 = txProofOf(span, 0, 1);
        // Honest order: nonces ascend. With t1's index raised above t2's it would be fraud, if it could be proven.
        for (uint32 claimed = 2; claimed < 130; ++claimed) {
            t1.txIndex = claimed;
            vm.expectPartialRevert(StrictTrie.BadTrieProof.selector);
            txFraud.validateMisMatchedNonce(t2, t1, "");
        }
        t1.txIndex = 1;
        vm.expectRevert(notFraud("same position"));
        txFraud.validateMisMatchedNonce(t2, t1, "");
    }

    // AT-09: typed transactions and access lists

    function test_AT09_typedTransactionsAreNoFraud() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 1);
        blocks[0].txs = new bytes[](4);
        blocks[0].txs[0] = unprotectedTx(alice, 0);
        blocks[0].txs[1] = accessListTx(alice, 1);
        blocks[0].txs[2] = dynamicFeeTx(alice, 2);
        blocks[0].txs[3] = legacyTx(alice, 3);
        finishBlock(blocks[0], producerKey);
        Span memory span = submit(1, blocks);
        for (uint32 i; i < 4; ++i) {
            for (uint32 j = i + 1; j < 4; ++j) {
                TxProof memory t1 = txProofOf(span, 0, i);
                TxProof memory t2 = txProofOf(span, 0, j);
                vm.expectRevert(notFraud("different nonces"));
                txFraud.validateDuplicateNonce(t1, t2, "");
                vm.expectRevert(notFraud("nonces ascend"));
                txFraud.validateMisMatchedNonce(t1, t2, "");
            }
        }
    }

    // AT-14: one offence punished twice

    function test_AT14_onceForTwoKinds() public {
        Span memory span = submitAs(1, replayedNonce(), CheckpointStatus.Finalized);
        bytes memory evidence = replayEvidence(span);
        bytes32 offenceId = manager.challenge(5, evidence);
        _expectPunished(offenceId);
        manager.challenge(6, evidence);
        // Against another earlier transaction it is still the same offence: nonce 3 came before nonce 2 as well.
        bytes memory other = abi.encode(txProofOf(span, 0, 1), txProofOf(span, 2, 1), "");
        _expectPunished(offenceId);
        manager.challenge(6, other);
        assertEq(stakes.orderCount(), 1);
    }

    function test_AT14_onceForTwoChallengers() public {
        Span memory span = submit(1, replayedNonce());
        bytes memory evidence = replayEvidence(span);
        vm.prank(challenger);
        manager.challenge(5, evidence);
        // The checkpoint is gone: there is nothing left to prove it in.
        vm.prank(copycat);
        vm.expectRevert(abi.encodeWithSelector(Proofs.StaleCheckpoint.selector, 1));
        manager.challenge(5, evidence);
        assertEq(stakes.orderCount(), 1);
    }

    function test_AT14_signersOncePerCheckpointProducerOncePerBlock() public {
        Sealed[] memory blocks = replayedNonce();
        Span memory span = submit(1, blocks);
        manager.challenge(5, replayEvidence(span));
        // Signers insist on the same block in another checkpoint: they are charged again, its producer is not.
        span = submit(1, blocks);
        bytes memory evidence = replayEvidence(span);
        bytes32 second = manager.challenge(6, evidence);
        assertEq(stakes.orderAt(1).offenceId, second);
        assertEq(stakes.orderAt(1).signerBitmap, SIGNERS);
        assertEq(stakes.orderAt(1).producerKey, address(0));
        _expectPunished(keccak256(abi.encode("attached", second)));
        manager.attachProducer(second, blocks[2].header);
    }

    /// A ban is the note that a producer was charged: also for what comes after finality, and for an attachment.
    function test_AT14_producerOfABannedBlockIsChargedNowhereElse() public {
        Sealed[] memory blocks = replayedNonce();
        Span memory span = submit(1, blocks);
        bytes32 first = manager.challenge(5, abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), ""));
        span = submit(1, blocks);
        manager.challenge(5, replayEvidence(span));
        assertEq(stakes.orderAt(1).producerKey, producer);
        _expectPunished(keccak256(abi.encode("attached", first)));
        manager.attachProducer(first, blocks[2].header);
        span = submitAs(1, blocks, CheckpointStatus.Finalized);
        manager.challenge(5, replayEvidence(span));
        assertEq(stakes.orderAt(2).signerBitmap, SIGNERS);
        assertEq(stakes.orderAt(2).producerKey, address(0));
        assertEq(stakes.orderCount(), 3);
    }

    /// Nor is one charged again by a ban who was charged without.
    function test_AT14_attachedProducerIsChargedNowhereElse() public {
        Sealed[] memory blocks = replayedNonce();
        Span memory span = submit(1, blocks);
        bytes32 first = manager.challenge(5, abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), ""));
        manager.attachProducer(first, blocks[2].header);
        assertEq(stakes.orderAt(1).producerKey, producer);
        assertFalse(checkpoints.bannedBlock(CHAIN, blocks[2].hash));
        span = submit(1, blocks);
        manager.challenge(5, replayEvidence(span));
        assertTrue(checkpoints.bannedBlock(CHAIN, blocks[2].hash));
        assertEq(stakes.orderAt(2).producerKey, address(0));
    }

    function test_AT14_otherOffenceInTheSameFinalCheckpointChargesNobodyTwice() public {
        Span memory span = submitAs(1, replayedNonce(), CheckpointStatus.Finalized);
        manager.challenge(5, replayEvidence(span));
        checkpoints.ban(CHAIN, span.blocks[0].hash);
        bytes memory evidence = abi.encode(proofOf(span, 0));
        bytes32 offenceId = manager.judge(4, evidence).offenceId;
        _expectPunished(offenceId);
        manager.challenge(4, evidence);
    }

    function test_AT14_afterFinality() public {
        Span memory span = submit(1, replayedNonce());
        manager.challenge(5, abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), ""));
        checkpoints.put(CHAIN, 1, checkpoints.checkpointAt(CHAIN, 1));
        checkpoints.setStatus(CHAIN, 1, CheckpointStatus.Finalized);
        bytes memory evidence = replayEvidence(span);
        bytes32 offenceId = replayOffence(span);
        _expectPunished(offenceId);
        manager.challenge(5, evidence);
    }

    // AT-15: a copied challenge

    function test_AT15_copiedChallengeWithACommitment() public {
        Span memory span = submit(1, replayedNonce());
        bytes32 offenceId = replayOffence(span);
        bytes32 commitment = keccak256(abi.encode(challenger, offenceId, bytes32("salt")));
        vm.prank(challenger);
        manager.commit(commitment);
        vm.roll(101);
        // Re-encoded: the other order, no header. The verdict is executed at once.
        bytes memory copied = abi.encode(txProofOf(span, 2, 1), txProofOf(span, 0, 0), "");
        vm.prank(copycat);
        assertEq(manager.challenge(5, copied), offenceId);
        assertFalse(checkpoints.isLive(CHAIN, 1));

        vm.prank(copycat);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.NoOlderCommit.selector, offenceId));
        manager.claimBounty(offenceId, "salt");
        vm.prank(challenger);
        manager.claimBounty(offenceId, "salt");
        vm.roll(101 + COMMIT_WINDOW + 1);
        manager.settleBounty(offenceId);
        assertEq(stakes.paidTo(offenceId), challenger);
    }

    function test_AT15_copiedChallengeWithoutACommitment() public {
        Span memory span = submit(1, replayedNonce());
        bytes32 offenceId = replayOffence(span);
        vm.prank(copycat);
        manager.challenge(5, replayEvidence(span));
        vm.prank(challenger);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.NoOlderCommit.selector, offenceId));
        manager.claimBounty(offenceId, "salt");
        vm.roll(100 + COMMIT_WINDOW + 1);
        manager.settleBounty(offenceId);
        assertEq(stakes.paidTo(offenceId), copycat);
    }

    function test_AT15_commitmentMustBeOlderAndClaimedInTime() public {
        Span memory span = submit(1, replayedNonce());
        bytes32 offenceId = replayOffence(span);
        bytes32 commitment = keccak256(abi.encode(challenger, offenceId, bytes32("salt")));
        // In the same block as the challenge, even before it.
        manager.commit(commitment);
        bytes memory evidence = replayEvidence(span);
        vm.prank(copycat);
        manager.challenge(5, evidence);
        vm.prank(challenger);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.NoOlderCommit.selector, offenceId));
        manager.claimBounty(offenceId, "salt");
        // Later.
        vm.roll(102);
        manager.commit(keccak256(abi.encode(challenger, offenceId, bytes32("late"))));
        vm.prank(challenger);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.NoOlderCommit.selector, offenceId));
        manager.claimBounty(offenceId, "late");
        // Too late to claim at all.
        vm.roll(100 + COMMIT_WINDOW + 1);
        vm.prank(challenger);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.CommitWindowOver.selector, offenceId));
        manager.claimBounty(offenceId, "salt");
    }

    function test_AT15_commitmentOfSomebodyElseIsWorthless() public {
        Span memory span = submit(1, replayedNonce());
        bytes32 offenceId = replayOffence(span);
        // The copycat notes the victim's commitment, and one that it saw the salt of, under its own name too late.
        bytes32 commitment = keccak256(abi.encode(challenger, offenceId, bytes32("salt")));
        vm.prank(copycat);
        manager.commit(commitment);
        vm.roll(101);
        vm.prank(copycat);
        manager.challenge(5, replayEvidence(span));
        vm.prank(copycat);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.NoOlderCommit.selector, offenceId));
        manager.claimBounty(offenceId, "salt");
        vm.prank(challenger);
        manager.claimBounty(offenceId, "salt");
    }

    // AT-35: an honest open-slot block, and the same seal one slot too early

    function test_AT35_openSlot() public {
        stakes.seatSigner(vm.addr(bob), 3);
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 3);
        blocks[2].coinbase = vm.addr(bob);
        blocks[2].timestamp = blocks[1].timestamp + 4;
        finishBlock(blocks[2], bob);
        Span memory span = submit(1, blocks);
        bytes memory evidence = abi.encode(proofOf(span, 2), blocks[2].header, blocks[1].header, proofOf(span, 0));
        vm.expectRevert(notFraud("open slot"));
        manager.challenge(3, evidence);

        blocks[2].timestamp -= 1;
        finishBlock(blocks[2], bob);
        span = submit(2, blocks);
        manager.challenge(
            3, abi.encode(proofOf(span, 2), blocks[2].header, blocks[1].header, proofOf(submit(1, blocks), 0))
        );
        assertEq(stakes.orderAt(0).signerBitmap, SIGNERS);
    }

    // AT-37: a vote for the next proposer's checkpoint is no double vote

    function test_AT37_votesAfterAFailedRound() public {
        stakes.seatSigner(vm.addr(alice), 7);
        Checkpoint memory c1 = _checkpoint();
        bytes memory sig1 = _vote(alice, c1);
        for (uint256 field; field < 4; ++field) {
            Checkpoint memory c2 = _checkpoint();
            if (field == 0) c2.proposer = address(0xb0b);
            if (field == 1) c2.epoch++;
            if (field == 2) c2.end++;
            if (field == 3) (c2.proposer, c2.epoch, c2.end) = (address(0xb0b), 9, 40);
            // A longer range has another root, of course.
            if (field >= 2) c2.rootHash = keccak256("longer");
            bytes memory evidence = abi.encode(c1, c2, sig1, _vote(alice, c2));
            vm.expectRevert(notFraud(field < 2 ? "same content" : "different ranges"));
            manager.challenge(20, evidence);
        }
    }

    function test_AT37_twoRootsForOneRangeCostThatSignerOnly() public {
        stakes.seatSigner(vm.addr(alice), 7);
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 2));
        Checkpoint memory c1 = _checkpoint();
        Checkpoint memory c2 = _checkpoint();
        c2.rootHash = keccak256("two");
        bytes memory evidence = abi.encode(c1, c2, _vote(alice, c1), _vote(alice, c2));
        bytes32 offenceId = manager.challenge(20, evidence);
        assertEq(stakes.orderAt(0).class, 3);
        assertEq(stakes.orderAt(0).signerBitmap, 1 << 7);
        assertEq(stakes.orderAt(0).producerKey, address(0));
        assertTrue(checkpoints.isLive(CHAIN, span.checkpoint));

        // A third root for the range is the same offence.
        c2.rootHash = keccak256("three");
        evidence = abi.encode(c2, c1, _vote(alice, c2), _vote(alice, c1));
        _expectPunished(offenceId);
        manager.challenge(20, evidence);
    }

    function _expectSamePosition(TxProof memory t1, TxProof memory t2) private {
        vm.expectRevert(notFraud("same position"));
        txFraud.validateDuplicateNonce(t1, t2, "");
        vm.expectRevert(notFraud("same position"));
        txFraud.validateMisMatchedNonce(t1, t2, "");
    }

    function _expectPunished(bytes32 offenceId) private {
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.AlreadyPunished.selector, offenceId));
    }

    function _checkpoint() private pure returns (Checkpoint memory c) {
        c.chainId = CHAIN;
        c.epoch = 3;
        c.number = 1;
        c.proposer = address(0xa11ce);
        (c.start, c.end) = (1, 16);
        c.rootHash = keccak256("one");
        c.lastBlockHash = keccak256("end");
    }

    function _vote(uint256 key, Checkpoint memory c) private view returns (bytes memory) {
        (bytes32 r, bytes32 vs) = vm.signCompact(key, checkpoints.digestOf(c));
        return abi.encodePacked(r, vs);
    }
}
