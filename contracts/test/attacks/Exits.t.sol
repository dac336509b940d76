// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Exit, ExitStatus} from "../../src/bridge/ExitTypes.sol";
import {UtxoLog} from "../../src/bridge/UtxoLog.sol";
import {WithdrawManager} from "../../src/bridge/WithdrawManager.sol";
import {LogProof} from "../../src/fraud/ProofTypes.sol";
import {ReceiptDecoder} from "../../src/fraud/proofs/ReceiptDecoder.sol";
import {BridgeFixture} from "../bridge/BridgeFixture.sol";
import {FailingToken, HookToken, ITokenHook, SilentToken} from "../bridge/OddTokens.sol";
import {TestLog} from "../bridge/ReceiptBuilder.sol";

/// @notice AT-02, AT-03, AT-18, AT-19, AT-20, AT-25 and AT-28 of the attack catalogue.
contract ExitAttacks is BridgeFixture {
    function setUp() public override {
        super.setUp();
        _depositToken(alice, 1_000);
    }

    function test_AT02_EveryBurnOfATransactionExitsOnceUnderItsOwnId() public {
        TestLog[] memory logs = new TestLog[](12);
        for (uint64 i; i < 12; ++i) {
            logs[i] = _tokenBurn(alice, 1, 100 - i, i + 2);
        }
        LogProof memory p = _checkpoint(1, logs, 0);
        bytes32[] memory ids = new bytes32[](12);
        for (uint32 i; i < 12; ++i) {
            p.logIndex = i;
            ids[i] = _startExit(bob, p);
            for (uint256 j; j < i; ++j) {
                assertTrue(ids[i] != ids[j]);
            }
        }
        _pass(20);
        assertEq(withdraws.processExits(CHAIN, address(token), 100), 12);
        assertEq(token.balanceOf(alice), 1_000_000e18 - 1_000 + 12);
    }

    function test_AT02_WrongLogIndexProvesNothing() public {
        TestLog[] memory logs = new TestLog[](2);
        logs[0] = _tokenBurn(alice, 1, 100, 2);
        logs[1] = _tokenBurn(alice, 1, 100, 2);
        logs[1].topics[0] = keccak256("Transfer(address,address,uint256)");
        LogProof memory p = _checkpoint(1, logs, 1);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(UtxoLog.NotWithdrawLog.selector, logs[1].topics[0]));
        withdraws.startExit{value: BOND}(p);
        p.logIndex = 2;
        vm.expectRevert(abi.encodeWithSelector(ReceiptDecoder.NoSuchLog.selector, uint32(2), uint256(2)));
        withdraws.startExit{value: BOND}(p);
    }

    function test_AT03_TimeDoesNotRenameABurn() public {
        LogProof memory p = _checkpointBurn(_tokenBurn(alice, 10, 10, 2));
        bytes32 exitId = _startExit(alice, p);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.ExitExists.selector, exitId, ExitStatus.Queued));
        withdraws.startExit{value: BOND}(p);
        _pass(20);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.ExitExists.selector, exitId, ExitStatus.Queued));
        withdraws.startExit{value: BOND}(p);
        withdraws.processExits(CHAIN, address(token), 1);
        _pass(365 days);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.ExitExists.selector, exitId, ExitStatus.Paid));
        withdraws.startExit{value: BOND}(p);
    }

    function test_AT18_FailingPayoutIsClaimableAndTheQueueGoesOn() public {
        FailingToken.Mode[3] memory modes =
            [FailingToken.Mode.Reverts, FailingToken.Mode.ReturnsFalse, FailingToken.Mode.BurnsAllGas];
        for (uint256 i; i < modes.length; ++i) {
            FailingToken odd = _listFailingToken();
            LogProof memory first = _checkpointBurn(_oddBurn(address(odd), alice, 10));
            LogProof memory second = _checkpointBurn(_oddBurn(address(odd), bob, 20));
            bytes32 one = _startExit(alice, first);
            bytes32 two = _startExit(bob, second);
            _pass(20);
            odd.setMode(modes[i]);
            vm.expectEmit(address(withdraws));
            emit WithdrawManager.ExitClaimable(one, alice);
            assertEq(withdraws.processExits(CHAIN, address(odd), 10), 2);
            assertEq(uint8(withdraws.exitAt(two).status), uint8(ExitStatus.Claimable));

            odd.setMode(FailingToken.Mode.Works);
            vm.prank(alice);
            withdraws.claim(one, alice);
            vm.prank(bob);
            withdraws.claim(two, bob);
            assertEq(odd.balanceOf(alice), 10);
            assertEq(odd.balanceOf(bob), 20);
        }
    }

    function test_AT18_AT20_TokenWithoutReturnValueIsPaid() public {
        SilentToken odd = new SilentToken();
        address oddChild = registry.mapToken(CHAIN, address(odd));
        odd.mint(alice, 100);
        vm.startPrank(alice);
        odd.approve(address(deposits), 100);
        deposits.depositERC20(CHAIN, address(odd), alice, 60);
        deposits.seedEscrow(CHAIN, address(odd), 40);
        vm.stopPrank();
        TestLog memory log = _burnLog(oddChild, address(odd), alice, bob, 100, 100, 2);
        _startExit(alice, _checkpointBurn(log));
        _pass(20);
        withdraws.processExits(CHAIN, address(odd), 1);
        assertEq(odd.balanceOf(bob), 100);
    }

    function test_AT19_LittleGasNeverTurnsAPaymentIntoAFailure() public {
        bytes32 exitId = _startExit(alice, _checkpointBurn(_tokenBurn(alice, 10, 10, 2)));
        _pass(20);
        bool paid;
        for (uint256 gasLimit = 60_000; gasLimit <= 900_000 && !paid; gasLimit += 10_000) {
            try withdraws.processExits{gas: gasLimit}(CHAIN, address(token), 1) returns (uint256 processed) {
                assertEq(processed, 1);
                paid = true;
            } catch (bytes memory reason) {
                // Either the contract's own refusal or plainly out of gas; in both cases nothing has happened.
                if (reason.length != 0) assertEq(bytes4(reason), WithdrawManager.InsufficientGas.selector);
                assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.Queued));
            }
        }
        assertTrue(paid);
        assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.Paid));
    }

    function test_AT25_NoFunctionCanBeReenteredFromATokensHook() public {
        HookToken odd = new HookToken();
        address oddChild = registry.mapToken(CHAIN, address(odd));
        odd.mint(alice, 1_000);
        LogProof memory burn = _checkpointBurn(_burnLog(oddChild, address(odd), alice, alice, 5, 10, 2));
        LogProof memory other = _checkpointBurn(_burnLog(oddChild, address(odd), bob, bob, 5, 10, 2));
        Reentrant attacker = new Reentrant(this, other);
        vm.deal(address(attacker), 1 ether);
        vm.startPrank(alice);
        odd.approve(address(deposits), 1_000);
        deposits.depositERC20(CHAIN, address(odd), alice, 100);
        vm.stopPrank();

        // During a deposit: a second deposit, and processing exits, which would fail their payments.
        bytes32 exitId = _startExit(alice, burn);
        _pass(20);
        odd.setHook(attacker);
        vm.prank(alice);
        deposits.depositERC20(CHAIN, address(odd), alice, 100);
        assertEq(attacker.refused(), attacker.ATTEMPTS());
        assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.Queued));

        // During a payment.
        withdraws.processExits(CHAIN, address(odd), 1);
        assertEq(attacker.refused(), 2 * attacker.ATTEMPTS());
        assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.Paid));
        assertEq(deposits.escrow(CHAIN, address(odd)), 195);
        assertEq(odd.balanceOf(address(deposits)), 195);
    }

    function test_AT25_BondRefundCannotBeReentered() public {
        GreedyBonder greedy = new GreedyBonder(withdraws);
        vm.deal(address(greedy), BOND);
        _startExit(address(greedy), _checkpointBurn(_tokenBurn(alice, 10, 10, 2)));
        _startExit(bob, _checkpointBurn(_tokenBurn(bob, 10, 10, 2)));
        _pass(20);
        withdraws.processExits(CHAIN, address(token), 2);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.OwedTransferFailed.selector, address(greedy)));
        greedy.take();
        assertEq(address(withdraws).balance, 2 * uint256(BOND));
        greedy.beModest();
        greedy.take();
        assertEq(address(greedy).balance, BOND);
    }

    function test_AT28_ExitOnADeadCheckpointIsVoidedAndTheBurnExitsAnew() public {
        TestLog memory burn = _tokenBurn(alice, 10, 10, 2);
        LogProof memory p = _checkpointAt(5, 1, _only(burn), 0);
        bytes32 exitId = _startExit(bob, p);
        checkpoints.reject(CHAIN, p.b.checkpoint);
        // The re-made chain: other root under the same number.
        _checkpointAt(6, 1, _only(_tokenBurn(carol, 1, 1, 2)), 0);
        _pass(20);
        vm.expectEmit(address(withdraws));
        emit WithdrawManager.ExitVoided(exitId);
        withdraws.processExits(CHAIN, address(token), 10);
        assertEq(withdraws.owed(bob), BOND);
        assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.None));
        assertEq(deposits.escrow(CHAIN, address(token)), 1_000);

        // It contains the burn again, at the same place.
        LogProof memory again = _checkpointAt(5, 1, _only(burn), 0);
        assertEq(_startExit(carol, again), exitId);
        _pass(20);
        withdraws.processExits(CHAIN, address(token), 10);
        assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.Paid));
        assertEq(deposits.escrow(CHAIN, address(token)), 990);
    }

    function test_AT28_DeadExitIsVoidedOnRequestAndPunishesNobody() public {
        LogProof memory p = _checkpointBurn(_tokenBurn(alice, 10, 10, 2));
        bytes32 exitId = _startExit(bob, p);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.CheckpointLive.selector, p.b.checkpoint));
        withdraws.challengeExitChain(exitId);
        checkpoints.reject(CHAIN, p.b.checkpoint);
        LogProof memory other = _checkpointAt(7, 1, _only(_tokenBurn(alice, 3, 10, 2)), 0);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.CheckpointDead.selector, p.b.checkpoint));
        withdraws.challengeExitLog(exitId, other);
        withdraws.challengeExitChain(exitId);
        assertEq(withdraws.owed(bob), BOND);
        // The old entry of the queue no longer stands for anything.
        bytes32 again = _startExit(carol, _checkpointAt(p.b.number, 1, _only(_tokenBurn(alice, 10, 10, 2)), 0));
        assertEq(again, exitId);
        assertEq(withdraws.queueLength(CHAIN, address(token)), 2);
        _pass(40);
        withdraws.processExits(CHAIN, address(token), 10);
        assertEq(deposits.escrow(CHAIN, address(token)), 990);
    }

    function attemptDeposit(address odd) external {
        deposits.depositERC20(CHAIN, odd, alice, 1);
    }

    function startExitOf(LogProof calldata p) external payable {
        withdraws.startExit{value: msg.value}(p);
    }

    function bridge() external view returns (address, WithdrawManager) {
        return (address(deposits), withdraws);
    }

    function _listFailingToken() private returns (FailingToken odd) {
        odd = new FailingToken();
        registry.mapToken(CHAIN, address(odd));
        odd.mint(alice, 100);
        vm.startPrank(alice);
        odd.approve(address(deposits), 30);
        deposits.depositERC20(CHAIN, address(odd), alice, 30);
        odd.transfer(address(1), 70);
        vm.stopPrank();
    }

    function _oddBurn(address odd, address account, uint256 amount) private view returns (TestLog memory) {
        return _burnLog(registry.childTokenOf(CHAIN, odd), odd, account, account, amount, amount, 2);
    }
}

/// @notice Tries every entry of the bridge from within a token's hook and counts the refusals.
contract Reentrant is ITokenHook {
    uint256 public constant ATTEMPTS = 5;
    uint256 public refused;

    ExitAttacks private immutable _test;
    LogProof private _other;
    bool private _inside;

    constructor(ExitAttacks test, LogProof memory other) {
        _test = test;
        _other = other;
    }

    function onToken() external {
        // The attempts move the token themselves when they are not refused.
        if (_inside) return;
        _inside = true;
        (address deposits, WithdrawManager withdraws) = _test.bridge();
        uint64 chain = 80401;
        _try(
            deposits,
            0,
            abi.encodeWithSignature("depositERC20(uint64,address,address,uint256)", chain, msg.sender, address(this), 1)
        );
        _try(deposits, 0, abi.encodeWithSignature("seedEscrow(uint64,address,uint256)", chain, msg.sender, 1));
        _try(address(withdraws), 0, abi.encodeCall(withdraws.processExits, (chain, msg.sender, 1)));
        _try(address(withdraws), 0, abi.encodeCall(withdraws.processExit, (bytes32(0))));
        _tryStart(withdraws);
        _inside = false;
    }

    function _try(address target, uint256 value, bytes memory call) private {
        (bool done, bytes memory reason) = target.call{value: value}(call);
        if (!done && bytes4(reason) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector) ++refused;
        // Outside a payment nothing is under way in WithdrawManager: an unknown exit is refused as such.
        if (!done && bytes4(reason) == WithdrawManager.NotQueued.selector) ++refused;
    }

    /// @dev Only while WithdrawManager pays is starting an exit refused; during a deposit it is harmless.
    function _tryStart(WithdrawManager withdraws) private {
        LogProof memory p = _other;
        (bool done, bytes memory reason) =
            address(withdraws).call{value: 0.001 ether}(abi.encodeCall(withdraws.startExit, (p)));
        if (done || bytes4(reason) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector) ++refused;
    }
}

contract GreedyBonder {
    WithdrawManager private immutable _withdraws;
    bool private _modest;

    constructor(WithdrawManager withdraws) {
        _withdraws = withdraws;
    }

    function beModest() external {
        _modest = true;
    }

    function take() external {
        _withdraws.withdrawOwed(payable(address(this)));
    }

    receive() external payable {
        if (!_modest) _withdraws.withdrawOwed(payable(address(this)));
    }
}
