// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DepositHash} from "../../src/bridge/DepositHash.sol";
import {DepositKind} from "../../src/bridge/IDepositManager.sol";
import {ChildBridge} from "../../src/child/ChildBridge.sol";
import {ChildERC20} from "../../src/child/ChildERC20.sol";
import {IChildBridgeEvents, IKomaToken} from "../../src/child/IKomaToken.sol";
import {ChildFixture} from "./ChildFixture.sol";

contract ChildBridgeTest is ChildFixture {
    function test_NativeDepositIsPaidFromThePool() public {
        bytes32 hash = _hash(1, DepositKind.Native, kmc, alice, 5 ether, "");
        vm.expectEmit(address(native));
        emit IKomaToken.LogDeposit(kmc, alice, 5 ether, 0, 5 ether, 0);
        vm.expectEmit(address(bridge));
        emit IChildBridgeEvents.DepositDelivered(1, kmc, alice, address(native), 5 ether, hash, true);
        _deliver(DepositKind.Native, kmc, alice, 5 ether, "");
        assertEq(alice.balance, 5 ether);
        assertEq(address(native).balance, POOL - 5 ether);
    }

    function test_TokenDepositIsMintedAfterItsMapping() public {
        ChildERC20 token = _mapToken();
        bytes32 hash = _hash(2, DepositKind.ERC20, rootToken, alice, 5, "");
        vm.expectEmit(address(bridge));
        emit IChildBridgeEvents.DepositDelivered(2, rootToken, alice, address(token), 5, hash, true);
        _deliver(DepositKind.ERC20, rootToken, alice, 5, "");
        assertEq(token.balanceOf(alice), 5);
    }

    function test_DepositBeforeTheMappingIsParkedAndClaimedLater() public {
        bytes32 hash = _hash(1, DepositKind.ERC20, rootToken, alice, 5, "");
        vm.expectEmit(address(bridge));
        emit IChildBridgeEvents.DepositDelivered(1, rootToken, alice, address(0), 5, hash, false);
        _deliver(DepositKind.ERC20, rootToken, alice, 5, "");
        assertEq(bridge.claimable(1), hash);

        uint40 createdAt = uint40(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.NotMapped.selector, rootToken));
        bridge.claim(1, DepositKind.ERC20, rootToken, alice, 5, "", createdAt);
        ChildERC20 token = _mapToken();
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.NotClaimable.selector, uint64(1)));
        bridge.claim(1, DepositKind.ERC20, rootToken, bob, 5, "", createdAt);
        bridge.claim(1, DepositKind.ERC20, rootToken, alice, 5, "", createdAt);
        assertEq(token.balanceOf(alice), 5);
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.NotClaimable.selector, uint64(1)));
        bridge.claim(1, DepositKind.ERC20, rootToken, alice, 5, "", createdAt);
    }

    function test_SecondMappingOfATokenAndUnknownKindsAreParked() public {
        _mapToken();
        _deliver(DepositKind.MapToken, rootToken, address(0), 0, abi.encode("Other", "OTH", uint8(6)));
        assertTrue(bridge.claimable(2) != 0);
        _deliver(DepositKind.Message, address(0), alice, 0, hex"1234");
        assertTrue(bridge.claimable(3) != 0);
        _deliver(DepositKind.MapToken, address(1), address(0), 0, hex"12");
        assertTrue(bridge.claimable(4) != 0);
        assertEq(bridge.lastId(), 4);
    }

    function test_MappingFitsItsGas() public {
        uint256 before = gasleft();
        _deliver(
            DepositKind.MapToken,
            rootToken,
            address(0),
            0,
            abi.encode(string(new bytes(64)), string(new bytes(32)), uint8(18))
        );
        assertLt(before - gasleft(), bridge.MAP_GAS());
        assertTrue(factory.childOf(rootToken) != address(0));
    }

    function test_CreditIsForTheBridgeItself() public {
        vm.expectRevert(abi.encodeWithSelector(ChildBridge.OnlySelf.selector, address(this)));
        bridge.credit(DepositKind.Native, kmc, alice, 1, "");
    }

    function test_LittleGasCannotParkAGoodCredit() public {
        for (uint256 gasLimit = 60_000; gasLimit <= 600_000; gasLimit += 20_000) {
            vm.prank(producer);
            try bridge.deliver{gas: gasLimit}(1, DepositKind.Native, kmc, alice, 1 ether, "", uint40(block.timestamp)) {
                assertEq(alice.balance, 1 ether);
                assertEq(bridge.claimable(1), 0);
                return;
            } catch {
                assertEq(bridge.lastId(), 0);
            }
        }
        assertTrue(false, "no gas limit sufficed");
    }

    function _hash(uint64 id, DepositKind kind, address token, address recipient, uint256 amount, bytes memory data)
        private
        view
        returns (bytes32)
    {
        return DepositHash.compute(80401, id, kind, token, recipient, amount, data, uint40(block.timestamp));
    }
}
