// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {Claim} from "../../src/fraud/IInteractiveFraud.sol";
import {InteractiveFraud} from "../../src/fraud/InteractiveFraud.sol";
import {ChainBuilder} from "../fraud/ChainBuilder.sol";
import {InteractiveBase} from "../fraud/InteractiveBase.sol";

/// @notice Challenges somebody; what it is paid it tries to withdraw again.
contract GreedyChallenger {
    InteractiveFraud private immutable court;
    bytes public refusal;

    constructor(InteractiveFraud court_) payable {
        court = court_;
    }

    function open(bytes calldata evidence) external {
        court.openChallenge{value: address(this).balance}(7, evidence);
    }

    function withdraw() external {
        court.withdrawOwed(payable(address(this)));
    }

    receive() external payable {
        try court.withdrawOwed(payable(address(this))) {}
        catch (bytes memory why) {
            refusal = why;
        }
    }
}

/// @notice AT-33: an honest checkpoint is kept from finality by challenges. AT-25 for bonds.
contract AT33Test is InteractiveBase {
    function test_AT33_finalityIsPutOffByOneWindowAtMost() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 0, producerKey());
        submitBlocks(blocks);
        uint40 challengeEnd = roots.checkpointAt(CHAIN, 1).challengeEnd;
        vm.warp(challengeEnd - 1);
        bytes memory evidence = factory.nonceClaim(1, blocks, 2 * start + 1);
        uint256[] memory ids = new uint256[](16);
        Claim[] memory claims = new Claim[](16);
        uint256 locked;
        for (uint256 i; i < 16; ++i) {
            assertEq(court.bondFor(CHAIN, 1), uint256(BOND) << i);
            (ids[i], claims[i]) = open(7, evidence);
            locked += claims[i].bond;
        }
        assertEq(locked, uint256(BOND) * 65_535);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.TooManyChallenges.selector, 1));
        vm.prank(finder);
        court.openChallenge{value: 60_000 ether}(7, evidence);

        // Each is answered in the last moment; nothing else can be opened by then.
        vm.warp(challengeEnd - 1 + ANSWER_WINDOW);
        bytes memory answer = abi.encode(factory.tx_(1, blocks, 0, 1));
        for (uint256 i; i < 16; ++i) {
            assertFalse(roots.isFinal(CHAIN, 1));
            vm.prank(helper);
            court.respond(ids[i], claims[i], answer);
        }
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.ChallengePeriodOver.selector, challengeEnd));
        vm.prank(finder);
        court.openChallenge{value: BOND}(7, evidence);
        assertLe(time(), challengeEnd + ANSWER_WINDOW);
        assertEq(roots.finalize(CHAIN, 1), 1);
        assertEq(court.owed(helper), locked);
    }

    function test_AT33_finalCheckpointsAreNotChallenged() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 9, producerKey());
        submitBlocks(blocks);
        uint40 challengeEnd = roots.checkpointAt(CHAIN, 1).challengeEnd;
        vm.warp(challengeEnd);
        bytes memory evidence = factory.nonceClaim(1, blocks, 2 * (start + 2) + 3);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.ChallengePeriodOver.selector, challengeEnd));
        vm.prank(finder);
        court.openChallenge{value: BOND}(7, evidence);
    }

    function test_AT25_bondIsPaidOnce() public {
        uint64 start = startOfNext();
        ChainBuilder.Sealed[] memory blocks = factory.chain(start, 9, producerKey());
        submitBlocks(blocks);
        GreedyChallenger greedy = new GreedyChallenger{value: BOND + 1 ether}(court);
        // Somebody else's money is there to be taken.
        open(7, factory.nonceClaim(1, blocks, 2 * start));
        open(7, factory.nonceClaim(1, blocks, 2 * start));
        vm.deal(address(greedy), 5 * BOND);
        greedy.open(factory.nonceClaim(1, blocks, 2 * start));
        greedy.withdraw();
        assertEq(address(greedy).balance, BOND);
        assertEq(bytes4(greedy.refusal()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(address(court).balance, 7 * BOND);
    }
}
