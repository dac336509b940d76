// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ElectionEvents} from "../../src/election/ElectionEvents.sol";
import {NomineeStatus, OfflineCertificate, ReplaceReason} from "../../src/election/ElectionTypes.sol";
import {ElectionFixture} from "./ElectionFixture.sol";

contract ReplacementTest is ElectionFixture {
    function test_aProducerThatResignsIsFollowedByTheFirstStandBy() public {
        electRanked(7);
        nextTenure();
        vm.prank(anyone);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotProducer.selector, anyone));
        election.replace(signerOf(1), ReplaceReason.Resigned, "");
        uint40 from = uint40(time()) + LEAD;
        vm.expectEmit(address(election));
        emit ElectionEvents.ProducerReplaced(2, 2, signerOf(1), 6, signerOf(5), ReplaceReason.Resigned, from);
        vm.prank(ownerOf(1));
        election.replace(signerOf(1), ReplaceReason.Resigned, "");
        assertEq(members().length, 5);
        assertEq(members()[1].id, 6, "in the same place");
        assertEq(standbys().length, 1);
        assertEq(registry.producersAt(ELECTED, from - 1)[1], signerOf(1));
        assertEq(registry.producersAt(ELECTED, from)[1], signerOf(5));
        assertEq(election.nominee(2).replacements, 1);
        assertEq(election.nominee(6).tenuresServed, 1);
        vm.prank(ownerOf(1));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.InOffice.selector, 2));
        election.withdrawNomination(2);
        vm.warp(from);
        vm.prank(ownerOf(1));
        election.withdrawNomination(2);
    }

    function test_standBysWhoMayNotSitArePassedOver() public {
        electRanked(7);
        nextTenure();
        slashFully("jail", 3, 1 << 5);
        vm.prank(ownerOf(0));
        election.replace(signerOf(0), ReplaceReason.Resigned, "");
        assertEq(members()[0].id, 7);
        assertEq(standbys().length, 0);
    }

    function test_withoutStandBysTheSetShrinksToTheMinimumThenTheFoundationStepsIn() public {
        electRanked(4);
        nextTenure();
        vm.prank(ownerOf(0));
        election.replace(signerOf(0), ReplaceReason.Resigned, "");
        assertEq(members().length, 3);
        vm.prank(ownerOf(1));
        election.replace(signerOf(1), ReplaceReason.Resigned, "");
        assertEq(members().length, 3);
        assertEq(members()[0].key, producers(1)[0]);
        vm.prank(producers(1)[0]);
        election.replace(producers(1)[0], ReplaceReason.Resigned, "");
        assertEq(members()[0].key, producers(2)[1], "another of the foundation");
    }

    function test_aSeatLostBeforeTheSetHoldsMakesOneMoreSetRightAfter() public {
        electRanked(7);
        (,, uint40 starts,) = election.timeline(1);
        vm.prank(ownerOf(0));
        election.replace(signerOf(0), ReplaceReason.Resigned, "");
        assertEq(newestFrom(), starts + 1);
        assertEq(registry.producersAt(ELECTED, starts - 1)[0], producers(1)[0]);
        assertEq(registry.producersAt(ELECTED, starts)[0], signerOf(0));
        assertEq(registry.producersAt(ELECTED, starts + 1)[0], signerOf(5));
        vm.warp(starts);
        // The contract's own view takes the step a second later.
        assertEq(election.currentMembers().length, 3);
        vm.warp(starts + 1);
        assertEq(election.currentMembers()[0].id, 6);
    }

    function test_aVerdictTakesStakeKeyAndSeat() public {
        electRanked(7);
        nextTenure();
        uint256 supply = kmc.totalSupply();
        convict("fraud", 1, signerOf(0), 0);
        assertEq(election.nominee(1).stake, 0);
        assertEq(uint8(election.nominee(1).status), uint8(NomineeStatus.Ejected));
        assertTrue(election.isBarred(signerOf(0)));
        assertEq(election.nominee(1).slashes, 1);
        assertEq(registry.producersAt(ELECTED, uint64(time())).length, 4, "out at once");
        uint40 from = uint40(time()) + LEAD;
        vm.expectEmit(address(election));
        emit ElectionEvents.ProducerReplaced(2, 1, signerOf(0), 6, signerOf(5), ReplaceReason.Slashed, from);
        fillSeatOf(signerOf(0));
        assertEq(members()[0].id, 6);
        assertEq(registry.producersAt(ELECTED, from).length, 5);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotInOffice.selector, signerOf(0)));
        fillSeatOf(signerOf(0));
        assertEq(election.takenFor("fraud"), PRODUCER_STAKE, "until somebody is paid");
        vm.prank(challenges);
        assertEq(election.payBounty("fraud", anyone), PRODUCER_STAKE / 2);
        assertEq(supply - kmc.totalSupply(), PRODUCER_STAKE / 4);
        assertEq(kmc.balanceOf(insurance), PRODUCER_STAKE / 4);
        assertEq(election.takenFor("fraud"), 0);
        vm.prank(challenges);
        assertEq(election.payBounty("fraud", anyone), 0, "once");
        vm.prank(anyone);
        election.withdrawOwed(anyone);
        assertEq(kmc.balanceOf(anyone), PRODUCER_STAKE / 2);
        vm.prank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NothingLocked.selector, 1));
        election.claimNomination(1);
        fundFor(ownerOf(0), PRODUCER_STAKE);
        vm.prank(ownerOf(0));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.KeyBarred.selector, signerOf(0)));
        election.nominate(1, criteria(0), "", 0, signerOf(0), "");
    }

    function test_withholdingCostsHalfAndTheRestCanBeClaimedLater() public {
        nominate(0);
        convict("silence", 2, signerOf(0), 0);
        assertEq(election.nominee(1).stake, PRODUCER_STAKE / 2);
        pass(UNBONDING);
        vm.prank(ownerOf(0));
        assertEq(election.claimNomination(1), PRODUCER_STAKE / 2);
    }

    /// Class C: the seat's signer is the offender; it loses its producer stake and seat as well.
    function test_aDoubleSignerLosesItsProducerSeatToo() public {
        electRanked(7);
        nextTenure();
        convict("double", 3, address(0), 1 << 2);
        assertEq(election.nominee(3).stake, 0);
        assertTrue(election.isBarred(signerOf(2)));
        fillSeatOf(signerOf(2));
        assertFalse(isMember(3));
        assertTrue(isMember(6));
    }

    /// What is convicted is the nominee, whichever of its keys is the one that the verdict names.
    function test_changingTheProducerKeyShieldsNobody() public {
        electRanked(7);
        nextTenure();
        address fresh = _changeKey(0);
        // With the key in office, after standing with another one.
        convict("block", 1, signerOf(0), 0);
        fillSeatOf(signerOf(0));
        assertEq(election.nominee(1).stake, 0);
        assertEq(uint8(election.nominee(1).status), uint8(NomineeStatus.Ejected));
        assertFalse(isMember(1));
        assertFalse(election.isBarred(fresh), "only the guilty key is barred");

        // With a key that is not in office, in a unit of consensus and in a block.
        _changeKey(1);
        convict("double", 3, address(0), 1 << 1);
        fillSeatOf(signerOf(1));
        assertFalse(isMember(2));
        address sealer = _changeKey(2);
        convict("early", 1, sealer, 0);
        assertFalse(election.isBarred(signerOf(2)), "the key in its seat convicted nobody");
        fillSeatOf(signerOf(2));
        assertFalse(isMember(3));
        assertEq(election.nominee(3).stake, 0);
    }

    function test_aNomineeSealsWithItsOwnKeyAndAnswersForIt() public {
        uint256 key = uint256(keccak256("sealer"));
        fundFor(ownerOf(0), PRODUCER_STAKE);
        bytes memory proof = keyProof(ownerOf(0), idOf(0), key);
        vm.prank(ownerOf(0));
        election.nominate(idOf(0), criteria(0), "", 0, vm.addr(key), proof);
        for (uint256 i = 1; i < 4; ++i) {
            nominate(i);
        }
        openVote();
        vote(0, chooseRange(0, 4));
        closeVote();
        election.settle();
        nextTenure();
        assertEq(members()[0].key, vm.addr(key));
        assertTrue(registry.isAuthorizedProducer(ELECTED, vm.addr(key), uint64(time()), uint64(time())));
        assertFalse(registry.isAuthorizedProducer(ELECTED, signerOf(0), uint64(time()), uint64(time())));
        convict("fraud", 1, vm.addr(key), 0);
        fillSeatOf(vm.addr(key));
        assertEq(election.nominee(1).stake, 0);
        assertFalse(isMember(1));
        assertFalse(registry.isAuthorizedProducer(ELECTED, vm.addr(key), uint64(time()), uint64(time())));
    }

    function _changeKey(uint256 i) private returns (address) {
        uint256 key = uint256(keccak256(abi.encode("next key", i)));
        bytes memory proof = keyProof(ownerOf(i), idOf(i), key);
        vm.prank(ownerOf(i));
        election.setProducerKey(idOf(i), vm.addr(key), proof);
        return vm.addr(key);
    }

    function test_aWithdrawnNomineeIsChargedUntilItsStakeIsFree() public {
        nominate(0);
        vm.prank(ownerOf(0));
        election.withdrawNomination(1);
        convict("late", 1, signerOf(0), 0);
        assertEq(election.nominee(1).stake, 0);
        assertEq(uint8(election.nominee(1).status), uint8(NomineeStatus.Withdrawn));
    }

    function test_aConvictedFoundationProducerIsReplacedAndNeverFillsUpAgain() public {
        convict("fraud", 1, producers(1)[0], 0);
        fillSeatOf(producers(1)[0]);
        assertEq(members().length, 2, "nobody else is there");
        closeVote();
        election.settle();
        assertEq(members().length, 2);
        assertEq(members()[0].key, producers(2)[1]);
    }

    /// The last one stays on the list rather than leave none; the registry has its key out at once.
    function test_theSetIsNeverEmptyHoweverManyAreConvicted() public {
        for (uint256 i; i < 3; ++i) {
            convict(bytes32(i + 1), 1, producers(3)[i], 0);
        }
        fillSeatOf(producers(3)[0]);
        fillSeatOf(producers(3)[1]);
        vm.expectRevert(ElectionEvents.PoolEmpty.selector);
        fillSeatOf(producers(3)[2]);
        assertEq(members().length, 1);
        nominate(0);
        openVote();
        vote(0, choose(0));
        closeVote();
        election.settle();
        assertEq(members().length, 1);
        assertEq(members()[0].id, 1);
        nextTenure();
        pass(1);
        assertEq(registry.producersAt(ELECTED, uint64(time()))[0], signerOf(0));
    }

    function test_stakersCertifyThatAProducerIsOffline() public {
        electRanked(7);
        nextTenure();
        bytes memory tooFew = certificate(signerOf(0), firstSeats(6));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NoQuorum.selector, 6_000e18, 9_000e18));
        election.replace(signerOf(0), ReplaceReason.Offline, tooFew);
        bytes memory evidence = certificate(signerOf(0), firstSeats(7));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.BadSignature.selector, signerOf(0)));
        election.replace(signerOf(1), ReplaceReason.Offline, evidence);
        election.replace(signerOf(0), ReplaceReason.Offline, evidence);
        assertEq(members()[0].id, 6);
        assertEq(election.nominee(1).stake, (PRODUCER_STAKE * 99) / 100);
        assertEq(kmc.balanceOf(insurance), (PRODUCER_STAKE / 100 * 3) / 4, "no bounty");
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotInOffice.selector, signerOf(0)));
        election.replace(signerOf(0), ReplaceReason.Offline, evidence);
    }

    /// Class D: one hundredth each time; it waits behind the stand-bys until its stake is full again; the third time in a
    /// tenure ends its nomination.
    function test_theThirdDowntimeInATenureEndsANomination() public {
        electRanked(7);
        nextTenure();
        uint256 supply = kmc.totalSupply();
        for (uint64 n = 1; n <= 3; ++n) {
            bytes memory evidence = certificate(signerOf(0), firstSeats(7), 100 * n);
            bytes32 digest = election.offlineDigest(ELECTED, signerOf(0), 100 * n, 100 * n + 30, 12);
            vm.expectEmit(address(election));
            emit ElectionEvents.DowntimeCharged(digest, signerOf(0), 1, ELECTED, 12, uint8(n));
            vm.expectEmit(address(election));
            emit ElectionEvents.ProducerSlashed(digest, 1, PRODUCER_STAKE / 100);
            election.replace(signerOf(0), ReplaceReason.Offline, evidence);
            assertFalse(isMember(1));
            assertEq(election.nominee(1).slashes, n);
            assertEq(election.nominee(1).stake, (PRODUCER_STAKE * 99) / 100);
            assertEq(election.downtimeOf(signerOf(0)).count, n);
            if (n == 3) break;
            assertEq(standbys()[standbys().length - 1].id, 1, "behind the others");
            // Everybody before it gives up, so that its turn comes.
            fundFor(ownerOf(0), PRODUCER_STAKE / 100);
            vm.prank(ownerOf(0));
            election.raiseNomination(1, PRODUCER_STAKE / 100);
            while (!isMember(1)) {
                uint64 id = members()[0].id;
                vm.prank(ownerOf(id - 1));
                election.replace(signerOf(id - 1), ReplaceReason.Resigned, "");
            }
        }
        assertEq(uint8(election.nominee(1).status), uint8(NomineeStatus.Ejected));
        assertTrue(election.isBarred(signerOf(0)));
        for (uint256 i; i < standbys().length; ++i) {
            assertTrue(standbys()[i].id != 1);
        }
        uint256 each = PRODUCER_STAKE / 100;
        assertEq(supply - kmc.totalSupply(), 3 * (each / 4));
        assertEq(kmc.balanceOf(insurance), 3 * (each - each / 4), "no finder, no bounty");
        pass(UNBONDING);
        vm.prank(ownerOf(0));
        assertEq(election.claimNomination(1), PRODUCER_STAKE - each, "the rest is its own");
    }

    function test_downtimeIsCountedAnewInEveryTenureAndNoBlockTwice() public {
        address key = producers(1)[0];
        bytes memory evidence = certificate(key, firstSeats(7), 100);
        election.replace(key, ReplaceReason.Offline, evidence);
        assertEq(election.downtimeOf(key).count, 1);
        // Foundation producers have no stake to lose, and step in again where there are too few.
        resignFoundation(1);
        assertEq(members()[0].key, key);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.AlreadyCertified.selector, 130));
        election.replace(key, ReplaceReason.Offline, evidence);
        evidence = certificate(key, firstSeats(7), 130);
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.AlreadyCertified.selector, 130));
        election.replace(key, ReplaceReason.Offline, evidence);
        nextTenure();
        evidence = certificate(key, firstSeats(7), 131);
        election.replace(key, ReplaceReason.Offline, evidence);
        assertEq(election.downtimeOf(key).count, 1);
        assertEq(election.downtimeOf(key).tenure, 1);
    }

    function test_aFoundationProducerIsBarredByTheThirdDowntime() public {
        address key = producers(1)[0];
        for (uint64 n = 1; n <= 3; ++n) {
            if (members()[0].key != key) resignFoundation(1);
            assertFalse(election.isBarred(key));
            bytes memory evidence = certificate(key, firstSeats(7), 100 * n);
            election.replace(key, ReplaceReason.Offline, evidence);
        }
        assertTrue(election.isBarred(key));
    }

    function test_aCertificateIsForOneTenure() public {
        electRanked(5);
        nextTenure();
        bytes memory evidence = certificate(signerOf(0), firstSeats(7));
        nextTenure();
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.BadSignature.selector, signerOf(0)));
        election.replace(signerOf(0), ReplaceReason.Offline, evidence);
    }

    function test_aCertificateSaysThatSomethingWasMissedAndIsSignedInFull() public {
        bytes memory evidence = abi.encode(OfflineCertificate(ELECTED, 10, 40, 0, 1, new bytes(64)));
        address key = producers(1)[0];
        vm.expectRevert(ElectionEvents.NotOffline.selector);
        election.replace(key, ReplaceReason.Offline, evidence);
        evidence = abi.encode(OfflineCertificate(ELECTED, 41, 40, 1, 1, new bytes(64)));
        vm.expectRevert(ElectionEvents.NotOffline.selector);
        election.replace(key, ReplaceReason.Offline, evidence);
        evidence = abi.encode(OfflineCertificate(ELECTED, 10, 40, 1, 3, new bytes(64)));
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.SignatureCount.selector, 2, 64));
        election.replace(key, ReplaceReason.Offline, evidence);
    }

    /// Nobody has to come for it: the next settlement elects no convict, and a set never names one to a chain.
    function test_aConvictWhoseSeatNobodyFillsNeitherProducesNorComesBack() public {
        electRanked(7);
        nextTenure();
        convict("double", 3, address(0), 1 << 2);
        assertTrue(isMember(3), "on the list still");
        assertFalse(registry.isEjected(signerOf(2)), "no chain has found it out");
        vm.prank(ownerOf(0));
        election.replace(signerOf(0), ReplaceReason.Resigned, "");
        address[] memory keys = registry.producersAt(ELECTED, newestFrom());
        assertEq(keys.length, 4);
        for (uint256 i; i < keys.length; ++i) {
            assertTrue(keys[i] != signerOf(2));
        }
        closeVote();
        election.settle();
        assertFalse(isMember(3));
        assertEq(members().length, 3, "the minimum, of who was in office");
    }

    function test_onlyAVerdictReplacesAsSlashed() public {
        address key = producers(1)[0];
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotConvicted.selector, key));
        election.replace(key, ReplaceReason.Slashed, "");
        vm.expectRevert(abi.encodeWithSelector(ElectionEvents.NotChallengeManager.selector, address(this)));
        election.payBounty("fraud", anyone);
    }

    function resignFoundation(uint256 i) private {
        address key = producers(3)[i];
        vm.prank(key);
        election.replace(key, ReplaceReason.Resigned, "");
    }
}
