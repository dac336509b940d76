// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockFraud} from "../../src/fraud/BlockFraud.sol";
import {BlockFraudBase} from "../fraud/BlockFraudBase.sol";

/// AT-36: a producer whose set was replaced on the root chain while its era still ran on the side-chain. What counts is
/// the block `setGraceBlocks` (here 3) before, whatever time has passed: a stall makes no honest block late.
contract AT36 is BlockFraudBase {
    function test_AT36_withinTheGraceIsAuthorized() public {
        Span memory span = seriesBy(bob, 5, 0);
        registry.appoint(vm.addr(bob), 0, GENESIS_TIME + 3);
        vm.expectRevert(notFraud("authorized"));
        manager.challenge(3, evidenceOf(span, 5, 2));
    }

    function test_AT36_withinTheGraceAcrossAStallIsAuthorized() public {
        Span memory span = seriesBy(bob, 5, 10_000);
        registry.appoint(vm.addr(bob), 0, GENESIS_TIME + 3);
        vm.expectRevert(notFraud("authorized"));
        manager.challenge(3, evidenceOf(span, 5, 2));
    }

    function test_AT36_beyondTheGraceIsFraud() public {
        Span memory span = seriesBy(bob, 6, 0);
        registry.appoint(vm.addr(bob), 0, GENESIS_TIME + 3);
        manager.challenge(3, evidenceOf(span, 6, 3));
        assertEq(stakes.orderAt(0).signerBitmap, SIGNERS);
        assertEq(stakes.orderAt(0).producerKey, vm.addr(bob));
    }

    function test_AT36_anOlderGraceBlockCannotBeGivenToConvictOrToSave() public {
        Span memory span = seriesBy(bob, 6, 0);
        registry.appoint(vm.addr(bob), 0, GENESIS_TIME + 3);
        // One block too old: the grace is three blocks.
        uint64 number = span.blocks[6].number;
        vm.expectRevert(abi.encodeWithSelector(BlockFraud.NotGraceBlock.selector, number - 3, span.blocks[2].number));
        manager.challenge(3, evidenceOf(span, 6, 2));
        assertEq(stakes.orderCount(), 0);
    }

    /// @dev Blocks 1 to 7 of which those from `from` on (an index) are sealed by `key`, `stall` seconds late.
    function seriesBy(uint256 key, uint256 from, uint64 stall) private returns (Span memory) {
        Sealed[] memory blocks = honestBlocks(GENESIS, 1, 7);
        for (uint256 i = from; i < blocks.length; ++i) {
            blocks[i].coinbase = vm.addr(key);
            blocks[i].timestamp += stall;
            blocks[i].parentHash = blocks[i - 1].hash;
            finishBlock(blocks[i], key);
        }
        return submit(1, blocks);
    }

    function evidenceOf(Span memory span, uint256 index, uint256 grace) private pure returns (bytes memory) {
        return abi.encode(
            proofOf(span, index), span.blocks[index].header, span.blocks[index - 1].header, proofOf(span, grace)
        );
    }
}
