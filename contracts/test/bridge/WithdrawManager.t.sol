// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Exit, ExitStatus} from "../../src/bridge/ExitTypes.sol";
import {UtxoLog} from "../../src/bridge/UtxoLog.sol";
import {WithdrawManager} from "../../src/bridge/WithdrawManager.sol";
import {IKomaToken} from "../../src/child/IKomaToken.sol";
import {LogProof} from "../../src/fraud/ProofTypes.sol";
import {Proofs} from "../../src/fraud/proofs/Proofs.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {TestLog} from "./ReceiptBuilder.sol";

contract WithdrawManagerTest is BridgeFixture {
    function setUp() public override {
        super.setUp();
        _depositToken(alice, 1_000);
    }

    function test_BurnIsPaidToItsRecipientAfterThePeriod() public {
        LogProof memory p = _checkpointBurn(_burnLog(child, address(token), alice, bob, 100, 400, 3));
        bytes32 exitId = _startExit(carol, p);
        Exit memory e = withdraws.exitAt(exitId);
        assertEq(uint8(e.status), uint8(ExitStatus.Queued));
        assertEq(e.account, alice);
        assertEq(e.amount, 100);
        assertEq(e.seq, 3);
        assertEq(e.input1, 400);
        assertEq(e.bonder, carol);
        // Not before the challenge period is over, which is longer than the exit period.
        assertEq(e.exitableAt, block.timestamp + 20);
        assertEq(nft.ownerOf(uint256(exitId)), bob);

        assertEq(withdraws.processExits(CHAIN, address(token), 10), 0);
        vm.warp(e.exitableAt);
        vm.expectEmit(address(withdraws));
        emit WithdrawManager.ExitPaid(exitId, bob, 100);
        assertEq(withdraws.processExits(CHAIN, address(token), 10), 1);
        assertEq(token.balanceOf(bob), 100);
        assertEq(deposits.escrow(CHAIN, address(token)), 900);
        assertEq(withdraws.owed(carol), BOND);
        assertEq(withdraws.queueLength(CHAIN, address(token)), 0);

        vm.prank(carol);
        withdraws.withdrawOwed(payable(carol));
        assertEq(carol.balance, 10 ether);
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NothingOwed.selector, carol));
        withdraws.withdrawOwed(payable(carol));
    }

    function test_OldBurnWaitsHalfAPeriod() public {
        LogProof memory p = _checkpointBurn(_tokenBurn(alice, 1, 10, 2));
        _pass(1 days);
        bytes32 exitId = _startExit(alice, p);
        assertEq(withdraws.exitAt(exitId).exitableAt, block.timestamp + EXIT_PERIOD / 2);
    }

    function test_NativeBurnIsPaidInKMC() public {
        vm.startPrank(alice);
        kmc.approve(address(deposits), 50);
        deposits.depositKMC(CHAIN, alice, 50);
        vm.stopPrank();
        bytes32 exitId = _startExit(alice, _checkpointBurn(_nativeBurn(bob, 50)));
        _pass(20);
        withdraws.processExit(exitId);
        assertEq(kmc.balanceOf(bob), 50);
    }

    function test_TheHolderOfTheNFTIsPaid() public {
        bytes32 exitId = _startExit(alice, _checkpointBurn(_tokenBurn(alice, 10, 10, 2)));
        vm.prank(alice);
        nft.transferFrom(alice, carol, uint256(exitId));
        _pass(20);
        withdraws.processExits(CHAIN, address(token), 1);
        assertEq(token.balanceOf(carol), 10);
    }

    function test_RefusesLogsThatAreNoBurns() public {
        TestLog memory log = _tokenBurn(alice, 10, 10, 2);
        _expectRefusal(_checkpoint(0, _only(log), 0), abi.encodeWithSelector(WithdrawManager.FailedReceipt.selector));

        log.emitter = bob;
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(WithdrawManager.WrongEmitter.selector, bob, child));

        log = _burnLog(child, address(kmc), alice, alice, 10, 10, 2);
        _expectRefusal(
            _checkpointBurn(log),
            abi.encodeWithSelector(WithdrawManager.WrongEmitter.selector, child, registry.KOMA_NATIVE())
        );

        log = _burnLog(child, address(0xdead), alice, alice, 10, 10, 2);
        _expectRefusal(
            _checkpointBurn(log), abi.encodeWithSelector(WithdrawManager.WrongEmitter.selector, child, address(0))
        );

        log = _tokenBurn(alice, 10, 10, 2);
        log.topics[0] = IKomaToken.LogDeposit.selector;
        _expectRefusal(
            _checkpointBurn(log),
            abi.encodeWithSelector(UtxoLog.NotWithdrawLog.selector, IKomaToken.LogDeposit.selector)
        );

        log = _tokenBurn(alice, 10, 10, 2);
        log.topics[2] = bytes32(uint256(log.topics[2]) | 1 << 200);
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(UtxoLog.BadAddressTopic.selector, log.topics[2]));

        log = _tokenBurn(alice, 10, 10, 2);
        log.data = abi.encode(10, 10, 0, 2, 0);
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(UtxoLog.BadData.selector, 160));

        log.data = abi.encode(10, 10, 0, uint256(1) << 64);
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(UtxoLog.BadSequence.selector, uint256(1) << 64));

        log.data = abi.encode(10, 12, 3, 2);
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(WithdrawManager.BadArithmetic.selector, 12, 3, 10));

        log.data = abi.encode(0, 12, 12, 2);
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(WithdrawManager.ZeroExit.selector));

        log.data = abi.encode(10, 10, 0, 1);
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(UtxoLog.BadSequence.selector, 1));

        log = _burnLog(child, address(token), alice, address(0), 10, 10, 2);
        _expectRefusal(_checkpointBurn(log), abi.encodeWithSelector(WithdrawManager.ZeroRecipient.selector));
    }

    function test_TheBondIsExact() public {
        LogProof memory p = _checkpointBurn(_tokenBurn(alice, 10, 10, 2));
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.BadBond.selector, BOND, BOND - 1));
        withdraws.startExit{value: BOND - 1}(p);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.BadBond.selector, BOND, BOND + 1));
        withdraws.startExit{value: BOND + 1}(p);
    }

    function test_PredecessorWithAnotherBalanceCancelsTheExit() public {
        // alice had 30 after her second log and burns "from 40" as her third.
        LogProof memory before = _checkpoint(1, _only(_transferLog(bob, alice, 5, 50, 25, 9, 2)), 0);
        bytes32 exitId = _startExit(alice, _checkpointBurn(_tokenBurn(alice, 40, 40, 3)));
        uint256 owedBefore = withdraws.owed(carol);
        vm.expectEmit(address(withdraws));
        emit WithdrawManager.ExitCancelled(exitId, carol, "input");
        vm.prank(carol);
        withdraws.challengeExitLog(exitId, before);
        assertEq(withdraws.owed(carol), owedBefore + BOND);
        assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.Cancelled));
        _pass(20);
        withdraws.processExits(CHAIN, address(token), 10);
        assertEq(deposits.escrow(CHAIN, address(token)), 1_000);
    }

    function test_SecondLogWithTheSameNumberCancelsTheExit() public {
        LogProof memory other = _checkpoint(1, _only(_transferLog(alice, bob, 5, 40, 0, 3, 1)), 0);
        bytes32 exitId = _startExit(alice, _checkpointBurn(_tokenBurn(alice, 40, 40, 3)));
        vm.expectEmit(address(withdraws));
        emit WithdrawManager.ExitCancelled(exitId, carol, "sequence");
        vm.prank(carol);
        withdraws.challengeExitLog(exitId, other);
    }

    function test_HonestHistoryDoesNotCancelAnExit() public {
        LogProof memory before = _checkpoint(1, _only(_transferLog(bob, alice, 5, 50, 35, 9, 2)), 0);
        LogProof memory deposit = _checkpoint(1, _only(_depositLog(alice, 35, 0, 1)), 0);
        LogProof memory foreign = _checkpoint(1, _only(_transferLog(bob, carol, 5, 50, 35, 9, 2)), 0);
        LogProof memory burn = _checkpointBurn(_tokenBurn(alice, 40, 40, 3));
        bytes32 exitId = _startExit(alice, burn);
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NotContradicting.selector, uint64(2), 40));
        withdraws.challengeExitLog(exitId, before);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NotContradicting.selector, uint64(1), 35));
        withdraws.challengeExitLog(exitId, deposit);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NotContradicting.selector, uint64(3), 0));
        withdraws.challengeExitLog(exitId, burn);
        vm.expectRevert(abi.encodeWithSelector(UtxoLog.NotParty.selector, alice));
        withdraws.challengeExitLog(exitId, foreign);
    }

    function test_NativeExitHasNoLogChallenge() public {
        LogProof memory burn = _checkpointBurn(_nativeBurn(bob, 50));
        bytes32 exitId = _startExit(alice, burn);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NoSequence.selector, exitId));
        withdraws.challengeExitLog(exitId, burn);
    }

    function test_OpenChallengeDefersTheExitWithoutBlockingOthers() public {
        LogProof memory first = _checkpointBurn(_tokenBurn(alice, 1, 10, 2));
        LogProof memory second = _checkpointBurn(_tokenBurn(bob, 2, 10, 2));
        bytes32 early = _startExit(alice, first);
        bytes32 late = _startExit(alice, second);
        checkpoints.setOpenChallenges(CHAIN, second.b.checkpoint, 1);
        _pass(20);
        assertEq(withdraws.processExits(CHAIN, address(token), 10), 2);
        assertEq(uint8(withdraws.exitAt(early).status), uint8(ExitStatus.Paid));
        assertEq(uint8(withdraws.exitAt(late).status), uint8(ExitStatus.Queued));
        assertGt(withdraws.exitAt(late).exitableAt, block.timestamp);
        checkpoints.setOpenChallenges(CHAIN, second.b.checkpoint, 0);
        vm.warp(withdraws.exitAt(late).exitableAt);
        withdraws.processExits(CHAIN, address(token), 10);
        assertEq(token.balanceOf(bob), 2);
    }

    function test_OlderBurnComesFirst() public {
        LogProof memory older = _checkpointBurn(_tokenBurn(alice, 1, 10, 2));
        LogProof memory younger = _checkpointBurn(_tokenBurn(bob, 2, 10, 2));
        _startExit(alice, younger);
        _startExit(alice, older);
        _pass(20);
        withdraws.processExits(CHAIN, address(token), 1);
        assertEq(uint8(withdraws.exitAt(_exitIdOf(older)).status), uint8(ExitStatus.Paid));
        assertEq(uint8(withdraws.exitAt(_exitIdOf(younger)).status), uint8(ExitStatus.Queued));
    }

    function test_ProcessExitDoesNotOvertakeAPayableOne() public {
        bytes32 older = _startExit(alice, _checkpointBurn(_tokenBurn(alice, 1, 10, 2)));
        bytes32 younger = _startExit(alice, _checkpointBurn(_tokenBurn(bob, 2, 10, 2)));
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NotDue.selector, uint40(block.timestamp) + 20));
        withdraws.processExit(younger);
        _pass(20);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.EarlierExit.selector, older));
        withdraws.processExit(younger);
        withdraws.processExit(older);
        withdraws.processExit(younger);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NotQueued.selector, younger, ExitStatus.Paid));
        withdraws.processExit(younger);
    }

    function test_ExitBeyondTheEscrowWaitsAsClaimable() public {
        bytes32 exitId = _startExit(alice, _checkpointBurn(_tokenBurn(bob, 5_000, 9_000, 2)));
        _pass(20);
        withdraws.processExits(CHAIN, address(token), 1);
        assertEq(uint8(withdraws.exitAt(exitId).status), uint8(ExitStatus.Claimable));
        _depositToken(alice, 4_000);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NotPayee.selector, address(this), bob));
        withdraws.claim(exitId, address(this));
        vm.prank(bob);
        withdraws.claim(exitId, carol);
        assertEq(token.balanceOf(carol), 5_000);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(WithdrawManager.NotClaimable.selector, exitId, ExitStatus.Paid));
        withdraws.claim(exitId, carol);
    }

    function test_ExitUnderARejectedCheckpointCannotStart() public {
        LogProof memory p = _checkpointBurn(_tokenBurn(alice, 10, 10, 2));
        checkpoints.reject(CHAIN, p.b.checkpoint);
        _expectRefusal(p, abi.encodeWithSelector(Proofs.StaleCheckpoint.selector, p.b.checkpoint));
    }

    function testFuzz_QueuePaysInOrderOfTheBurns(uint8 count, uint256 seed) public {
        uint256 exits = bound(count, 1, 20);
        LogProof[] memory proofs = new LogProof[](exits);
        for (uint256 i; i < exits; ++i) {
            proofs[i] = _checkpointBurn(_tokenBurn(address(uint160(0x1000 + i)), 1, 10, 2));
        }
        for (uint256 i = exits; i > 0; --i) {
            uint256 pick = uint256(keccak256(abi.encode(seed, i))) % i;
            _startExit(alice, proofs[pick]);
            proofs[pick] = proofs[i - 1];
        }
        _pass(20);
        for (uint256 i; i < exits; ++i) {
            withdraws.processExits(CHAIN, address(token), 1);
            assertEq(token.balanceOf(address(uint160(0x1000 + i))), 1);
        }
    }

    function _expectRefusal(LogProof memory p, bytes memory revertData) private {
        vm.prank(alice);
        vm.expectRevert(revertData);
        withdraws.startExit{value: BOND}(p);
    }

    function _transferLog(
        address from,
        address to,
        uint256 amount,
        uint256 input1,
        uint256 input2,
        uint64 fromSeq,
        uint64 toSeq
    ) private view returns (TestLog memory log) {
        log.emitter = child;
        log.topics = new bytes32[](4);
        log.topics[0] = IKomaToken.LogTransfer.selector;
        log.topics[1] = bytes32(uint256(uint160(address(token))));
        log.topics[2] = bytes32(uint256(uint160(from)));
        log.topics[3] = bytes32(uint256(uint160(to)));
        log.data = abi.encode(amount, input1, input2, input1 - amount, input2 + amount, fromSeq, toSeq);
    }

    function _depositLog(address account, uint256 amount, uint256 input, uint64 seq)
        private
        view
        returns (TestLog memory log)
    {
        log.emitter = child;
        log.topics = new bytes32[](3);
        log.topics[0] = IKomaToken.LogDeposit.selector;
        log.topics[1] = bytes32(uint256(uint160(address(token))));
        log.topics[2] = bytes32(uint256(uint160(account)));
        log.data = abi.encode(amount, input, input + amount, seq);
    }
}
