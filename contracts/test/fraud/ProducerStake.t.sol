// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {IProducerElection} from "../../src/election/IProducerElection.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {ConsensusFraud} from "../../src/fraud/ConsensusFraud.sol";
import {TxFraud} from "../../src/fraud/TxFraud.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";
import {ChainBuilder} from "./ChainBuilder.sol";
import {BareProxy, BlockFactory} from "./ChallengeEndToEnd.t.sol";

/// @notice A challenge on the real contracts, whose verdict costs an elected producer its stake and its seat.
contract ProducerStakeTest is ElectionFixture {
    uint64 private constant COMMIT_WINDOW = 3;

    ChallengeManager private manager;
    BlockFactory private factory;
    address private finder = makeAddr("finder");

    function setUp() public override {
        vm.warp(START);
        vm.roll(100);
        manager = ChallengeManager(address(new BareProxy(address(new ChallengeManager()))));
        challenges = address(manager);
        deployRoot();
        deployElection(3);
        manager.initialize(governor, roots, stakes, registry, COMMIT_WINDOW, 30, 30 days);
        TxFraud txFraud = new TxFraud(roots);
        vm.startPrank(governor);
        manager.registerVerifier(5, txFraud);
        manager.registerVerifier(21, new ConsensusFraud(registry, stakes));
        manager.wireElection(IProducerElection(address(election)));
        vm.expectRevert(ChallengeManager.AlreadyWired.selector);
        manager.wireElection(IProducerElection(address(election)));
        vm.stopPrank();
        factory = new BlockFactory();
        factory.setUp();
        beginWith(9);
    }

    function test_theVerdictChargesTheProducerStakeAndTheFinderGetsItsShare() public {
        electRanked(7);
        nextTenure();
        uint64 start = roots.head(CHAIN).start;
        ChainBuilder.Sealed[] memory blocks = factory.replayed(start, keyOf(0));
        Checkpoint memory c = nextCheckpoint(uint64(blocks.length));
        c.rootHash = factory.rootOf(c.number, blocks);
        c.lastBlockHash = blocks[blocks.length - 1].hash;
        submit(c, firstSeats(9));

        bytes memory evidence = factory.replayEvidence(1, blocks);
        vm.prank(finder);
        bytes32 offenceId = manager.challenge(5, evidence);
        assertEq(election.nominee(1).stake, 0);
        assertEq(election.takenFor(offenceId), PRODUCER_STAKE);
        assertGt(registry.ejectedAt(CHAIN, signerOf(0)), 0);
        fillSeatOf(signerOf(0));
        assertFalse(isMember(1));
        assertEq(members()[0].id, 6);
        assertEq(registry.producersAt(ELECTED, uint64(time()) + LEAD)[0], signerOf(5));

        vm.roll(100 + COMMIT_WINDOW + 1);
        manager.settleBounty(offenceId);
        vm.prank(finder);
        election.withdrawOwed(finder);
        assertEq(kmc.balanceOf(finder), PRODUCER_STAKE / 2);
    }

    function test_twoBlocksOfOneSecondCostTheProducerStakeAndNoSeatOfAValidator() public {
        electRanked(7);
        nextTenure();
        uint256 power = stakes.totalPower();
        uint64 second = uint64(time()) + LEAD;
        (bytes memory a, bytes memory b) = factory.sealedTwice(ELECTED, second, keyOf(0));
        vm.prank(finder);
        bytes32 offenceId = manager.challenge(21, abi.encode(uint8(4), abi.encode(ELECTED, a, b)));
        assertEq(election.nominee(1).stake, 0);
        assertEq(election.takenFor(offenceId), PRODUCER_STAKE);
        assertGt(registry.ejectedAt(ELECTED, signerOf(0)), 0);
        assertEq(stakes.totalPower(), power);
        fillSeatOf(signerOf(0));
        assertFalse(isMember(1));

        vm.roll(100 + COMMIT_WINDOW + 1);
        manager.settleBounty(offenceId);
        vm.prank(finder);
        election.withdrawOwed(finder);
        assertEq(kmc.balanceOf(finder), PRODUCER_STAKE / 2);
    }
}
