// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointRecord} from "../../src/checkpoint/ICheckpointManager.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {BlockFraudBase} from "./BlockFraudBase.sol";

/// @notice Kinds 1 and 2: blocks that do not follow one another, leaves that disagree with their headers.
contract BlockSequenceFraudTest is BlockFraudBase {
    // kind 1

    function test_sequence_linkedBlocksAreNoFraud() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 3));
        _expectNotFraud("linked");
        blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header);
        _expectNotFraud("linked");
        blockFraud.validateBlockSequence(proofOf(span, 1), proofOf(span, 2), span.blocks[2].header);
    }

    function test_sequence_linkedAcrossCheckpointsIsNoFraud() public {
        Sealed[] memory all = honestBlocks(GENESIS, 1, 4);
        Span memory first = submit(1, _slice(all, 0, 2));
        Span memory second = submit(2, _slice(all, 2, 4));
        _expectNotFraud("linked");
        blockFraud.validateBlockSequence(proofOf(first, 1), proofOf(second, 0), all[2].header);
    }

    function test_sequence_blocksThatAreNotNeighboursAreNoEvidence() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 3));
        _expectNotFraud("not adjacent");
        blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 2), span.blocks[2].header);
        _expectNotFraud("not adjacent");
        blockFraud.validateBlockSequence(proofOf(span, 1), proofOf(span, 0), span.blocks[0].header);
    }

    function test_sequence_otherParentChargesTheSignersOnly() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 3);
        blocks[1] = honestBlocks(keccak256("fork"), 2, 1)[0];
        Span memory span = submit(1, blocks);
        Verdict memory v = blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header);
        assertEq(v.offenceId, keccak256(abi.encode("sequence", _structHash(1), uint64(2))));
        _assertSignersOnly(v, 1);
    }

    function test_sequence_timeThatDoesNotAdvanceChargesTheProducer() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        blocks[1].timestamp = blocks[0].timestamp;
        finishBlock(blocks[1], producerKey);
        Span memory span = submit(1, blocks);
        Verdict memory v = blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header);
        _assertProducerToo(v, 1, span, 1, producer);
    }

    function test_sequence_timeBeyondTheSubmissionChargesTheProducer() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        blocks[1].timestamp = uint64(block.timestamp) + 61;
        finishBlock(blocks[1], producerKey);
        Span memory span = submit(1, blocks);
        Verdict memory v = blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header);
        _assertProducerToo(v, 1, span, 1, producer);
    }

    function test_sequence_aMinuteAheadIsNoFraud() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        blocks[1].timestamp = uint64(block.timestamp) + 60;
        finishBlock(blocks[1], producerKey);
        Span memory span = submit(1, blocks);
        _expectNotFraud("linked");
        blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header);
    }

    function test_sequence_otherLastBlockHashChargesTheSignersOnly() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 2));
        CheckpointRecord memory record = checkpoints.checkpointAt(CHAIN, 1);
        record.lastBlockHash = keccak256("another end");
        checkpoints.put(CHAIN, 1, record);
        Verdict memory v = blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header);
        _assertSignersOnly(v, 1);
    }

    function test_sequence_headerOfAnotherBlockIsNoEvidence() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 2));
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[0].header);
    }

    // kind 2

    function test_leaf_agreeingLeavesAreNoFraud() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 3));
        for (uint64 i; i < 3; ++i) {
            _expectNotFraud("leaf agrees with header");
            blockFraud.validateBlockLeaf(proofOf(span, i), i, span.blocks[i].header);
        }
    }

    function test_leaf_everyFieldThatDiffersConvicts() public {
        for (uint256 field; field < 3; ++field) {
            Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
            if (field == 0) blocks[1].timestamp++;
            if (field == 1) blocks[1].txRoot = keccak256("tx");
            if (field == 2) blocks[1].receiptsRoot = keccak256("receipts");
            Span memory span = submit(uint64(field + 1), blocks);
            Verdict memory v = blockFraud.validateBlockLeaf(proofOf(span, 1), 1, span.blocks[1].header);
            assertEq(v.offenceId, keccak256(abi.encode("leaf", _structHash(uint64(field + 1)), uint64(1))));
            _assertSignersOnly(v, uint64(field + 1));
        }
    }

    function test_leaf_numberOfTheHeaderThatDiffersConvicts() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        blocks[1].number = 7;
        finishBlock(blocks[1], producerKey);
        blocks[1].number = 2;
        Span memory span = submit(1, blocks);
        _assertSignersOnly(blockFraud.validateBlockLeaf(proofOf(span, 1), 1, span.blocks[1].header), 1);
    }

    function test_leaf_numberThatDoesNotFitTheIndexConvictsWithoutAHeader() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        blocks[1].number = 7;
        Span memory span = submit(1, blocks);
        _assertSignersOnly(blockFraud.validateBlockLeaf(proofOf(span, 1), 1, ""), 1);
    }

    function test_leaf_bytesThatAreNoHeaderConvict() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        blocks[1].hash = keccak256("not a header");
        Span memory span = submit(1, blocks);
        _assertSignersOnly(blockFraud.validateBlockLeaf(proofOf(span, 1), 1, "not a header"), 1);
    }

    function test_leaf_otherHeaderIsNoEvidence() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 2));
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        blockFraud.validateBlockLeaf(proofOf(span, 1), 1, span.blocks[0].header);
    }

    function test_leaf_indexOfThePaddingIsNoEvidence() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 3));
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, 3));
        blockFraud.validateBlockLeaf(proofOf(span, 2), 3, span.blocks[2].header);
    }

    function _slice(Sealed[] memory blocks, uint256 from, uint256 to) private pure returns (Sealed[] memory out) {
        out = new Sealed[](to - from);
        for (uint256 i = from; i < to; ++i) {
            out[i - from] = blocks[i];
        }
    }
}
