// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {Offence} from "../../src/fraud/ChallengeState.sol";
import {DataCourt} from "../../src/fraud/DataCourt.sol";
import {DataPieces} from "../../src/fraud/DataPieces.sol";
import {Chunk, Demand, DemandState, Part, Walk} from "../../src/fraud/IDataCourt.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {BlockProof} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {HeaderDecoder} from "../../src/fraud/proofs/HeaderDecoder.sol";
import {Proofs} from "../../src/fraud/proofs/Proofs.sol";
import {TrieWalk} from "../../src/fraud/proofs/TrieWalk.sol";
import {ChainBuilder} from "./ChainBuilder.sol";
import {DataCourtBase} from "./DataCourtBase.sol";

/// @notice Takes no Ether.
contract Unpayable {
    function withdraw(DataCourt court) external {
        court.withdrawOwed(payable(address(this)));
    }

    function ask(DataCourt court, uint64 chainId, uint64 number, uint64 block_) external payable {
        court.demand{value: msg.value}(chainId, number, block_, Part.Header, 0, 1_024);
    }
}

contract DataCourtTest is DataCourtBase {
    function _state(uint256 id) private view returns (uint256) {
        return uint256(data.stateOf(id));
    }

    // conviction

    function test_unansweredDemandConvictsTheSigners() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[1].number, Part.Transactions);
        assertEq(roots.checkpointAt(CHAIN, 1).openChallenges, 1);
        vm.warp(d.deadline);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.WindowOpen.selector, id, d.deadline));
        data.conclude(id, d, none(), "");
        pass(1);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "leaf"));
        data.conclude(id, d, none(), blocks[1].header);
        assertFalse(roots.isFinal(CHAIN, 1));
        data.conclude(id, d, none(), "");
        assertEq(_state(id), uint256(DemandState.Convicted));
        assertFalse(roots.isLive(CHAIN, 1));
        Offence memory offence = manager.offenceOf(d.offenceId);
        assertEq(offence.challenger, finder);
        assertEq(offence.class, 2);
        assertEq(offence.kind, 17);
        // Nobody knows whose block it was.
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.NoProducerToCharge.selector, d.offenceId));
        manager.attachProducer(d.offenceId, blocks[1].header);
        stakes.executeSlash(d.offenceId, 0, 256);
        assertEq(stakes.slashOutcome(d.offenceId).slashed, 200e18);
        vm.prank(finder);
        data.withdrawOwed(payable(finder));
        assertEq(finder.balance, 100_000 ether);
        assertEq(address(data).balance, 0);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.NotOpen.selector, id, DemandState.Convicted));
        data.conclude(id, d, none(), "");
        vm.expectRevert(abi.encodeWithSelector(DataCourt.NotHeld.selector, d.structHash));
        data.release(CHAIN, 1, d.structHash);
    }

    function test_aKnownHeaderConvictsTheProducerToo() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[1].number, Part.Receipts);
        vm.warp(d.deadline + 1);
        BlockProof[] memory leaf = one(makes.leaf(1, blocks, 0));
        vm.expectRevert(abi.encodeWithSelector(DataCourt.OtherBlock.selector, blocks[0].number));
        data.conclude(id, d, leaf, "");
        leaf[0] = makes.leaf(1, blocks, 1);
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        data.conclude(id, d, leaf, blocks[0].header);
        data.conclude(id, d, leaf, blocks[1].header);
        assertTrue(roots.bannedBlock(CHAIN, blocks[1].hash));
        assertGt(registry.ejectedAt(CHAIN, blocks[1].coinbase), 0);
    }

    function test_aKnownLeafLetsTheProducerBeAttached() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[1].number, Part.Header);
        vm.warp(d.deadline + 1);
        data.conclude(id, d, one(makes.leaf(1, blocks, 1)), "");
        assertFalse(roots.bannedBlock(CHAIN, blocks[1].hash));
        assertEq(registry.ejectedAt(CHAIN, blocks[1].coinbase), 0);
        manager.attachProducer(d.offenceId, blocks[1].header);
        assertGt(registry.ejectedAt(CHAIN, blocks[1].coinbase), 0);
    }

    // answers

    function test_headerIsPaidAndTheRestReturns() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[2].number, Part.Header);
        Chunk memory chunk = headerChunk(1, blocks, 2);
        uint256 gas = gasleft();
        respond(id, d, chunk);
        gas -= gasleft();
        assertEq(_state(id), uint256(DemandState.Answered));
        uint256 paid = data.owed(helper);
        assertGt(paid, gas * 1 gwei);
        assertLt(paid, 250_000 gwei);
        assertEq(data.owed(finder), d.escrow - paid);
        assertEq(address(data).balance, d.escrow);
        assertTrue(data.walkOf(d.offenceId).ended);
        vm.prank(helper);
        data.withdrawOwed(payable(helper));
        assertEq(helper.balance, paid);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.AlreadyShown.selector, blocks[2].header.length));
        vm.prank(finder);
        data.demand{value: 1 ether}(CHAIN, 1, blocks[2].number, Part.Header, 1_024, 2_048);
    }

    function test_lateDataCanBeReadForAWindow() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        uint40 challengeEnd = roots.checkpointAt(CHAIN, 1).challengeEnd;
        vm.warp(challengeEnd - 1);
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Transactions);
        vm.warp(d.deadline);
        respond(id, d, wholeChunk(1, blocks, 0, blocks[0].txs));
        vm.warp(d.deadline + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.StillHeld.selector, d.deadline + WINDOW, 0));
        data.release(CHAIN, 1, d.structHash);
        assertFalse(roots.isFinal(CHAIN, 1));
        pass(1);
        data.release(CHAIN, 1, d.structHash);
        assertEq(roots.finalize(CHAIN, 1), 1);
    }

    function test_aPartIsShownInChunks() public {
        ChainBuilder.Sealed[] memory blocks = bulky(9, 3_000);
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Receipts);
        bytes[] memory nodes = makes.nodes(blocks[0].receipts);
        Chunk memory chunk;
        chunk.b = makes.leaf(1, blocks, 0);
        chunk.nodes = part(nodes, 0, 3);
        vm.expectPartialRevert(DataCourt.ChunkTooSmall.selector);
        respond(id, d, chunk);
        chunk.nodes = part(nodes, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(TrieWalk.WrongNode.selector, blocks[0].receiptsRoot));
        respond(id, d, chunk);
        chunk.nodes = part(nodes, 0, 5);
        respond(id, d, chunk);
        assertEq(_state(id), uint256(DemandState.Open));
        Walk memory walk = data.walkOf(d.offenceId);
        assertGt(walk.shown, 8_192);
        assertFalse(walk.ended);

        // What comes after begins where it ended, whoever goes on.
        Chunk memory next;
        next.nodes = part(nodes, 5, nodes.length);
        vm.expectRevert(DataCourt.WrongStack.selector);
        respond(id, d, next);
        next.stack = _stackAfter(nodes, 5);
        next.b = chunk.b;
        vm.expectRevert(abi.encodeWithSelector(DataCourt.OtherBlock.selector, blocks[0].number));
        respond(id, d, next);
        delete next.b;
        vm.prank(finder);
        data.respond(id, d, next);
        assertEq(_state(id), uint256(DemandState.Answered));
        assertEq(data.owed(helper) + data.owed(finder), d.escrow);
        assertGt(data.owed(helper), 0);
    }

    /// @dev References to the nodes from `from` on that no shown node but those before it refer to: recomputed the slow way.
    function _stackAfter(bytes[] memory nodes, uint256 from) private pure returns (bytes32[] memory stack) {
        stack = new bytes32[](1 + 16 * nodes.length);
        stack[0] = keccak256(nodes[0]);
        uint256 size = 1;
        for (uint256 i; i < from; ++i) {
            size = TrieWalk.take(stack, size, nodes[i]);
        }
        assembly {
            mstore(stack, size)
        }
    }

    function test_anEmptyPartIsShownByNothing() public {
        ChainBuilder.Sealed[] memory blocks = bulky(0, 1);
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Receipts);
        Chunk memory chunk;
        chunk.b = makes.leaf(1, blocks, 0);
        respond(id, d, chunk);
        assertEq(_state(id), uint256(DemandState.Answered));
    }

    function test_moreNodesThanThereAre() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Transactions);
        Chunk memory chunk = wholeChunk(1, blocks, 0, blocks[0].txs);
        bytes[] memory nodes = new bytes[](chunk.nodes.length + 1);
        for (uint256 i; i < chunk.nodes.length; ++i) {
            nodes[i] = chunk.nodes[i];
        }
        nodes[nodes.length - 1] = nodes[0];
        chunk.nodes = nodes;
        vm.expectRevert(TrieWalk.NoNodeLeft.selector);
        respond(id, d, chunk);
    }

    function test_whatIsNoAnswer() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[1].number, Part.Header);
        Chunk memory chunk = headerChunk(1, blocks, 0);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.OtherBlock.selector, blocks[0].number));
        respond(id, d, chunk);
        chunk = headerChunk(1, blocks, 1);
        chunk.b.timestamp += 1;
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, blocks[1].number));
        respond(id, d, chunk);
        chunk.b.timestamp -= 1;
        chunk.nodes[0] = blocks[0].header;
        vm.expectRevert(abi.encodeWithSelector(HeaderDecoder.HeaderMismatch.selector, "hash"));
        respond(id, d, chunk);
        chunk.nodes = new bytes[](0);
        vm.expectRevert(TrieWalk.NoNodeLeft.selector);
        respond(id, d, chunk);
        // Zeros are cheap to send and would be paid as data.
        chunk.stack = new bytes32[](100);
        vm.expectRevert(DataCourt.WrongStack.selector);
        respond(id, d, chunk);
        Demand memory other = d;
        other.escrow += 1;
        vm.expectRevert(abi.encodeWithSelector(DataCourt.NotOpen.selector, id, DemandState.Open));
        respond(id, other, chunk);
        other.escrow -= 1;
        vm.warp(d.deadline + 1);
        chunk = headerChunk(1, blocks, 1);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.WindowOver.selector, id, d.deadline));
        respond(id, d, chunk);
    }

    // data too large for one transaction

    function _staged(uint256 size) private returns (uint256 id, Demand memory d, Chunk memory chunk) {
        ChainBuilder.Sealed[] memory blocks = bulky(1, size);
        (id, d) = demand(1, blocks[0].number, Part.Receipts);
        bytes memory node = makes.nodes(blocks[0].receipts)[0];
        chunk.b = makes.leaf(1, blocks, 0);
        chunk.nodes = new bytes[](1);
        uint256 count = (node.length + 23_999) / 24_000;
        chunk.pieces = new address[](count);
        for (uint256 i; i < count; ++i) {
            uint256 length = i + 1 < count ? 24_000 : node.length - i * 24_000;
            bytes memory piece = new bytes(length);
            for (uint256 k; k < length; k += 32) {
                assembly {
                    mstore(add(add(piece, 32), k), mload(add(add(node, 32), add(mul(i, 24000), k))))
                }
            }
            chunk.pieces[i] = data.stage(piece);
        }
    }

    function test_aNodeOfAMegabyteFitsIntoOneTransaction() public {
        (uint256 id, Demand memory d, Chunk memory chunk) = _staged(1_000_000);
        uint256 gas = gasleft();
        respond(id, d, chunk);
        gas -= gasleft();
        // Two megabytes, the most that a receipt can have, take four times the memory's share of this: below 2^24 too.
        assertLt(gas + 21_000, 4_000_000);
        assertEq(_state(id), uint256(DemandState.Answered));
        // It is more than was demanded and escrowed for.
        assertEq(data.owed(helper), d.escrow);
    }

    function test_piecesArePaid() public {
        (uint256 id, Demand memory d, Chunk memory chunk) = _staged(70_000);
        assertEq(chunk.pieces.length, 3);
        respond(id, d, chunk);
        assertGt(data.owed(helper), 70_000 * 220 gwei);
        assertLt(data.owed(helper), 70_000 * 300 gwei);
    }

    function test_whatIsNoPiece() public {
        (uint256 id, Demand memory d, Chunk memory chunk) = _staged(70_000);
        vm.expectRevert(abi.encodeWithSelector(DataPieces.BadPiece.selector, 0));
        data.stage("");
        vm.expectRevert(abi.encodeWithSelector(DataPieces.BadPiece.selector, 24_001));
        data.stage(new bytes(24_001));
        (chunk.pieces[1], chunk.pieces[2]) = (chunk.pieces[2], chunk.pieces[1]);
        vm.expectPartialRevert(DataPieces.BadPiece.selector);
        respond(id, d, chunk);
        chunk.pieces[1] = address(0xdead);
        vm.expectRevert(abi.encodeWithSelector(DataPieces.BadPiece.selector, 0));
        respond(id, d, chunk);
        address[] memory few = new address[](1);
        few[0] = data.stage(new bytes(24_000));
        chunk.pieces = few;
        vm.expectRevert(abi.encodeWithSelector(DataPieces.BadPiece.selector, 24_000));
        respond(id, d, chunk);
    }

    // ranges

    function test_noByteIsDemandedTwice() public {
        ChainBuilder.Sealed[] memory blocks = bulky(9, 20_000);
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Receipts);
        vm.startPrank(finder);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.BadRange.selector, LEAST, 0));
        data.demand{value: 1 ether}(CHAIN, 1, blocks[0].number, Part.Receipts, 0, LEAST);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.DemandTooSmall.selector, LEAST, 1));
        data.demand{value: 1 ether}(CHAIN, 1, blocks[0].number, Part.Receipts, LEAST, LEAST + 1);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.DemandTooSmall.selector, LEAST, 0));
        data.demand{value: 1 ether}(CHAIN, 1, blocks[0].number, Part.Receipts, LEAST, 1);
        vm.stopPrank();
        (uint256 second, Demand memory d2) = demand(1, blocks[0].number, Part.Receipts, LEAST, 4 * LEAST);

        Chunk memory chunk = wholeChunk(1, blocks, 0, blocks[0].receipts);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.NotThere.selector, 0));
        respond(second, d2, chunk);
        bytes[] memory nodes = chunk.nodes;
        chunk.nodes = part(nodes, 0, 7);
        respond(id, d, chunk);
        assertEq(_state(id), uint256(DemandState.Answered));
        Chunk memory rest;
        rest.stack = _stackAfter(nodes, 7);
        rest.nodes = part(nodes, 7, nodes.length);
        respond(second, d2, rest);
        assertEq(_state(second), uint256(DemandState.Answered));
        assertEq(data.owed(helper) + data.owed(finder), address(data).balance);
    }

    function test_aDemandBeyondTheEndReturnsWhole() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Transactions);
        (uint256 beyond, Demand memory d2) = demand(1, blocks[0].number, Part.Transactions, LEAST, 2 * LEAST);
        Chunk memory chunk = wholeChunk(1, blocks, 0, blocks[0].txs);
        respond(id, d, chunk);
        uint256 before = data.owed(finder);
        vm.expectPartialRevert(DataCourt.AlreadyShown.selector);
        respond(beyond, d2, chunk);
        // After its deadline too: what it asks for is there.
        vm.warp(d2.deadline + 1);
        data.conclude(beyond, d2, none(), "");
        assertEq(_state(beyond), uint256(DemandState.Answered));
        assertEq(data.owed(finder), before + d2.escrow);
    }

    function test_whatCannotBeDemanded() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        uint64 last = blocks[2].number;
        vm.startPrank(finder);
        vm.expectRevert(abi.encodeWithSelector(Proofs.StaleCheckpoint.selector, 2));
        data.demand{value: 1 ether}(CHAIN, 2, last, Part.Header, 0, 1_024);
        vm.expectRevert(abi.encodeWithSelector(BlockTree.BlockNotInCheckpoint.selector, last + 1));
        data.demand{value: 1 ether}(CHAIN, 1, last + 1, Part.Header, 0, 1_024);
        uint256 escrow = data.escrowFor(1_024, 1 gwei);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.BadEscrow.selector, escrow, escrow - 1));
        data.demand{value: escrow - 1}(CHAIN, 1, last, Part.Header, 0, 1_024);
        data.demand{value: escrow + 7}(CHAIN, 1, last, Part.Header, 0, 1_024);
        assertEq(data.owed(finder), 7);
        vm.stopPrank();
        vm.prank(governor);
        manager.registerVerifier(17, IFraudVerifier(address(0)));
        vm.expectRevert(DataCourt.NotInCharge.selector);
        vm.prank(finder);
        data.demand{value: 1 ether}(CHAIN, 1, last - 1, Part.Header, 0, 1_024);
    }

    function test_eightDemandsOnOneCheckpoint() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        for (uint256 i; i < 8; ++i) {
            demand(1, blocks[i % 3].number, Part(i / 3));
        }
        assertEq(data.docketOf(roots.checkpointAt(CHAIN, 1).structHash).open, 8);
        // One pause for all of them: bonds of other challenges do not rise with them.
        assertEq(roots.checkpointAt(CHAIN, 1).openChallenges, 1);
        uint64 last = blocks[2].number;
        vm.expectRevert(abi.encodeWithSelector(DataCourt.TooManyDemands.selector, 1));
        vm.prank(finder);
        data.demand{value: 1 ether}(CHAIN, 1, last, Part.Receipts, 0, LEAST);
    }

    // the end

    function test_rejectedForSomethingElseReturnsEverything() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Transactions);
        (uint256 other, Demand memory d2) = demand(1, blocks[1].number, Part.Transactions);
        vm.warp(d.deadline + 1);
        data.conclude(id, d, none(), "");
        Chunk memory chunk = wholeChunk(1, blocks, 1, blocks[1].txs);
        vm.warp(d.deadline);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.DemandVoid.selector, other));
        respond(other, d2, chunk);
        data.conclude(other, d2, none(), "");
        assertEq(_state(other), uint256(DemandState.Void));
        assertEq(data.owed(finder), uint256(d.escrow) + d2.escrow);
        assertEq(address(data).balance, uint256(d.escrow) + d2.escrow);
    }

    function test_replacedCourtLetsCheckpointsGo() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Transactions);
        vm.prank(governor);
        manager.registerVerifier(17, IFraudVerifier(address(0)));
        data.conclude(id, d, none(), "");
        assertEq(_state(id), uint256(DemandState.Void));
        data.release(CHAIN, 1, d.structHash);
        vm.warp(roots.checkpointAt(CHAIN, 1).challengeEnd);
        assertEq(roots.finalize(CHAIN, 1), 1);
    }

    function test_aDearRootChainPaysNoMoreThanTheEscrow() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Transactions);
        vm.fee(10_000 gwei);
        respond(id, d, wholeChunk(1, blocks, 0, blocks[0].txs));
        assertEq(data.owed(helper), d.escrow);
        assertEq(data.owed(finder), 0);
    }

    function test_whoCannotBePaidHoldsNothingUp() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        Unpayable asker = new Unpayable();
        asker.ask{value: 1 ether}(data, CHAIN, 1, blocks[0].number);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.PaymentFailed.selector, address(asker)));
        asker.withdraw(data);
        vm.expectRevert(abi.encodeWithSelector(DataCourt.NothingOwed.selector, helper));
        vm.prank(helper);
        data.withdrawOwed(payable(helper));
    }

    function test_notAfterTheChallengePeriod() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        uint40 challengeEnd = roots.checkpointAt(CHAIN, 1).challengeEnd;
        vm.warp(challengeEnd);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.ChallengePeriodOver.selector, challengeEnd));
        vm.prank(finder);
        data.demand{value: 1 ether}(CHAIN, 1, blocks[0].number, Part.Header, 0, 1_024);
    }
}
