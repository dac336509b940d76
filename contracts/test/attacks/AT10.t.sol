// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {StakeHandler} from "../invariants/StakeHandler.sol";

/// AT-10: a total below the sum of its parts would make two thirds of it too little. Polygon lost that sum in January
/// 2022 by moving stake along two paths; here every interleaving around epoch edges is tried, and the sum checked after
/// every single call.
contract AT10 is Test {
    StakeHandler private handler;

    function setUp() public {
        handler = new StakeHandler();
        handler.start();
    }

    /// forge-config: default.fuzz.runs = 64
    /// forge-config: ci.fuzz.runs = 256
    function testFuzz_AT10_theTotalIsTheSumOfItsPartsAfterEveryCall(uint256 seed, uint8 setUpCalls) public {
        setUpCalls %= 12;
        for (uint256 i; i < 60; ++i) {
            if (i == setUpCalls) handler.begin();
            seed = uint256(keccak256(abi.encode(seed)));
            act(seed % 18, uint256(keccak256(abi.encode(seed, "a"))), uint256(keccak256(abi.encode(seed, "b"))));
            assertEq(handler.totalPower(), handler.sumOfPowers());
        }
        handler.waitForNextEpoch();
        (, uint256 power) = handler.sums();
        assertEq(handler.totalPower(), power);
    }

    /// The move that broke it elsewhere: unstake, slash and add in the same epoch, and leave over its edge.
    function test_AT10_leavingUnderSlashesInOneEpoch() public {
        handler.stake(1_000e18, false);
        handler.stake(2_000e18, false);
        handler.begin();
        handler.addStake(0, 500e18);
        handler.orderSlash(1, 3);
        handler.page(0, 0, 1);
        handler.unstake(0);
        handler.page(0, 1, 2);
        assertEq(handler.totalPower(), handler.sumOfPowers());
        assertEq(handler.totalPower(), 850e18 + 1_800e18, "1,500 staked lose 150, 2,000 lose 200");
        handler.waitForNextEpoch();
        assertEq(handler.totalPower(), 1_800e18);
        assertEq(handler.totalPower(), handler.sumOfPowers());
    }

    function act(uint256 which, uint256 a, uint256 b) private {
        if (which == 0 || which == 1) handler.stake(a, b & 1 == 1);
        else if (which == 2) handler.addStake(a, b);
        else if (which == 3) handler.rotate(a);
        else if (which == 4) handler.unstake(a);
        else if (which == 5) handler.unstakeClaim(a);
        else if (which == 6) handler.unjail(a);
        else if (which == 7) handler.orderSlash(uint8(a), b);
        else if (which == 8 || which == 9) handler.page(a, uint8(b), uint8(b >> 8));
        else if (which == 10) handler.assignBounty(a);
        else if (which == 11) handler.withdrawOwed();
        else if (which == 12) handler.wait(a);
        else if (which == 13) handler.roll();
        else if (which == 14 || which == 15) handler.delegate(a, b, a >> 128);
        else if (which == 16) handler.undelegate(a, b, a >> 128);
        else handler.claimUndelegated(a);
    }
}
