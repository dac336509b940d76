// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {ChainConfig} from "../../src/checkpoint/IKomaRegistry.sol";
import {
    Criteria,
    ElectionParams,
    ElectionWiring,
    Member,
    OfflineCertificate,
    ReplaceReason
} from "../../src/election/ElectionTypes.sol";
import {ProducerElection} from "../../src/election/ProducerElection.sol";
import {SlashOrder} from "../../src/staking/IStakeManager.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// @dev An election on the root chain of StakeFixture, and words for what tests do with it. Validator `i` (from 0) has the
/// id i + 1; the chain CHAIN has an owner of its own, ELECTED has elected producers. Tenures last 600 seconds; voting is
/// open from 413 to 553 of each.
abstract contract ElectionFixture is StakeFixture {
    uint64 internal constant ELECTED = 80402;
    uint96 internal constant PRODUCER_STAKE = 1_000e18;
    uint40 internal constant TENURE = 600;
    uint40 internal constant LEAD = 8;

    ProducerElection internal election;

    function setUp() public virtual override {
        super.setUp();
        deployElection(3);
        beginWith(9);
    }

    function deployElection(uint256 foundationCount) internal {
        address nominees = deployCode("NomineeModule.sol:NomineeModule");
        address office = deployCode("OfficeModule.sol:OfficeModule");
        election = ProducerElection(
            proxyOf(
                deployCode("ProducerElection.sol:ProducerElection", abi.encode(nominees, office)),
                abi.encodeCall(
                    ProducerElection.initialize,
                    (governor, guardian, MAX_PAUSE, wiring(), electionParams(), producers(foundationCount))
                )
            )
        );
        vm.startPrank(governor);
        registry.wire(IDepositManager(deposits), challenges);
        registry.wireElection(address(election));
        registry.registerChain(ELECTED, electedConfig(), keccak256("child token init code"), producers(foundationCount));
        vm.stopPrank();
    }

    function electedConfig() internal view returns (ChainConfig memory config) {
        config = chainConfig();
        config.owner = address(0);
    }

    function wiring() internal view returns (ElectionWiring memory) {
        return ElectionWiring(address(kmc), address(stakes), address(registry), challenges, insurance);
    }

    function electionParams() internal pure virtual returns (ElectionParams memory) {
        return ElectionParams({
            producerStake: PRODUCER_STAKE,
            tenureLength: TENURE,
            voteOpenLead: 187,
            voteCloseLead: 47,
            replacementLead: LEAD,
            minProducers: 3,
            maxProducers: 5,
            standbyCount: 2,
            maxPerRegion: 0,
            oddOnly: false
        });
    }

    function idOf(uint256 i) internal pure returns (uint64) {
        return uint64(i + 1);
    }

    function nominate(uint256 i) internal {
        nominateIn(i, 0);
    }

    function nominateIn(uint256 i, uint16 region) internal {
        fundFor(ownerOf(i), PRODUCER_STAKE);
        vm.prank(ownerOf(i));
        election.nominate(idOf(i), criteria(region), "https://example.org", keccak256("page"), signerOf(i), "");
    }

    /// @dev The agreement of a producer key to seal for a validator.
    function keyProof(address owner, uint64 id, uint256 key) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, election.keyDigest(owner, id));
        return abi.encodePacked(r, s, v);
    }

    function fundFor(address account, uint256 amount) internal {
        vm.prank(treasury);
        kmc.transfer(account, amount);
        vm.prank(account);
        kmc.approve(address(election), type(uint256).max);
    }

    function criteria(uint16 region) internal pure returns (Criteria memory) {
        return Criteria(9_990, 8, 32, 500, 1_000, "DE", region, true, keccak256("extra"));
    }

    function choose(uint256 a) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](1);
        ids[0] = idOf(a);
    }

    function choose(uint256 a, uint256 b) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](2);
        (ids[0], ids[1]) = (idOf(a), idOf(b));
    }

    /// @dev Ids of the validators from `first` on.
    function chooseRange(uint256 first, uint256 count) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](count);
        for (uint256 i; i < count; ++i) {
            ids[i] = idOf(first + i);
        }
    }

    function vote(uint256 voter, uint64[] memory choices) internal {
        vm.prank(ownerOf(voter));
        election.vote(idOf(voter), choices);
    }

    function openVote() internal {
        (uint40 opens,,,) = election.timeline(election.tenureAt(time()) + 1);
        vm.warp(opens);
    }

    function closeVote() internal {
        (, uint40 closes,,) = election.timeline(election.tenureAt(time()) + 1);
        vm.warp(closes);
    }

    function nextTenure() internal {
        (,, uint40 starts,) = election.timeline(election.tenureAt(time()) + 1);
        vm.warp(starts);
    }

    /// @dev Nominates validators 0 to count - 1, at most 10, and has them elected in that order.
    function electRanked(uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            nominate(i);
        }
        openVote();
        // A ballot has five choices at most; what is beyond the fifth has one voter, the first five have more.
        uint256 first = count > 5 ? 5 : count;
        for (uint256 v; v <= first; ++v) {
            if (v < first) vote(v, chooseRange(0, first - v));
            else vote(v, chooseRange(0, first));
        }
        if (count > 5) vote(8, chooseRange(5, count - 5));
        closeVote();
        election.settle();
    }

    function members() internal view returns (Member[] memory list) {
        (,,, list,) = election.newestSet();
    }

    function standbys() internal view returns (Member[] memory list) {
        (,,,, list) = election.newestSet();
    }

    function newestFrom() internal view returns (uint40 from) {
        (,, from,,) = election.newestSet();
    }

    function isMember(uint64 id) internal view returns (bool) {
        Member[] memory list = members();
        for (uint256 i; i < list.length; ++i) {
            if (list[i].id == id) return true;
        }
        return false;
    }

    /// @dev What a verdict about a producer does, as ChallengeManager does it.
    function convict(bytes32 offenceId, uint8 class, address key, uint256 bitmap) internal {
        SlashOrder memory order = SlashOrder(offenceId, class, bitmap, key, anyone, ELECTED, 1);
        vm.startPrank(challenges);
        stakes.slash(order);
        if (key != address(0)) registry.ejectProducer(ELECTED, key);
        election.slash(order);
        vm.stopPrank();
    }

    /// @dev An order of class D, which ejects nobody.
    function chargeDowntime(bytes32 offenceId, address key) internal {
        vm.prank(challenges);
        election.slash(SlashOrder(offenceId, 4, 0, key, anyone, ELECTED, 1));
    }

    /// @dev Has the seat of a convicted producer filled, as anyone may.
    function fillSeatOf(address key) internal {
        vm.prank(anyone);
        election.replace(key, ReplaceReason.Slashed, "");
    }

    function certificate(address key, uint256 bitmap) internal view returns (bytes memory) {
        return certificate(key, bitmap, 10);
    }

    /// @param from first of 31 blocks
    function certificate(address key, uint256 bitmap, uint64 from) internal view returns (bytes memory) {
        bytes32 digest = election.offlineDigest(ELECTED, key, from, from + 30, 12);
        return abi.encode(OfflineCertificate(ELECTED, from, from + 30, 12, bitmap, signDigest(bitmap, digest)));
    }
}
