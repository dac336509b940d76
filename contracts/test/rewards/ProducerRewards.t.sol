// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {WorkTotals} from "../../src/child/ProducerStats.sol";
import {IPayees} from "../../src/rewards/IPayees.sol";
import {IStandbys} from "../../src/rewards/IStandbys.sol";
import {ProducerRewards, WorkPool, WorkRates} from "../../src/rewards/ProducerRewards.sol";
import {StatsProof, WorkProof} from "../../src/rewards/WorkProof.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";
import {StatsState} from "./StatsState.sol";

contract ProducerRewardsTest is ElectionFixture {
    uint128 private constant FILLED = 10_000e18;

    ProducerRewards private rewards;

    function setUp() public override {
        super.setUp();
        rewards = ProducerRewards(
            proxyOf(
                deployCode("ProducerRewards.sol:ProducerRewards"),
                abi.encodeCall(
                    ProducerRewards.initialize,
                    (governor, kmc, IPayees(address(stakes)), roots, IStandbys(address(election)), _rates())
                )
            )
        );
        vm.startPrank(treasury);
        kmc.approve(address(rewards), type(uint256).max);
        rewards.fill(CHAIN, FILLED);
        vm.stopPrank();
        nextEpoch();
    }

    function test_PaysForBlocksAndRoundsThatAFinalCheckpointShows() public {
        WorkTotals memory totals = WorkTotals(100, 90, 12, 10, 90 * 250_000_000);
        (uint64 number, StatsProof memory proof) = _checkpointed(0, totals, true);
        assertEq(rewards.payFor(CHAIN, signerOf(0), totals), 9e18 + 1125e16);
        vm.expectEmit(address(rewards));
        // 10 blocks for 1 KMC each less a tenth; a quarter of the weight in 90 rounds for half a KMC each.
        emit ProducerRewards.WorkPaid(CHAIN, idOf(0), signerOf(0), totals, 9e18 + 1125e16);
        uint256 before = kmc.balanceOf(ownerOf(0));
        vm.prank(anyone);
        assertEq(rewards.claimWork(CHAIN, number, signerOf(0), proof), 9e18 + 1125e16);
        assertEq(kmc.balanceOf(ownerOf(0)) - before, 9e18 + 1125e16);
        assertEq(rewards.poolOf(CHAIN).standby, 1e18);
        assertEq(rewards.poolOf(CHAIN).free, FILLED - 9e18 - 1125e16 - 1e18);
        assertEq(abi.encode(rewards.paidOf(CHAIN, signerOf(0))), abi.encode(totals));
    }

    function test_PaysNothingTwiceAndLaterOnlyWhatIsNew() public {
        (uint64 first, StatsProof memory early) = _checkpointed(0, WorkTotals(10, 10, 4, 4, 0), true);
        (uint64 second, StatsProof memory late) = _checkpointed(0, WorkTotals(30, 20, 9, 7, 0), true);
        assertEq(rewards.claimWork(CHAIN, second, signerOf(0), late), 63e17);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.NothingNew.selector, signerOf(0)));
        rewards.claimWork(CHAIN, second, signerOf(0), late);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.NothingNew.selector, signerOf(0)));
        rewards.claimWork(CHAIN, first, signerOf(0), early);
        (uint64 third, StatsProof memory newest) = _checkpointed(0, WorkTotals(31, 21, 10, 8, 0), true);
        assertEq(rewards.claimWork(CHAIN, third, signerOf(0), newest), 9e17);
    }

    /// @dev Any way of splitting work into claims pays the same, but for what rounding down leaves.
    function testFuzz_SplitClaimsPayNoMoreThanOne(uint16 a, uint16 b, uint32 creditA, uint32 creditB) public {
        WorkTotals memory part = WorkTotals(0, 0, 0, uint40(a % 500) + 1, creditA);
        WorkTotals memory all = WorkTotals(0, 0, 0, part.made + b % 500 + 1, part.credit + creditB);
        uint256 atOnce = rewards.payFor(CHAIN, signerOf(1), all);
        (uint64 first, StatsProof memory early) = _checkpointed(1, part, true);
        uint256 paid = rewards.claimWork(CHAIN, first, signerOf(1), early);
        (uint64 second, StatsProof memory late) = _checkpointed(1, all, true);
        paid += rewards.claimWork(CHAIN, second, signerOf(1), late);
        assertLe(paid, atOnce);
        assertApproxEqAbs(paid, atOnce, 2);
        WorkPool memory pool = rewards.poolOf(CHAIN);
        assertEq(uint256(pool.free) + pool.standby, kmc.balanceOf(address(rewards)));
    }

    function test_BelievesNothingButAFinalCheckpoint() public {
        WorkTotals memory totals = WorkTotals(10, 10, 4, 4, 0);
        (uint64 number, StatsProof memory proof) = _checkpointed(0, totals, false);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.NotFinal.selector, CHAIN, number));
        rewards.claimWork(CHAIN, number, signerOf(0), proof);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.NotFinal.selector, CHAIN, number + 1));
        rewards.claimWork(CHAIN, number + 1, signerOf(0), proof);
        pass(CHALLENGE);
        roots.finalize(CHAIN, 10);

        StatsProof memory other = StatsState.proofOf(signerOf(0), WorkTotals(10, 10, 999, 999, 0));
        bytes32 hash = keccak256(proof.header);
        vm.expectRevert(abi.encodeWithSelector(WorkProof.NotTheHeader.selector, hash, keccak256(other.header)));
        rewards.claimWork(CHAIN, number, signerOf(0), other);
        other.header = proof.header;
        _refusedProof(number, other);
        other.account = proof.account;
        _refusedProof(number, other);
        rewards.claimWork(CHAIN, number, signerOf(0), proof);
    }

    function test_ReadsProducerStatsAndNoOtherContractOrSlot() public {
        WorkTotals memory totals = WorkTotals(10, 10, 4, 4, 0);
        bytes32 slot = keccak256(abi.encode(signerOf(0), 1));
        StatsProof memory proof = StatsState.proofAt(address(0xBAD), slot, totals);
        _refusedProof(_checkpointOf(keccak256(proof.header)), proof);
        proof = StatsState.proofAt(address(0x4b4f4D4100000000000000000000000000000007), keccak256("slot"), totals);
        _refusedProof(_checkpointOf(keccak256(proof.header)), proof);
        // The same proof is one signer's and nobody else's.
        proof = StatsState.proofOf(signerOf(1), totals);
        uint64 number = _checkpointOf(keccak256(proof.header));
        _refusedProof(number, proof);
        rewards.claimWork(CHAIN, number, signerOf(1), proof);
    }

    function test_PaysNobodyWhoIsNoValidator() public {
        address stranger = makeAddr("stranger");
        StatsProof memory proof = StatsState.proofOf(stranger, WorkTotals(1, 1, 1, 1, 0));
        uint64 number = _checkpointOf(keccak256(proof.header));
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.UnknownSigner.selector, stranger));
        rewards.claimWork(CHAIN, number, stranger, proof);
    }

    /// @notice A chain may claim any work of anybody, and pays for it from its own pool at most.
    function test_OneChainCannotEmptyAnothersPool() public {
        vm.prank(treasury);
        rewards.fill(ELECTED, 5e18);
        StatsProof memory proof = StatsState.proofOf(signerOf(0), WorkTotals(0, 0, 1e9, 1e9, 0));
        pass(MIN_INTERVAL);
        Checkpoint memory c = nextCheckpoint(ELECTED, 16);
        c.lastBlockHash = keccak256(proof.header);
        submit(c, firstSeats(9));
        pass(CHALLENGE);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.PoolShort.selector, 1e27, 5e18));
        rewards.claimWork(ELECTED, 1, signerOf(0), proof);
        assertEq(rewards.poolOf(CHAIN).free, FILLED);
    }

    function test_AShortPoolPaysWhenItIsFilled() public {
        (uint64 number, StatsProof memory proof) = _checkpointed(0, WorkTotals(0, 0, 20_000, 20_000, 0), true);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.PoolShort.selector, 20_000e18, FILLED));
        rewards.claimWork(CHAIN, number, signerOf(0), proof);
        vm.prank(treasury);
        rewards.fill(CHAIN, 10_000e18);
        assertEq(rewards.claimWork(CHAIN, number, signerOf(0), proof), 18_000e18);
    }

    function test_StandbysShareTheirPartByRankOnceATenure() public {
        electRanked(7);
        nextTenure();
        assertEq(standbys().length, 2);
        (uint64 number, StatsProof memory proof) = _checkpointed(0, WorkTotals(0, 0, 30, 30, 0), true);
        rewards.claimWork(CHAIN, number, signerOf(0), proof);
        (uint40 opens,,,) = election.timeline(2);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.TooEarly.selector, opens));
        rewards.payStandbys(CHAIN);
        openVote();
        uint256 first = kmc.balanceOf(ownerOf(standbys()[0].id - 1));
        uint256 second = kmc.balanceOf(ownerOf(standbys()[1].id - 1));
        vm.prank(anyone);
        assertEq(rewards.payStandbys(CHAIN), 3e18);
        assertEq(kmc.balanceOf(ownerOf(standbys()[0].id - 1)) - first, 2e18);
        assertEq(kmc.balanceOf(ownerOf(standbys()[1].id - 1)) - second, 1e18);
        vm.expectRevert(abi.encodeWithSelector(ProducerRewards.StandbysPaid.selector, 1));
        rewards.payStandbys(CHAIN);
        // Carried over: the same ones stand by for the next tenure, and are paid again.
        openVote();
        vm.warp(election.tenureAt(time()) == 1 ? time() + TENURE : time());
        assertEq(rewards.payStandbys(CHAIN), 0);
    }

    function test_ThoseOfTheNextTenureAreNotPaidForThisOne() public {
        openVote();
        vm.expectRevert(ProducerRewards.NoStandbys.selector);
        rewards.payStandbys(CHAIN);
        nextTenure();
        electRanked(7);
        vm.expectRevert(ProducerRewards.NoStandbys.selector);
        rewards.payStandbys(CHAIN);
    }

    function test_OnlyTheOwnerSetsRates() public {
        WorkRates memory dearer = WorkRates(2e18, 0, 10_000);
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, address(this)));
        rewards.setRates(dearer);
        vm.startPrank(governor);
        vm.expectRevert(ProducerRewards.BadRates.selector);
        rewards.setRates(WorkRates(1, 1, 10_001));
        rewards.setRates(dearer);
        assertEq(abi.encode(rewards.rates()), abi.encode(dearer));
    }

    function _refusedProof(uint64 number, StatsProof memory proof) private {
        vm.expectPartialRevert(TrieProof.TrieProofTraversalError.selector);
        rewards.claimWork(CHAIN, number, signerOf(0), proof);
    }

    /// @dev A checkpoint of CHAIN whose last block's state shows `totals` of validator `i`.
    function _checkpointed(uint256 i, WorkTotals memory totals, bool isFinal)
        private
        returns (uint64 number, StatsProof memory proof)
    {
        proof = StatsState.proofOf(signerOf(i), totals);
        number = _submitted(keccak256(proof.header));
        if (!isFinal) return (number, proof);
        pass(CHALLENGE);
        roots.finalize(CHAIN, 10);
    }

    function _checkpointOf(bytes32 lastBlockHash) private returns (uint64 number) {
        number = _submitted(lastBlockHash);
        pass(CHALLENGE);
        roots.finalize(CHAIN, 10);
    }

    function _submitted(bytes32 lastBlockHash) private returns (uint64) {
        pass(MIN_INTERVAL);
        Checkpoint memory c = nextCheckpoint(16);
        c.lastBlockHash = lastBlockHash;
        submit(c, firstSeats(9));
        return c.number;
    }

    function _rates() private pure returns (WorkRates memory) {
        return WorkRates({perBlock: 1e18, perRound: 5e17, standbyBps: 1_000});
    }
}
