// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ElectionEvents} from "../../src/election/ElectionEvents.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";
import {StakeParams} from "../../src/staking/StakeStorage.sol";

/// AT-32: tricks with an election. A weight counts once, and a set exists at every moment.
contract AT32 is ElectionFixture {
    function stakeParams() internal pure override returns (StakeParams memory p) {
        p = super.stakeParams();
        p.unbonding = 170; // the least, so that stake can move within a tenure
    }

    function test_AT32_stakeThatMovesWithinTheVoteCountsOnce() public {
        nominate(0);
        openVote();
        vote(8, choose(0));
        // Stake added, and a validator that joins, after the vote opened.
        fund(ownerOf(8), 5_000e18);
        vm.prank(ownerOf(8));
        stakes.addStake(9, 5_000e18);
        join(10, 5_000e18);
        nextEpoch();
        vote(8, choose(0));
        assertEq(election.votesOf(1, 1), 1_000e18);
        uint64 newcomer = stakes.validatorOfSigner(signerOf(10));
        vm.prank(ownerOf(10));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NoVotingPower.selector, newcomer));
        election.vote(newcomer, choose(0));
        // Leaving takes nothing from the ballot, and gives nothing to another.
        vm.prank(ownerOf(8));
        stakes.unstake(9);
        nextEpoch();
        vote(8, choose(0));
        assertEq(election.votesOf(1, 1), 1_000e18);
        assertEq(election.votesCast(1), 1_000e18);
    }

    /// A change of power that is due but was not rolled yet is seen by the first voter as by the last.
    function test_AT32_weightDoesNotDependOnWhoRolledWhen() public {
        nominate(0);
        (uint40 opens,,,) = election.timeline(1);
        vm.warp(opens - 3 * EPOCH);
        fund(ownerOf(1), 500e18);
        vm.prank(ownerOf(1));
        stakes.addStake(2, 500e18);
        vm.warp(opens);
        vote(1, choose(0));
        assertEq(election.ballotOf(1, 2).weight, 1_500e18);
        stakes.roll();
        vote(1, choose(0));
        assertEq(election.ballotOf(1, 2).weight, 1_500e18);
    }

    function test_AT32_thereAreAtMostSixtyFourNominees() public {
        for (uint256 i = 9; i < 65; ++i) {
            join(i, 1_000e18);
        }
        for (uint256 i; i < 64; ++i) {
            nominate(i);
        }
        fundFor(ownerOf(64), PRODUCER_STAKE);
        vm.prank(ownerOf(64));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NomineeCapReached.selector, 64));
        election.nominate(idOf(64), criteria(0), "", 0, signerOf(64), "");
        // The dearest settlement there is.
        openVote();
        for (uint256 v; v < 64; ++v) {
            vote(v % 9, choose(v % 64, (v + 1) % 64));
        }
        for (uint256 v; v < 9; ++v) {
            vote(v, chooseRange(5 * v, 5));
        }
        closeVote();
        uint256 gas = gasleft();
        election.settle();
        assertLt(gas - gasleft(), 1_500_000);
        assertEq(members().length, 5);
    }

    function test_AT32_tiesGoToTheLowerId() public {
        for (uint256 i; i < 7; ++i) {
            nominate(6 - i);
        }
        openVote();
        vote(0, chooseRange(2, 5));
        vote(1, chooseRange(0, 2));
        closeVote();
        election.settle();
        for (uint256 i; i < 5; ++i) {
            assertEq(members()[i].id, idOf(i));
        }
        assertEq(standbys()[0].id, 6);
        assertEq(standbys()[1].id, 7);
    }

    function test_AT32_aWinnerConvictedBeforeTheStartNeverSits() public {
        electRanked(7);
        (,, uint40 starts,) = election.timeline(1);
        convict("fraud", 1, signerOf(1), 0);
        fillSeatOf(signerOf(1));
        assertEq(registry.producersAt(ELECTED, starts - 1).length, 3, "the set before is whole");
        assertEq(registry.producersAt(ELECTED, starts).length, 4);
        assertEq(registry.producersAt(ELECTED, starts + 1).length, 5);
        assertEq(registry.producersAt(ELECTED, starts + 1)[1], signerOf(5));
        for (uint64 t = starts - 10; t < starts + 10; ++t) {
            assertFalse(contains(registry.producersAt(ELECTED, t), signerOf(1)));
        }
    }

    function test_AT32_withoutNomineesVotersOrSettlersThereIsASetAllTheSame() public {
        for (uint256 t; t < 5; ++t) {
            assertEq(registry.producersAt(ELECTED, uint64(time())).length, 3);
            if (t == 3) {
                closeVote();
                election.settle();
            }
            nextTenure();
        }
    }

    function contains(address[] memory keys, address key) private pure returns (bool) {
        for (uint256 i; i < keys.length; ++i) {
            if (keys[i] == key) return true;
        }
        return false;
    }
}
