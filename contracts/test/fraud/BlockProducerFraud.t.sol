// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChainConfig} from "../../src/checkpoint/IKomaRegistry.sol";
import {BlockFraud} from "../../src/fraud/BlockFraud.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {Proofs} from "../../src/fraud/proofs/Proofs.sol";
import {BlockFraudBase} from "./BlockFraudBase.sol";

/// @notice Kinds 3 and 4: blocks without a producer's seal, banned blocks; and what holds for all kinds of BlockFraud.
contract BlockProducerFraudTest is BlockFraudBase {
    // kind 3

    function test_producer_authorizedBlockIsNoFraud() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 6));
        _expectNotFraud("authorized");
        _producer(span, 5, 2);
        _expectNotFraud("authorized");
        _producer(span, 2, 0);
    }

    function test_producer_unsealedBlockConvicts() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        finishBlock(blocks[1], 0);
        Span memory span = submit(1, blocks);
        Verdict memory v = _producer(span, 1, 0);
        assertEq(v.offenceId, keccak256(abi.encode("producer", _structHash(1), blocks[1].hash)));
        _assertProducerToo(v, 1, span, 1, address(0));
    }

    function test_producer_sealOfAnotherKeyConvicts() public {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 2);
        finishBlock(blocks[1], bob);
        Span memory span = submit(1, blocks);
        _assertProducerToo(_producer(span, 1, 0), 1, span, 1, address(0));
    }

    function test_producer_keyInNoSetConvicts() public {
        Span memory span = submit(1, _withBlockBy(bob, 2));
        _assertProducerToo(_producer(span, 2, 0), 1, span, 2, vm.addr(bob));
    }

    function test_producer_setOfTheGraceStillAuthorizes() public {
        // Block 6's grace reaches back to block 3: bob's set ended with it.
        registry.appoint(vm.addr(bob), 0, GENESIS_TIME + 3);
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 7);
        blocks[5].coinbase = vm.addr(bob);
        finishBlock(blocks[5], bob);
        blocks[6].coinbase = vm.addr(bob);
        finishBlock(blocks[6], bob);
        Span memory span = submit(1, blocks);
        _expectNotFraud("authorized");
        _producer(span, 5, 2);
        _assertProducerToo(_producer(span, 6, 3), 1, span, 6, vm.addr(bob));
    }

    function test_producer_graceIsCountedFromTheRightBlock() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 6));
        vm.expectRevert(abi.encodeWithSelector(BlockFraud.NotGraceBlock.selector, 3, 2));
        _producer(span, 5, 1);
        vm.expectRevert(abi.encodeWithSelector(BlockFraud.NotGraceBlock.selector, 1, 2));
        _producer(span, 1, 1);
    }

    function test_producer_openSlotOfAValidatorIsNoFraud() public {
        stakes.seatSigner(vm.addr(bob), 3);
        Sealed[] memory blocks = _withBlockBy(bob, 2);
        // (t − t' + 1) · 1000 > 4 · 1000
        blocks[2].timestamp = blocks[1].timestamp + 4;
        finishBlock(blocks[2], bob);
        Span memory span = submit(1, blocks);
        _expectNotFraud("open slot");
        _producer(span, 2, 0);
    }

    function test_producer_openSlotOneSecondTooEarlyConvicts() public {
        stakes.seatSigner(vm.addr(bob), 3);
        Sealed[] memory blocks = _withBlockBy(bob, 2);
        blocks[2].timestamp = blocks[1].timestamp + 3;
        finishBlock(blocks[2], bob);
        Span memory span = submit(1, blocks);
        _assertProducerToo(_producer(span, 2, 0), 1, span, 2, vm.addr(bob));
    }

    function test_producer_openSlotOfAStrangerConvicts() public {
        Sealed[] memory blocks = _withBlockBy(bob, 2);
        blocks[2].timestamp = blocks[1].timestamp + 40;
        finishBlock(blocks[2], bob);
        Span memory span = submit(1, blocks);
        _assertProducerToo(_producer(span, 2, 0), 1, span, 2, vm.addr(bob));
    }

    function test_producer_openSlotNeedsTheTrueParent() public {
        stakes.seatSigner(vm.addr(bob), 3);
        Span memory span = submit(1, _withBlockBy(bob, 2));
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "parentHash"));
        blockFraud.validateBlockProducer(
            proofOf(span, 2), span.blocks[2].header, span.blocks[0].header, proofOf(span, 0)
        );
    }

    function test_producer_chainWithoutOpenSlotsConvictsAnyStranger() public {
        ChainConfig memory config = registry.chainConfig(CHAIN);
        config.openGapSlots = 0;
        registry.configure(config);
        stakes.seatSigner(vm.addr(bob), 3);
        Sealed[] memory blocks = _withBlockBy(bob, 2);
        blocks[2].timestamp = blocks[1].timestamp + 40;
        finishBlock(blocks[2], bob);
        Span memory span = submit(1, blocks);
        _assertProducerToo(_producer(span, 2, 0), 1, span, 2, vm.addr(bob));
    }

    function test_producer_genesisNeedsNoSeal() public {
        Sealed[] memory blocks = new Sealed[](1);
        blocks[0] = sealBlock(0, 0, GENESIS_TIME, new bytes[](0), 0);
        ChainConfig memory config = registry.chainConfig(CHAIN);
        config.genesisHash = blocks[0].hash;
        registry.configure(config);
        Span memory span = submit(1, blocks);
        _expectNotFraud("genesis");
        _producer(span, 0, 0);
    }

    function test_producer_otherBlockInThePlaceOfGenesisConvicts() public {
        Sealed[] memory blocks = new Sealed[](1);
        blocks[0] = sealBlock(0, 0, GENESIS_TIME, new bytes[](0), producerKey);
        Span memory span = submit(1, blocks);
        _assertProducerToo(_producer(span, 0, 0), 1, span, 0, producer);
    }

    // kind 4

    function test_banned_blockIsConvictedAgain() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 2));
        _expectNotFraud("not banned");
        blockFraud.validateBannedBlock(proofOf(span, 1));
        checkpoints.ban(CHAIN, span.blocks[1].hash);
        Verdict memory v = blockFraud.validateBannedBlock(proofOf(span, 1));
        assertEq(v.offenceId, keccak256(abi.encode("banned", _structHash(1), span.blocks[1].hash)));
        _assertSignersOnly(v, 1);
    }

    // all kinds

    function test_rejectedCheckpointsProveNothing() public {
        Span memory span = submitAs(1, honestBlocks(GENESIS, 1, 2), CheckpointStatus.Rejected);
        bytes memory stale = abi.encodeWithSelector(Proofs.StaleCheckpoint.selector, 1);
        vm.expectRevert(stale);
        blockFraud.validateBlockSequence(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header);
        vm.expectRevert(stale);
        blockFraud.validateBlockLeaf(proofOf(span, 1), 1, span.blocks[1].header);
        vm.expectRevert(stale);
        _producer(span, 1, 0);
        vm.expectRevert(stale);
        blockFraud.validateBannedBlock(proofOf(span, 1));
    }

    function test_verifyDecodesTheEvidenceOfEachKind() public {
        Span memory span = submit(1, honestBlocks(GENESIS, 1, 2));
        _expectNotFraud("linked");
        blockFraud.verify(1, abi.encode(proofOf(span, 0), proofOf(span, 1), span.blocks[1].header));
        _expectNotFraud("leaf agrees with header");
        blockFraud.verify(2, abi.encode(proofOf(span, 0), uint64(0), span.blocks[0].header));
        _expectNotFraud("authorized");
        blockFraud.verify(3, abi.encode(proofOf(span, 1), span.blocks[1].header, "", proofOf(span, 0)));
        _expectNotFraud("not banned");
        blockFraud.verify(4, abi.encode(proofOf(span, 0)));
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 5));
        blockFraud.verify(5, "");
    }

    function _producer(Span memory span, uint256 index, uint256 grace) private view returns (Verdict memory) {
        return blockFraud.validateBlockProducer(
            proofOf(span, index),
            span.blocks[index].header,
            index == 0 ? bytes("") : span.blocks[index - 1].header,
            proofOf(span, grace)
        );
    }

    /// @dev Honest blocks up to `index`, which `key` sealed.
    function _withBlockBy(uint256 key, uint256 index) private view returns (Sealed[] memory blocks) {
        blocks = honestBlocks(GENESIS, 1, uint64(index + 1));
        blocks[index].coinbase = vm.addr(key);
        finishBlock(blocks[index], key);
    }
}
