// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {CheckpointViews} from "../../src/checkpoint/CheckpointViews.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// AT-12: a vote counts for one place in one chain's history, on one root chain, in one contract.
contract AT12 is StakeFixture {
    uint64 private constant OTHER = 80402;

    function setUp() public override {
        super.setUp();
        beginWith(4);
    }

    function attempt(Checkpoint memory c, bytes memory sigs, bytes memory failure) private {
        vm.expectRevert(failure);
        roots.submitCheckpoint(c, 15, sigs);
    }

    function badSignature() private pure returns (bytes memory) {
        return abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 0);
    }

    function test_AT12_votesForAnotherDeployment() public {
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(15, c);
        CheckpointManager first = roots;
        deployRoot();
        beginWith(4);
        assertTrue(address(first) != address(roots));
        attempt(c, sigs, badSignature());
        first.submitCheckpoint(c, 15, sigs);
    }

    function test_AT12_votesForAnotherRootChain() public {
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(15, c);
        vm.chainId(block.chainid + 1);
        attempt(c, sigs, badSignature());
    }

    function test_AT12_votesForAnotherSideChain() public {
        vm.prank(governor);
        registry.registerChain(OTHER, chainConfig(), keccak256("code"), producers(1));
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(15, c);
        c.chainId = OTHER;
        attempt(c, sigs, badSignature());
    }

    function test_AT12_votesOfAnotherEpoch() public {
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(15, c);
        pass(2 * EPOCH);
        attempt(c, sigs, abi.encodeWithSelector(CheckpointManager.BadEpoch.selector, 2, 0));
        c.epoch = 2;
        attempt(c, sigs, badSignature());
    }

    function test_AT12_votesForAnotherNumber() public {
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(15, c);
        submit(c, 15);
        pass(MIN_INTERVAL);
        attempt(c, sigs, abi.encodeWithSelector(CheckpointViews.BadNumber.selector, 2, 1));
        c.number = 2;
        attempt(c, sigs, abi.encodeWithSelector(CheckpointManager.BadRange.selector, 16, 0, 15, 256));
        (c.start, c.end) = (16, 31);
        bytes32 parent = roots.checkpointAt(CHAIN, 1).structHash;
        attempt(c, sigs, abi.encodeWithSelector(CheckpointManager.BadParent.selector, parent, bytes32(0)));
        c.prevCheckpoint = parent;
        attempt(c, sigs, badSignature());
    }

    function test_AT12_votesForARejectedBranch() public {
        Checkpoint memory first = nextCheckpoint(16);
        bytes memory firstSigs = signedBy(15, first);
        submit(first, 15);
        pass(MIN_INTERVAL);
        Checkpoint memory second = nextCheckpoint(16);
        bytes memory secondSigs = signedBy(15, second);
        submit(second, 15);
        vm.prank(challenges);
        roots.reject(CHAIN, 1, keccak256("offence"), keccak256("block"));
        pass(MIN_INTERVAL);

        attempt(first, firstSigs, abi.encodeWithSelector(CheckpointManager.BadGeneration.selector, 1, 0));
        attempt(second, secondSigs, abi.encodeWithSelector(CheckpointViews.BadNumber.selector, 1, 2));
        first.generation = 1;
        attempt(first, firstSigs, badSignature());

        // Once the chain is past number 1 again, the old number 2 still does not fit.
        submit(nextCheckpoint(16), 15);
        pass(MIN_INTERVAL);
        attempt(
            second,
            secondSigs,
            abi.encodeWithSelector(
                CheckpointManager.BadParent.selector, roots.checkpointAt(CHAIN, 1).structHash, second.prevCheckpoint
            )
        );
    }

    function test_AT12_anyFieldChangedAfterSigning() public {
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = signedBy(15, c);
        Checkpoint memory d = copy(c);
        d.proposer = anyone;
        attempt(d, sigs, badSignature());
        d = copy(c);
        d.end += 1;
        attempt(d, sigs, badSignature());
        d = copy(c);
        d.rootHash = keccak256("other");
        attempt(d, sigs, badSignature());
        d = copy(c);
        d.lastBlockHash = keccak256("other");
        attempt(d, sigs, badSignature());
        d = copy(c);
        d.accountHash = keccak256("other");
        attempt(d, sigs, badSignature());
        roots.submitCheckpoint(c, 15, sigs);
    }

    function copy(Checkpoint memory c) private pure returns (Checkpoint memory) {
        return abi.decode(abi.encode(c), (Checkpoint));
    }
}
