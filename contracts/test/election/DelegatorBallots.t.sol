// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ElectionEvents} from "../../src/election/ElectionEvents.sol";
import {ElectionFixture} from "./ElectionFixture.sol";

/// @notice Delegators that vote for themselves (root contracts 6.4).
contract DelegatorBallotsTest is ElectionFixture {
    uint96 private constant OWN = 1_000e18;
    uint96 private constant LENT = 600e18;

    function setUp() public override {
        super.setUp();
        nominate(0);
        nominate(1);
        delegate(0, idOf(0), LENT);
        openVote();
    }

    function test_aDelegatorTakesItsPartOutOfTheBallotBeforeIt() public {
        vote(0, choose(0));
        assertEq(election.votesOf(1, idOf(0)), OWN + LENT);
        vm.expectEmit(address(election));
        emit ElectionEvents.DelegatorVoted(idOf(0), 1, delegatorOf(0), choose(1), LENT);
        voteAs(0, idOf(0), choose(1));
        assertEq(election.votesOf(1, idOf(0)), OWN);
        assertEq(election.votesOf(1, idOf(1)), LENT);
        assertEq(election.votesCast(1), OWN + LENT);
        assertEq(election.ballotOf(1, idOf(0)).weight, OWN);
        assertEq(election.delegatorBallotOf(1, idOf(0), delegatorOf(0)).weight, LENT);
        assertEq(election.delegatorsVoted(1, idOf(0)), LENT);
    }

    function test_andOutOfTheOneAfterIt() public {
        voteAs(0, idOf(0), choose(1));
        assertEq(election.votesCast(1), LENT);
        vote(0, choose(0, 1));
        assertEq(election.votesOf(1, idOf(0)), OWN);
        assertEq(election.votesOf(1, idOf(1)), OWN + LENT);
        assertEq(election.votesCast(1), OWN + LENT);
    }

    function test_votingAgainReplacesOneBallotAndNotTheOther() public {
        vote(0, choose(0));
        voteAs(0, idOf(0), choose(1));
        voteAs(0, idOf(0), choose(0, 1));
        vote(0, choose(1));
        assertEq(election.votesOf(1, idOf(0)), LENT);
        assertEq(election.votesOf(1, idOf(1)), OWN + LENT);
        assertEq(election.votesCast(1), OWN + LENT);
    }

    function test_speaksWithWhatWasDelegatedBeforeVotingOpened() public {
        delegate(1, idOf(0), 50e18);
        nextEpoch();
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NoVotingPower.selector, idOf(0)));
        voteAs(1, idOf(0), choose(1));
        // What leaves afterwards has voted; what somebody else lent has not.
        (uint256 shares,) = stakes.delegationOf(idOf(0), delegatorOf(0));
        undelegate(0, idOf(0), shares);
        nextEpoch();
        voteAs(0, idOf(0), choose(1));
        assertEq(election.votesOf(1, idOf(1)), LENT);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NoVotingPower.selector, idOf(1)));
        voteAs(0, idOf(1), choose(1));
    }

    function test_keepsTheRulesOfAnyBallot() public {
        vm.expectRevert(ElectionEvents.NoChoice.selector);
        voteAs(0, idOf(0), new uint64[](0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotNominee.selector, idOf(5)));
        voteAs(0, idOf(0), choose(5));
        (uint40 opens, uint40 closes,,) = election.timeline(1);
        closeVote();
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.VotingClosed.selector, closes, opens, closes));
        voteAs(0, idOf(0), choose(0));
    }

    /// @notice Whoever votes in whichever order, each unit of power counts once: votes are those of the pool's parts,
    /// and ballots sum up to no more than the power there was.
    function testFuzz_everyPartCountsOnce(uint96[4] calldata amounts, uint8[12] calldata acts) public {
        closeVote();
        election.settle();
        nextTenure();
        for (uint256 k; k < 4; ++k) {
            delegate(10 + k, idOf(2), uint96(bound(amounts[k], 1e6, 10_000e18)));
        }
        slashFully(keccak256("something"), 1, 1 << 2);
        nextEpoch();
        openVote();
        (uint40 opens,,,) = election.timeline(2);
        uint256 voted;
        for (uint256 n; n < acts.length; ++n) {
            uint256 k = acts[n] % 5;
            uint64[] memory choices = acts[n] % 2 == 0 ? choose(0) : choose(1);
            if (k == 4) {
                vote(2, choices);
                voted |= 16;
            } else {
                voteAs(10 + k, idOf(2), choices);
                voted |= 1 << k;
            }
        }
        uint256 power = stakes.powerOfAt(idOf(2), opens - 1);
        uint256 parts;
        for (uint256 k; k < 4; ++k) {
            if (voted & (1 << k) != 0) parts += stakes.powerBackedBy(idOf(2), delegatorOf(10 + k), opens - 1);
        }
        assertEq(election.delegatorsVoted(2, idOf(2)), parts);
        assertEq(election.votesCast(2), voted & 16 == 0 ? parts : power);
        assertEq(uint256(election.votesOf(2, idOf(0))) + election.votesOf(2, idOf(1)), election.votesCast(2));
    }

    function voteAs(uint256 k, uint64 id, uint64[] memory choices) private {
        vm.prank(delegatorOf(k));
        election.voteAsDelegator(id, choices);
    }
}
