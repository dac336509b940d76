// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DataCourt} from "../../src/fraud/DataCourt.sol";
import {Chunk, Demand, DemandState, Part} from "../../src/fraud/IDataCourt.sol";
import {ChainBuilder} from "../fraud/ChainBuilder.sol";
import {DataCourtBase} from "../fraud/DataCourtBase.sol";

/// @notice AT-33 for demands: an honest checkpoint is kept from finality by asking for everything there is.
contract AT33DataTest is DataCourtBase {
    struct Asked {
        uint256 id;
        Demand d;
        uint256 index;
    }

    Asked[] private asked;

    function test_AT33_demandsPutFinalityOffByThreeWindowsAtMost() public {
        ChainBuilder.Sealed[] memory blocks = honest();
        uint40 challengeEnd = roots.checkpointAt(CHAIN, 1).challengeEnd;
        bytes32 structHash = roots.checkpointAt(CHAIN, 1).structHash;
        vm.warp(challengeEnd - 1);
        (uint256 id, Demand memory d) = demand(1, blocks[0].number, Part.Header);
        vm.warp(challengeEnd + WINDOW - 1);
        data.respond(id, d, headerChunk(1, blocks, 0));
        // Again while the data is read, at the last time when that can be done.
        pass(1);
        (id, d) = demand(1, blocks[1].number, Part.Header);
        pass(1);
        uint64 last = blocks[2].number;
        vm.expectRevert(abi.encodeWithSelector(DataCourt.DemandsOver.selector, challengeEnd + WINDOW));
        vm.prank(finder);
        data.demand{value: 1 ether}(CHAIN, 1, last, Part.Header, 0, 1_024);
        vm.warp(d.deadline);
        data.respond(id, d, headerChunk(1, blocks, 1));
        vm.warp(challengeEnd + 3 * WINDOW + 1);
        data.release(CHAIN, 1, structHash);
        assertEq(roots.finalize(CHAIN, 1), 1);
    }

    /// @dev Any order of demands, answers, conclusions and waits: what was put in is owed or still beside a demand, honest
    /// signers who answer are never convicted, and the checkpoint is final three windows after its period at the latest.
    /// forge-config: default.fuzz.runs = 24
    /// forge-config: ci.fuzz.runs = 48
    function testFuzz_AT33_escrowIsConservedAndDelayBounded(uint8[24] calldata actions) public {
        ChainBuilder.Sealed[] memory blocks = honest();
        bytes32 structHash = roots.checkpointAt(CHAIN, 1).structHash;
        uint256 latest = uint256(roots.checkpointAt(CHAIN, 1).challengeEnd) + 3 * WINDOW;
        for (uint256 i; i < actions.length; ++i) {
            uint256 action = actions[i] % 4;
            uint256 index = (actions[i] >> 2) % 3;
            if (action == 0) _ask(blocks[index].number, Part((actions[i] >> 4) % 3), index);
            if (action == 1) _answer(blocks, actions[i] >> 2);
            if (action == 2) _wait(blocks, actions[i] >> 3);
            if (action == 3) _tryRelease(structHash);
            _assertConserved();
        }
        while (_next() < asked.length) {
            _answer(blocks, _next());
        }
        assertLe(data.docketOf(structHash).heldUntil, latest);
        if (time() <= latest) vm.warp(latest + 1);
        _tryRelease(structHash);
        assertTrue(roots.isLive(CHAIN, 1));
        assertTrue(roots.isFinal(CHAIN, 1));
        _assertConserved();
    }

    function _ask(uint64 number, Part part_, uint256 index) private {
        uint32 from = data.walkOf(data.offenceOf(roots.checkpointAt(CHAIN, 1).structHash, number, part_)).demandedTo;
        try this.ask(number, part_, from) returns (uint256 id, Demand memory d) {
            asked.push();
            Asked storage entry = asked[asked.length - 1];
            (entry.id, entry.d, entry.index) = (id, d, index);
        } catch {}
    }

    function ask(uint64 number, Part part_, uint32 from) external returns (uint256, Demand memory) {
        return demand(1, number, part_, from, from + LEAST);
    }

    function _answer(ChainBuilder.Sealed[] memory blocks, uint256 which) private {
        if (which >= asked.length) return;
        Asked memory entry = asked[which];
        if (data.stateOf(entry.id) != DemandState.Open) return;
        if (data.walkOf(entry.d.offenceId).ended) return data.conclude(entry.id, entry.d, none(), "");
        ChainBuilder.Sealed memory b = blocks[entry.index];
        Chunk memory chunk = entry.d.part == Part.Header
            ? headerChunk(1, blocks, entry.index)
            : wholeChunk(1, blocks, entry.index, entry.d.part == Part.Receipts ? b.receipts : b.txs);
        // A later range of the part waits for the first one, which is answered in time like all others.
        if (entry.d.from > 0) return;
        respond(entry.id, entry.d, chunk);
    }

    /// @dev Time goes on, but honest nodes answer everything in time.
    function _wait(ChainBuilder.Sealed[] memory blocks, uint256 duration) private {
        uint256 until = time() + duration;
        for (uint256 i; i < asked.length; ++i) {
            if (until > asked[i].d.deadline) _answer(blocks, i);
        }
        vm.warp(until);
    }

    function _tryRelease(bytes32 structHash) private {
        try data.release(CHAIN, 1, structHash) {} catch {}
    }

    function _next() private view returns (uint256 i) {
        while (i < asked.length && data.stateOf(asked[i].id) != DemandState.Open) ++i;
    }

    function _assertConserved() private view {
        uint256 held = data.owed(finder) + data.owed(helper);
        for (uint256 i; i < asked.length; ++i) {
            if (data.stateOf(asked[i].id) == DemandState.Open) held += asked[i].d.escrow - data.spent(asked[i].id);
        }
        assertEq(address(data).balance, held);
    }
}
