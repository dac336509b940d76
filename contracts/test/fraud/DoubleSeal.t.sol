// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointStatus} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {ConsensusFraud} from "../../src/fraud/ConsensusFraud.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {SlashOrder} from "../../src/staking/IStakeManager.sol";
import {ChallengeBase} from "./ChallengeBase.sol";

/// @notice Kind 21, type 4: a producer sealed two headers of one second.
contract DoubleSealTest is ChallengeBase {
    bytes32 private constant PARENT = keccak256("parent");
    uint64 private constant TIME = GENESIS_TIME + 500;

    function test_twoHeadersOfOneSecondConvictTheirProducerAlone() public {
        Span memory span = submit(1, honestBlocks(keccak256("genesis"), 1, 3));
        vm.prank(challenger);
        bytes32 offence = manager.challenge(21, _evidence(_header("a", TIME), _header("b", TIME)));

        assertEq(offence, keccak256(abi.encode("producer equivocation", CHAIN, producer)));
        SlashOrder memory order = stakes.orderAt(0);
        assertEq(order.class, 3);
        assertEq(order.producerKey, producer);
        assertEq(order.signerBitmap, 0);
        assertEq(order.challenger, challenger);
        assertTrue(registry.ejected(producer));
        // No block falls with it.
        assertEq(uint8(checkpoints.checkpointAt(CHAIN, span.checkpoint).status), uint8(CheckpointStatus.Pending));
        assertEq(checkpoints.chainState(CHAIN).generation, 0);

        vm.roll(block.number + COMMIT_WINDOW + 1);
        manager.settleBounty(offence);
        assertEq(stakes.paidTo(offence), challenger);
    }

    function test_onceForEachChain() public {
        bytes32 offence = manager.challenge(21, _evidence(_header("a", TIME), _header("b", TIME)));
        bytes memory other = _evidence(_header("c", TIME + 9), _header("d", TIME + 9));
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.AlreadyPunished.selector, offence));
        manager.challenge(21, other);
    }

    /// @dev A verdict of the kind names no block of a checkpoint, so nobody can be attached to it.
    function test_nobodyIsAttachedToIt() public {
        bytes memory a = _header("a", TIME);
        bytes32 offence = manager.challenge(21, _evidence(a, _header("b", TIME)));
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.NoProducerToCharge.selector, offence));
        manager.attachProducer(offence, a);
    }

    function testFuzz_whateverTheTwoDifferIn(bytes32 parentA, bytes32 parentB, uint64 numberA, uint64 numberB) public view {
        vm.assume(parentA != parentB || numberA != numberB);
        Sealed memory a = sealBlock(parentA, numberA, TIME, new bytes[](0), producerKey);
        Sealed memory b = sealBlock(parentB, numberB, TIME, new bytes[](0), producerKey);
        Verdict memory v = manager.judge(21, _evidence(a.header, b.header));
        assertEq(v.producer, producer);
        assertEq(v.class, 3);
        assertEq(v.signers, 0);
        assertEq(v.chainId, CHAIN);
        assertEq(v.number, 0);
        assertEq(v.leaf, 0);
        assertEq(v.blockHash, 0);
    }

    // AT-38: evidence that only looks like one

    function test_AT38_whatAnHonestProducerSealsConvictsNobody() public {
        _expectNotFraud("same header", _header("a", TIME), _header("a", TIME));
        _expectNotFraud("different times", _header("a", TIME), _header("b", TIME + 1));
        // A block and the one that stands on it, as every producer seals them.
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 2);
        _expectNotFraud("different times", blocks[0].header, blocks[1].header);
        Sealed memory foreign = sealBlock(PARENT, 8, TIME, new bytes[](0), alice);
        _expectNotFraud("different signers", _header("a", TIME), foreign.header);
    }

    function test_AT38_aKeyThatIsNoProducersIsNobodys() public {
        Sealed memory a = sealBlock(PARENT, 8, TIME, new bytes[](0), alice);
        Sealed memory b = sealBlock(PARENT, 9, TIME, new bytes[](0), alice);
        _expectNotFraud("no producer", a.header, b.header);
        // A tenure that was over more than a day ago is no better; within the day it counts.
        registry.appoint(vm.addr(alice), 0, TIME - 1 days - 1);
        _expectNotFraud("no producer", a.header, b.header);
        registry.appoint(vm.addr(alice), 0, TIME - 1 days);
        assertEq(manager.judge(21, _evidence(a.header, b.header)).producer, vm.addr(alice));
    }

    function test_AT38_sealsOfAnotherChainOrOfNobody() public {
        bytes memory sound = _header("a", TIME);
        bytes memory evidence = abi.encode(uint8(4), abi.encode(uint64(7), sound, _header("b", TIME)));
        _expectRevert(notFraud("unknown chain"), evidence);
        evidence = abi.encode(uint8(4), abi.encode(CHAIN + 1, sound, _header("b", TIME)));
        _expectRevert(abi.encodeWithSelector(ConsensusFraud.BadSignature.selector, 1), evidence);
        Sealed memory unsealed = sealBlock(PARENT, 8, TIME, new bytes[](0), 0);
        _expectRevert(abi.encodeWithSelector(ConsensusFraud.BadSignature.selector, 2), _evidence(sound, unsealed.header));
        _expectRevert(abi.encodeWithSelector(ConsensusFraud.BadSignature.selector, 1), _evidence("", sound));
        // Sealed by alice in the producer's name.
        Sealed memory forged = sealBlock(PARENT, 8, TIME, new bytes[](0), producerKey);
        forged.coinbase = vm.addr(alice);
        finishBlock(forged, producerKey);
        _expectRevert(abi.encodeWithSelector(ConsensusFraud.BadSignature.selector, 2), _evidence(sound, forged.header));
    }

    function testFuzz_AT38_noByteOfASealedHeaderCanBeChanged(uint256 place, uint8 mask) public {
        bytes memory a = _header("a", TIME);
        bytes memory b = bytes.concat(a);
        vm.assume(mask != 0);
        place = place % b.length;
        b[place] = b[place] ^ bytes1(mask);
        (bool ok,) = address(manager).staticcall(abi.encodeCall(manager.judge, (21, _evidence(a, b))));
        assertFalse(ok, "a header that somebody bent convicts its producer");
    }

    function _header(string memory what, uint64 time) private view returns (bytes memory) {
        return sealBlock(keccak256(bytes(what)), 8, time, new bytes[](0), producerKey).header;
    }

    function _evidence(bytes memory a, bytes memory b) private pure returns (bytes memory) {
        return abi.encode(uint8(4), abi.encode(CHAIN, a, b));
    }

    function _expectNotFraud(string memory why, bytes memory a, bytes memory b) private {
        _expectRevert(notFraud(why), _evidence(a, b));
    }

    function _expectRevert(bytes memory error, bytes memory evidence) private {
        vm.expectRevert(error);
        manager.judge(21, evidence);
    }
}
