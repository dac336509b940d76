// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governed} from "../../src/checkpoint/Governed.sol";
import {ElectionEvents} from "../../src/election/ElectionEvents.sol";
import {Criteria, ElectionParams, ElectionWiring, Nominee, NomineeStatus} from "../../src/election/ElectionTypes.sol";
import {ProducerElection} from "../../src/election/ProducerElection.sol";
import {ElectionFixture} from "./ElectionFixture.sol";

contract NomineesTest is ElectionFixture {
    function test_aNominationLocksStakeAndPublishesCriteria() public {
        fundFor(ownerOf(0), PRODUCER_STAKE);
        vm.expectEmit(address(election));
        emit ElectionEvents.Nominated(
            1, ownerOf(0), signerOf(0), PRODUCER_STAKE, criteria(276), "https://example.org", keccak256("page")
        );
        vm.prank(ownerOf(0));
        election.nominate(1, criteria(276), "https://example.org", keccak256("page"), signerOf(0), "");
        assertEq(kmc.balanceOf(address(election)), PRODUCER_STAKE);
        Nominee memory n = election.nominee(1);
        assertEq(n.owner, ownerOf(0));
        assertEq(n.key, signerOf(0));
        assertEq(n.stake, PRODUCER_STAKE);
        assertEq(uint8(n.status), uint8(NomineeStatus.Standing));
        assertEq(n.criteria.regionM49, 276);
        assertEq(n.criteria.country, bytes2("DE"));
        assertEq(election.standing().length, 1);
        assertEq(election.nomineeOfKey(signerOf(0)), 1);
        assertTrue(election.isEligible(1));
    }

    function test_onlyTheOwnerOfAnActiveValidatorNominatesIt() public {
        fundFor(anyone, PRODUCER_STAKE);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotOwner.selector, 1));
        election.nominate(1, criteria(0), "", 0, signerOf(0), "");
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotValidator.selector, 99));
        election.nominate(99, criteria(0), "", 0, signerOf(0), "");
        vm.startPrank(ownerOf(0));
        stakes.unstake(1);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotValidator.selector, 1));
        election.nominate(1, criteria(0), "", 0, signerOf(0), "");
        vm.stopPrank();
    }

    function test_nobodyStandsTwice() public {
        nominate(0);
        fundFor(ownerOf(0), PRODUCER_STAKE);
        vm.prank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NomineeExists.selector, 1));
        election.nominate(1, criteria(0), "", 0, signerOf(0), "");
    }

    function test_aKeyOfItsOwnIsProven() public {
        uint256 key = uint256(keccak256("producer key"));
        fundFor(ownerOf(0), PRODUCER_STAKE);
        bytes memory proof = keyProof(ownerOf(0), 1, key);
        vm.startPrank(ownerOf(0));
        vm.expectRevert(ElectionEvents.BadKeyProof.selector);
        election.nominate(1, criteria(0), "", 0, vm.addr(key), "");
        vm.expectRevert(ElectionEvents.BadKeyProof.selector);
        election.nominate(1, criteria(0), "", 0, address(0), "");
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.KeyTaken.selector, signerOf(1)));
        election.nominate(1, criteria(0), "", 0, signerOf(1), "");
        election.nominate(1, criteria(0), "", 0, vm.addr(key), proof);
        vm.stopPrank();
        assertEq(election.nominee(1).key, vm.addr(key));
        fundFor(ownerOf(1), PRODUCER_STAKE);
        bytes memory other = keyProof(ownerOf(1), 2, key);
        vm.prank(ownerOf(1));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.KeyTaken.selector, vm.addr(key)));
        election.nominate(2, criteria(0), "", 0, vm.addr(key), other);
    }

    function test_aKeyCanBeChangedAndTheOldOneStillLeadsToItsNominee() public {
        nominate(0);
        uint256 key = uint256(keccak256("producer key"));
        bytes memory proof = keyProof(ownerOf(0), 1, key);
        vm.prank(ownerOf(0));
        election.setProducerKey(1, vm.addr(key), proof);
        assertEq(election.nominee(1).key, vm.addr(key));
        assertEq(election.nomineeOfKey(signerOf(0)), 1);
        assertEq(election.nomineeOfKey(vm.addr(key)), 1);
    }

    function test_criteriaStandStillWhileTheyAreVotedOn() public {
        nominate(0);
        openVote();
        (, uint40 closes,,) = election.timeline(1);
        vm.startPrank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.CriteriaFrozen.selector, closes));
        election.updateCriteria(1, criteria(40), "", 0);
        closeVote();
        election.updateCriteria(1, criteria(40), "", 0);
        vm.stopPrank();
        assertEq(election.nominee(1).criteria.regionM49, 40);
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotOwner.selector, 1));
        election.updateCriteria(1, criteria(40), "", 0);
    }

    function test_withdrawingFreesTheStakeAfterTheUnbondingTime() public {
        nominate(0);
        vm.startPrank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NothingLocked.selector, 1));
        election.claimNomination(1);
        election.withdrawNomination(1);
        assertEq(election.standing().length, 0);
        uint40 at = uint40(time()) + UNBONDING;
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.StillLocked.selector, at));
        election.claimNomination(1);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NomineeExists.selector, 1));
        election.nominate(1, criteria(0), "", 0, signerOf(0), "");
        vm.warp(at);
        assertEq(election.claimNomination(1), PRODUCER_STAKE);
        assertEq(kmc.balanceOf(ownerOf(0)), PRODUCER_STAKE);
        election.nominate(1, criteria(0), "", 0, signerOf(0), "");
        vm.stopPrank();
        assertEq(election.standing().length, 1);
    }

    function test_nobodyWithdrawsBetweenTheVoteAndItsSettlementOrInOffice() public {
        nominate(0);
        nominate(1);
        openVote();
        vote(0, choose(0));
        (,, uint40 starts,) = election.timeline(1);
        closeVote();
        vm.prank(ownerOf(1));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.CriteriaFrozen.selector, starts));
        election.withdrawNomination(2);
        election.settle();
        vm.prank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.InOffice.selector, 1));
        election.withdrawNomination(1);
        vm.prank(ownerOf(1));
        election.withdrawNomination(2);
    }

    function test_aNomineeWithTooLittleStakeCanAddSome() public {
        nominate(0);
        nominate(1);
        chargeDowntime("downtime", signerOf(0));
        assertEq(election.nominee(1).stake, (PRODUCER_STAKE * 99) / 100);
        assertFalse(election.isEligible(1));
        fundFor(ownerOf(0), PRODUCER_STAKE);
        vm.prank(ownerOf(0));
        election.raiseNomination(1, PRODUCER_STAKE / 100);
        assertTrue(election.isEligible(1));
    }

    function test_theGuardianPausesNominationsOnly() public {
        nominate(0);
        vm.prank(guardian);
        election.pause(MAX_PAUSE);
        fundFor(ownerOf(1), PRODUCER_STAKE);
        vm.prank(ownerOf(1));
        vm.expectRevert(abi.encodeWithSelector(Governed.PausedNow.selector, time() + MAX_PAUSE));
        election.nominate(2, criteria(0), "", 0, signerOf(1), "");
        openVote();
        vote(0, choose(0));
        closeVote();
        election.settle();
    }

    function test_parametersAreSoundAndTheTimesAreFixed() public {
        refuseParams(abi.encodeWithSelector(ElectionEvents.TimesFixed.selector), "times");
        refuseParams(abi.encodeWithSelector(ElectionEvents.BadParameter.selector, "minProducers", 6), "min");
        refuseParams(abi.encodeWithSelector(ElectionEvents.BadParameter.selector, "maxProducers", 17), "max");
        refuseParams(abi.encodeWithSelector(ElectionEvents.BadParameter.selector, "producerStake", 0), "stake");
        ElectionParams memory p = electionParams();
        p.oddOnly = true;
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        election.setParams(p);
        vm.prank(governor);
        election.setParams(p);
        openVote();
        (,, uint40 starts,) = election.timeline(1);
        vm.prank(governor);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.CriteriaFrozen.selector, starts));
        election.setParams(p);
    }

    function test_itCannotBeInitialisedAgain() public {
        ElectionWiring memory w = wiring();
        ElectionParams memory p = electionParams();
        address[] memory keys = producers(1);
        vm.expectRevert(bytes4(keccak256("InvalidInitialization()")));
        election.initialize(governor, guardian, MAX_PAUSE, w, p, keys);
    }

    function refuseParams(bytes memory answer, bytes32 what) private {
        ElectionParams memory p = electionParams();
        if (what == "times") p.tenureLength += 1;
        if (what == "min") p.minProducers = 6;
        if (what == "max") p.maxProducers = 17;
        if (what == "stake") p.producerStake = 0;
        vm.prank(governor);
        vm.expectRevert(answer);
        election.setParams(p);
    }
}
