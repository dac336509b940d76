// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {ChainHead, CheckpointParams, CheckpointViews} from "../../src/checkpoint/CheckpointViews.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {ChainState, Checkpoint, CheckpointRecord, CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChainConfig} from "../../src/checkpoint/IKomaRegistry.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

contract CheckpointManagerTest is StakeFixture {
    uint64 private constant OTHER = 80402;

    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    function refused(Checkpoint memory c, bytes memory failure) private {
        bytes memory sigs = signedBy(15, c);
        vm.expectRevert(failure);
        roots.submitCheckpoint(c, 15, sigs);
    }

    // --- submission

    function test_aCheckpointWithQuorumIsStored() public {
        pass(7);
        Checkpoint memory c = nextCheckpoint(16);
        c.accountHash = keccak256("accounts");
        bytes memory sigs = signedBy(14, c); // 3 of 4 sign: 3,000 of 4,000
        vm.expectEmit(address(roots));
        emit CheckpointManager.CheckpointSubmitted(
            CHAIN,
            1,
            c.proposer,
            0,
            15,
            c.rootHash,
            c.lastBlockHash,
            c.accountHash,
            0,
            3_000e18,
            uint40(time() + CHALLENGE)
        );
        vm.prank(anyone);
        roots.submitCheckpoint(c, 14, sigs);

        CheckpointRecord memory r = roots.checkpointAt(CHAIN, 1);
        assertEq(r.rootHash, c.rootHash);
        assertEq(r.lastBlockHash, c.lastBlockHash);
        assertEq(r.accountHash, c.accountHash);
        assertEq(r.signerBitmap, 14);
        assertEq(r.proposer, c.proposer);
        assertEq(r.submittedAt, time());
        assertEq(r.challengeEnd, time() + CHALLENGE);
        assertEq(uint8(r.status), uint8(CheckpointStatus.Pending));
        assertEq(r.end, 15);
        ChainState memory s = roots.chainState(CHAIN);
        assertEq(s.next, 2);
        assertEq(s.nextStart, 16);
        assertEq(s.lastSubmit, time());
        assertTrue(roots.isLive(CHAIN, 1));
        assertFalse(roots.isLive(CHAIN, 0));
        assertFalse(roots.isLive(CHAIN, 2));
        assertEq(roots.head(CHAIN).prevCheckpoint, r.structHash);
    }

    function test_checkpointsChain() public {
        Checkpoint memory first = submitNext(4);
        assertEq(first.prevCheckpoint, 0);
        Checkpoint memory second = submitNext(4);
        assertEq(second.start, first.end + 1);
        assertEq(second.prevCheckpoint, roots.checkpointAt(CHAIN, 1).structHash);
        assertEq(second.number, 2);
    }

    function test_theDigestIsThatOfEip712() public view {
        Checkpoint memory c = nextCheckpoint(3);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("KOMA Checkpoint"),
                keccak256("1"),
                block.chainid,
                address(roots)
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                roots.CHECKPOINT_TYPEHASH(),
                uint256(c.chainId),
                uint256(c.epoch),
                uint256(c.number),
                c.proposer,
                uint256(c.start),
                uint256(c.end),
                c.rootHash,
                c.lastBlockHash,
                c.accountHash,
                c.prevCheckpoint,
                uint256(c.generation)
            )
        );
        assertEq(roots.digestOf(c), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    function test_beforeGenesisNothingIsAccepted() public {
        deployRoot();
        join(0, 1_000e18);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(1, c);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NotStarted.selector, stakes.genesisTime()));
        roots.submitCheckpoint(c, 1, sigs);
        vm.prank(governor);
        stakes.begin();
        roots.submitCheckpoint(c, 1, sigs);
    }

    function test_aChainNobodyRegisteredIsUnknown() public {
        Checkpoint memory c = nextCheckpoint(16);
        c.chainId = 5;
        refused(c, abi.encodeWithSelector(CheckpointViews.UnknownChain.selector, 5));
        vm.expectRevert(abi.encodeWithSelector(CheckpointViews.UnknownChain.selector, 5));
        roots.chainState(5);
        vm.expectRevert(abi.encodeWithSelector(CheckpointViews.UnknownChain.selector, 5));
        vm.prank(governor);
        roots.haltChain(5);
    }

    function test_aHaltedChainTakesNoMoreButFinishesWhatItHas() public {
        submitNext(4);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        vm.prank(anyone);
        roots.haltChain(CHAIN);
        vm.expectEmit(address(roots));
        emit CheckpointManager.ChainHalted(CHAIN);
        vm.prank(governor);
        roots.haltChain(CHAIN);
        pass(CHALLENGE);
        refused(nextCheckpoint(16), abi.encodeWithSelector(CheckpointManager.ChainIsHalted.selector, CHAIN));
        assertEq(roots.finalize(CHAIN, 1), 1);
    }

    function test_theEpochIsTheCurrentOrTheLastOne() public {
        pass(3 * EPOCH);
        Checkpoint memory c = nextCheckpoint(16);
        c.epoch = 1;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadEpoch.selector, 3, 1));
        c.epoch = 4;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadEpoch.selector, 3, 4));
        c.epoch = 2;
        submit(c, 15);
        pass(MIN_INTERVAL);
        c = nextCheckpoint(16);
        assertEq(c.epoch, 3);
        submit(c, 15);
    }

    function test_theNumberIsTheNext() public {
        Checkpoint memory c = nextCheckpoint(16);
        c.number = 2;
        refused(c, abi.encodeWithSelector(CheckpointViews.BadNumber.selector, 1, 2));
        c.number = 0;
        refused(c, abi.encodeWithSelector(CheckpointViews.BadNumber.selector, 1, 0));
    }

    function test_theRangeFollowsTheLastAndIsBounded() public {
        submitNext(4); // blocks 0 to 15
        pass(MIN_INTERVAL);
        Checkpoint memory c = nextCheckpoint(16);
        c.start = 15;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadRange.selector, 16, 15, 31, 256));
        c.start = 17;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadRange.selector, 16, 17, 31, 256));
        c = nextCheckpoint(16);
        c.end = 15;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadRange.selector, 16, 16, 15, 256));
        c.end = 272;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadRange.selector, 16, 16, 272, 256));
        c.end = 271;
        submit(c, 15);
        assertEq(roots.chainState(CHAIN).nextStart, 272);
    }

    function test_theFirstCheckpointStartsAtTheRegisteredBlock() public {
        registerOther(100);
        Checkpoint memory c = nextCheckpoint(OTHER, 16);
        assertEq(c.start, 100);
        c.start = 0;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadRange.selector, 100, 0, 115, 256));
        submit(nextCheckpoint(OTHER, 16), 15);
        assertEq(roots.chainState(OTHER).nextStart, 116);
    }

    function test_theParentIsTheLastCheckpoint() public {
        Checkpoint memory c = nextCheckpoint(16);
        c.prevCheckpoint = keccak256("x");
        refused(c, abi.encodeWithSelector(CheckpointManager.BadParent.selector, bytes32(0), keccak256("x")));
        submitNext(4);
        c = nextCheckpoint(16);
        bytes32 want = c.prevCheckpoint;
        c.prevCheckpoint = 0;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadParent.selector, want, bytes32(0)));
    }

    function test_theGenerationIsTheChains() public {
        Checkpoint memory c = nextCheckpoint(16);
        c.generation = 1;
        refused(c, abi.encodeWithSelector(CheckpointManager.BadGeneration.selector, 0, 1));
    }

    function test_rootsAreNeverEmpty() public {
        Checkpoint memory c = nextCheckpoint(16);
        c.rootHash = 0;
        refused(c, abi.encodeWithSelector(CheckpointManager.EmptyRoot.selector));
        c = nextCheckpoint(16);
        c.lastBlockHash = 0;
        refused(c, abi.encodeWithSelector(CheckpointManager.EmptyRoot.selector));
    }

    function test_aChainWithStateProofsCarriesAnAccountHash() public {
        ChainConfig memory config = chainConfig();
        config.stateProofs = true;
        vm.prank(governor);
        registry.registerChain(OTHER, config, keccak256("code"), producers(1));
        Checkpoint memory c = nextCheckpoint(OTHER, 16);
        refused(c, abi.encodeWithSelector(CheckpointManager.NoExecLeaf.selector));
        c.accountHash = keccak256("exec");
        submit(c, 15);
    }

    function test_exactlyTwoThirdsIsNoQuorum() public {
        deployRoot();
        beginWith(3);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(3, c);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NoQuorum.selector, 2_000e18, 3_000e18));
        roots.submitCheckpoint(c, 3, sigs);
        fund(ownerOf(0), 1);
        vm.prank(ownerOf(0));
        stakes.addStake(1, 1);
        nextEpoch();
        c = nextCheckpoint(16);
        submit(c, 3);
    }

    function test_withoutAnyStakeThereIsNoQuorum() public {
        deployRoot();
        beginWith(0);
        Checkpoint memory c = nextCheckpoint(16);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NoQuorum.selector, 0, 0));
        roots.submitCheckpoint(c, 0, "");
        assertEq(roots.proposerFor(CHAIN, 1, 0), address(0));
    }

    function test_checkpointsKeepTheLeastInterval() public {
        submitNext(4);
        uint40 notBefore = uint40(time() + MIN_INTERVAL);
        assertEq(roots.head(CHAIN).notBefore, notBefore);
        vm.warp(notBefore - 1);
        refused(nextCheckpoint(16), abi.encodeWithSelector(CheckpointManager.TooSoon.selector, notBefore));
        vm.warp(notBefore);
        submit(nextCheckpoint(16), 15);
    }

    function test_theGuardianPausesSubmissionOnly() public {
        submitNext(4);
        Checkpoint memory c = nextCheckpoint(16);
        vm.prank(guardian);
        roots.pause(60);
        refused(c, abi.encodeWithSelector(Governed.PausedNow.selector, uint40(time() + 60)));
        vm.prank(challenges);
        roots.openChallenge(CHAIN, 1);
        bytes32 structHash = roots.checkpointAt(CHAIN, 1).structHash;
        vm.prank(challenges);
        roots.closeChallenge(CHAIN, 1, structHash);
        pass(CHALLENGE);
        assertEq(roots.finalize(CHAIN, 8), 1);
    }

    // --- finality

    function test_aCheckpointIsFinalAfterItsChallengePeriod() public {
        submitNext(4);
        pass(CHALLENGE - 1);
        assertEq(roots.finalize(CHAIN, 8), 0);
        assertFalse(roots.isFinal(CHAIN, 1));
        pass(1);
        assertTrue(roots.isFinal(CHAIN, 1), "before anybody has called finalize");
        vm.expectEmit(address(roots));
        emit CheckpointManager.CheckpointFinalized(CHAIN, 1);
        vm.prank(anyone);
        assertEq(roots.finalize(CHAIN, 8), 1);
        assertEq(uint8(roots.checkpointAt(CHAIN, 1).status), uint8(CheckpointStatus.Finalized));
        assertEq(roots.chainState(CHAIN).finalizedUpTo, 1);
        assertTrue(roots.isFinal(CHAIN, 1));
        assertFalse(roots.isFinal(CHAIN, 2));
    }

    function test_finalizeAdvancesByAtMostWhatIsAsked() public {
        for (uint256 i; i < 5; ++i) {
            submitNext(4);
        }
        pass(CHALLENGE);
        assertEq(roots.finalize(CHAIN, 0), 0);
        assertEq(roots.finalize(CHAIN, 2), 2);
        assertEq(roots.finalize(CHAIN, 100), 5);
        assertEq(roots.finalize(5, 100), 0, "nothing on an unknown chain");
    }

    function test_aSubmissionFinalizesInPassing() public {
        submitNext(4);
        pass(CHALLENGE);
        submit(nextCheckpoint(16), 15);
        assertEq(roots.chainState(CHAIN).finalizedUpTo, 1);
    }

    function test_anOpenChallengeHoldsItsCheckpointAndAllLaterOnes() public {
        submitNext(4);
        submitNext(4);
        vm.prank(challenges);
        roots.openChallenge(CHAIN, 1);
        pass(CHALLENGE);
        assertEq(roots.finalize(CHAIN, 8), 0);
        assertFalse(roots.isFinal(CHAIN, 2));
        bytes32 structHash = roots.checkpointAt(CHAIN, 1).structHash;
        vm.prank(challenges);
        roots.closeChallenge(CHAIN, 1, structHash);
        assertEq(roots.finalize(CHAIN, 8), 2);
    }

    function test_challengesOpenOnlyInTimeAndAtMostSixteen() public {
        submitNext(4);
        uint40 challengeEnd = roots.checkpointAt(CHAIN, 1).challengeEnd;
        vm.startPrank(challenges);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NotLive.selector, 2));
        roots.openChallenge(CHAIN, 2);
        for (uint256 i; i < 16; ++i) {
            roots.openChallenge(CHAIN, 1);
        }
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.TooManyChallenges.selector, 1));
        roots.openChallenge(CHAIN, 1);
        vm.warp(challengeEnd);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.ChallengePeriodOver.selector, challengeEnd));
        roots.openChallenge(CHAIN, 1);
        vm.stopPrank();
    }

    function test_onlyTheChallengeManagerHoldsAndRejects() public {
        submitNext(4);
        vm.startPrank(governor);
        bytes memory failure = abi.encodeWithSelector(CheckpointManager.NotChallengeManager.selector, governor);
        vm.expectRevert(failure);
        roots.openChallenge(CHAIN, 1);
        vm.expectRevert(failure);
        roots.closeChallenge(CHAIN, 1, 0);
        vm.expectRevert(failure);
        roots.reject(CHAIN, 1, 0, 0);
        vm.stopPrank();
    }

    // --- rollback

    function test_aRejectionRollsBackToBeforeTheCheckpoint() public {
        submitNext(4);
        submitNext(4);
        submitNext(4);
        bytes32 structHash = roots.checkpointAt(CHAIN, 2).structHash;
        vm.expectEmit(address(roots));
        emit CheckpointManager.CheckpointRejected(CHAIN, 2, structHash, 1, keccak256("bad block"));
        vm.prank(challenges);
        roots.reject(CHAIN, 2, keccak256("offence"), keccak256("bad block"));

        ChainState memory s = roots.chainState(CHAIN);
        assertEq(s.next, 2);
        assertEq(s.nextStart, 16);
        assertEq(s.generation, 1);
        assertEq(uint8(roots.checkpointAt(CHAIN, 2).status), uint8(CheckpointStatus.Rejected));
        assertTrue(roots.isLive(CHAIN, 1));
        assertFalse(roots.isLive(CHAIN, 2));
        assertFalse(roots.isLive(CHAIN, 3), "later ones die along");
        assertTrue(roots.bannedBlock(CHAIN, keccak256("bad block")));
        assertFalse(roots.bannedBlock(OTHER, keccak256("bad block")));
        pass(CHALLENGE);
        assertEq(roots.finalize(CHAIN, 8), 1, "the dead are not finalized");
        assertEq(roots.checkpoints(CHAIN, 1, 10).length, 1);
    }

    function test_afterARollbackTheChainGoesOnUnderANewGeneration() public {
        submitNext(4);
        submitNext(4);
        vm.prank(challenges);
        roots.reject(CHAIN, 1, 0, 0);
        Checkpoint memory c = submitNext(4);
        assertEq(c.number, 1);
        assertEq(c.generation, 1);
        assertEq(c.prevCheckpoint, 0);
        assertEq(uint8(roots.checkpointAt(CHAIN, 1).status), uint8(CheckpointStatus.Pending));
        pass(CHALLENGE);
        assertEq(roots.finalize(CHAIN, 8), 1);
    }

    function test_whatIsFinalIsNeverRejected() public {
        submitNext(4);
        vm.startPrank(challenges);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NotLive.selector, 2));
        roots.reject(CHAIN, 2, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NotLive.selector, 0));
        roots.reject(CHAIN, 0, 0, 0);
        pass(CHALLENGE);
        bytes memory failure = abi.encodeWithSelector(CheckpointManager.AlreadyFinal.selector, 1);
        vm.expectRevert(failure);
        roots.reject(CHAIN, 1, 0, 0);
        roots.finalize(CHAIN, 1);
        vm.expectRevert(failure);
        roots.reject(CHAIN, 1, 0, 0);
        vm.stopPrank();
    }

    function test_anOpenChallengeKeepsACheckpointRejectable() public {
        submitNext(4);
        vm.startPrank(challenges);
        roots.openChallenge(CHAIN, 1);
        pass(CHALLENGE + 100);
        roots.reject(CHAIN, 1, 0, 0);
        vm.stopPrank();
        assertFalse(roots.isLive(CHAIN, 1));
    }

    function test_aChallengeOfADeadCheckpointDoesNotCountForItsSuccessor() public {
        submitNext(4);
        bytes32 dead = roots.checkpointAt(CHAIN, 1).structHash;
        vm.startPrank(challenges);
        roots.openChallenge(CHAIN, 1);
        roots.reject(CHAIN, 1, 0, 0);
        roots.closeChallenge(CHAIN, 1, dead);
        vm.stopPrank();
        submitNext(4);
        vm.startPrank(challenges);
        roots.openChallenge(CHAIN, 1);
        roots.closeChallenge(CHAIN, 1, dead);
        vm.stopPrank();
        assertEq(roots.checkpointAt(CHAIN, 1).openChallenges, 1);
    }

    // --- schedule

    /// The formula of the node, written out once more.
    function test_theProposerIsPickedByPower() public {
        submitNext(4);
        bytes32 prev = roots.checkpointAt(CHAIN, 1).structHash;
        for (uint64 round; round < 20; ++round) {
            uint256 pick = uint256(keccak256(abi.encode(prev, CHAIN, uint64(2), round))) % 4_000e18;
            assertEq(roots.proposerFor(CHAIN, 2, round), signerOf(pick / 1_000e18));
        }
        vm.expectRevert(abi.encodeWithSelector(CheckpointViews.BadNumber.selector, 2, 3));
        roots.proposerFor(CHAIN, 3, 0);
        vm.expectRevert(abi.encodeWithSelector(CheckpointViews.BadNumber.selector, 2, 0));
        roots.proposerFor(CHAIN, 0, 0);
    }

    function test_roundsFollowTheDueTime() public {
        ChainHead memory h = roots.head(CHAIN);
        assertEq(h.dueAt, registry.registeredAt(CHAIN) + TARGET_INTERVAL);
        assertEq(h.round, 0);
        submitNext(4);
        uint256 due = time() + TARGET_INTERVAL;
        assertEq(roots.head(CHAIN).dueAt, due);
        vm.warp(due + 4);
        assertEq(roots.head(CHAIN).round, 0);
        vm.warp(due + 5);
        assertEq(roots.head(CHAIN).round, 1);
        vm.warp(due + 52);
        h = roots.head(CHAIN);
        assertEq(h.round, 10);
        assertEq(h.proposer, roots.proposerFor(CHAIN, 2, 10));
    }

    function test_theProposerOutOfTurnGetsHalfTheBonus() public {
        Checkpoint memory c = nextCheckpoint(16);
        address scheduled = c.proposer;
        uint256 other = scheduled == signerOf(0) ? 1 : 0;
        c.proposer = signerOf(other);
        submit(c, 15);
        pass(CHALLENGE);
        roots.finalize(CHAIN, 1);
        assertEq(stakes.claimRewards(uint64(other + 1), CHAIN, 1, 1), 0.8e18 + 3.8e18);
    }

    function test_aProposerThatDoesNotSignGetsNoBonus() public {
        Checkpoint memory c = nextCheckpoint(16);
        c.proposer = anyone;
        submit(c, 15);
        Checkpoint memory mine = submitNextWithout();
        pass(CHALLENGE);
        roots.finalize(CHAIN, 2);
        for (uint64 id = 1; id <= 4; ++id) {
            assertEq(stakes.claimRewards(id, CHAIN, 1, 1), 4e18);
        }
        uint256 seat = seatOf(mine.proposer);
        assertEq(stakes.claimRewards(uint64(seat + 1), CHAIN, 2, 2), 0);
        assertEq(stakes.claimRewards(uint64((seat + 1) % 4 + 1), CHAIN, 2, 2), 4e18);
    }

    /// @dev The next checkpoint, in turn, but without its proposer's own signature.
    function submitNextWithout() private returns (Checkpoint memory c) {
        pass(MIN_INTERVAL);
        c = nextCheckpoint(16);
        submit(c, 15 & ~(1 << seatOf(c.proposer)));
    }

    function seatOf(address signer) private view returns (uint256 seat) {
        (, seat) = stakes.seatOfSigner(signer);
    }

    function test_chainsAreDueInOrderOfLateness() public {
        registerOther(0);
        submitNext(4);
        pass(3);
        (uint64[] memory ids, uint40[] memory dueAt) = roots.dueChains();
        assertEq(ids.length, 2);
        assertEq(ids[0], OTHER);
        assertEq(dueAt[0], registry.registeredAt(OTHER) + TARGET_INTERVAL);
        assertEq(ids[1], CHAIN);
        submit(nextCheckpoint(OTHER, 1), 15);
        (ids,) = roots.dueChains();
        assertEq(ids[0], CHAIN);
        vm.prank(governor);
        roots.haltChain(CHAIN);
        (ids,) = roots.dueChains();
        assertEq(ids.length, 1);
        assertEq(ids[0], OTHER);
    }

    function test_liveCheckpointsArePaged() public {
        for (uint256 i; i < 5; ++i) {
            submitNext(4);
        }
        assertEq(roots.checkpoints(CHAIN, 0, 3).length, 3);
        CheckpointRecord[] memory page = roots.checkpoints(CHAIN, 4, 100);
        assertEq(page.length, 2);
        assertEq(page[0].structHash, roots.checkpointAt(CHAIN, 4).structHash);
        assertEq(roots.checkpoints(CHAIN, 6, 100).length, 0);
        assertEq(roots.checkpoints(OTHER, 1, 100).length, 0);
    }

    // --- set-up

    function test_initialisationWorksOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        roots.initialize(anyone, anyone, 1, stakes, registry, checkpointParams());
        CheckpointManager implementation = CheckpointManager(deployCode("CheckpointManager.sol:CheckpointManager"));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        implementation.initialize(anyone, anyone, 1, stakes, registry, checkpointParams());
        vm.expectRevert(CheckpointManager.AlreadyWired.selector);
        vm.prank(governor);
        roots.wire(anyone);
    }

    function test_parametersKeepTheirBounds() public {
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadParameter.selector, "proposerTimeout", 0));
        roots.setParams(CheckpointParams(4, 0, 256));
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadParameter.selector, "maxCheckpointLength", 0));
        roots.setParams(CheckpointParams(4, 5, 0));
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadParameter.selector, "maxCheckpointLength", 4097));
        roots.setParams(CheckpointParams(4, 5, 4097));
        roots.setParams(CheckpointParams(4, 5, 4096));
        vm.stopPrank();
        assertEq(roots.params().maxCheckpointLength, 4096);
    }

    function test_storageLivesAtItsNamespace() public view {
        bytes32 slot = SlotDerivation.erc7201Slot("koma.storage.CheckpointManager");
        assertEq(address(uint160(uint256(vm.load(address(roots), slot)))), address(stakes));
    }

    /// A checkpoint passes exactly when its signers hold more than two thirds.
    function testFuzz_quorumIsMoreThanTwoThirdsOfThePower(uint96[6] memory amounts, uint8 bits) public {
        deployRoot();
        uint256 bitmap = bound(bits, 0, 63);
        uint256 total;
        uint256 signed;
        for (uint256 i; i < 6; ++i) {
            uint96 amount = uint96(bound(amounts[i], MIN_STAKE, 1_000_000e18));
            join(i, amount);
            total += amount;
            if (bitmap & (1 << i) != 0) signed += amount;
        }
        vm.prank(governor);
        stakes.begin();
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(bitmap, c);
        if (signed * 3 <= total * 2) {
            vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NoQuorum.selector, uint96(signed), uint96(total)));
        }
        roots.submitCheckpoint(c, bitmap, sigs);
    }

    function registerOther(uint64 genesisBlock) private {
        ChainConfig memory config = chainConfig();
        config.genesisBlock = genesisBlock;
        vm.prank(governor);
        registry.registerChain(OTHER, config, keccak256("code"), producers(1));
    }
}
