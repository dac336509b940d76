// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {BountyLedger} from "../../src/fraud/BountyLedger.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {ChallengeState, Offence} from "../../src/fraud/ChallengeState.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {BlockProof, LogProof, TxProof, Verdict} from "../../src/fraud/ProofTypes.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {Proofs} from "../../src/fraud/proofs/Proofs.sol";
import {SlashOrder} from "../../src/staking/IStakeManager.sol";
import {ChallengeBase} from "./ChallengeBase.sol";

contract ChallengeManagerTest is ChallengeBase {
    function test_challengeRollsBackBansAndOrdersTheSlashing() public {
        Span memory span = submit(1, replayedNonce());
        bytes memory evidence = replayEvidence(span);
        bytes32 offenceId = replayOffence(span);
        vm.expectEmit(address(manager));
        emit ChallengeManager.Challenged(offenceId, 5, CHAIN, 1, span.blocks[2].hash, SIGNERS, producer, challenger);
        vm.prank(challenger);
        assertEq(manager.challenge(5, evidence), offenceId);

        assertFalse(checkpoints.isLive(CHAIN, 1));
        assertTrue(checkpoints.bannedBlock(CHAIN, span.blocks[2].hash));
        assertEq(checkpoints.chainState(CHAIN).generation, 1);
        assertEq(stakes.orderCount(), 1);
        SlashOrder memory order = stakes.orderAt(0);
        assertEq(order.offenceId, offenceId);
        assertEq(order.class, 1);
        assertEq(order.signerBitmap, SIGNERS);
        assertEq(order.producerKey, producer);
        assertEq(order.challenger, challenger);
        assertEq(order.chainId, CHAIN);
        assertEq(order.number, 1);
        assertTrue(registry.ejected(producer));

        Offence memory offence = manager.offenceOf(offenceId);
        assertEq(offence.challenger, challenger);
        assertEq(offence.kind, 5);
        assertEq(offence.provenInBlock, block.number);
    }

    function test_challengeThatProvesNothingChangesNothing() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 2));
        bytes memory evidence = abi.encode(txProofOf(span, 0, 0), txProofOf(span, 1, 0), "");
        vm.expectRevert(notFraud("different nonces"));
        manager.challenge(5, evidence);
        assertTrue(checkpoints.isLive(CHAIN, 1));
        assertEq(stakes.orderCount(), 0);
    }

    function test_judgeIsADryRun() public {
        Span memory span = submit(1, replayedNonce());
        Verdict memory v = manager.judge(5, replayEvidence(span));
        assertEq(v.offenceId, replayOffence(span));
        assertTrue(checkpoints.isLive(CHAIN, 1));
    }

    function test_kindsWithoutAVerifierAreUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.UnknownKind.selector, 255));
        manager.challenge(255, "");
    }

    function test_interactiveKindsAreNotDecidedByOneCall() public {
        uint8[6] memory kinds = [7, 15, 17, 18, 23, 27];
        for (uint256 i; i < 6; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ChallengeManager.InteractiveKind.selector, kinds[i]));
            manager.challenge(kinds[i], "");
        }
    }

    function test_onlyTheOwnerRegistersVerifiers() public {
        vm.prank(challenger);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, challenger));
        manager.registerVerifier(8, txFraud);
        vm.expectEmit(address(manager));
        emit ChallengeManager.VerifierRegistered(8, address(txFraud));
        manager.registerVerifier(8, txFraud);
        assertEq(address(manager.verifierOf(8)), address(txFraud));
    }

    function test_aVerifierCanBeSwitchedOff() public {
        Span memory span = submit(1, replayedNonce());
        manager.registerVerifier(5, IFraudVerifier(address(0)));
        bytes memory evidence = replayEvidence(span);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.UnknownKind.selector, 5));
        manager.challenge(5, evidence);
    }

    function test_itIsInitializedOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        manager.initialize(address(this), checkpointsAsInterface(), stakesAsInterface(), registryAsInterface(), 1, 1, 1);
    }

    // after finality

    function test_lateFraudCostsStakeButNotTheCheckpoint() public {
        Span memory span = submitAs(1, replayedNonce(), CheckpointStatus.Finalized);
        bytes32 offenceId = replayOffence(span);
        bytes memory evidence = replayEvidence(span);
        vm.expectEmit(address(manager));
        emit ChallengeManager.LateFraud(offenceId, CHAIN, 1);
        manager.challenge(5, evidence);
        assertTrue(checkpoints.isLive(CHAIN, 1));
        assertFalse(checkpoints.bannedBlock(CHAIN, span.blocks[2].hash));
        assertEq(stakes.orderAt(0).signerBitmap, SIGNERS);
        assertEq(stakes.orderAt(0).producerKey, producer);
    }

    function test_lateWindowEnds() public {
        Span memory span = submitAs(1, replayedNonce(), CheckpointStatus.Finalized);
        bytes memory evidence = replayEvidence(span);
        uint256 last = checkpoints.checkpointAt(CHAIN, 1).challengeEnd + LATE_WINDOW;
        vm.warp(last + 1);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.TooLate.selector, 1));
        manager.challenge(5, evidence);
        vm.warp(last);
        manager.challenge(5, evidence);
    }

    function test_secondProducerOfAFinalCheckpointIsChargedAlone() public {
        Sealed[] memory blocks = replayedNonce();
        blocks[1].txs[1] = dynamicFeeTx(alice, 3);
        blocks[1].coinbase = vm.addr(bob);
        finishBlock(blocks[1], bob);
        Span memory span = submitAs(1, blocks, CheckpointStatus.Finalized);
        manager.challenge(5, replayEvidence(span));
        manager.challenge(5, abi.encode(txProofOf(span, 0, 1), txProofOf(span, 1, 1), blocks[1].header));
        assertEq(stakes.orderAt(1).signerBitmap, 0);
        assertEq(stakes.orderAt(1).producerKey, vm.addr(bob));
    }

    // the producer

    function test_producerIsAttachedAfterwards() public {
        Span memory span = submit(1, replayedNonce());
        bytes32 offenceId = manager.challenge(5, abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), ""));
        assertEq(stakes.orderAt(0).producerKey, address(0));
        bytes32 attachedId = keccak256(abi.encode("attached", offenceId));
        vm.expectEmit(address(manager));
        emit ChallengeManager.ProducerAttached(offenceId, attachedId, producer);
        vm.prank(challenger);
        assertEq(manager.attachProducer(offenceId, span.blocks[2].header), attachedId);
        SlashOrder memory order = stakes.orderAt(1);
        assertEq(order.offenceId, attachedId);
        assertEq(order.signerBitmap, 0);
        assertEq(order.producerKey, producer);
        assertEq(order.challenger, challenger);
        assertTrue(registry.ejected(producer));

        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.AlreadyPunished.selector, attachedId));
        manager.attachProducer(offenceId, span.blocks[2].header);
    }

    function test_attachedHeaderMustOpenTheLeaf() public {
        Span memory span = submit(1, replayedNonce());
        bytes32 offenceId = manager.challenge(5, abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), ""));
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "leaf"));
        manager.attachProducer(offenceId, span.blocks[1].header);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "rlp"));
        manager.attachProducer(offenceId, "no header");
    }

    function test_unsealedHeaderAttachesNobody() public {
        Sealed[] memory blocks = replayedNonce();
        finishBlock(blocks[2], bob);
        Span memory span = submit(1, blocks);
        bytes32 offenceId = manager.challenge(5, replayEvidence(span));
        assertEq(stakes.orderAt(0).producerKey, address(0));
        vm.expectRevert(ChallengeManager.BadSeal.selector);
        manager.attachProducer(offenceId, blocks[2].header);
    }

    function test_attachingHasItsLimits() public {
        Span memory span = submit(1, replayedNonce());
        vm.expectRevert(abi.encodeWithSelector(ChallengeState.UnknownOffence.selector, bytes32(0)));
        manager.attachProducer(0, span.blocks[2].header);

        bytes32 offenceId = manager.challenge(5, abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), ""));
        vm.warp(block.timestamp + ATTACH_WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.AttachWindowOver.selector, offenceId));
        manager.attachProducer(offenceId, span.blocks[2].header);
    }

    function test_offencesOfTheSignersAloneAttachNobody() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 2));
        checkpoints.ban(CHAIN, span.blocks[1].hash);
        bytes32 offenceId = manager.challenge(4, abi.encode(proofOf(span, 1)));
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.NoProducerToCharge.selector, offenceId));
        manager.attachProducer(offenceId, span.blocks[1].header);
    }

    // the bounty

    function test_bountyIsHeldAndThenTheChallengers() public {
        bytes32 offenceId = _provenBy(challenger);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.CommitWindowOpen.selector, offenceId, 100 + COMMIT_WINDOW));
        manager.settleBounty(offenceId);
        vm.roll(100 + COMMIT_WINDOW + 1);
        vm.expectEmit(address(manager));
        emit BountyLedger.BountySettled(offenceId, challenger);
        manager.settleBounty(offenceId);
        assertEq(stakes.paidTo(offenceId), challenger);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.BountyAlreadySettled.selector, offenceId));
        manager.settleBounty(offenceId);
    }

    function test_oldestCommitmentWins() public {
        address second = makeAddr("second");
        Span memory span = submit(1, replayedNonce());
        bytes32 offenceId = replayOffence(span);
        vm.roll(80);
        manager.commit(keccak256(abi.encode(challenger, offenceId, bytes32("salt"))));
        vm.roll(81);
        manager.commit(keccak256(abi.encode(second, offenceId, bytes32("other"))));
        // Noting it again later does not make it younger.
        manager.commit(keccak256(abi.encode(challenger, offenceId, bytes32("salt"))));
        vm.roll(100);
        vm.prank(copycat);
        manager.challenge(5, replayEvidence(span));

        vm.prank(second);
        manager.claimBounty(offenceId, "other");
        vm.roll(100 + COMMIT_WINDOW);
        vm.prank(challenger);
        manager.claimBounty(offenceId, "salt");
        // The younger one does not get it back.
        vm.prank(second);
        vm.expectRevert(abi.encodeWithSelector(BountyLedger.NoOlderCommit.selector, offenceId));
        manager.claimBounty(offenceId, "other");
        vm.roll(100 + COMMIT_WINDOW + 1);
        manager.settleBounty(offenceId);
        assertEq(stakes.paidTo(offenceId), challenger);
    }

    function test_bountiesOfUnknownOffences() public {
        vm.expectRevert(abi.encodeWithSelector(ChallengeState.UnknownOffence.selector, bytes32("x")));
        manager.claimBounty("x", "salt");
        vm.expectRevert(abi.encodeWithSelector(ChallengeState.UnknownOffence.selector, bytes32("x")));
        manager.settleBounty("x");
    }

    // the basic proofs

    function test_basicProofsShowWhatLiesUnderACheckpoint() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 3);
        bytes[] memory logs = new bytes[](2);
        bytes32[] memory topics = new bytes32[](1);
        topics[0] = keccak256("Withdraw");
        logs[0] = encodeLog(address(1), new bytes32[](0), "");
        logs[1] = encodeLog(address(0xfeed), topics, "data");
        blocks[1].receipts[1] = encodeReceipt(2, 1, 42_000, logs);
        finishBlock(blocks[1], producerKey);
        Span memory span = submit(1, blocks);

        assertEq(manager.verifyBlock(proofOf(span, 1)).structHash, checkpoints.checkpointAt(CHAIN, 1).structHash);
        assertEq(manager.verifyTransaction(txProofOf(span, 1, 1)), blocks[1].txs[1]);
        assertEq(manager.verifyReceipt(logProofOf(span, 1, 1, 0)), blocks[1].receipts[1]);
        (uint8 status, address emitter, bytes32[] memory gotTopics, bytes memory data) =
            manager.verifyLog(logProofOf(span, 1, 1, 1));
        assertEq(status, 1);
        assertEq(emitter, address(0xfeed));
        assertEq(gotTopics[0], topics[0]);
        assertEq(data, "data");
        assertEq(manager.verifyHeader(proofOf(span, 1), blocks[1].header).coinbase, producer);
    }

    function test_basicProofsNeedALiveCheckpoint() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 2));
        BlockProof memory b = proofOf(span, 0);
        TxProof memory t = txProofOf(span, 0, 0);
        LogProof memory l = logProofOf(span, 0, 0, 0);
        checkpoints.setStatus(CHAIN, 1, CheckpointStatus.Rejected);
        bytes memory stale = abi.encodeWithSelector(Proofs.StaleCheckpoint.selector, 1);
        vm.expectRevert(stale);
        manager.verifyBlock(b);
        vm.expectRevert(stale);
        manager.verifyTransaction(t);
        vm.expectRevert(stale);
        manager.verifyReceipt(l);
        vm.expectRevert(stale);
        manager.verifyLog(l);
        vm.expectRevert(stale);
        manager.verifyHeader(b, span.blocks[0].header);
        checkpoints.setStatus(CHAIN, 1, CheckpointStatus.Finalized);
        assertEq(manager.verifyTransaction(t), span.blocks[0].txs[0]);
    }

    function _provenBy(address who) private returns (bytes32) {
        bytes memory evidence = replayEvidence(submit(1, replayedNonce()));
        vm.prank(who);
        return manager.challenge(5, evidence);
    }
}
