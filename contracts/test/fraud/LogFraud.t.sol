// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {UtxoLog} from "../../src/bridge/UtxoLog.sol";
import {CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {LogFraud} from "../../src/fraud/LogFraud.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {TokenLogs} from "../../src/fraud/proofs/TokenLogs.sol";
import {BridgeFraudBase} from "./BridgeFraudBase.sol";

contract LogFraudTest is BridgeFraudBase {
    address private ann = address(0xa11);
    address private ben = address(0xbe1);

    function _judge(Span memory span) private view returns (Verdict memory) {
        return logFraud.validateLogContinuity(
            logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), ann, span.blocks[1].header
        );
    }

    function _expectNotFraud(Span memory span, string memory why) private {
        _expectRefusal(span, notFraud(why));
    }

    function _expectRefusal(Span memory span, bytes memory why) private {
        vm.expectRevert(why);
        this.judge(span);
    }

    function judge(Span memory span) external view returns (Verdict memory) {
        return _judge(span);
    }

    function test_inputThatIsNotTheLastOutputConvictsTheLaterBlock() public {
        Span memory span = twoLogs(paid(ann, ben, 3, 10, 0, 1, 1), paid(ann, ben, 2, 8, 3, 2, 2));
        Verdict memory v = _judge(span);
        assertEq(v.offenceId, receiptOffence(span, 1, 0));
        assertEq(v.class, 1);
        assertEq(v.chainId, CHAIN);
        assertEq(v.number, 1);
        assertEq(v.blockHash, span.blocks[1].hash);
        assertEq(v.leaf, BlockTree.leafOf(proofOf(span, 1)));
        assertEq(v.producer, producer);
        assertEq(v.signers, 0);
        // The order of the two does not matter; the other party's side is continuous.
        assertEq(
            keccak256(
                abi.encode(
                    logFraud.validateLogContinuity(
                        logProofOf(span, 1, 0, 0), logProofOf(span, 0, 0, 0), ann, span.blocks[1].header
                    )
                )
            ),
            keccak256(abi.encode(v))
        );
        vm.expectRevert(notFraud("continuous"));
        logFraud.validateLogContinuity(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), ben, "");
    }

    function test_throughChallengeManagerItRejectsTheCheckpointAndChargesTheProducer() public {
        Span memory span = twoLogs(paid(ann, ben, 3, 10, 0, 1, 1), paid(ann, ben, 2, 8, 3, 2, 2));
        bytes memory evidence =
            abi.encode(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), ann, span.blocks[1].header);
        assertEq(manager.challenge(14, evidence), receiptOffence(span, 1, 0));
        assertFalse(checkpoints.isLive(CHAIN, 1));
        assertTrue(checkpoints.bannedBlock(CHAIN, span.blocks[1].hash));
        assertEq(stakes.orderAt(0).signerBitmap, SIGNERS);
        assertEq(stakes.orderAt(0).producerKey, producer);
    }

    function test_withoutAHeaderNothingIsBanned() public {
        Span memory span = twoLogs(paid(ann, ben, 3, 10, 0, 1, 1), paid(ann, ben, 2, 8, 3, 2, 2));
        Verdict memory v =
            logFraud.validateLogContinuity(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), ann, "");
        assertEq(v.blockHash, 0);
        assertEq(v.producer, address(0));
        assertTrue(v.leaf != 0);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        logFraud.validateLogContinuity(
            logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), ann, span.blocks[0].header
        );
    }

    function test_numberUsedTwiceConvicts() public {
        _judge(twoLogs(paid(ann, ben, 3, 10, 0, 4, 1), paid(ann, ben, 3, 10, 0, 4, 2)));
    }

    function test_numberThatDescendsConvicts() public {
        _judge(twoLogs(paid(ann, ben, 3, 10, 0, 9, 1), burnLog(ann, 1, 5, 2)));
        // Also after the greatest number there is.
        _judge(twoLogs(paid(ann, ben, 3, 10, 0, type(uint64).max, 1), burnLog(ann, 1, 5, 2)));
    }

    function test_mintAndBurnAreOutputsAndInputs() public {
        address token = CHILD_TOKEN;
        _expectNotFraud(
            twoLogs(creditLog(token, ROOT_TOKEN, ann, 7, 0, 1), burnLog(ann, 7, 7, 2)), "continuous"
        );
        _judge(twoLogs(creditLog(token, ROOT_TOKEN, ann, 7, 0, 1), burnLog(ann, 8, 8, 2)));
        _expectNotFraud(
            twoLogs(burnLog(ann, 2, 7, 4), creditLog(token, ROOT_TOKEN, ann, 1, 5, 5)), "continuous"
        );
    }

    function test_transferToOneselfCountsOnce() public {
        LogItem memory own = transferLog(CHILD_TOKEN, ann, ann, [uint256(3), 10, 10, 10, 10], [uint64(2), 2]);
        _expectNotFraud(twoLogs(own, paid(ann, ben, 1, 10, 0, 3, 1)), "continuous");
        _judge(twoLogs(own, paid(ann, ben, 1, 11, 0, 3, 1)));
    }

    function test_twoLogsOfOneTransactionAreTwoPositions() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 1);
        LogItem[] memory items = new LogItem[](2);
        (items[0], items[1]) = (paid(ann, ben, 3, 10, 0, 1, 1), paid(ann, ben, 2, 10, 3, 2, 2));
        setReceipt(blocks[0], 1, 1, items);
        Span memory span = submit(1, blocks);
        Verdict memory v = logFraud.validateLogContinuity(
            logProofOf(span, 0, 1, 1), logProofOf(span, 0, 1, 0), ann, blocks[0].header
        );
        assertEq(v.offenceId, receiptOffence(span, 0, 1));
    }

    function test_acrossCheckpointsTheLaterOneIsCharged() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 2);
        setReceipt(blocks[0], 0, 1, only(paid(ann, ben, 3, 10, 0, 1, 1)));
        blocks[1].parentHash = blocks[0].hash;
        setReceipt(blocks[1], 0, 1, only(paid(ann, ben, 2, 8, 3, 2, 2)));
        Sealed[] memory head = new Sealed[](1);
        Sealed[] memory tail = new Sealed[](1);
        (head[0], tail[0]) = (blocks[0], blocks[1]);
        Span memory first = submitAs(1, head, CheckpointStatus.Finalized);
        Span memory second = submit(2, tail);
        Verdict memory v =
            logFraud.validateLogContinuity(logProofOf(second, 0, 0, 0), logProofOf(first, 0, 0, 0), ann, "");
        assertEq(v.number, 2);
    }

    function test_notFraud() public {
        _expectNotFraud(twoLogs(paid(ann, ben, 3, 10, 0, 1, 1), paid(ann, ben, 2, 7, 3, 2, 2)), "continuous");
        _expectNotFraud(twoLogs(paid(ann, ben, 3, 10, 0, 1, 1), paid(ann, ben, 2, 99, 3, 3, 2)), "not adjacent");
        Span memory span = twoLogs(paid(ann, ben, 3, 10, 0, 1, 1), paid(ben, address(0xca), 2, 8, 3, 2, 2));
        vm.expectRevert(abi.encodeWithSelector(UtxoLog.NotParty.selector, ann));
        this.judge(span);
    }

    function test_sideOfAMintOrBurnIsNobodys() public {
        Span memory span = twoLogs(
            transferLog(CHILD_TOKEN, address(0), ann, [uint256(5), 0, 0, 0, 5], [uint64(0), 1]),
            transferLog(CHILD_TOKEN, address(0), ann, [uint256(5), 0, 5, 0, 10], [uint64(0), 2])
        );
        vm.expectRevert(TokenLogs.NoNumber.selector);
        logFraud.validateLogContinuity(logProofOf(span, 0, 0, 0), logProofOf(span, 1, 0, 0), address(0), "");
    }

    function test_tokensThatTheRootChainDoesNotKnowConvictNobody() public {
        LogItem memory a = paid(ann, ben, 3, 10, 0, 1, 1);
        LogItem memory b = paid(ann, ben, 2, 99, 3, 2, 2);
        (a.emitter, b.emitter) = (address(0xbad), address(0xbad));
        _expectRefusal(twoLogs(a, b), abi.encodeWithSelector(TokenLogs.NoStandardToken.selector, address(0xbad)));
        (a.emitter, b.emitter) = (Predeploys.KOMA_NATIVE, Predeploys.KOMA_NATIVE);
        _expectRefusal(twoLogs(a, b), abi.encodeWithSelector(TokenLogs.NoStandardToken.selector, a.emitter));
        // Nor do two tokens each of which is one.
        bridge.map(CHAIN, address(0x70), address(0xc70));
        (a.emitter, b.emitter) = (CHILD_TOKEN, address(0xc70));
        _expectNotFraud(twoLogs(a, b), "different tokens");
    }

    function test_logsOfAFailedTransactionConvictNobodyHere() public {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 2);
        setReceipt(blocks[0], 0, 1, only(paid(ann, ben, 3, 10, 0, 1, 1)));
        blocks[1].parentHash = blocks[0].hash;
        setReceipt(blocks[1], 0, 0, only(paid(ann, ben, 2, 99, 3, 2, 2)));
        _expectRefusal(submit(1, blocks), abi.encodeWithSelector(TokenLogs.FailedTransaction.selector));
    }

    function test_onlyItsOwnKind() public {
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 13));
        logFraud.verify(13, "");
    }

    /// @notice Any honest chain of transfers between three accounts: no two logs of one account contradict each other.
    function testFuzz_honestTransfersConvictNobody(uint256 seed) public {
        address[3] memory who = [ann, ben, address(0xca1)];
        uint256[3] memory balance = [uint256(1000), 1000, 1000];
        uint64[3] memory seq = [uint64(1), 1, 1];
        LogItem[] memory items = new LogItem[](6);
        for (uint256 i; i < items.length; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            (uint256 f, uint256 t) = (draw % 3, (draw >> 8) % 3);
            uint256 amount = (draw >> 16) % (balance[f] + 1);
            if (f == t) {
                ++seq[f];
                items[i] = transferLog(
                    CHILD_TOKEN, who[f], who[f], [amount, balance[f], balance[f], balance[f], balance[f]], [seq[f], seq[f]]
                );
                continue;
            }
            items[i] = paid(who[f], who[t], amount, balance[f], balance[t], ++seq[f], ++seq[t]);
            balance[f] -= amount;
            balance[t] += amount;
        }
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 1);
        setReceipt(blocks[0], 0, 1, items);
        Span memory span = submit(1, blocks);
        for (uint32 i; i < items.length; ++i) {
            for (uint32 j; j < items.length; ++j) {
                for (uint256 w; w < 3; ++w) {
                    (bool convicted, bytes memory why) = address(logFraud).staticcall(
                        abi.encodeCall(
                            LogFraud.validateLogContinuity,
                            (logProofOf(span, 0, 0, i), logProofOf(span, 0, 0, j), who[w], "")
                        )
                    );
                    assertFalse(convicted);
                    bytes4 refusal = bytes4(why);
                    assertTrue(
                        refusal == IFraudVerifier.NotFraud.selector || refusal == UtxoLog.NotParty.selector
                    );
                }
            }
        }
    }
}
