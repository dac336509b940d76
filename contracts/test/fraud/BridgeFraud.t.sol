// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DeliveryArguments} from "../../src/bridge/DeliveryCall.sol";
import {DepositKind} from "../../src/bridge/IDepositManager.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";
import {DeliveryLog} from "../../src/fraud/DeliveryLog.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {BridgeFraudBase} from "./BridgeFraudBase.sol";

contract BridgeFraudTest is BridgeFraudBase {
    // kind 10

    function _judge(DeliveryArguments memory called, LogItem[] memory logs) private returns (Verdict memory) {
        return this.judgeCall(deliverCall(called), 0, Predeploys.CHILD_BRIDGE, logs);
    }

    /// @dev The delivery's own log is the last one.
    function judgeCall(bytes memory data, uint256 value, address to, LogItem[] memory logs)
        external
        returns (Verdict memory)
    {
        Span memory span = oneCall(callTx(producerKey, 0, to, value, data), 1, logs);
        return bridgeFraud.validateDepositTx(
            receiptOf(span, 0, 1), uint32(logs.length - 1), span.blocks[0].header
        );
    }

    function _expectHonest(DeliveryArguments memory d, LogItem[] memory logs) private {
        vm.expectRevert(notFraud("as deposited"));
        this.judgeCall(deliverCall(d), 0, Predeploys.CHILD_BRIDGE, logs);
    }

    function test_mismatch_anotherAmountConvicts() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        d.amount = 6 ether;
        LogItem[] memory logs = deliveredLogs(d);
        Span memory span = oneCall(callTx(producerKey, 0, Predeploys.CHILD_BRIDGE, 0, deliverCall(d)), 1, logs);
        Verdict memory v = bridgeFraud.validateDepositTx(receiptOf(span, 0, 1), 1, span.blocks[0].header);
        assertEq(v.offenceId, receiptOffence(span, 0, 1));
        assertEq(v.class, 1);
        assertEq(v.number, 1);
        assertEq(v.blockHash, span.blocks[0].hash);
        assertEq(v.leaf, BlockTree.leafOf(proofOf(span, 0)));
        assertEq(v.producer, producer);
        v = bridgeFraud.validateDepositTx(receiptOf(span, 0, 1), 1, "");
        assertEq(v.offenceId, receiptOffence(span, 0, 1));
        assertEq(v.blockHash, 0);
        assertTrue(v.leaf != 0);
    }

    function test_mismatch_everyFieldOfTheDepositCounts() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        d.recipient = address(0xbad);
        _judge(d, deliveredLogs(d));
        d = depositOf(1, 5 ether);
        d.createdAt -= 1;
        _judge(d, deliveredLogs(d));
        d = depositOf(1, 5 ether);
        d.data = hex"01";
        _judge(d, deliveredLogs(d));
        d = depositOf(1, 5 ether);
        d.rootToken = KMC_ROOT;
        _judge(d, deliveredLogs(d));
        d = depositOf(1, 5 ether);
        d.kind = DepositKind.Native;
        _judge(d, deliveredLogs(d));
        // A deposit that was never made.
        d = depositOf(1, 5 ether);
        d.id = 2;
        _judge(d, deliveredLogs(d));
    }

    function test_mismatch_everyFieldOfTheLogCounts() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        _expectHonest(d, deliveredLogs(d));
        for (uint256 field; field < 5; ++field) {
            DeliveryArguments memory told = depositOf(1, 5 ether);
            if (field == 0) told.recipient = address(0xbad);
            if (field == 1) told.amount -= 1;
            if (field == 2) told.rootToken = address(0xbad);
            if (field == 3) told.id = 7;
            // Nothing but the hash in the log.
            if (field == 4) told.createdAt += 1;
            LogItem[] memory logs = deliveredLogs(d);
            logs[1] = deliveryLog(told, CHILD_TOKEN, true);
            _judge(d, logs);
        }
    }

    function test_mismatch_otherTokenThanTheMappedOneConvicts() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        LogItem[] memory logs = new LogItem[](2);
        logs[0] = creditLog(address(0xbad), d.rootToken, d.recipient, d.amount, 0, 1);
        logs[1] = deliveryLog(d, address(0xbad), true);
        _judge(d, logs);
    }

    function test_mismatch_creditWithoutItsLogConvicts() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        _judge(d, only(deliveryLog(d, CHILD_TOKEN, true)));
        LogItem[] memory logs = deliveredLogs(d);
        logs[0].data = abi.encode(d.amount - 1, 0, d.amount - 1, 1);
        _judge(d, logs);
        logs[0] = creditLog(CHILD_TOKEN, d.rootToken, address(0xbad), d.amount, 0, 1);
        _judge(d, logs);
        // The log of the credit stands before that of the delivery.
        logs = deliveredLogs(d);
        (logs[0], logs[1]) = (logs[1], logs[0]);
        Span memory span = oneCall(callTx(producerKey, 0, Predeploys.CHILD_BRIDGE, 0, deliverCall(d)), 1, logs);
        assertEq(bridgeFraud.validateDepositTx(receiptOf(span, 0, 1), 0, "").number, 1);
    }

    function test_mismatch_parkedDeliveryNamesNoToken() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        _expectHonest(d, only(deliveryLog(d, address(0), false)));
        _judge(d, only(deliveryLog(d, CHILD_TOKEN, false)));
    }

    function test_mismatch_messagesAreNeverCredited() public {
        DeliveryArguments memory d = depositOf(1, 0);
        d.kind = DepositKind.Message;
        held(d);
        _judge(d, only(deliveryLog(d, CHILD_TOKEN, true)));
        _expectHonest(d, only(deliveryLog(d, address(0), false)));
    }

    function test_mismatch_nativeCoinsAndMappingsAreHonest() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        (d.kind, d.rootToken) = (DepositKind.Native, KMC_ROOT);
        held(d);
        LogItem[] memory logs = new LogItem[](3);
        logs[0] = creditLog(Predeploys.KOMA_NATIVE, KMC_ROOT, d.recipient, d.amount, 4, 0);
        // The recipient is a contract that logs what it gets.
        (logs[1].emitter, logs[1].topics, logs[1].data) = (d.recipient, new bytes32[](0), hex"1234");
        logs[2] = deliveryLog(d, Predeploys.KOMA_NATIVE, true);
        _expectHonest(d, logs);
        logs[0].emitter = CHILD_TOKEN;
        _judge(d, logs);

        d = DeliveryArguments(
            2, DepositKind.MapToken, ROOT_TOKEN, address(0), 0, abi.encode("Plain", "PLN", uint8(6)), uint40(GENESIS_TIME)
        );
        held(d);
        _expectHonest(d, only(deliveryLog(d, CHILD_TOKEN, true)));
    }

    function test_mismatch_deliveryBeforeTheDepositConvicts() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        // The block's time is GENESIS_TIME + 1.
        d.createdAt += 1;
        held(d);
        _expectHonest(d, deliveredLogs(d));
        d.createdAt += 1;
        held(d);
        _judge(d, deliveredLogs(d));
    }

    function test_mismatch_logOfAnythingButADeliveryCallConvicts() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        LogItem[] memory logs = deliveredLogs(d);
        bytes memory data = deliverCall(d);
        this.judgeCall(data, 0, address(0xbad), logs);
        this.judgeCall(data, 0, address(0), logs);
        this.judgeCall(data, 1, Predeploys.CHILD_BRIDGE, logs);
        this.judgeCall("", 0, Predeploys.CHILD_BRIDGE, logs);
        data[0] ^= 0x01;
        this.judgeCall(data, 0, Predeploys.CHILD_BRIDGE, logs);
        // Trailing bytes are no fault of the call.
        vm.expectRevert(notFraud("as deposited"));
        this.judgeCall(bytes.concat(deliverCall(d), hex"00ff"), 0, Predeploys.CHILD_BRIDGE, logs);
    }

    function test_mismatch_notFraud() public {
        DeliveryArguments memory d = depositOf(1, 5 ether);
        bytes memory raw = callTx(producerKey, 0, Predeploys.CHILD_BRIDGE, 0, deliverCall(d));
        Span memory span = oneCall(raw, 0, deliveredLogs(d));
        vm.expectRevert(notFraud("failed transaction"));
        bridgeFraud.validateDepositTx(receiptOf(span, 0, 1), 1, "");
        span = oneCall(raw, 1, deliveredLogs(d));
        vm.expectRevert(abi.encodeWithSelector(DeliveryLog.NotDeliveryLog.selector, CHILD_TOKEN));
        bridgeFraud.validateDepositTx(receiptOf(span, 0, 1), 0, "");
        // Somebody else's event of the same form.
        LogItem[] memory logs = deliveredLogs(d);
        logs[1].emitter = address(0xbad);
        span = oneCall(raw, 1, logs);
        vm.expectRevert(abi.encodeWithSelector(DeliveryLog.NotDeliveryLog.selector, address(0xbad)));
        bridgeFraud.validateDepositTx(receiptOf(span, 0, 1), 1, "");
    }

    function testFuzz_mismatch_depositAsMadeConvictsNobody(uint64 id, uint256 amount, address to, uint40 before) public {
        DeliveryArguments memory d =
            DeliveryArguments(id, DepositKind.ERC20, ROOT_TOKEN, to, amount, "", uint40(GENESIS_TIME - before % 1000));
        held(d);
        _expectHonest(d, only(deliveryLog(d, address(0), false)));
        amount = amount >> 1;
        d.amount = amount;
        held(d);
        _expectHonest(d, deliveredLogs(d));
    }

    // kind 11

    function _two(uint64 first, uint64 second) private returns (Span memory) {
        return twoLogs(
            deliveryLog(depositOf(first, 1), CHILD_TOKEN, true), deliveryLog(depositOf(second, 1), CHILD_TOKEN, true)
        );
    }

    function test_duplicate_oneIdTwiceConvictsTheLaterBlock() public {
        Span memory span = _two(4, 4);
        Verdict memory v = bridgeFraud.validateDuplicateDepositTx(
            logProofOf(span, 1, 0, 0), logProofOf(span, 0, 0, 0), span.blocks[1].header
        );
        assertEq(v.offenceId, receiptOffence(span, 1, 0));
        assertEq(v.blockHash, span.blocks[1].hash);
        assertEq(v.class, 1);
        bytes memory evidence =
            abi.encode(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), span.blocks[1].header);
        assertEq(manager.challenge(11, evidence), v.offenceId);
        assertFalse(checkpoints.isLive(CHAIN, 1));
        assertEq(stakes.orderAt(0).producerKey, producer);
    }

    function test_duplicate_descendingIdsConvict() public {
        Span memory span = _two(4, 3);
        bridgeFraud.validateDuplicateDepositTx(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), "");
    }

    function test_duplicate_notFraud() public {
        Span memory span = _two(4, 5);
        vm.expectRevert(notFraud("ordered"));
        bridgeFraud.validateDuplicateDepositTx(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), "");
        vm.expectRevert(notFraud("ordered"));
        bridgeFraud.validateDuplicateDepositTx(logProofOf(span, 1, 0, 0), logProofOf(span, 0, 0, 0), "");
        vm.expectRevert(notFraud("same position"));
        bridgeFraud.validateDuplicateDepositTx(logProofOf(span, 1, 0, 0), logProofOf(span, 1, 0, 0), "");
        // A gap is not shown by two deliveries.
        span = _two(4, 9);
        vm.expectRevert(notFraud("ordered"));
        bridgeFraud.validateDuplicateDepositTx(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), "");
        Sealed[] memory blocks = span.blocks;
        setReceipt(blocks[1], 0, 0, only(deliveryLog(depositOf(4, 1), CHILD_TOKEN, true)));
        span = submit(2, blocks);
        vm.expectRevert(notFraud("failed transaction"));
        bridgeFraud.validateDuplicateDepositTx(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), "");
    }

    function test_onlyItsOwnKinds() public {
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 12));
        bridgeFraud.verify(12, "");
    }
}
