// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StakeFixture} from "../staking/StakeFixture.sol";

/// AT-27: every share of a reward is paid once, and nothing for a checkpoint that was rejected.
contract AT27 is StakeFixture {
    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    function finalizeAll() private {
        pass(CHALLENGE);
        roots.finalize(CHAIN, 100);
    }

    function claimAll(uint64 from, uint64 to) private returns (uint256 paid) {
        for (uint64 id = 1; id <= 4; ++id) {
            paid += stakes.claimRewards(id, CHAIN, from, to);
        }
    }

    function test_AT27_overlappingRanges() public {
        for (uint256 i; i < 5; ++i) {
            submitNext(4);
        }
        finalizeAll();
        assertEq(claimAll(1, 3), 48e18);
        assertEq(claimAll(2, 5), 32e18, "4 and 5 only");
        assertEq(claimAll(1, 5), 0);
        assertEq(kmc.totalSupply(), 1_000_000_000e18 + 80e18);
    }

    function test_AT27_rangesThatReachBeyondFinality() public {
        submitNext(4);
        finalizeAll();
        assertEq(claimAll(1, 100), 16e18);
        submitNext(4);
        assertEq(claimAll(1, 100), 0, "pending");
        finalizeAll();
        assertEq(claimAll(1, 100), 16e18, "number 2 was not used up by asking early");
    }

    function test_AT27_rejectedCheckpoint() public {
        submitNext(4);
        submitNext(4);
        vm.prank(challenges);
        roots.reject(CHAIN, 1, keccak256("offence"), 0);
        finalizeAll();
        assertEq(claimAll(1, 100), 0);
        submitNext(3); // number 1 once more, of the new generation
        finalizeAll();
        assertEq(claimAll(1, 100), 12e18, "by those who signed the one that lived");
    }

    function test_AT27_jailedSigner() public {
        submitNext(4);
        pass(1);
        slashFully(keccak256("equivocation"), 3, 8);
        submitNext(3);
        finalizeAll();
        uint256 before = stakes.claimRewards(4, CHAIN, 1, 1);
        assertGt(before, 0, "what it signed with power counts");
        assertEq(stakes.claimRewards(4, CHAIN, 1, 2), 0);
        assertEq(before + claimAll(1, 2), 16e18 + 16e18, "the rest is shared by those with power");
    }

    function test_AT27_anotherChainsCheckpointsAreCountedApart() public {
        vm.prank(governor);
        registry.registerChain(CHAIN + 1, chainConfig(), keccak256("code"), producers(1));
        submitNext(4);
        submit(nextCheckpoint(CHAIN + 1, 8), 15);
        pass(CHALLENGE);
        roots.finalize(CHAIN, 1);
        assertEq(claimAll(1, 1), 16e18);
        assertEq(stakes.claimRewards(1, CHAIN + 1, 1, 1), 0);
        roots.finalize(CHAIN + 1, 1);
        assertGt(stakes.claimRewards(1, CHAIN + 1, 1, 1), 0);
        assertEq(stakes.claimRewards(1, CHAIN + 1, 1, 1), 0);
    }
}
