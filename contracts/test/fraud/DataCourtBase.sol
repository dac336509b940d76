// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Vm} from "forge-std/Vm.sol";
import {DataCourt} from "../../src/fraud/DataCourt.sol";
import {Chunk, Demand, IDataCourtEvents, Part} from "../../src/fraud/IDataCourt.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {BlockProof} from "../../src/fraud/ProofTypes.sol";
import {ChainBuilder} from "./ChainBuilder.sol";
import {InteractiveBase, InteractiveFactory} from "./InteractiveBase.sol";
import {OrderedTrie} from "./OrderedTrie.sol";

/// @notice Builds blocks with much or little in them, and shows it.
contract DataFactory is InteractiveFactory {
    /// @notice Three blocks; the receipts of the first are so many strings of so many bytes. The court does not read them.
    function bulky(uint64 start, uint256 count, uint256 size, uint256 key)
        external
        view
        returns (Sealed[] memory blocks)
    {
        blocks = chain(start, 0, key);
        bytes[] memory receipts = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            bytes memory receipt = new bytes(size);
            receipt[0] = 0x01;
            receipt[size - 1] = bytes1(uint8(i));
            receipts[i] = receipt;
        }
        blocks[0].receipts = receipts;
        for (uint256 i; i < 3; ++i) {
            if (i > 0) blocks[i].parentHash = blocks[i - 1].hash;
            finishBlock(blocks[i], key);
        }
    }

    function leaf(uint64 checkpoint, Sealed[] memory blocks, uint256 index) external pure returns (BlockProof memory) {
        return proofOf(Span(checkpoint, blocks), index);
    }

    function nodes(bytes[] memory values) external pure returns (bytes[] memory) {
        return OrderedTrie.walk(values);
    }
}

/// @notice Demands for data on the real root contracts.
abstract contract DataCourtBase is InteractiveBase {
    uint40 internal constant WINDOW = 40;
    uint96 internal constant FIXED = 0.01 ether;
    uint32 internal constant LEAST = 65_536;

    DataCourt internal data;
    DataFactory internal makes;

    function setUp() public virtual override {
        super.setUp();
        data = new DataCourt(manager, WINDOW, FIXED);
        vm.prank(governor);
        manager.registerVerifier(17, IFraudVerifier(address(data)));
        makes = new DataFactory();
        makes.setUp();
        vm.fee(1 gwei);
    }

    /// @dev An honest checkpoint.
    function honest() internal returns (ChainBuilder.Sealed[] memory blocks) {
        blocks = makes.chain(startOfNext(), 0, producerKey());
        submitBlocks(blocks);
    }

    /// @dev A checkpoint whose first block has so many receipts of so many bytes.
    function bulky(uint256 count, uint256 size) internal returns (ChainBuilder.Sealed[] memory blocks) {
        blocks = makes.bulky(startOfNext(), count, size, producerKey());
        submitBlocks(blocks);
    }

    function demand(uint64 number, uint64 blockNumber, Part part, uint32 from, uint32 to)
        internal
        returns (uint256 id, Demand memory d)
    {
        uint256 escrow = data.escrowFor(to - from, block.basefee);
        vm.recordLogs();
        vm.prank(finder);
        id = data.demand{value: escrow}(CHAIN, number, blockNumber, part, from, to);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == IDataCourtEvents.DataDemanded.selector) d = abi.decode(logs[i].data, (Demand));
        }
        assertEq(d.escrow, escrow);
    }

    function demand(uint64 number, uint64 blockNumber, Part part) internal returns (uint256 id, Demand memory d) {
        return demand(number, blockNumber, part, 0, part == Part.Header ? 1_024 : LEAST);
    }

    function headerChunk(uint64 number, ChainBuilder.Sealed[] memory blocks, uint256 index)
        internal
        view
        returns (Chunk memory chunk)
    {
        chunk.b = makes.leaf(number, blocks, index);
        chunk.nodes = new bytes[](1);
        chunk.nodes[0] = blocks[index].header;
    }

    /// @dev All transactions or receipts of a block.
    function wholeChunk(uint64 number, ChainBuilder.Sealed[] memory blocks, uint256 index, bytes[] memory values)
        internal
        view
        returns (Chunk memory chunk)
    {
        chunk.b = makes.leaf(number, blocks, index);
        chunk.nodes = makes.nodes(values);
    }

    function part(bytes[] memory nodes, uint256 from, uint256 to) internal pure returns (bytes[] memory some) {
        some = new bytes[](to - from);
        for (uint256 i; i < some.length; ++i) {
            some[i] = nodes[from + i];
        }
    }

    function none() internal pure returns (BlockProof[] memory) {
        return new BlockProof[](0);
    }

    function one(BlockProof memory leaf) internal pure returns (BlockProof[] memory leaves) {
        leaves = new BlockProof[](1);
        leaves[0] = leaf;
    }

    function respond(uint256 id, Demand memory d, Chunk memory chunk) internal {
        vm.prank(helper);
        data.respond(id, d, chunk);
    }
}
