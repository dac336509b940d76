// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {ChainState, CheckpointRecord, CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {CheckpointHandler} from "./CheckpointHandler.sol";

contract CheckpointInvariants is Test {
    CheckpointHandler private handler;

    function setUp() public {
        handler = new CheckpointHandler();
        handler.start();
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = CheckpointHandler.submitSome.selector;
        selectors[1] = CheckpointHandler.submitHonestly.selector;
        selectors[2] = CheckpointHandler.finalize.selector;
        selectors[3] = CheckpointHandler.openChallenge.selector;
        selectors[4] = CheckpointHandler.closeChallenge.selector;
        selectors[5] = CheckpointHandler.reject.selector;
        selectors[6] = CheckpointHandler.wait.selector;
        selectors[7] = CheckpointHandler.submitHonestly.selector;
        selectors[8] = CheckpointHandler.unstake.selector;
        selectors[9] = CheckpointHandler.claimStake.selector;
        selectors[10] = CheckpointHandler.submitHonestly.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    function invariant_whatIsFinalNeverChanges() public view {
        for (uint64 n = 1; n <= handler.highestFinal(); ++n) {
            assertEq(keccak256(abi.encode(handler.record(n))), handler.finalRecord(n));
        }
    }

    function invariant_finalityNeverTurnsBack() public view {
        assertFalse(handler.turnedBack());
    }

    function invariant_stakeStaysWhileWhatItSignedCanBePunished() public view {
        assertFalse(handler.leftTooEarly());
    }

    function invariant_liveCheckpointsFollowOneAnother() public view {
        ChainState memory s = handler.state();
        assertLt(s.finalizedUpTo, s.next);
        uint64 start;
        uint40 challengeEnd;
        for (uint64 n = 1; n < s.next; ++n) {
            CheckpointRecord memory r = handler.record(n);
            assertEq(r.start, start);
            assertGe(r.end, r.start);
            assertGe(r.challengeEnd, challengeEnd);
            assertLe(r.generation, s.generation);
            assertEq(
                uint8(r.status), uint8(n <= s.finalizedUpTo ? CheckpointStatus.Finalized : CheckpointStatus.Pending)
            );
            (start, challengeEnd) = (r.end + 1, r.challengeEnd);
        }
        assertEq(s.nextStart, start);
    }

    /// `isFinal` promises exactly what the next call of `finalize` keeps.
    function invariant_isFinalForetellsFinalize() public {
        ChainState memory s = handler.state();
        uint64 promised = s.finalizedUpTo;
        while (handler.isFinal(promised + 1)) ++promised;
        uint256 snapshot = vm.snapshotState();
        uint64 before;
        do {
            before = handler.state().finalizedUpTo;
            handler.finalize(4);
        } while (handler.state().finalizedUpTo != before);
        assertEq(before, promised);
        vm.revertToState(snapshot);
    }
}
