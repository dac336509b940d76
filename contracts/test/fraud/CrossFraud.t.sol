// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICrossBridgeEvents} from "../../src/child/ICrossBridge.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";
import {CrossFraud} from "../../src/fraud/CrossFraud.sol";
import {CrossLog} from "../../src/fraud/CrossLog.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {LogProof, Verdict} from "../../src/fraud/ProofTypes.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {Proofs} from "../../src/fraud/proofs/Proofs.sol";
import {BridgeFraudBase} from "./BridgeFraudBase.sol";

contract CrossFraudTest is BridgeFraudBase {
    /// @dev Where messages to CHAIN come from. Its first checkpoint is made to hold the same blocks.
    uint64 private constant SOURCE = 8888;
    uint64 private constant NONCE = 3;
    uint40 private constant DEADLINE = type(uint40).max;

    CrossFraud private crossFraud;
    address private ann = address(0xa11);
    address private ben = address(0xbe1);
    bytes32 private id = keccak256(abi.encode(SOURCE, CHAIN, NONCE));

    function setUp() public override {
        super.setUp();
        crossFraud = new CrossFraud(checkpointsAsInterface());
        manager.registerVerifier(19, crossFraud);
    }

    struct Sent {
        bytes32 msgId;
        uint64 dst;
        address rootToken;
        address recipient;
        uint256 amount;
        uint40 deadline;
    }

    struct Received {
        bytes32 msgId;
        uint64 src;
        address rootToken;
        address recipient;
        uint256 amount;
    }

    function _sent() private view returns (Sent memory) {
        return Sent(id, CHAIN, ROOT_TOKEN, ben, 70, DEADLINE);
    }

    function _received() private view returns (Received memory) {
        return Received(id, SOURCE, ROOT_TOKEN, ben, 70);
    }

    function _log(Sent memory s) private view returns (LogItem memory item) {
        item.emitter = Predeploys.CROSS_BRIDGE;
        item.topics = new bytes32[](4);
        item.topics[0] = ICrossBridgeEvents.CrossSent.selector;
        (item.topics[1], item.topics[2], item.topics[3]) = (s.msgId, bytes32(uint256(s.dst)), word(s.rootToken));
        item.data = abi.encode(ann, s.recipient, s.amount, uint96(1), NONCE, s.deadline, keccak256(""));
    }

    function _log(Received memory r, bytes32 source) private pure returns (LogItem memory item) {
        item.emitter = Predeploys.CROSS_BRIDGE;
        item.topics = new bytes32[](4);
        item.topics[0] = ICrossBridgeEvents.CrossReceived.selector;
        (item.topics[1], item.topics[2], item.topics[3]) = (r.msgId, bytes32(uint256(r.src)), word(r.rootToken));
        item.data = abi.encode(r.recipient, r.amount, source);
    }

    function _expired(bytes32 msgId) private pure returns (LogItem memory item) {
        item.emitter = Predeploys.CROSS_BRIDGE;
        item.topics = new bytes32[](2);
        (item.topics[0], item.topics[1]) = (ICrossBridgeEvents.CrossExpired.selector, msgId);
    }

    // two ends of one message

    function _twoEnds(LogItem memory first, LogItem memory second) private returns (Span memory) {
        return twoLogs(first, second);
    }

    function judgeEnds(Span memory span) public view returns (Verdict memory) {
        return crossFraud.validateCrossReceive(
            logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), "", span.blocks[1].header
        );
    }

    function test_AT34_aMessageReceivedTwiceConvictsTheLaterBlock() public {
        Span memory span = _twoEnds(_log(_received(), keccak256("one")), _log(_received(), keccak256("two")));
        Verdict memory v = judgeEnds(span);
        assertEq(v.offenceId, receiptOffence(span, 1, 0));
        assertEq(v.class, 1);
        assertEq(v.chainId, CHAIN);
        assertEq(v.number, 1);
        assertEq(v.blockHash, span.blocks[1].hash);
        assertEq(v.signers, 0);
        // In the other order too.
        Verdict memory w = crossFraud.validateCrossReceive(
            logProofOf(span, 1, 0, 0), logProofOf(span, 0, 0, 0), "", span.blocks[1].header
        );
        assertEq(w.offenceId, v.offenceId);
    }

    function test_AT41_receivedAndExpiredConvicts() public {
        judgeEnds(_twoEnds(_log(_received(), 0), _expired(id)));
        judgeEnds(_twoEnds(_expired(id), _log(_received(), 0)));
        judgeEnds(_twoEnds(_expired(id), _expired(id)));
    }

    function test_throughChallengeManagerItRejectsTheCheckpointAndChargesTheProducer() public {
        Span memory span = _twoEnds(_log(_received(), 0), _log(_received(), 0));
        bytes memory evidence =
            abi.encode(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), "", span.blocks[1].header);
        assertEq(manager.challenge(19, evidence), receiptOffence(span, 1, 0));
        assertFalse(checkpoints.isLive(CHAIN, 1));
        assertTrue(checkpoints.bannedBlock(CHAIN, span.blocks[1].hash));
        assertEq(stakes.orderAt(0).signerBitmap, SIGNERS);
        assertEq(stakes.orderAt(0).producerKey, producer);
    }

    function test_AT34_endsOfTwoMessagesAreNoFraud() public {
        Received memory other = _received();
        other.msgId = keccak256("another message");
        Span memory span = _twoEnds(_log(_received(), 0), _log(other, 0));
        vm.expectRevert(notFraud("different messages"));
        this.judgeEnds(span);
    }

    function test_oneEndIsNoFraud() public {
        Span memory span = _twoEnds(_log(_received(), 0), _expired(keccak256("another")));
        LogProof memory one = logProofOf(span, 0, 0, 0);
        vm.expectRevert(notFraud("same position"));
        crossFraud.validateCrossReceive(one, one, "", "");
    }

    function test_endsOnTwoChainsAreNoFraud() public {
        Span memory span = _twoEnds(_log(_received(), 0), _log(_received(), 0));
        vm.expectRevert(notFraud("different chains"));
        this.judgeFirstOn(SOURCE, span);
    }

    function test_failedTransactionsAndOtherLogsAreNoFraud() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 2);
        setReceipt(blocks[0], 0, 1, only(_log(_received(), 0)));
        blocks[1].parentHash = blocks[0].hash;
        setReceipt(blocks[1], 0, 0, only(_log(_received(), 0)));
        Span memory span = submit(1, blocks);
        vm.expectRevert(notFraud("failed transaction"));
        this.judgeEnds(span);
    }

    function test_logsOfOthersAreNotTheBridges() public {
        LogItem memory foreign = _log(_received(), 0);
        foreign.emitter = CHILD_TOKEN;
        LogItem memory longer = _log(_received(), 0);
        longer.data = abi.encodePacked(longer.data, bytes32(0));
        LogItem memory named = _log(_received(), 0);
        named.topics[0] = keccak256("CrossReceived()");
        LogItem[3] memory items = [foreign, longer, named];
        for (uint256 i; i < 3; ++i) {
            Span memory span = _twoEnds(_log(_received(), 0), items[i]);
            vm.expectRevert(abi.encodeWithSelector(CrossLog.NotCrossLog.selector, items[i].emitter));
            this.judgeEnds(span);
        }
    }

    // what was received against what was sent

    /// @dev The first block is one of SOURCE too; the receipt in the second names the log in it.
    function _journey(Sent memory s, Received memory r) private returns (Span memory) {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 2);
        setReceipt(blocks[0], 0, 1, only(_log(s)));
        bytes32 source = CrossLog.sourceOf(SOURCE, blocks[0].hash, 0, 0);
        blocks[1].parentHash = blocks[0].hash;
        setReceipt(blocks[1], 0, 1, only(_log(r, source)));
        Span memory span = submit(1, blocks);
        checkpoints.put(SOURCE, 1, checkpoints.checkpointAt(CHAIN, 1));
        return span;
    }

    function judgeFirstOn(uint64 chain, Span memory span) public returns (Verdict memory) {
        checkpoints.put(chain, 1, checkpoints.checkpointAt(CHAIN, 1));
        LogProof memory first = logProofOf(span, 0, 0, 0);
        first.b.chainId = chain;
        return crossFraud.validateCrossReceive(
            first, logProofOf(span, 1, 0, 0), span.blocks[0].header, span.blocks[1].header
        );
    }

    function test_AT34_aMessageReceivedAsItWasSentIsNoFraud() public {
        Span memory span = _journey(_sent(), _received());
        vm.expectRevert(notFraud("as sent"));
        this.judgeFirstOn(SOURCE, span);
    }

    function test_everyFieldThatDiffersConvicts() public {
        for (uint256 i; i < 7; ++i) {
            Sent memory s = _sent();
            Received memory r = _received();
            if (i == 0) r.msgId = keccak256("the id of another pair");
            if (i == 1) r.src = CHAIN;
            if (i == 2) s.dst = SOURCE;
            if (i == 3) r.rootToken = KMC_ROOT;
            if (i == 4) r.recipient = ann;
            if (i == 5) r.amount = 71;
            if (i == 6) s.deadline = uint40(GENESIS_TIME);
            Span memory span = _journey(s, r);
            Verdict memory v = judgeFirstOn(SOURCE, span);
            assertEq(v.offenceId, receiptOffence(span, 1, 0));
            assertEq(v.chainId, CHAIN);
            assertEq(v.blockHash, span.blocks[1].hash);
        }
    }

    function test_theDeadlineItselfIsTooLate() public {
        Sent memory s = _sent();
        Span memory probe = _journey(s, _received());
        uint40 time = uint40(probe.blocks[1].timestamp);
        s.deadline = time;
        judgeFirstOn(SOURCE, _journey(s, _received()));
        s.deadline = time + 1;
        Span memory span = _journey(s, _received());
        vm.expectRevert(notFraud("as sent"));
        this.judgeFirstOn(SOURCE, span);
    }

    function test_anotherLogThanTheOneThatWasShownConvictsNobody() public {
        Received memory r = _received();
        r.amount = 71;
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 2);
        setReceipt(blocks[0], 0, 1, only(_log(_sent())));
        blocks[1].parentHash = blocks[0].hash;
        setReceipt(blocks[1], 0, 1, only(_log(r, CrossLog.sourceOf(SOURCE, keccak256("another branch"), 0, 0))));
        Span memory span = submit(1, blocks);
        vm.expectRevert(notFraud("another source"));
        this.judgeFirstOn(SOURCE, span);
    }

    function test_signersOfTheSourceCannotPutForgedReceiptsUnderItsBlock() public {
        Span memory honest = _journey(_sent(), _received());
        Sent memory s = _sent();
        s.amount = 71;
        Sealed[] memory forged = new Sealed[](1);
        forged[0] = honestBlocks(keccak256("genesis"), 1, 1)[0];
        setReceipt(forged[0], 0, 1, only(_log(s)));
        bytes memory forgedHeader = forged[0].header;
        forged[0].hash = honest.blocks[0].hash;
        Span memory lie = submit(2, forged);
        checkpoints.put(SOURCE, 2, checkpoints.checkpointAt(CHAIN, 2));

        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "receiptsRoot"));
        this.judgeAgainst(lie, honest.blocks[0].header, honest);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        this.judgeAgainst(lie, forgedHeader, honest);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        this.judgeAgainst(lie, "", honest);
    }

    function judgeAgainst(Span memory origin, bytes memory sentHeader, Span memory span)
        external
        view
        returns (Verdict memory)
    {
        LogProof memory first = logProofOf(origin, 0, 0, 0);
        first.b.chainId = SOURCE;
        return crossFraud.validateCrossReceive(first, logProofOf(span, 1, 0, 0), sentHeader, span.blocks[1].header);
    }

    function test_aSentMessageAloneOrTwiceIsNoFraud() public {
        Span memory span = twoLogs(_log(_sent()), _log(_sent()));
        vm.expectRevert(notFraud("nothing received"));
        this.judgeFirstOn(SOURCE, span);
        span = twoLogs(_log(_sent()), _expired(id));
        vm.expectRevert(notFraud("nothing received"));
        this.judgeFirstOn(SOURCE, span);
    }

    function test_rolledBackCheckpointsProveNothing() public {
        Span memory span = _twoEnds(_log(_received(), 0), _log(_received(), 0));
        checkpoints.reject(CHAIN, 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(Proofs.StaleCheckpoint.selector, 1));
        this.judgeEnds(span);
    }

    function test_otherKindsAreUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 14));
        crossFraud.verify(14, "");
    }
}
