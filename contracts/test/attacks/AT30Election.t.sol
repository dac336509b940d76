// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {BallotBox} from "../../src/election/BallotBox.sol";
import {ElectionEvents} from "../../src/election/ElectionEvents.sol";
import {ElectionParams} from "../../src/election/ElectionTypes.sol";
import {ProducerElection} from "../../src/election/ProducerElection.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";
import {RoleTable} from "./RoleTable.sol";

/// AT-30: who may call what of the election, and that nobody can name producers.
contract AT30Election is ElectionFixture, RoleTable {
    function setUp() public override {
        super.setUp();
        nominate(0);
        openVote();
    }

    function electionTable() private {
        governed(true);
        write(ProducerElection.initialize.selector, Role.Nobody);
        write(ProducerElection.setParams.selector, Role.Owner);
        write(ProducerElection.slash.selector, Role.ChallengeManager);
        write(ProducerElection.payBounty.selector, Role.ChallengeManager);
        write(ProducerElection.nominate.selector, Role.ValidatorOwner);
        write(ProducerElection.updateCriteria.selector, Role.ValidatorOwner);
        write(ProducerElection.setProducerKey.selector, Role.ValidatorOwner);
        write(ProducerElection.raiseNomination.selector, Role.ValidatorOwner);
        write(ProducerElection.withdrawNomination.selector, Role.ValidatorOwner);
        write(ProducerElection.claimNomination.selector, Role.ValidatorOwner);
        write(BallotBox.vote.selector, Role.ValidatorOwner);
        write(BallotBox.voteAsDelegator.selector, Role.Anyone); // with what the sender itself has delegated
        write(ProducerElection.replace.selector, Role.Anyone); // with a certificate, or for a key of one's own
        write(ProducerElection.settle.selector, Role.Anyone);
        write(ProducerElection.publish.selector, Role.Anyone);
        write(ProducerElection.withdrawOwed.selector, Role.Anyone);
        read(ProducerElection.newestSet.selector);
        read(ProducerElection.currentMembers.selector);
        read(ProducerElection.publishedSet.selector);
        read(ProducerElection.foundation.selector);
        read(ProducerElection.params.selector);
        read(ProducerElection.wiring.selector);
        read(ProducerElection.nominee.selector);
        read(ProducerElection.standing.selector);
        read(ProducerElection.nomineeOfKey.selector);
        read(ProducerElection.isBarred.selector);
        read(ProducerElection.downtimeOf.selector);
        read(ProducerElection.isEligible.selector);
        read(ProducerElection.owed.selector);
        read(ProducerElection.takenFor.selector);
        read(BallotBox.votesOf.selector);
        read(BallotBox.votesCast.selector);
        read(BallotBox.ballotOf.selector);
        read(BallotBox.delegatorBallotOf.selector);
        read(BallotBox.delegatorsVoted.selector);
        read(BallotBox.outcome.selector);
        read("tenureAt(uint256)");
        read("timeline(uint64)");
        read("keyDigest(address,uint64)");
        read("offlineDigest(uint64,address,uint64,uint64,uint64)");
        read(IERC5267.eip712Domain.selector);
    }

    function test_AT30_electionHasNoOtherDoor() public {
        electionTable();
        checkDoors(implementationOf(address(election)));
        checkRoles(address(election));
    }

    function test_AT30_powersOverElectionsElsewhere() public {
        string[8] memory names = [
            "setProducers(address[])",
            "addNominee(uint64)",
            "removeNominee(uint64)",
            "setVotes(uint64,uint64,uint128)",
            "forceSettle(uint64)",
            "setTenure(uint64)",
            "eject(address)",
            "drain(address)"
        ];
        for (uint256 i; i < names.length; ++i) {
            vm.prank(governor);
            (bool success, bytes memory answer) =
                address(election).call(bytes.concat(bytes4(keccak256(bytes(names[i]))), new bytes(320)));
            assertFalse(success);
            assertEq(answer.length, 0, "there is no such function");
        }
    }

    /// What the owner and the guardian may do changes no set, no stake and no vote that is open.
    function test_AT30_ownerAndGuardianChangeNoElection() public {
        vote(0, choose(0));
        bytes32 before = snapshot();
        ElectionParams memory p = electionParams();
        p.maxProducers = 4;
        (,, uint40 starts,) = election.timeline(1);
        vm.startPrank(governor);
        // Not while a vote is open.
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.CriteriaFrozen.selector, starts));
        election.setParams(p);
        p = electionParams();
        p.voteOpenLead = 100;
        vm.expectRevert(ElectionEvents.TimesFixed.selector);
        election.setParams(p);
        election.setGuardian(governor);
        election.pause(60);
        vm.stopPrank();
        assertEq(snapshot(), before);
        vm.prank(ownerOf(1));
        election.vote(idOf(1), choose(0));
        assertEq(election.votesOf(election.tenureAt(time()) + 1, idOf(0)), 2_000e18, "votes go on while it is paused");
    }

    function snapshot() private view returns (bytes32) {
        uint64 tenure = election.tenureAt(time()) + 1;
        (uint64 setId,, uint40 from,,) = election.newestSet();
        return keccak256(
            abi.encode(
                setId,
                from,
                members(),
                standbys(),
                election.nominee(idOf(0)),
                election.votesOf(tenure, idOf(0)),
                election.votesCast(tenure),
                kmc.balanceOf(address(election)),
                registry.producersAt(ELECTED, uint64(time()))
            )
        );
    }

    function callers() internal view override returns (address[] memory accounts) {
        accounts = new address[](7);
        (accounts[0], accounts[1], accounts[2], accounts[3]) = (anyone, governor, guardian, challenges);
        (accounts[4], accounts[5], accounts[6]) = (address(registry), ownerOf(0), address(stakes));
    }

    function holds(address caller, Role role) internal view override returns (bool) {
        if (role == Role.Owner) return caller == governor;
        if (role == Role.Guardian) return caller == guardian;
        if (role == Role.GuardianOrOwner) return caller == guardian || caller == governor;
        if (role == Role.ChallengeManager) return caller == challenges;
        return false; // nominee 0 has no owner, and nobody is Nobody
    }

    function isRefusal(bytes4 answer) internal pure override returns (bool) {
        return answer == Governed.NotGovernor.selector || answer == Governed.NotGuardian.selector
            || answer == ElectionEvents.NotChallengeManager.selector || answer == ElectionEvents.NotOwner.selector
            || answer == ElectionEvents.NotNominee.selector || answer == ElectionEvents.NotValidator.selector
            || answer == bytes4(keccak256("InvalidInitialization()"));
    }
}
