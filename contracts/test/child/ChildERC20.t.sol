// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Vm} from "forge-std/Vm.sol";

import {DepositKind} from "../../src/bridge/IDepositManager.sol";
import {ChildERC20} from "../../src/child/ChildERC20.sol";
import {ChildTokenFactory} from "../../src/child/ChildTokenFactory.sol";
import {IKomaToken} from "../../src/child/IKomaToken.sol";
import {KomaERC20} from "../../src/child/KomaERC20.sol";
import {ChildFixture} from "./ChildFixture.sol";

contract ChildERC20Test is ChildFixture {
    ChildERC20 private token;

    function setUp() public override {
        super.setUp();
        token = _mapToken();
        _deliver(DepositKind.ERC20, rootToken, alice, 100, "");
    }

    function test_StandsWhereTheFactoryAnnouncedIt() public view {
        assertEq(address(token), factory.childTokenAddress(rootToken));
        assertEq(factory.initCodeHash(), keccak256(vm.getCode("src/child/ChildERC20.sol:ChildERC20")));
        assertEq(token.name(), "Plain");
        assertEq(token.symbol(), "PLN");
        assertEq(token.decimals(), 6);
        assertEq(token.rootToken(), rootToken);
        assertEq(token.totalSupply(), 100);
    }

    function test_TransferLogsInputsOutputsAndNumbers() public {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 30);
        vm.expectEmit(address(token));
        emit IKomaToken.LogTransfer(rootToken, alice, bob, 30, 100, 0, 70, 30, 2, 1);
        vm.recordLogs();
        vm.prank(alice);
        token.transfer(bob, 30);
        assertEq(vm.getRecordedLogs().length, 2);
        assertEq(token.balanceOf(alice), 70);
        assertEq(token.balanceOf(bob), 30);
        assertEq(token.seqOf(alice), 2);
        assertEq(token.seqOf(bob), 1);
    }

    function test_SelfTransferUsesOneNumberAndChangesNothing() public {
        vm.expectEmit(address(token));
        emit IKomaToken.LogTransfer(rootToken, alice, alice, 30, 100, 100, 100, 100, 2, 2);
        vm.prank(alice);
        token.transfer(alice, 30);
        assertEq(token.balanceOf(alice), 100);
        assertEq(token.seqOf(alice), 2);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 100, 101));
        vm.prank(alice);
        token.transfer(alice, 101);
    }

    function test_ZeroTransferAdvancesBothNumbers() public {
        vm.expectEmit(address(token));
        emit IKomaToken.LogTransfer(rootToken, bob, carol, 0, 0, 0, 0, 0, 1, 1);
        vm.prank(bob);
        token.transfer(carol, 0);
        assertEq(token.seqOf(bob), 1);
        assertEq(token.seqOf(carol), 1);
    }

    function test_DepositAndWithdrawalLeaveTheirOwnLogs() public {
        vm.prank(alice);
        token.transfer(bob, 40);
        vm.expectEmit(address(token));
        emit IKomaToken.Withdraw(rootToken, bob, carol, 15, 40, 25, 2);
        vm.prank(bob);
        token.withdrawTo(carol, 15);
        assertEq(token.totalSupply(), 85);

        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), bob, 7);
        vm.expectEmit(address(token));
        emit IKomaToken.LogDeposit(rootToken, bob, 7, 25, 32, 3);
        _deliver(DepositKind.ERC20, rootToken, bob, 7, "");
        assertEq(token.totalSupply(), 92);
    }

    function test_WithdrawGoesToTheCallersOwnAddress() public {
        vm.expectEmit(address(token));
        emit IKomaToken.Withdraw(rootToken, alice, alice, 100, 100, 0, 2);
        vm.prank(alice);
        token.withdraw(100);
        vm.startPrank(alice);
        vm.expectRevert(ChildERC20.ZeroAmount.selector);
        token.withdraw(0);
        vm.expectRevert(ChildERC20.ZeroRecipient.selector);
        token.withdrawTo(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 0, 1));
        token.withdraw(1);
    }

    function test_OnlyBridgeAndFactoryMayDoTheirParts() public {
        vm.expectRevert(abi.encodeWithSelector(ChildERC20.OnlyBridge.selector, address(this)));
        token.creditDeposit(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(ChildERC20.OnlyFactory.selector, address(this)));
        token.initialize(rootToken, "a", "b", 1);
        vm.prank(address(factory));
        vm.expectRevert(ChildERC20.AlreadyInitialized.selector);
        token.initialize(rootToken, "a", "b", 1);
        vm.expectRevert(abi.encodeWithSelector(ChildTokenFactory.OnlyBridge.selector, address(this)));
        factory.create(rootToken, "a", "b", 1);
    }

    function test_SupplyBeyondItsSlotIsParkedNotMinted() public {
        _deliver(DepositKind.ERC20, rootToken, bob, type(uint192).max - 100, "");
        assertEq(token.balanceOf(bob), type(uint192).max - 100);
        _deliver(DepositKind.ERC20, rootToken, bob, 1, "");
        assertEq(token.totalSupply(), type(uint192).max);
        assertTrue(bridge.claimable(bridge.lastId()) != 0);
    }

    function test_PermitIsASignedApproval() public {
        (address dave, uint256 key) = makeAddrAndKey("dave");
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                dave,
                bob,
                5,
                0,
                block.timestamp
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Plain"),
                keccak256("1"),
                block.chainid,
                address(token)
            )
        );
        assertEq(token.DOMAIN_SEPARATOR(), domain);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        vm.expectRevert(abi.encodeWithSelector(KomaERC20.ERC2612ExpiredSignature.selector, block.timestamp - 1));
        token.permit(dave, bob, 5, block.timestamp - 1, v, r, s);
        token.permit(dave, bob, 5, block.timestamp, v, r, s);
        assertEq(token.allowance(dave, bob), 5);
        assertEq(token.nonces(dave), 1);
        // The nonce is part of what was signed: the same signature now speaks for nobody.
        vm.expectPartialRevert(KomaERC20.ERC2612InvalidSigner.selector);
        token.permit(dave, bob, 5, block.timestamp, v, r, s);
    }

    /// @dev What the root chain can check of single logs, over random histories: arithmetic, numbers without gaps, and
    /// that every input is the account's last output.
    function testFuzz_EveryInputIsTheLastOutput(uint256 seed, uint8 steps) public {
        address[3] memory who = [alice, bob, carol];
        vm.recordLogs();
        for (uint256 i; i < bound(steps, 1, 40); ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            address from = who[word % 3];
            address to = who[(word >> 8) % 3];
            uint256 amount = token.balanceOf(from) == 0 ? 0 : (word >> 16) % (token.balanceOf(from) + 1);
            if ((word >> 240) % 4 == 0 && amount > 0) {
                vm.prank(from);
                token.withdrawTo(to, amount);
            } else {
                vm.prank(from);
                token.transfer(to, amount);
            }
        }
        _checkHistory(vm.getRecordedLogs());
        assertEq(token.balanceOf(alice) + token.balanceOf(bob) + token.balanceOf(carol), token.totalSupply());
    }

    mapping(address => uint256) private _lastOutput;
    mapping(address => uint256) private _lastSeq;

    function _checkHistory(Vm.Log[] memory logs) private {
        (_lastOutput[alice], _lastSeq[alice]) = (100, 1);
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IKomaToken.Withdraw.selector) {
                address account = address(uint160(uint256(logs[i].topics[2])));
                (uint256 amount, uint256 input, uint256 output, uint256 seq) =
                    abi.decode(logs[i].data, (uint256, uint256, uint256, uint256));
                assertEq(output, input - amount);
                _step(account, input, output, seq);
            } else if (topic == IKomaToken.LogTransfer.selector) {
                _checkTransfer(logs[i]);
            } else {
                assertEq(topic, IERC20.Transfer.selector);
            }
        }
    }

    function _checkTransfer(Vm.Log memory log) private {
        address from = address(uint160(uint256(log.topics[2])));
        address to = address(uint160(uint256(log.topics[3])));
        uint256[7] memory words = abi.decode(log.data, (uint256[7]));
        _step(from, words[1], words[3], words[5]);
        if (from == to) {
            assertEq(words[5], words[6]);
            assertTrue(words[1] == words[2] && words[2] == words[3] && words[3] == words[4]);
        } else {
            assertEq(words[3], words[1] - words[0]);
            assertEq(words[4], words[2] + words[0]);
            _step(to, words[2], words[4], words[6]);
        }
    }

    function _step(address account, uint256 input, uint256 output, uint256 seq) private {
        assertEq(input, _lastOutput[account]);
        assertEq(seq, _lastSeq[account] + 1);
        (_lastOutput[account], _lastSeq[account]) = (output, seq);
    }
}
