// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DeliveryArguments} from "../../src/bridge/DeliveryCall.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {ChainConfig, IKomaRegistry} from "../../src/checkpoint/IKomaRegistry.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {Offence} from "../../src/fraud/ChallengeState.sol";
import {Claim, ClaimState} from "../../src/fraud/IInteractiveFraud.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {InteractiveFraud} from "../../src/fraud/InteractiveFraud.sol";
import {MissingClaims} from "../../src/fraud/MissingClaims.sol";
import {TxProof, Verdict} from "../../src/fraud/ProofTypes.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {ChainBuilder} from "./ChainBuilder.sol";
import {InteractiveBase} from "./InteractiveBase.sol";

contract InteractiveFraudTest is InteractiveBase {
    address private constant ANN = address(0xa11);

    /// @dev Nonce that is in no block when the chain skips some.
    function _skipped(uint64 start) private pure returns (uint64) {
        return 2 * (start + 2) + 3;
    }

    function _notFraud(string memory why) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IFraudVerifier.NotFraud.selector, why);
    }

    function _noAnswer(string memory why) private pure returns (bytes memory) {
        return abi.encodeWithSelector(MissingClaims.NoAnswer.selector, why);
    }

    /// @dev A checkpoint with a skipped nonce, and the challenge of it.
    function _accused()
        private
        returns (ChainBuilder.Sealed[] memory blocks, uint256 id, Claim memory claim)
    {
        uint64 start = startOfNext();
        blocks = factory.chain(start, 9, producerKey());
        submitBlocks(blocks);
        (id, claim) = open(7, factory.nonceClaim(1, blocks, _skipped(start)));
    }

    /// @dev An honest checkpoint, and the challenge of it: the first block's second nonce is said to be missing.
    function _slandered()
        private
        returns (ChainBuilder.Sealed[] memory blocks, uint256 id, Claim memory claim)
    {
        uint64 start = startOfNext();
        blocks = factory.chain(start, 0, producerKey());
        submitBlocks(blocks);
        (id, claim) = open(7, factory.nonceClaim(1, blocks, 2 * start + 1));
    }

    function test_nonce_unansweredClaimConvictsSignersAndProducer() public {
        (ChainBuilder.Sealed[] memory blocks, uint256 id, Claim memory claim) = _accused();
        assertEq(finder.balance, 100_000 ether - BOND);
        assertEq(roots.checkpointAt(CHAIN, 1).openChallenges, 1);
        vm.warp(claim.deadline);
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.WindowOpen.selector, id, claim.deadline));
        court.conclude(id, claim, blocks[2].header);

        pass(1);
        court.conclude(id, claim, blocks[2].header);
        assertEq(uint256(court.stateOf(id)), uint256(ClaimState.Convicted));
        assertFalse(roots.isLive(CHAIN, 1));
        assertTrue(roots.bannedBlock(CHAIN, blocks[2].hash));
        assertGt(registry.ejectedAt(CHAIN, blocks[2].coinbase), 0);
        Offence memory offence = manager.offenceOf(claim.offenceId);
        assertEq(offence.challenger, finder);
        assertEq(offence.class, 2);
        assertEq(offence.kind, 7);
        stakes.executeSlash(claim.offenceId, 0, 256);
        // 5 % of four stakes of 1,000 KMC.
        assertEq(stakes.slashOutcome(claim.offenceId).slashed, 200e18);

        vm.prank(finder);
        court.withdrawOwed(payable(finder));
        assertEq(finder.balance, 100_000 ether);
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.NotOpen.selector, id, ClaimState.Convicted));
        court.conclude(id, claim, "");
    }

    function test_nonce_withoutAHeaderTheProducerIsAttachedLater() public {
        (ChainBuilder.Sealed[] memory blocks, uint256 id, Claim memory claim) = _accused();
        vm.warp(claim.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "leaf"));
        court.conclude(id, claim, blocks[1].header);
        court.conclude(id, claim, "");
        assertFalse(roots.bannedBlock(CHAIN, blocks[2].hash));
        assertEq(registry.ejectedAt(CHAIN, blocks[2].coinbase), 0);
        manager.attachProducer(claim.offenceId, blocks[2].header);
        assertGt(registry.ejectedAt(CHAIN, blocks[2].coinbase), 0);
    }

    function test_nonce_answerTakesTheBondAndTheCheckpointGoesOn() public {
        (ChainBuilder.Sealed[] memory blocks, uint256 id, Claim memory claim) = _slandered();
        pass(CHALLENGE);
        assertFalse(roots.isFinal(CHAIN, 1));
        vm.warp(claim.deadline);
        bytes memory answer = abi.encode(factory.tx_(1, blocks, 0, 1));
        vm.prank(helper);
        court.respond(id, claim, answer);
        assertEq(uint256(court.stateOf(id)), uint256(ClaimState.Answered));
        assertEq(roots.checkpointAt(CHAIN, 1).openChallenges, 0);
        vm.warp(roots.checkpointAt(CHAIN, 1).challengeEnd);
        assertEq(roots.finalize(CHAIN, 1), 1);
        vm.prank(helper);
        court.withdrawOwed(payable(helper));
        assertEq(helper.balance, BOND);
        vm.prank(finder);
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.NothingOwed.selector, finder));
        court.withdrawOwed(payable(finder));
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.NotOpen.selector, id, ClaimState.Answered));
        court.conclude(id, claim, "");
    }

    function test_nonce_answerUnderAnEarlierCheckpointCounts() public {
        uint64 first = startOfNext();
        ChainBuilder.Sealed[] memory old = factory.chain(first, 0, producerKey());
        submitBlocks(old);
        ChainBuilder.Sealed[] memory blocks = factory.chain(startOfNext(), 0, producerKey());
        submitBlocks(blocks);
        (uint256 id, Claim memory claim) = open(7, factory.nonceClaim(2, blocks, 2 * first));
        court.respond(id, claim, abi.encode(factory.tx_(1, old, 0, 0)));
    }

    function test_nonce_whatIsNoAnswer() public {
        (ChainBuilder.Sealed[] memory blocks, uint256 id, Claim memory claim) = _slandered();
        TxProof memory x = factory.tx_(1, blocks, 0, 0);
        vm.expectRevert(_noAnswer("different nonces"));
        court.respond(id, claim, abi.encode(x));
        x.b.chainId = CHAIN + 1;
        vm.expectRevert(_noAnswer("different chains"));
        court.respond(id, claim, abi.encode(x));
        Claim memory other = claim;
        other.bond += 1;
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.NotOpen.selector, id, ClaimState.Open));
        court.respond(id, other, abi.encode(x));
        claim.bond -= 1;
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.NotOpen.selector, id + 1, ClaimState.None));
        court.respond(id + 1, claim, abi.encode(x));

        x = factory.tx_(1, blocks, 0, 1);
        vm.warp(claim.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.WindowOver.selector, id, claim.deadline));
        court.respond(id, claim, abi.encode(x));
    }

    function test_nonce_earlierTransactionNarrowsTheRange() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 9, producerKey());
        submitBlocks(blocks);
        TxProof[] memory before = new TxProof[](1);
        before[0] = factory.tx_(1, blocks, 1, 0);
        (uint256 id, Claim memory claim) =
            open(7, abi.encode(factory.tx_(1, blocks, 2, 1), _skipped(start), before));
        assertEq(claim.afterPosition, uint128(start + 1) << 64);
        assertEq(claim.beforePosition, (uint128(start + 2) << 64) | (1 << 32));
        vm.warp(claim.deadline + 1);
        court.conclude(id, claim, blocks[2].header);

        // A transaction with the nonce is no answer when it stands before the earlier one or after the later one.
        claim.afterPosition = uint128(start) << 64;
        claim.beforePosition = claim.afterPosition + 1;
        claim.value = 2 * (start + 2);
        claim.subject = vm.addr(uint256(keccak256("alice")));
        bytes memory dead = abi.encode(factory.tx_(1, blocks, 2, 0));
        vm.expectRevert(abi.encodeWithSignature("StaleCheckpoint(uint64)", 1));
        claims.checkAnswer(claim, dead);
        blocks = factory.chain(startOfNext(), 0, producerKey());
        submitBlocks(blocks);
        claim.value = 2 * (startOfNext() - 1);
        TxProof memory x = factory.tx_(1, blocks, 2, 0);
        vm.expectRevert(_noAnswer("elsewhere"));
        claims.checkAnswer(claim, abi.encode(x));
    }

    function test_nonce_whatIsNoClaim() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 0, producerKey());
        submitBlocks(blocks);
        TxProof memory tb = factory.tx_(1, blocks, 1, 0);
        TxProof[] memory ta = new TxProof[](1);
        bytes memory evidence = abi.encode(tb, 2 * (start + 1), new TxProof[](0));
        vm.expectRevert(_notFraud("nonce not below"));
        claims.claimOf(7, evidence);
        ta[0] = factory.tx_(1, blocks, 0, 1);
        evidence = abi.encode(tb, 2 * start + 1, ta);
        vm.expectRevert(_notFraud("nonce not above"));
        claims.claimOf(7, evidence);
        ta[0].b.chainId += 1;
        evidence = abi.encode(tb, 2 * start + 1, ta);
        vm.expectRevert(_notFraud("different chains"));
        claims.claimOf(7, evidence);
        evidence = abi.encode(tb, 2 * start + 1, new TxProof[](2));
        vm.expectRevert(_notFraud("one earlier transaction at most"));
        claims.claimOf(7, evidence);
        vm.expectRevert(abi.encodeWithSelector(MissingClaims.UnknownKind.selector, 8));
        claims.claimOf(8, evidence);
    }

    function test_nonce_rulesAndHistoryMustAllowIt() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 9, producerKey());
        submitBlocks(blocks);
        bytes memory evidence = factory.nonceClaim(1, blocks, _skipped(start));
        ChainConfig memory config = registry.chainConfig(CHAIN);
        config.rules = 2;
        vm.mockCall(address(registry), abi.encodeCall(IKomaRegistry.chainConfig, (CHAIN)), abi.encode(config));
        vm.expectRevert(abi.encodeWithSelector(MissingClaims.UnsoundForRules.selector, 2));
        claims.claimOf(7, evidence);
        config.rules = 1;
        config.genesisBlock = 2;
        vm.mockCall(address(registry), abi.encodeCall(IKomaRegistry.chainConfig, (CHAIN)), abi.encode(config));
        vm.expectRevert(_notFraud("history begins later"));
        claims.claimOf(7, evidence);
    }

    function testFuzz_nonce_everyNonceOfAnHonestChainCanBeShown(uint256 seed) public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 0, producerKey());
        submitBlocks(blocks);
        uint64 nonce = 2 * start + uint64(seed % 5);
        (uint256 id, Claim memory claim) = open(7, factory.nonceClaim(1, blocks, nonce));
        uint64 offset = nonce - 2 * start;
        court.respond(id, claim, abi.encode(factory.tx_(1, blocks, offset / 2, uint32(offset % 2))));
        assertEq(uint256(court.stateOf(id)), uint256(ClaimState.Answered));
    }

    // kind 15

    function test_log_gapBetweenTwoNumbers() public {
        // Not in the first block, which of a real chain is its genesis.
        submitBlocks(factory.chain(startOfNext(), 0, producerKey()));
        ChainBuilder.Sealed[] memory blocks =
            factory.payments(startOfNext(), [uint64(3), uint64(0), uint64(5)], producerKey());
        submitBlocks(blocks);
        (uint256 id, Claim memory claim) = open(15, factory.logClaim(2, blocks, ANN));
        assertEq(claim.token, CHILD_TOKEN);
        assertEq(claim.subject, ANN);
        assertEq(claim.value, 3);
        // The two themselves are no answer.
        bytes memory edge = factory.log_(2, blocks, 0, 0, 0);
        vm.expectRevert(_noAnswer("elsewhere"));
        court.respond(id, claim, edge);
        edge = factory.log_(2, blocks, 2, 0, 0);
        vm.expectRevert(_noAnswer("elsewhere"));
        court.respond(id, claim, edge);
        vm.warp(claim.deadline + 1);
        court.conclude(id, claim, blocks[2].header);
        assertFalse(roots.isLive(CHAIN, 2));
    }

    function test_log_inBetweenIsAnAnswer() public {
        ChainBuilder.Sealed[] memory blocks =
            factory.payments(startOfNext(), [uint64(3), uint64(4), uint64(5)], producerKey());
        submitBlocks(blocks);
        (uint256 id, Claim memory claim) = open(15, factory.logClaim(1, blocks, ANN));
        bytes memory answer = factory.log_(1, blocks, 1, 0, 0);
        vm.prank(helper);
        court.respond(id, claim, answer);
        assertEq(court.owed(helper), BOND);
    }

    function test_log_adjacentNumbersLeaveNothingToAskFor() public {
        ChainBuilder.Sealed[] memory blocks =
            factory.payments(startOfNext(), [uint64(3), uint64(0), uint64(4)], producerKey());
        submitBlocks(blocks);
        bytes memory evidence = factory.logClaim(1, blocks, ANN);
        vm.expectRevert(_notFraud("nothing between"));
        claims.claimOf(15, evidence);
    }

    // kind 18

    function test_deposit_unansweredClaimConvicts() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 0, producerKey());
        DeliveryArguments memory d = deposited(4, start + 2, DEPOSIT_DEADLINE + 1);
        submitBlocks(blocks);
        (uint256 id, Claim memory claim) = open(18, factory.depositClaim(1, blocks, 2, d));
        assertEq(claim.deadline, time() + DEPOSIT_WINDOW);
        vm.warp(claim.deadline + 1);
        court.conclude(id, claim, blocks[2].header);
        assertFalse(roots.isLive(CHAIN, 1));
        // The checkpoint is wrong, no block by itself.
        assertFalse(roots.bannedBlock(CHAIN, blocks[2].hash));
        assertGt(registry.ejectedAt(CHAIN, blocks[2].coinbase), 0);
    }

    function test_deposit_deliveryIsAnAnswer() public {
        uint64 start = startOfNext();
        DeliveryArguments memory d = deposited(4, start + 2, DEPOSIT_DEADLINE + 1);
        ChainBuilder.Sealed[] memory blocks = factory.deliveryAt(start, 1, d, producerKey());
        submitBlocks(blocks);
        (uint256 id, Claim memory claim) = open(18, factory.depositClaim(1, blocks, 2, d));
        bytes memory credit = factory.log_(1, blocks, 1, 1, 0);
        vm.expectRevert(abi.encodeWithSignature("NotDeliveryLog(address)", CHILD_TOKEN));
        court.respond(id, claim, credit);
        bytes memory answer = factory.log_(1, blocks, 1, 1, 1);
        vm.prank(helper);
        court.respond(id, claim, answer);
        assertEq(court.owed(helper), BOND);
    }

    function test_deposit_deliveryOfAnotherIsNone() public {
        uint64 start = startOfNext();
        DeliveryArguments memory d = deposited(4, start + 2, DEPOSIT_DEADLINE + 1);
        ChainBuilder.Sealed[] memory blocks =
            factory.deliveryAt(start, 1, deposited(5, start + 2, DEPOSIT_DEADLINE + 1), producerKey());
        submitBlocks(blocks);
        (uint256 id, Claim memory claim) = open(18, factory.depositClaim(1, blocks, 2, d));
        bytes memory other = factory.log_(1, blocks, 1, 1, 1);
        vm.expectRevert(_noAnswer("different deposits"));
        court.respond(id, claim, other);
    }

    function test_deposit_whatIsNoClaim() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 0, producerKey());
        submitBlocks(blocks);
        DeliveryArguments memory d = deposited(4, start + 2, DEPOSIT_DEADLINE);
        bytes memory evidence = factory.depositClaim(1, blocks, 2, d);
        vm.expectRevert(_notFraud("in time"));
        claims.claimOf(18, evidence);
        d = deposited(4, start + 2, DEPOSIT_DEADLINE + 1);
        evidence = factory.depositClaim(1, blocks, 1, d);
        vm.expectRevert(_notFraud("not the last block"));
        claims.claimOf(18, evidence);
        d.amount += 1;
        evidence = factory.depositClaim(1, blocks, 2, d);
        vm.expectRevert(_notFraud("no such deposit"));
        claims.claimOf(18, evidence);
        vm.mockCall(deposits, abi.encodeCall(IDepositManager.depositHash, (CHAIN, 4)), abi.encode(bytes32(0)));
        vm.expectRevert(_notFraud("no such deposit"));
        claims.claimOf(18, evidence);
    }

    // bonds, and checkpoints that fall for something else

    function test_bondIsAskedForAndWhatIsAboveItReturned() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 0, producerKey());
        submitBlocks(blocks);
        bytes memory evidence = factory.nonceClaim(1, blocks, 2 * start);
        vm.startPrank(finder);
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.BadBond.selector, BOND, BOND - 1));
        court.openChallenge{value: BOND - 1}(7, evidence);
        court.openChallenge{value: 3 ether}(7, evidence);
        court.withdrawOwed(payable(finder));
        vm.stopPrank();
        assertEq(finder.balance, 100_000 ether - BOND);
        assertEq(court.bondFor(CHAIN, 1), 2 * BOND);
    }

    function test_checkpointThatFellMakesTheChallengeVoid() public {
        (ChainBuilder.Sealed[] memory blocks, uint256 id, Claim memory claim) = _accused();
        (uint256 second, Claim memory other) = open(7, factory.nonceClaim(1, blocks, claim.value + 1));
        vm.warp(claim.deadline + 1);
        court.conclude(id, claim, "");
        bytes memory answer = abi.encode(factory.tx_(1, blocks, 0, 1));
        vm.warp(other.deadline);
        vm.expectRevert(abi.encodeWithSelector(InteractiveFraud.ClaimVoid.selector, second));
        court.respond(second, other, answer);
        court.conclude(second, other, "");
        assertEq(uint256(court.stateOf(second)), uint256(ClaimState.Void));
        assertEq(court.owed(finder), 3 * BOND);
        // Nobody is charged twice.
        assertEq(manager.offenceOf(other.offenceId).kind, 7);
        assertEq(other.offenceId, claim.offenceId);
    }

    function test_sameNumberAgainIsAnotherCheckpoint() public {
        (, uint256 id, Claim memory claim) = _accused();
        vm.prank(address(manager));
        roots.reject(CHAIN, 1, bytes32(0), bytes32(0));
        submitBlocks(factory.chain(startOfNext(), 0, producerKey()));
        vm.warp(claim.deadline + 1);
        court.conclude(id, claim, "");
        assertEq(uint256(court.stateOf(id)), uint256(ClaimState.Void));
        assertTrue(roots.isLive(CHAIN, 1));
        assertEq(roots.checkpointAt(CHAIN, 1).openChallenges, 0);
    }

    function test_courtThatIsHeardNoMoreReturnsBondsAndPausesNothing() public {
        (, uint256 id, Claim memory claim) = _accused();
        vm.prank(governor);
        manager.registerVerifier(7, IFraudVerifier(address(0)));
        court.conclude(id, claim, "");
        assertEq(uint256(court.stateOf(id)), uint256(ClaimState.Void));
        assertEq(court.owed(finder), BOND);
        assertEq(roots.checkpointAt(CHAIN, 1).openChallenges, 0);
    }

    function test_onlyTheCourtPausesAndConvicts() public {
        uint64 start = startOfNext();
        submitBlocks(factory.chain(start, 0, producerKey()));
        bytes32 structHash = roots.checkpointAt(CHAIN, 1).structHash;
        Verdict memory verdict;
        (verdict.chainId, verdict.number, verdict.class) = (CHAIN, 1, 2);
        vm.startPrank(finder);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.NotCourt.selector, finder));
        manager.pauseCheckpoint(7, CHAIN, 1, structHash);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.NotCourt.selector, finder));
        manager.convict(7, structHash, abi.encode(verdict), finder);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.NotPaused.selector, structHash));
        manager.resumeCheckpoint(CHAIN, 1, structHash);
        vm.stopPrank();
        // Nor does it convict by surprise.
        vm.prank(address(court));
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.NotPaused.selector, structHash));
        manager.convict(7, structHash, abi.encode(verdict), finder);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.InteractiveKind.selector, 7));
        manager.challenge(7, "");
    }
}
