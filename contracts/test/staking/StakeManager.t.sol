// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {StakeManager} from "../../src/staking/StakeManager.sol";
import {SeatView} from "../../src/staking/StakeViews.sol";
import {StakeParams, Validator, ValidatorStatus} from "../../src/staking/StakeStorage.sol";
import {KMC} from "../../src/token/KMC.sol";
import {StakeFixture} from "./StakeFixture.sol";

contract StakeManagerTest is StakeFixture {
    // --- joining

    function test_beforeGenesisAStakeIsActiveAtOnce() public {
        fund(ownerOf(0), 150e18);
        bytes memory proof = proofOf(ownerOf(0), keyOf(0));
        vm.expectEmit(address(stakes));
        emit StakeEvents.Staked(1, 0, ownerOf(0), signerOf(0), 150e18, 0);
        vm.expectEmit(address(stakes));
        emit StakeEvents.PeerAnnounced(1, "peer");
        vm.prank(ownerOf(0));
        stakes.stake(150e18, signerOf(0), proof, 500, "peer");

        (address signer, uint96 power) = stakes.seatAt(0);
        assertEq(signer, signerOf(0));
        assertEq(power, 150e18);
        assertEq(stakes.totalPower(), 150e18);
        assertTrue(stakes.isActiveSigner(signerOf(0)));
        assertEq(kmc.balanceOf(address(stakes)), 150e18);
        Validator memory v = stakes.validator(1);
        assertEq(v.owner, ownerOf(0));
        assertEq(v.rewardTo, ownerOf(0));
        assertEq(v.selfStake, 150e18);
        assertEq(v.commissionBps, 500);
        assertEq(v.peerIdHash, keccak256("peer"));
        assertEq(uint8(v.status), uint8(ValidatorStatus.Active));
    }

    function test_afterGenesisAStakeIsActiveFromTheNextEpochOn() public {
        beginWith(2);
        pass(5 * EPOCH + 3);
        join(2, 500e18);
        assertEq(stakes.validator(3).activationEpoch, 6);
        assertEq(stakes.totalPower(), 2_000e18);
        assertEq(stakes.powerAt(2), 0);
        assertFalse(stakes.isActiveSigner(signerOf(2)));

        nextEpoch();
        assertEq(stakes.totalPower(), 2_500e18, "views need no roll");
        assertEq(stakes.powerAt(2), 500e18);
        assertTrue(stakes.isActiveSigner(signerOf(2)));
        vm.expectEmit(address(stakes));
        emit StakeEvents.SeatsRolled(6, 4, 2_500e18);
        stakes.roll();
        assertEq(stakes.totalPower(), 2_500e18);
        assertEq(stakes.powerAt(2), 500e18);
    }

    function test_aStakeBelowTheMinimumIsRefused() public {
        fund(ownerOf(0), MIN_STAKE);
        bytes memory proof = proofOf(ownerOf(0), keyOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.StakeTooSmall.selector, MIN_STAKE - 1, MIN_STAKE));
        vm.prank(ownerOf(0));
        stakes.stake(MIN_STAKE - 1, signerOf(0), proof, 0, "");
    }

    function test_aCommissionAboveTheWholeIsRefused() public {
        fund(ownerOf(0), MIN_STAKE);
        bytes memory proof = proofOf(ownerOf(0), keyOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.BadShare.selector, 10_001));
        vm.prank(ownerOf(0));
        stakes.stake(MIN_STAKE, signerOf(0), proof, 10_001, "");
    }

    function test_aPeerIdIsBounded() public {
        fund(ownerOf(0), MIN_STAKE);
        bytes memory proof = proofOf(ownerOf(0), keyOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.PeerIdTooLong.selector, 129));
        vm.prank(ownerOf(0));
        stakes.stake(MIN_STAKE, signerOf(0), proof, 0, new bytes(129));
    }

    function test_aKeyServesOneValidator() public {
        join(0, 200e18);
        fund(ownerOf(1), 200e18);
        bytes memory proof = proofOf(ownerOf(1), keyOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.SignerTaken.selector, signerOf(0)));
        vm.prank(ownerOf(1));
        stakes.stake(200e18, signerOf(0), proof, 0, "");
    }

    function test_aKeyNobodyHoldsCannotBeRegistered() public {
        fund(ownerOf(0), 200e18);
        fund(ownerOf(1), 200e18);
        bytes memory forOther = proofOf(ownerOf(1), keyOf(0));
        bytes memory byOther = proofOf(ownerOf(0), keyOf(1));
        vm.startPrank(ownerOf(0));
        vm.expectRevert(StakeEvents.BadSignerProof.selector);
        stakes.stake(200e18, signerOf(0), forOther, 0, "");
        vm.expectRevert(StakeEvents.BadSignerProof.selector);
        stakes.stake(200e18, signerOf(0), byOther, 0, "");
        vm.stopPrank();
    }

    function test_aProofServesOnce() public {
        bytes memory proof = proofOf(ownerOf(0), keyOf(0));
        join(0, 200e18);
        fund(ownerOf(0), 200e18);
        // The key is free again after the validator is gone; its old proof is still used up.
        vm.startPrank(ownerOf(0));
        stakes.unstake(1);
        pass(UNBONDING);
        stakes.unstakeClaim(1);
        vm.expectRevert(StakeEvents.BadSignerProof.selector);
        stakes.stake(200e18, signerOf(0), proof, 0, "");
        vm.stopPrank();
        assertEq(stakes.signerNonce(ownerOf(0)), 1);
    }

    function test_aPermitReplacesTheApproval() public {
        uint256 ownerKey = keyOf(77);
        address owner = vm.addr(ownerKey);
        vm.prank(treasury);
        kmc.transfer(owner, 200e18);
        bytes memory proof = proofOf(owner, keyOf(0));
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901",
                kmc.DOMAIN_SEPARATOR(),
                keccak256(
                    abi.encode(
                        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                        owner,
                        address(stakes),
                        uint256(200e18),
                        uint256(0),
                        type(uint256).max
                    )
                )
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ownerKey, digest);
        // Somebody copies the permit out of the mempool first: the stake goes through all the same.
        kmc.permit(owner, address(stakes), 200e18, type(uint256).max, v, r, s);
        vm.prank(owner);
        stakes.stakeWithPermit(200e18, signerOf(0), proof, 0, "", type(uint256).max, v, r, s);
        assertEq(stakes.totalPower(), 200e18);
    }

    // --- changing

    function test_addedStakeCountsFromTheNextEpochOn() public {
        beginWith(3);
        fund(ownerOf(1), 50e18);
        vm.expectEmit(address(stakes));
        emit StakeEvents.StakeAdded(2, 50e18, 1_050e18, 1);
        vm.prank(ownerOf(1));
        stakes.addStake(2, 50e18);
        assertEq(stakes.powerAt(1), 1_000e18);
        nextEpoch();
        assertEq(stakes.powerAt(1), 1_050e18);
        assertEq(stakes.totalPower(), 3_050e18);
    }

    function test_onlyTheOwnerChangesAValidator() public {
        beginWith(1);
        bytes memory proof = proofOf(anyone, keyOf(5));
        bytes memory notOwner = abi.encodeWithSelector(StakeEvents.NotOwner.selector, 1);
        vm.startPrank(anyone);
        vm.expectRevert(notOwner);
        stakes.addStake(1, 1e18);
        vm.expectRevert(notOwner);
        stakes.rotateSigner(1, signerOf(5), proof);
        vm.expectRevert(notOwner);
        stakes.unstake(1);
        vm.expectRevert(notOwner);
        stakes.unstakeClaim(1);
        vm.expectRevert(notOwner);
        stakes.unjail(1);
        vm.expectRevert(notOwner);
        stakes.setPeerId(1, "x");
        vm.expectRevert(notOwner);
        stakes.setRewardTo(1, anyone);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotOwner.selector, 99));
        stakes.unstake(99);
        vm.stopPrank();
    }

    function test_aNewKeySignsFromTheNextEpochOnAndTheOldOneStaysAnswerable() public {
        beginWith(2);
        bytes memory proof = proofOf(ownerOf(0), keyOf(50));
        vm.expectEmit(address(stakes));
        emit StakeEvents.SignerRotated(1, signerOf(0), signerOf(50), 1);
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(50), proof);
        assertTrue(stakes.isActiveSigner(signerOf(0)));
        assertFalse(stakes.isActiveSigner(signerOf(50)));

        nextEpoch();
        assertFalse(stakes.isActiveSigner(signerOf(0)));
        assertTrue(stakes.isActiveSigner(signerOf(50)));
        (bool found, uint256 seat) = stakes.seatOfSigner(signerOf(0));
        assertTrue(found);
        assertEq(seat, 0);
        assertEq(stakes.totalPower(), 2_000e18);
    }

    function test_keysRotateOncePerCooldown() public {
        beginWith(1);
        bytes memory proof = proofOf(ownerOf(0), keyOf(50));
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(50), proof);
        proof = proofOf(ownerOf(0), keyOf(51));
        nextEpoch();
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.CooldownActive.selector, 2));
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(51), proof);
        nextEpoch();
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(51), proof);
    }

    function test_aValidatorMayReturnToItsOwnOldKeyButNotKeepTheOneItHas() public {
        beginWith(1);
        bytes memory proof = proofOf(ownerOf(0), keyOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.SignerTaken.selector, signerOf(0)));
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(0), proof);

        proof = proofOf(ownerOf(0), keyOf(50));
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(50), proof);
        pass(2 * EPOCH);
        proof = proofOf(ownerOf(0), keyOf(0));
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(0), proof);
        nextEpoch();
        assertTrue(stakes.isActiveSigner(signerOf(0)));
    }

    function test_identityAndRewardAccountCanChange() public {
        beginWith(1);
        vm.startPrank(ownerOf(0));
        vm.expectEmit(address(stakes));
        emit StakeEvents.PeerAnnounced(1, "other");
        stakes.setPeerId(1, "other");
        vm.expectRevert(Governed.ZeroAddress.selector);
        stakes.setRewardTo(1, address(0));
        stakes.setRewardTo(1, anyone);
        vm.stopPrank();
        assertEq(stakes.validator(1).peerIdHash, keccak256("other"));
        assertEq(stakes.validator(1).rewardTo, anyone);
    }

    // --- leaving

    function test_powerLeavesWithTheEpochAndStakeAfterUnbonding() public {
        beginWith(3);
        pass(3);
        uint40 unbondAt = stakes.genesisTime() + EPOCH + UNBONDING;
        vm.expectEmit(address(stakes));
        emit StakeEvents.UnstakeStarted(2, 1, unbondAt);
        vm.prank(ownerOf(1));
        stakes.unstake(2);
        assertEq(stakes.powerAt(1), 1_000e18, "still signs in this epoch");
        nextEpoch();
        assertEq(stakes.powerAt(1), 0);
        assertEq(stakes.totalPower(), 2_000e18);
        (bool found,) = stakes.seatOfSigner(signerOf(1));
        assertTrue(found, "still answerable");

        vm.warp(unbondAt - 1);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.StillBonded.selector, unbondAt));
        vm.prank(ownerOf(1));
        stakes.unstakeClaim(2);
        vm.warp(unbondAt);
        vm.prank(ownerOf(1));
        stakes.unstakeClaim(2);
        assertEq(kmc.balanceOf(ownerOf(1)), 1_000e18);
        (found,) = stakes.seatOfSigner(signerOf(1));
        assertFalse(found);

        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotUnbonding.selector, 2));
        vm.prank(ownerOf(1));
        stakes.unstakeClaim(2);
    }

    function test_whoLeavesCannotAddRotateOrLeaveAgain() public {
        beginWith(1);
        bytes memory proof = proofOf(ownerOf(0), keyOf(5));
        bytes memory notActive = abi.encodeWithSelector(StakeEvents.NotActive.selector, 1);
        vm.startPrank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.NotUnbonding.selector, 1));
        stakes.unstakeClaim(1);
        stakes.unstake(1);
        vm.expectRevert(notActive);
        stakes.addStake(1, 1e18);
        vm.expectRevert(notActive);
        stakes.rotateSigner(1, signerOf(5), proof);
        vm.expectRevert(notActive);
        stakes.unstake(1);
        vm.stopPrank();
    }

    function test_aSeatIsLockedWhileItsHolderIsSlashable() public {
        beginWith(2);
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        nextEpoch();
        join(2, 500e18);
        assertEq(stakes.validator(3).seat, 2, "seat 0 is locked");

        pass(UNBONDING);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        join(3, 500e18);
        assertEq(stakes.validator(4).seat, 0);
    }

    function test_allSeatsTakenRefusesANewcomer() public {
        limitValidators(3);
        beginWith(3);
        fund(ownerOf(3), 200e18);
        bytes memory proof = proofOf(ownerOf(3), keyOf(3));
        vm.expectRevert(StakeEvents.NoFreeSeat.selector);
        vm.prank(ownerOf(3));
        stakes.stake(200e18, signerOf(3), proof, 0, "");
    }

    function test_muchMoreStakeDisplacesTheLeast() public {
        limitValidators(3);
        join(0, 300e18);
        join(1, 200e18);
        join(2, 400e18);
        vm.prank(governor);
        stakes.begin();
        fund(ownerOf(3), 1_000e18);
        bytes memory proof = proofOf(ownerOf(3), keyOf(3));
        vm.startPrank(ownerOf(3));
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.StakeTooSmall.selector, 220e18, 220e18 + 1));
        stakes.displace(220e18, signerOf(3), proof, 0, "");
        vm.expectEmit(address(stakes));
        emit StakeEvents.Displaced(2, 200e18, 221e18);
        stakes.displace(221e18, signerOf(3), proof, 0, "");
        vm.stopPrank();

        assertEq(uint8(stakes.validator(2).status), uint8(ValidatorStatus.Unbonding));
        nextEpoch();
        assertEq(stakes.powerAt(1), 0);
        assertEq(stakes.powerAt(3), 221e18);
        assertEq(stakes.totalPower(), 921e18);
        pass(UNBONDING);
        vm.prank(ownerOf(1));
        stakes.unstakeClaim(2);
        assertEq(kmc.balanceOf(ownerOf(1)), 200e18);
    }

    function test_whileThereIsRoomNobodyIsDisplaced() public {
        limitValidators(3);
        beginWith(2);
        fund(ownerOf(2), 1_000e18);
        bytes memory proof = proofOf(ownerOf(2), keyOf(2));
        vm.prank(ownerOf(2));
        stakes.displace(100e18, signerOf(2), proof, 0, "");
        nextEpoch();
        assertEq(stakes.totalPower(), 2_100e18);
    }

    function test_aReleasedSeatIsReusedWhenNoneIsFree() public {
        limitValidators(256);
        for (uint256 i; i < 256; ++i) {
            join(i, MIN_STAKE);
        }
        assertEq(stakes.activeSet().length, 256);
        assertEq(stakes.totalPower(), 256 * MIN_STAKE);
        vm.prank(ownerOf(200));
        stakes.unstake(201);
        fund(ownerOf(300), MIN_STAKE);
        bytes memory proof = proofOf(ownerOf(300), keyOf(300));
        vm.prank(ownerOf(300));
        vm.expectRevert(StakeEvents.NoFreeSeat.selector);
        stakes.stake(MIN_STAKE, signerOf(300), proof, 0, "");

        // Its holder has not claimed, but can no longer be charged: the seat need not wait for him.
        pass(UNBONDING);
        vm.prank(ownerOf(300));
        uint64 id = stakes.stake(MIN_STAKE, signerOf(300), proof, 0, "");
        assertEq(stakes.validator(id).seat, 200);
        vm.prank(ownerOf(200));
        stakes.unstakeClaim(201);
        assertEq(kmc.balanceOf(ownerOf(200)), MIN_STAKE);
        assertEq(stakes.powerAt(200), MIN_STAKE, "the new holder's");
        assertEq(stakes.totalPower(), 256 * MIN_STAKE);
    }

    // --- views

    function test_theActiveSetListsSeatsWithPower() public {
        beginWith(4);
        vm.prank(ownerOf(1));
        stakes.unstake(2);
        nextEpoch();
        SeatView[] memory set = stakes.activeSet();
        assertEq(set.length, 3);
        assertEq(set[0].seat, 0);
        assertEq(set[1].seat, 2);
        assertEq(set[1].validatorId, 3);
        assertEq(set[1].signer, signerOf(2));
        assertEq(set[2].power, 1_000e18);
    }

    function test_signersOfABitmapComeInSeatOrder() public {
        beginWith(4);
        (address[] memory signers, uint96 signed, uint96 total) = stakes.signersOf(11 | (1 << 255));
        assertEq(signers.length, 4);
        assertEq(signers[0], signerOf(0));
        assertEq(signers[1], signerOf(1));
        assertEq(signers[2], signerOf(3));
        assertEq(signers[3], address(0), "an empty seat has no signer");
        assertEq(signed, 3_000e18);
        assertEq(total, 4_000e18);
        (signers,,) = stakes.signersOf(type(uint256).max);
        assertEq(signers.length, 256);
    }

    function test_powerIsWalkedInSeatOrder() public {
        join(0, 200e18);
        join(1, 300e18);
        assertEq(stakes.signerAtPower(0), signerOf(0));
        assertEq(stakes.signerAtPower(200e18 - 1), signerOf(0));
        assertEq(stakes.signerAtPower(200e18), signerOf(1));
        assertEq(stakes.signerAtPower(500e18 - 1), signerOf(1));
        assertEq(stakes.signerAtPower(500e18), address(0));
    }

    function test_validatorsArePaged() public {
        beginWith(5);
        assertEq(stakes.validatorCount(), 5);
        assertEq(stakes.validators(0, 2).length, 2);
        assertEq(stakes.validators(4, 10).length, 2);
        assertEq(stakes.validators(6, 10).length, 0);
        assertEq(stakes.validators(4, 10)[0].owner, ownerOf(3));
        assertEq(stakes.validatorOfSigner(signerOf(4)), 5);
    }

    function test_epochsCountFromGenesisTime() public {
        uint256 genesis = stakes.genesisTime();
        assertEq(stakes.epoch(), 0);
        vm.warp(genesis + EPOCH - 1);
        assertEq(stakes.epoch(), 0);
        vm.warp(genesis + EPOCH);
        assertEq(stakes.epoch(), 1);
        vm.warp(genesis + 1_000 * EPOCH + 5);
        assertEq(stakes.epoch(), 1_000);
    }

    // --- set-up and roles

    function test_setUpEndsEarlyOnceAndNeverAfterIt() public {
        join(0, 200e18);
        vm.startPrank(governor);
        stakes.begin();
        assertEq(stakes.genesisTime(), time());
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.GenesisOver.selector, uint40(time())));
        stakes.begin();
        vm.stopPrank();
    }

    function test_aGenesisTimeInThePastMeansNow() public {
        assertEq(deployStakeManager(5).genesisTime(), time());
    }

    function test_initialisationWorksOnceAndNeverOnTheImplementations() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        stakes.initialize(anyone, anyone, 1, kmc, anyone, 0, stakeParams());
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        module.initialize(anyone, anyone, 1, kmc, anyone, 0, stakeParams());
        StakeManager implementation = StakeManager(stakeManagerCode());
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        implementation.initialize(anyone, anyone, 1, kmc, anyone, 0, stakeParams());
    }

    function test_wiringWorksOnce() public {
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        vm.prank(anyone);
        stakes.wire(anyone, anyone);
        vm.expectRevert(StakeEvents.AlreadyWired.selector);
        vm.prank(governor);
        stakes.wire(anyone, anyone);
        assertEq(stakes.checkpointManager(), address(roots));
        assertEq(stakes.challengeManager(), challenges);
    }

    function test_parametersKeepTheirBounds() public {
        StakeParams memory p = stakeParams();
        p.unbonding = p.challengePeriod + p.gameMaxDuration + p.lateSlashWindow - 1;
        refuse(p, abi.encodeWithSelector(StakeEvents.UnbondingTooShort.selector, 169, 170));
        p = stakeParams();
        p.bountyBps = 5_001;
        refuse(p, abi.encodeWithSelector(StakeEvents.BountyTooHigh.selector, 5_001));
        p = stakeParams();
        p.burnBps = 5_001;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadShare.selector, 10_001));
        p = stakeParams();
        p.slashBpsC = 10_001;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadShare.selector, 10_001));
        p = stakeParams();
        p.proposerBonusBps = 10_001;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadShare.selector, 10_001));
        p = stakeParams();
        p.epochLength = 17;
        refuse(p, abi.encodeWithSelector(StakeEvents.EpochLengthFixed.selector, EPOCH));
        p = stakeParams();
        p.maxValidators = 257;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadParameter.selector, "maxValidators", 257));
        p.maxValidators = 0;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadParameter.selector, "maxValidators", 0));
        p = stakeParams();
        p.minStake = 0;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadParameter.selector, "minStake", 0));
        p = stakeParams();
        p.claimBatch = 0;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadParameter.selector, "claimBatch", 0));
        p = stakeParams();
        p.rewardPerBlock = 1e24 + 1;
        refuse(p, abi.encodeWithSelector(StakeEvents.BadParameter.selector, "rewardPerBlock", 1e24 + 1));

        p = stakeParams();
        p.minStake = 7e18;
        vm.prank(governor);
        stakes.setParams(p);
        assertEq(stakes.params().minStake, 7e18);
    }

    function test_pausingStopsNewStakeAndNothingElse() public {
        beginWith(2);
        fund(ownerOf(5), 200e18);
        bytes memory proof = proofOf(ownerOf(5), keyOf(5));
        vm.prank(guardian);
        stakes.pause(60);
        bytes memory paused = abi.encodeWithSelector(Governed.PausedNow.selector, uint40(time() + 60));
        vm.startPrank(ownerOf(5));
        vm.expectRevert(paused);
        stakes.stake(200e18, signerOf(5), proof, 0, "");
        vm.expectRevert(paused);
        stakes.displace(200e18, signerOf(5), proof, 0, "");
        vm.stopPrank();
        vm.startPrank(ownerOf(0));
        vm.expectRevert(paused);
        stakes.addStake(1, 1);
        stakes.unstake(1);
        vm.stopPrank();
    }

    function test_onlyTheOwnerUpgrades() public {
        address implementation = stakeManagerCode();
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        vm.prank(anyone);
        stakes.upgradeToAndCall(implementation, "");
        beginWith(1);
        vm.prank(governor);
        stakes.upgradeToAndCall(implementation, "");
        assertEq(stakes.totalPower(), 1_000e18, "state survives");
    }

    function test_storageLivesAtItsNamespace() public {
        bytes32 slot = SlotDerivation.erc7201Slot("koma.storage.StakeManager");
        assertEq(address(uint160(uint256(vm.load(address(stakes), slot)))), address(kmc));
        slot = SlotDerivation.erc7201Slot("koma.storage.Governed");
        assertEq(address(uint160(uint256(vm.load(address(stakes), slot)))), governor);
    }

    // --- laws

    /// The quorum of two thirds means nothing if the total is not the sum of its parts.
    function testFuzz_thePartsSumToTheWholeInEveryEpoch(uint96[8] memory amounts, uint8 leaving) public {
        vm.prank(governor);
        stakes.begin();
        uint256 sum;
        for (uint256 i; i < 8; ++i) {
            uint96 amount = uint96(bound(amounts[i], MIN_STAKE, 1_000_000e18));
            join(i, amount);
            sum += amount;
        }
        assertEq(stakes.totalPower(), 0);
        nextEpoch();
        assertEq(stakes.totalPower(), sum);
        for (uint256 i; i < 8; ++i) {
            if (leaving & (1 << i) == 0) continue;
            vm.prank(ownerOf(i));
            stakes.unstake(uint64(i + 1));
            sum -= stakes.validator(uint64(i + 1)).selfStake;
        }
        nextEpoch();
        assertEq(stakes.totalPower(), sum);
        stakes.roll();
        assertEq(stakes.totalPower(), sum);
    }

    function limitValidators(uint16 max) private {
        StakeParams memory p = stakeParams();
        p.maxValidators = max;
        vm.prank(governor);
        stakes.setParams(p);
        assertEq(stakes.maxValidators(), max);
    }

    function refuse(StakeParams memory p, bytes memory failure) private {
        vm.prank(governor);
        vm.expectRevert(failure);
        stakes.setParams(p);
    }
}
