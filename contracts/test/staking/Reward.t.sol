// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoint, ProposerBonus, RewardBasis} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {StakeParams} from "../../src/staking/StakeStorage.sol";
import {StakeFixture} from "./StakeFixture.sol";

contract RewardTest is StakeFixture {
    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    /// @dev A final checkpoint, as CheckpointManager would tell of it.
    function credit(uint64 number, uint256 bitmap, uint96 signedPower, uint64 blocks, address proposer, bool onSchedule)
        private
    {
        RewardBasis memory b;
        b.isFinal = true;
        b.bitmap = bitmap;
        b.submittedAt = uint40(time());
        b.totalPower = 4_000e18;
        b.signedBps = uint16((uint256(signedPower) * 10_000) / 4_000e18);
        b.blocks = blocks;
        (bool known, uint256 seat) = stakes.seatOfSigner(proposer);
        b.proposerSeat = known ? uint8(seat) : 255;
        if (known) b.bonus = onSchedule ? ProposerBonus.Full : ProposerBonus.Half;
        credit(number, b);
    }

    function credit(uint64 number, RewardBasis memory b) private {
        vm.mockCall(address(roots), abi.encodeCall(roots.rewardBasis, (CHAIN, number)), abi.encode(b));
    }

    function claim(uint256 i, uint64 from, uint64 to) private returns (uint256) {
        return stakes.claimRewards(uint64(i + 1), CHAIN, from, to);
    }

    function test_signersShareByPower() public {
        credit(1, 15, 4_000e18, 16, anyone, true); // an unknown proposer: no bonus
        assertEq(claim(0, 1, 1), 4e18, "a quarter of 16 blocks");
        assertEq(kmc.balanceOf(ownerOf(0)), 4e18);
    }

    function test_missingSignaturesLowerTheReward() public {
        credit(1, 7, 3_000e18, 16, anyone, true);
        assertEq(claim(0, 1, 1), 4e18, "12 of 16 to share by three");
        assertEq(claim(3, 1, 1), 0, "who did not sign earns nothing");
    }

    function test_theScheduledProposerGetsTheBonusAndAnyOtherHalfOfIt() public {
        credit(1, 15, 4_000e18, 100, signerOf(2), true);
        assertEq(claim(2, 1, 1), 10e18 + 22.5e18, "10 % and a quarter of the rest");
        assertEq(claim(0, 1, 1), 22.5e18);
        credit(2, 15, 4_000e18, 100, signerOf(2), false);
        assertEq(claim(2, 2, 2), 5e18 + 23.75e18);
    }

    function test_aCheckpointIsPaidUpToItsGreatestLength() public {
        credit(1, 15, 4_000e18, 100_000, anyone, false);
        assertEq(claim(0, 1, 1), 64e18, "a quarter of 256");
    }

    function test_rewardsGoToTheRewardAccountWhoeverAsks() public {
        credit(1, 15, 4_000e18, 16, anyone, true);
        vm.prank(ownerOf(1));
        stakes.setRewardTo(2, treasury);
        uint256 before = kmc.balanceOf(treasury);
        vm.prank(anyone);
        claim(1, 1, 1);
        assertEq(kmc.balanceOf(treasury) - before, 4e18);
    }

    function test_powersCountAsOfTheSubmission() public {
        uint40 submittedAt = uint40(time());
        fund(ownerOf(0), 9_000e18);
        vm.prank(ownerOf(0));
        stakes.addStake(1, 9_000e18);
        slashFully(keccak256("x"), 1, 2);
        nextEpoch();
        stakes.roll(); // as every submission does
        RewardBasis memory basis = RewardBasis({
            isFinal: true,
            bitmap: 15,
            submittedAt: submittedAt - 1,
            totalPower: 4_000e18,
            signedBps: 10_000,
            blocks: 16,
            proposerSeat: 0,
            bonus: ProposerBonus.None
        });
        credit(1, basis);
        // One second before everything: no validator had power yet.
        assertEq(claim(0, 1, 1), 0);

        basis.submittedAt = uint40(time());
        basis.totalPower = stakes.totalPower();
        credit(2, basis);
        assertEq(claim(0, 2, 2), (uint256(16e18) * 10_000e18) / 12_900e18);
        assertEq(claim(1, 2, 2), (uint256(16e18) * 900e18) / 12_900e18);
    }

    function test_whatAChangeOfParametersFindsSubmittedIsPaidAsBefore() public {
        pass(1);
        credit(1, 15, 4_000e18, 16, signerOf(0), true);
        pass(1);
        StakeParams memory p = stakeParams();
        (p.rewardPerBlock, p.proposerBonusBps, p.maxCheckpointLength) = (2e18, 5_000, 8);
        vm.prank(governor);
        stakes.setParams(p);
        credit(2, 15, 4_000e18, 16, signerOf(0), true);
        assertEq(claim(0, 1, 1), 1.6e18 + 3.6e18);
        assertEq(claim(0, 2, 2), 8e18 + 2e18, "8 blocks of 2 KMC, half of it for proposing");
    }

    function test_laterStakeEarnsNothingOfEarlierCheckpoints() public {
        pass(1);
        credit(1, 15, 4_000e18, 16, anyone, true);
        fund(ownerOf(0), 100_000e18);
        vm.prank(ownerOf(0));
        stakes.addStake(1, 100_000e18);
        pass(10 * EPOCH);
        stakes.roll();
        assertEq(claim(0, 1, 1), 4e18);
    }

    function test_theNextHolderOfASeatEarnsNothingOfItsPast() public {
        pass(1);
        credit(1, 15, 4_000e18, 16, signerOf(0), true);
        vm.prank(ownerOf(0));
        stakes.unstake(1);
        pass(EPOCH + UNBONDING);
        vm.prank(ownerOf(0));
        stakes.unstakeClaim(1);
        join(7, 1_000e18);
        assertEq(stakes.validator(5).seat, 0);
        nextEpoch();
        assertEq(stakes.claimRewards(5, CHAIN, 1, 1), 0);
        assertEq(claim(0, 1, 1), 1.6e18 + 3.6e18, "the former holder still gets its own");
    }

    function test_rangesAreBounded() public {
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.BadClaimRange.selector, 1, 101, 100));
        claim(0, 1, 101);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.BadClaimRange.selector, 2, 1, 100));
        claim(0, 2, 1);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.UnknownValidator.selector, 9));
        stakes.claimRewards(9, CHAIN, 1, 1);
        assertEq(claim(0, 1, 100), 0, "nothing credited, nothing paid");
    }

    function test_aFinalizedCheckpointIsCreditedByTheCheckpointManager() public {
        Checkpoint memory c = submitNext(3);
        assertEq(claim(0, 1, 1), 0, "nothing while pending");
        pass(CHALLENGE);
        roots.finalize(CHAIN, 1);
        uint256 paid = claim(0, 1, 1) + claim(1, 1, 1) + claim(2, 1, 1) + claim(3, 1, 1);
        assertEq(paid, 12e18);
        assertTrue(stakes.isActiveSigner(c.proposer));
    }

    function testFuzz_sharesNeverExceedTheReward(uint96[4] memory extra, uint8 signers, uint64 blocks, uint8 proposer)
        public
    {
        uint96 total = 4_000e18;
        uint96 signed;
        uint256 bitmap = bound(signers, 1, 15);
        for (uint256 i; i < 4; ++i) {
            uint96 amount = uint96(bound(extra[i], 1, 1_000_000e18));
            fund(ownerOf(i), amount);
            vm.prank(ownerOf(i));
            stakes.addStake(uint64(i + 1), amount);
            total += amount;
            if (bitmap & (1 << i) != 0) signed += 1_000e18 + amount;
        }
        nextEpoch();
        stakes.roll();
        blocks = uint64(bound(blocks, 1, 256));
        RewardBasis memory basis = RewardBasis({
            isFinal: true,
            bitmap: bitmap,
            submittedAt: uint40(time()),
            totalPower: total,
            signedBps: uint16((uint256(signed) * 10_000) / total),
            blocks: blocks,
            proposerSeat: proposer % 4,
            bonus: ProposerBonus.Full
        });
        credit(1, basis);
        uint256 paid;
        for (uint256 i; i < 4; ++i) {
            paid += claim(i, 1, 1);
        }
        uint256 reward = (uint256(blocks) * 1e18 * signed) / total;
        assertLe(paid, reward);
        // The bonus follows the signed part to a basis point, which is a ten-thousandth of a tenth.
        assertGe(paid + 5 + uint256(blocks) * 1e13, reward, "nothing but rounding is lost");
    }
}
