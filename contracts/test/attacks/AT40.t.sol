// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SlashOutcome} from "../../src/staking/IStakeManager.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";

/// AT-40: a producer and stakers convict themselves and collect the bounty. They lose at least what is burned and insured
/// of their own stakes, whoever delegated to them.
contract AT40 is ElectionFixture {
    bytes32 private constant OFFENCE = keccak256("they accuse themselves");

    function setUp() public override {
        super.setUp();
        electRanked(3);
        nextTenure();
    }

    /// @param who seats of the guilty, who are also who accuses them
    /// @param class A, B or C
    /// forge-config: ci.fuzz.runs = 64
    /// @param amounts what others have delegated to each validator, wei of KMC
    function testFuzz_AT40_selfChallengeNeverProfits(uint256 who, uint8 class, uint96[9] memory amounts) public {
        who = bound(who, 1, 511);
        class = uint8(bound(class, 1, 3));
        for (uint256 i; i < 9; ++i) {
            delegate(i, idOf(i), uint96(bound(amounts[i], 1e18, 1_000_000e18)));
        }
        nextEpoch();
        uint256 before = wealth(who);
        address producer = who & 1 != 0 ? signerOf(0) : address(0);
        convict(OFFENCE, class, producer, who);
        stakes.executeSlash(OFFENCE, 0, 256);
        settle();

        SlashOutcome memory o = stakes.slashOutcome(OFFENCE);
        assertEq(o.slashed, o.bounty + o.burned + o.insured, "all of it is accounted for");
        uint256 afterwards = wealth(who);
        assertLt(afterwards, before);
        assertGe(before - afterwards, kept(before - afterwards + o.bounty + paidByElection), "half of their own is gone");
    }

    /// What made it pay: nearly all of the stake that is slashed is that of others.
    function test_AT40_doubleVoteOfAMuchDelegatedValidator() public {
        delegate(0, idOf(3), 1_000_000e18);
        nextEpoch();
        uint256 before = wealth(1 << 3);
        convict(OFFENCE, 3, address(0), 1 << 3);
        stakes.executeSlash(OFFENCE, 0, 256);
        settle();
        assertEq(stakes.slashOutcome(OFFENCE).slashed, 200_200e18);
        assertEq(stakes.slashOutcome(OFFENCE).bounty, 100e18, "half of its own 200");
        assertEq(before - wealth(1 << 3), 100e18);
    }

    uint256 private paidByElection;

    /// @dev The bounties go to `anyone`, who belongs to them.
    function settle() private {
        vm.startPrank(challenges);
        stakes.payBounty(OFFENCE, anyone);
        paidByElection = election.payBounty(OFFENCE, anyone);
        vm.stopPrank();
    }

    /// @dev The part that does not come back.
    function kept(uint256 lost) private pure returns (uint256) {
        return lost / 2;
    }

    /// @return sum of what the guilty and their accuser have, wei of KMC
    function wealth(uint256 who) private view returns (uint256 sum) {
        sum = kmc.balanceOf(anyone) + stakes.owed(anyone) + election.owed(anyone);
        for (uint256 i; i < 9; ++i) {
            if ((who >> i) & 1 == 0) continue;
            sum += kmc.balanceOf(ownerOf(i)) + stakes.validator(idOf(i)).selfStake + election.nominee(idOf(i)).stake;
        }
    }
}
