// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {KomaRegistry} from "../../src/checkpoint/KomaRegistry.sol";
import {ElectionEvents} from "../../src/election/ElectionEvents.sol";
import {ElectionParams, Member} from "../../src/election/ElectionTypes.sol";
import {ElectionFixture} from "./ElectionFixture.sol";

contract ElectionTest is ElectionFixture {
    function test_tenuresAndBallotsFollowFromTheTime() public {
        uint40 genesis = stakes.genesisTime();
        (uint40 opens, uint40 closes, uint40 starts, uint40 ends) = election.timeline(1);
        assertEq(starts, genesis + 600);
        assertEq(ends, genesis + 1_200);
        assertEq(opens, genesis + 413);
        assertEq(closes, genesis + 553);
        assertEq(election.tenureAt(genesis - 1), 0);
        assertEq(election.tenureAt(starts - 1), 0);
        assertEq(election.tenureAt(starts), 1);
        vm.warp(opens - 1);
        nominate(0);
        vm.prank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.VotingClosed.selector, opens - 1, opens, closes));
        election.vote(1, choose(0));
        vm.warp(opens);
        vote(0, choose(0));
        vm.warp(closes - 1);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotClosed.selector, closes));
        election.settle();
        vote(1, choose(0));
        vm.warp(closes);
        vm.prank(ownerOf(2));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.VotingClosed.selector, closes, opens, closes));
        election.vote(3, choose(0));
        election.settle();
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.AlreadySettled.selector, 1));
        election.settle();
    }

    function test_theWinnersTakeOfficeAtTheStartOfTheTenure() public {
        electRanked(8);
        (,, uint40 starts,) = election.timeline(1);
        (uint64 setId, uint64 tenure, uint40 from, Member[] memory winners, Member[] memory standby) =
            election.newestSet();
        assertEq(setId, 1);
        assertEq(tenure, 1);
        assertEq(from, starts);
        assertEq(winners.length, 5);
        assertEq(standby.length, 2);
        for (uint256 i; i < 5; ++i) {
            assertEq(winners[i].id, idOf(i), "ties go to the lower id");
            assertEq(winners[i].key, signerOf(i));
            assertEq(election.nominee(idOf(i)).tenuresServed, 1);
        }
        assertEq(standby[0].id, 6);
        assertEq(standby[1].id, 7);
        assertEq(registry.producersAt(ELECTED, starts - 1).length, 3);
        assertEq(registry.producersAt(ELECTED, starts - 1)[0], producers(1)[0]);
        assertEq(registry.producersAt(ELECTED, starts).length, 5);
        assertEq(registry.producersAt(ELECTED, starts)[4], signerOf(4));
        assertEq(election.currentMembers().length, 3);
        vm.warp(starts);
        assertEq(election.currentMembers().length, 5);
    }

    function test_aChainThatNamesItsOwnProducersIsLeftAlone() public {
        electRanked(3);
        assertEq(registry.producerSetCount(CHAIN), 1);
        assertEq(registry.producerSetCount(ELECTED), 2);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotElected.selector, CHAIN));
        election.publish(CHAIN);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.AlreadyPublished.selector, ELECTED, 1));
        election.publish(ELECTED);
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.NotElection.selector, governor));
        vm.prank(governor);
        registry.installProducers(ELECTED, uint40(time()), producers(1));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.NotChainOwner.selector, governor));
        vm.prank(governor);
        registry.setProducers(ELECTED, uint40(time()) + 100, producers(1));
    }

    /// Four chains are told at once, any others by anyone.
    function test_anyoneBringsTheSetToFurtherChains() public {
        for (uint64 i = 1; i <= 4; ++i) {
            registerElected(ELECTED + i);
        }
        electRanked(3);
        assertEq(registry.producerSetCount(ELECTED + 3), 2);
        assertEq(registry.producerSetCount(ELECTED + 4), 1);
        (,, uint40 starts,) = election.timeline(1);
        assertEq(election.publish(ELECTED + 4), starts);
        assertEq(registry.producersAt(ELECTED + 4, starts)[0], signerOf(0));
        registerElected(ELECTED + 9);
        vm.warp(starts + 5);
        assertEq(election.publish(ELECTED + 9), starts + 5 + LEAD, "with the notice that every set needs");
    }

    function test_approvalGivesEachChoiceTheFullWeight() public {
        nominate(0);
        nominate(1);
        openVote();
        vote(2, choose(0, 1));
        vote(3, choose(1));
        assertEq(election.votesOf(1, 1), 1_000e18);
        assertEq(election.votesOf(1, 2), 2_000e18);
        assertEq(election.votesCast(1), 2_000e18);
        vote(2, choose(0));
        assertEq(election.votesOf(1, 1), 1_000e18);
        assertEq(election.votesOf(1, 2), 1_000e18);
        assertEq(election.votesCast(1), 2_000e18);
        assertEq(election.ballotOf(1, 3).choices.length, 1);
        assertEq(election.ballotOf(1, 3).weight, 1_000e18);
    }

    function test_ballotsNameDistinctNomineesOnly() public {
        nominate(0);
        openVote();
        vm.startPrank(ownerOf(0));
        vm.expectRevert(ElectionEvents.NoChoice.selector);
        election.vote(1, new uint64[](0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.DuplicateChoice.selector, 1));
        election.vote(1, choose(0, 0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotNominee.selector, 2));
        election.vote(1, choose(0, 1));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.TooManyChoices.selector, 6, 5));
        election.vote(1, chooseRange(0, 6));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotOwner.selector, 2));
        election.vote(2, choose(0));
        vm.stopPrank();
    }

    function test_theJailedAndTheUnderstakedArePassedOver() public {
        for (uint256 i; i < 5; ++i) {
            nominate(i);
        }
        openVote();
        for (uint256 v; v < 5; ++v) {
            vote(v, chooseRange(0, 5 - v));
        }
        slashFully("jail", 3, 1 << 0); // the first in the ranking is jailed as a validator
        convict("downtime", 4, signerOf(1), 0); // the second no longer has the stake
        vm.prank(ownerOf(2));
        stakes.unstake(3); // the third leaves
        closeVote();
        election.settle();
        assertFalse(isMember(1));
        assertFalse(isMember(2));
        assertFalse(isMember(3));
        assertTrue(isMember(4));
        assertTrue(isMember(5));
        assertEq(members().length, 3, "filled up to the minimum with an incumbent");
        assertEq(members()[2].key, producers(1)[0]);
    }

    function test_tooFewWinnersAreJoinedByIncumbentsThenByTheFoundation() public {
        electRanked(5);
        nextTenure();
        openVote();
        vote(0, choose(4));
        closeVote();
        election.settle();
        assertEq(members().length, 3);
        assertEq(members()[0].id, 5);
        assertEq(members()[1].id, 1, "incumbents in their order");
        assertEq(members()[2].id, 2);
        assertEq(standbys().length, 0);
        nextTenure();
        for (uint256 i; i < 3; ++i) {
            slashFully(bytes32(i + 1), 3, 1 << (i + 1));
        }
        slashFully("five", 3, 1 << 4);
        openVote();
        vote(0, choose(0));
        closeVote();
        election.settle();
        assertEq(members()[0].id, 1);
        assertEq(members()[1].id, 0, "then the foundation");
        assertEq(members()[1].key, producers(1)[0]);
        assertEq(members()[2].key, producers(2)[1]);
    }

    function test_anEvenNumberIsReducedWhenTheNetworkWantsOddOnes() public {
        ElectionParams memory p = electionParams();
        p.oddOnly = true;
        vm.prank(governor);
        election.setParams(p);
        electRanked(4);
        assertEq(members().length, 3);
        assertEq(standbys().length, 1);
        assertEq(standbys()[0].id, 4);
    }

    function test_aRegionHasNoMoreSeatsThanAllowed() public {
        ElectionParams memory p = electionParams();
        p.maxPerRegion = 1;
        vm.prank(governor);
        election.setParams(p);
        nominateIn(0, 276);
        nominateIn(1, 276);
        nominateIn(2, 840);
        nominateIn(3, 0);
        nominateIn(4, 0);
        openVote();
        for (uint256 v; v < 5; ++v) {
            vote(v, chooseRange(0, 5 - v));
        }
        closeVote();
        election.settle();
        assertTrue(isMember(1));
        assertFalse(isMember(2));
        assertTrue(isMember(3));
        assertTrue(isMember(4), "no region, no limit");
        assertTrue(isMember(5));
        assertEq(standbys()[0].id, 2);
    }

    function test_settlingLateStillGivesNotice() public {
        nominate(0);
        nominate(1);
        nominate(2);
        openVote();
        vote(0, chooseRange(0, 3));
        (,, uint40 starts,) = election.timeline(1);
        vm.warp(starts - 1);
        election.settle();
        assertEq(newestFrom(), starts - 1 + LEAD);
        (uint40 from,) = registry.producerSet(ELECTED, 1);
        assertEq(from, starts - 1 + LEAD);
    }

    function test_whoIsInOfficeStaysWhenNobodySettles() public {
        electRanked(3);
        nextTenure();
        openVote();
        vote(0, choose(2));
        nextTenure(); // tenure 2 began, nobody settled its vote
        assertEq(election.currentMembers().length, 3);
        assertEq(registry.producersAt(ELECTED, uint64(time()))[0], signerOf(0));
        openVote();
        vote(0, chooseRange(0, 3));
        closeVote();
        vm.expectEmit(address(election));
        emit ElectionEvents.SetCarriedOver(2, 2);
        election.settle();
    }

    function test_aVoteWithoutVotersKeepsTheSet() public {
        closeVote();
        election.settle();
        assertEq(members().length, 3);
        assertEq(members()[0].key, producers(1)[0]);
    }

    function registerElected(uint64 chainId) private {
        vm.startPrank(governor);
        registry.registerChain(chainId, electedConfig(), keccak256("child token init code"), producers(3));
        vm.stopPrank();
    }
}
