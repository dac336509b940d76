// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DepositHash} from "../../src/bridge/DepositHash.sol";
import {DepositManager} from "../../src/bridge/DepositManager.sol";
import {DepositKind} from "../../src/bridge/IDepositManager.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {PlainToken} from "./OddTokens.sol";

contract DepositManagerTest is BridgeFixture {
    function test_DepositKMCIsCreditedToItsChainAndNumbered() public {
        vm.startPrank(alice);
        kmc.approve(address(deposits), 5e18);
        // Id 1 announced the token of the fixture.
        bytes32 hash =
            DepositHash.compute(CHAIN, 2, DepositKind.Native, address(kmc), bob, 5e18, "", uint40(block.timestamp));
        vm.expectEmit(address(deposits));
        emit DepositManager.Deposited(
            CHAIN, 2, bob, alice, address(kmc), 5e18, DepositKind.Native, "", uint40(block.timestamp), hash
        );
        uint64 id = deposits.depositKMC(CHAIN, bob, 5e18);
        assertEq(id, 2);
        assertEq(deposits.depositHash(CHAIN, id), hash);
        assertEq(deposits.escrow(CHAIN, address(kmc)), 5e18);
        assertEq(kmc.balanceOf(address(deposits)), 5e18);
    }

    function test_MappingATokenIsTheFirstEntryOfTheStream() public view {
        bytes memory data = abi.encode("Plain", "PLN", uint8(18));
        assertEq(deposits.depositCount(CHAIN), 1);
        assertEq(
            deposits.depositHash(CHAIN, 1),
            DepositHash.compute(
                CHAIN, 1, DepositKind.MapToken, address(token), address(0), 0, data, uint40(block.timestamp)
            )
        );
    }

    function test_DepositWithPermitNeedsNoApproval() public {
        (address dave, uint256 key) = makeAddrAndKey("dave");
        vm.prank(alice);
        kmc.transfer(dave, 7e18);
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(dave, key, 7e18);
        vm.prank(dave);
        deposits.depositKMCWithPermit(CHAIN, dave, 7e18, block.timestamp, v, r, s);
        assertEq(deposits.escrow(CHAIN, address(kmc)), 7e18);
    }

    function test_PermitSentAheadBySomebodyElseDoesNotStopTheDeposit() public {
        (address dave, uint256 key) = makeAddrAndKey("dave");
        vm.prank(alice);
        kmc.transfer(dave, 7e18);
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(dave, key, 7e18);
        vm.prank(bob);
        kmc.permit(dave, address(deposits), 7e18, block.timestamp, v, r, s);
        vm.prank(dave);
        deposits.depositKMCWithPermit(CHAIN, dave, 7e18, block.timestamp, v, r, s);
        assertEq(deposits.escrow(CHAIN, address(kmc)), 7e18);
    }

    function test_RefusesWhatItCannotCredit() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(DepositManager.UnknownChain.selector, uint64(7)));
        deposits.depositKMC(7, alice, 1);
        vm.expectRevert(DepositManager.ZeroRecipient.selector);
        deposits.depositKMC(CHAIN, address(0), 1);
        vm.expectRevert(DepositManager.ZeroAmount.selector);
        deposits.depositKMC(CHAIN, alice, 0);
        vm.expectRevert(DepositManager.UseDepositKMC.selector);
        deposits.depositERC20(CHAIN, address(kmc), alice, 1);
        PlainToken other = new PlainToken();
        vm.expectRevert(abi.encodeWithSelector(DepositManager.TokenNotMapped.selector, CHAIN, address(other)));
        deposits.depositERC20(CHAIN, address(other), alice, 1);
    }

    function test_OwnerLimitsSingleDeposits() public {
        vm.prank(owner);
        deposits.setMaxDeposit(address(kmc), 10);
        vm.startPrank(alice);
        kmc.approve(address(deposits), 100);
        vm.expectRevert(abi.encodeWithSelector(DepositManager.DepositTooLarge.selector, 11, 10));
        deposits.depositKMC(CHAIN, alice, 11);
        deposits.depositKMC(CHAIN, alice, 10);
    }

    function test_SeedEscrowBacksAGenesisWithoutADeposit() public {
        vm.startPrank(alice);
        kmc.approve(address(deposits), 9e18);
        vm.expectEmit(address(deposits));
        emit DepositManager.EscrowSeeded(CHAIN, address(kmc), alice, 9e18);
        deposits.seedEscrow(CHAIN, address(kmc), 9e18);
        assertEq(deposits.escrow(CHAIN, address(kmc)), 9e18);
        assertEq(deposits.depositCount(CHAIN), 1);
        vm.expectRevert(abi.encodeWithSelector(DepositManager.UnknownChain.selector, uint64(7)));
        deposits.seedEscrow(7, address(kmc), 1);
    }

    function test_ReleaseIsForWithdrawManagerAndBoundedByTheChainsEscrow() public {
        _depositToken(alice, 10);
        vm.expectRevert(abi.encodeWithSelector(DepositManager.NotWithdrawManager.selector, address(this)));
        deposits.release(CHAIN, address(token), bob, 1);
        vm.startPrank(address(withdraws));
        vm.expectRevert(abi.encodeWithSelector(DepositManager.EscrowExceeded.selector, CHAIN, address(token), 11, 10));
        deposits.release(CHAIN, address(token), bob, 11);
        deposits.release(CHAIN, address(token), bob, 10);
        assertEq(token.balanceOf(bob), 10);
        assertEq(deposits.escrow(CHAIN, address(token)), 0);
    }

    function test_OnlyTheRegistryAnnouncesTokens() public {
        vm.expectRevert(abi.encodeWithSelector(DepositManager.NotRegistry.selector, address(this)));
        deposits.enqueueMapToken(CHAIN, address(token), "a", "b", 18);
        vm.startPrank(address(registry));
        vm.expectRevert(abi.encodeWithSelector(DepositManager.NameTooLong.selector, 65, 64));
        deposits.enqueueMapToken(CHAIN, address(token), string(new bytes(65)), "b", 18);
        vm.expectRevert(abi.encodeWithSelector(DepositManager.NameTooLong.selector, 33, 32));
        deposits.enqueueMapToken(CHAIN, address(token), "a", string(new bytes(33)), 18);
    }

    function test_GuardianPausesDepositsForALimitedTimeAndNeverReleases() public {
        _depositToken(alice, 10);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(Governed.PauseTooLong.selector, uint40(61), uint40(60)));
        deposits.pause(61);
        vm.prank(guardian);
        deposits.pause(60);
        vm.startPrank(alice);
        token.approve(address(deposits), 1);
        uint40 until = uint40(block.timestamp) + 60;
        vm.expectRevert(abi.encodeWithSelector(Governed.PausedNow.selector, until));
        deposits.depositERC20(CHAIN, address(token), alice, 1);
        vm.stopPrank();
        vm.prank(address(withdraws));
        deposits.release(CHAIN, address(token), bob, 10);
        vm.warp(until);
        vm.prank(alice);
        deposits.depositERC20(CHAIN, address(token), alice, 1);
    }

    function testFuzz_EscrowIsWhatWasReceived(uint96[8] calldata amounts) public {
        uint256 total;
        for (uint256 i; i < amounts.length; ++i) {
            uint256 amount = bound(amounts[i], 1, 1_000e18);
            total += amount;
            assertEq(_depositToken(alice, amount), i + 2);
        }
        assertEq(deposits.escrow(CHAIN, address(token)), total);
        assertEq(token.balanceOf(address(deposits)), total);
    }

    function _signPermit(address signer, uint256 key, uint256 amount)
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                signer,
                address(deposits),
                amount,
                kmc.nonces(signer),
                block.timestamp
            )
        );
        return vm.sign(key, keccak256(abi.encodePacked("\x19\x01", kmc.DOMAIN_SEPARATOR(), structHash)));
    }
}
