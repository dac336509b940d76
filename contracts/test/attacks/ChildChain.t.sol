// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DepositKind} from "../../src/bridge/IDepositManager.sol";
import {ChildBridge} from "../../src/child/ChildBridge.sol";
import {KomaNative} from "../../src/child/KomaNative.sol";
import {ChildFixture} from "../child/ChildFixture.sol";

/// @notice AT-23 and AT-24 of the attack catalogue.
contract ChildChainAttacks is ChildFixture {
    function test_AT23_NativeWithdrawalsThatMeanNothingAreRefused() public {
        vm.deal(alice, 10 ether);
        vm.deal(producer, 10 ether);
        vm.startPrank(alice);
        vm.expectRevert(KomaNative.ZeroAmount.selector);
        native.withdrawTo(alice);
        vm.expectRevert(abi.encodeWithSelector(KomaNative.BadRecipient.selector, address(0)));
        native.withdrawTo{value: 1}(address(0));
        vm.expectRevert(abi.encodeWithSelector(KomaNative.BadRecipient.selector, address(native)));
        native.withdrawTo{value: 1}(address(native));
        (bool plain,) = address(native).call{value: 1}("");
        assertFalse(plain, "a plain transfer would be lost in the pool");
        vm.expectRevert(abi.encodeWithSelector(KomaNative.OnlyBridge.selector, alice));
        native.creditDeposit(alice, 1);
        vm.stopPrank();
        // The producer is an account like any other here.
        vm.startPrank(producer);
        vm.expectRevert(abi.encodeWithSelector(KomaNative.OnlyBridge.selector, producer));
        native.creditDeposit(producer, 1);
        native.withdrawTo{value: 1 ether}(producer);
        assertEq(address(native).balance, POOL + 1 ether);
    }

    function test_AT23_TheGatewaysBalanceIsPoolMinusDeliveredPlusWithdrawn(uint96[6] calldata amounts) public {
        uint256 delivered;
        uint256 withdrawn;
        for (uint256 i; i < amounts.length; ++i) {
            uint256 amount = bound(amounts[i], 1, POOL / 10);
            _deliver(DepositKind.Native, kmc, alice, amount, "");
            delivered += amount;
            uint256 back = amount / 2 + 1;
            if (back > alice.balance) back = alice.balance;
            vm.prank(alice);
            native.withdrawTo{value: back}(bob);
            withdrawn += back;
            assertEq(address(native).balance, POOL - delivered + withdrawn);
        }
    }

    function test_AT23_DepositBeyondThePoolIsParked() public {
        _deliver(DepositKind.Native, kmc, alice, POOL + 1, "");
        assertEq(alice.balance, 0);
        assertTrue(bridge.claimable(1) != 0);
    }

    function test_AT24_ReceiverThatRevertsOrEatsGasIsParkedAndPaidOnceLater() public {
        Moody moody = new Moody();
        moody.setMood(Moody.Mood.Refuses);
        _deliver(DepositKind.Native, kmc, address(moody), 1 ether, "");
        moody.setMood(Moody.Mood.EatsGas);
        _deliver(DepositKind.Native, kmc, address(moody), 2 ether, "");
        assertEq(address(moody).balance, 0);
        assertEq(bridge.lastId(), 2);
        assertTrue(bridge.claimable(1) != 0 && bridge.claimable(2) != 0);

        uint40 createdAt = uint40(block.timestamp);
        moody.setMood(Moody.Mood.Refuses);
        vm.expectRevert(abi.encodeWithSelector(KomaNative.CreditRefused.selector, address(moody)));
        bridge.claim(1, DepositKind.Native, kmc, address(moody), 1 ether, "", createdAt);
        moody.setMood(Moody.Mood.Accepts);
        bridge.claim(1, DepositKind.Native, kmc, address(moody), 1 ether, "", createdAt);
        bridge.claim(2, DepositKind.Native, kmc, address(moody), 2 ether, "", createdAt);
        assertEq(address(moody).balance, 3 ether);
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.NotClaimable.selector, uint64(2)));
        bridge.claim(2, DepositKind.Native, kmc, address(moody), 2 ether, "", createdAt);
    }

    function test_AT24_ReceiverThatReentersTheBridgeIsParked() public {
        Moody moody = new Moody();
        moody.setMood(Moody.Mood.Reenters);
        _deliver(DepositKind.Native, kmc, address(moody), 1 ether, "");
        assertTrue(bridge.claimable(1) != 0);
        assertEq(address(moody).balance, 0);
    }

    function test_AT24_ReceiverThatDestroysItselfTakesItsCoinsAlong() public {
        Moody moody = new Moody();
        moody.setMood(Moody.Mood.Destroys);
        _deliver(DepositKind.Native, kmc, address(moody), 1 ether, "");
        assertEq(bridge.claimable(1), 0);
        assertEq(address(native).balance, POOL - 1 ether);
        assertEq(address(0xdead).balance, 1 ether);
    }

    function test_AT24_OnlyTheNextIdAndOnlyOnce() public {
        _deliver(DepositKind.Native, kmc, alice, 1, "");
        vm.startPrank(producer);
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.BadDepositId.selector, uint64(2), uint64(1)));
        bridge.deliver(1, DepositKind.Native, kmc, alice, 1, "", uint40(block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.BadDepositId.selector, uint64(2), uint64(3)));
        bridge.deliver(3, DepositKind.Native, kmc, alice, 1, "", uint40(block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.BadDepositId.selector, uint64(2), uint64(0)));
        bridge.deliver(0, DepositKind.Native, kmc, alice, 1, "", uint40(block.timestamp));
    }

    function test_AT24_OnlyTheBlocksCoinbaseDelivers() public {
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.NotCoinbase.selector, alice, producer));
        vm.prank(alice);
        bridge.deliver(1, DepositKind.Native, kmc, alice, 1, "", uint40(block.timestamp));
        // A producer of another block is nobody in this one.
        vm.coinbase(bob);
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.NotCoinbase.selector, producer, bob));
        vm.prank(producer);
        bridge.deliver(1, DepositKind.Native, kmc, alice, 1, "", uint40(block.timestamp));
    }
}

/// @notice A receiver of coins with moods.
contract Moody {
    enum Mood {
        Accepts,
        Refuses,
        EatsGas,
        Reenters,
        Destroys
    }

    Mood private _mood;

    function setMood(Mood mood) external {
        _mood = mood;
    }

    receive() external payable {
        if (_mood == Mood.Refuses) revert("not now");
        if (_mood == Mood.EatsGas) {
            while (true) {}
        }
        if (_mood == Mood.Reenters) {
            ChildBridge(0x4b4F4D4100000000000000000000000000000001)
                .claim(1, DepositKind.Native, address(1), address(this), 1, "", 1);
        }
        if (_mood == Mood.Destroys) selfdestruct(payable(address(0xdead)));
    }
}
