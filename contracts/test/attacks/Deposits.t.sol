// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DepositManager} from "../../src/bridge/DepositManager.sol";
import {KomaRegistry} from "../../src/checkpoint/KomaRegistry.sol";
import {BridgeFixture} from "../bridge/BridgeFixture.sol";
import {FeeToken, PlainToken, RebasingToken} from "../bridge/OddTokens.sol";

/// @notice AT-21 and AT-22 of the attack catalogue.
contract DepositAttacks is BridgeFixture {
    function test_AT21_FeeOnTransferCreditsWhatArrived() public {
        FeeToken odd = new FeeToken();
        registry.mapToken(CHAIN, address(odd));
        odd.mint(alice, 1_000);
        vm.startPrank(alice);
        odd.approve(address(deposits), 1_000);
        deposits.depositERC20(CHAIN, address(odd), alice, 1_000);
        assertEq(deposits.escrow(CHAIN, address(odd)), 990);
        assertEq(odd.balanceOf(address(deposits)), 990);
    }

    function test_AT21_RebasingCannotRaiseTheEscrow() public {
        RebasingToken odd = new RebasingToken();
        registry.mapToken(CHAIN, address(odd));
        odd.mint(alice, 1_000);
        vm.startPrank(alice);
        odd.approve(address(deposits), 1_000);
        deposits.depositERC20(CHAIN, address(odd), alice, 500);
        odd.rebase(200);
        deposits.depositERC20(CHAIN, address(odd), alice, 100);
        // The second deposit moved 100 units that count 200 now; the first one's gain is nobody's.
        assertEq(deposits.escrow(CHAIN, address(odd)), 700);
    }

    function test_AT21_AmountZeroIsRefused() public {
        vm.startPrank(alice);
        vm.expectRevert(DepositManager.ZeroAmount.selector);
        deposits.depositERC20(CHAIN, address(token), alice, 0);
        vm.expectRevert(DepositManager.ZeroAmount.selector);
        deposits.seedEscrow(CHAIN, address(token), 0);
    }

    function test_AT21_UnsupportedTokensAreRefusedAtMapping() public {
        PlainToken odd = new PlainToken();
        vm.prank(owner);
        registry.setUnsupported(address(odd), true);
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.TokenUnsupported.selector, address(odd)));
        registry.mapToken(CHAIN, address(odd));
    }

    function test_AT22_TenThousandDustDepositsBlockNobody() public {
        vm.startPrank(alice);
        token.approve(address(deposits), 10_001);
        uint64 first = deposits.depositCount(CHAIN) + 1;
        for (uint64 i; i < 10_001; ++i) {
            assertEq(deposits.depositERC20(CHAIN, address(token), alice, 1), first + i);
        }
        assertEq(deposits.depositCount(CHAIN), first + 10_000);
    }
}
