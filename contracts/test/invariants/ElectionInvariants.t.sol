// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Member, NomineeStatus} from "../../src/election/ElectionTypes.sol";
import {ElectionHandler} from "./ElectionHandler.sol";

contract ElectionInvariants is Test {
    ElectionHandler private handler;

    function setUp() public {
        handler = new ElectionHandler();
        handler.start();
        bytes4[] memory selectors = new bytes4[](16);
        selectors[0] = ElectionHandler.stand.selector;
        selectors[1] = ElectionHandler.raise.selector;
        selectors[2] = ElectionHandler.withdraw.selector;
        selectors[3] = ElectionHandler.claim.selector;
        selectors[4] = ElectionHandler.ballot.selector;
        selectors[5] = ElectionHandler.settle.selector;
        selectors[6] = ElectionHandler.resign.selector;
        selectors[7] = ElectionHandler.accuse.selector;
        selectors[8] = ElectionHandler.assignBounty.selector;
        selectors[9] = ElectionHandler.withdrawOwed.selector;
        selectors[10] = ElectionHandler.leaveValidators.selector;
        selectors[11] = ElectionHandler.wait.selector;
        selectors[12] = ElectionHandler.wait.selector;
        selectors[13] = ElectionHandler.ballot.selector; // more often than the others
        selectors[14] = ElectionHandler.delegatorBallot.selector;
        selectors[15] = ElectionHandler.fill.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    function invariant_thereIsAlwaysASetOfDistinctKeys() public view {
        Member[] memory members = handler.newest();
        assertGt(members.length, 0);
        assertLe(members.length, 5);
        for (uint256 i; i < members.length; ++i) {
            for (uint256 j; j < i; ++j) {
                assertTrue(members[i].key != members[j].key, "no key twice");
                assertTrue(members[i].id == 0 || members[i].id != members[j].id, "no nominee twice");
            }
        }
        assertGt(handler.producersOnChain(), 0);
    }

    function invariant_nobodyStandsTwice() public view {
        uint64[] memory ids = handler.standing();
        assertLe(ids.length, 64);
        for (uint256 i; i < ids.length; ++i) {
            assertEq(uint8(handler.nomineeOf(ids[i]).status), uint8(NomineeStatus.Standing));
            for (uint256 j; j < i; ++j) {
                assertTrue(ids[i] != ids[j]);
            }
        }
    }

    function invariant_votesNeverExceedThePowerThereWas() public view {
        (uint256 most, uint256 cast, uint256 power) = handler.votes();
        assertLe(most, cast);
        assertLe(cast, power);
    }

    function invariant_whatIsHeldIsStakeAndBounties() public view {
        assertEq(handler.held(), handler.stakesLocked() + handler.bountiesHeld());
        assertLe(handler.stakesLocked(), handler.locked() - handler.released());
    }
}
