// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {CheckpointRecord, CheckpointStatus, ICheckpointManager} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChainConfig, IKomaRegistry} from "../../src/checkpoint/IKomaRegistry.sol";
import {BlockProof, LogProof, TxProof, TxReceipt} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {IStakeManager} from "../../src/staking/IStakeManager.sol";
import {MockCheckpointManager, MockRegistry, MockStakeManager} from "./MockRoot.sol";
import {OrderedTrie} from "./OrderedTrie.sol";
import {TxBuilder} from "./TxBuilder.sol";

/// @title Vocabulary for tests: producers seal blocks, checkpoints cover them
abstract contract ChainBuilder is TxBuilder {
    uint64 internal constant GENESIS_TIME = 1_700_000_000;
    /// @dev Seats 0, 1 and 4 signed.
    uint256 internal constant SIGNERS = 0x13;

    struct Sealed {
        uint64 number;
        uint64 timestamp;
        bytes32 parentHash;
        bytes32 txRoot;
        bytes32 receiptsRoot;
        bytes32 hash;
        address coinbase;
        bytes header;
        bytes[] txs;
        bytes[] receipts;
        /// @dev 21,000 for every transaction when it is zero.
        uint64 gasUsed;
    }

    struct Span {
        uint64 checkpoint;
        Sealed[] blocks;
    }

    MockCheckpointManager internal checkpoints;
    MockStakeManager internal stakes;
    MockRegistry internal registry;
    uint256 internal producerKey = uint256(keccak256("producer"));
    address internal producer = vm.addr(uint256(keccak256("producer")));
    uint256 internal alice = uint256(keccak256("alice"));
    uint256 internal bob = uint256(keccak256("bob"));

    function setUp() public virtual {
        vm.warp(GENESIS_TIME + 1000);
        vm.roll(100);
        checkpoints = new MockCheckpointManager(31337, 0x5FbDB2315678afecb367f032d93F642f64180aa3);
        stakes = new MockStakeManager();
        registry = new MockRegistry();
        ChainConfig memory config;
        config.genesisHash = keccak256("genesis");
        config.slotMs = 1000;
        config.openGapSlots = 4;
        config.setGraceBlocks = 3;
        config.registered = true;
        registry.configure(config);
        registry.appoint(producer, 0, type(uint64).max);
    }

    // blocks

    /// @notice A block with these transactions, sealed by `key`; zero leaves it unsealed.
    function sealBlock(bytes32 parentHash, uint64 number, uint64 timestamp, bytes[] memory txs, uint256 key)
        internal
        pure
        returns (Sealed memory b)
    {
        b.number = number;
        b.timestamp = timestamp;
        b.parentHash = parentHash;
        b.coinbase = key == 0 ? address(0xdead) : vm.addr(key);
        b.txs = txs;
        b.receipts = new bytes[](txs.length);
        for (uint256 i; i < txs.length; ++i) {
            uint8 first = uint8(txs[i][0]);
            b.receipts[i] = encodeReceipt(first < 0xc0 ? first : 0, 1, uint64(21_000 * (i + 1)), new bytes[](0));
        }
        finishBlock(b, key);
    }

    /// @notice Computes roots, seal and hash from the other fields.
    function finishBlock(Sealed memory b, uint256 key) internal pure {
        b.txRoot = OrderedTrie.root(b.txs);
        b.receiptsRoot = OrderedTrie.root(b.receipts);
        bytes memory free = "koma";
        bytes memory extraData = free;
        if (key != 0) {
            bytes32 unsealed = keccak256(encodeHeader(b, free));
            (uint8 v, bytes32 r, bytes32 s) =
                vm.sign(key, keccak256(abi.encodePacked("KOMA seal v1", uint256(CHAIN), unsealed)));
            extraData = abi.encodePacked(free, r, s, v);
        }
        b.header = encodeHeader(b, extraData);
        b.hash = keccak256(b.header);
    }

    function encodeHeader(Sealed memory b, bytes memory extraData) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](20);
        fields[0] = RLP.encode(b.parentHash);
        fields[1] = RLP.encode(keccak256(hex"c0"));
        fields[2] = RLP.encode(abi.encodePacked(b.coinbase));
        fields[3] = RLP.encode(keccak256("state"));
        fields[4] = RLP.encode(b.txRoot);
        fields[5] = RLP.encode(b.receiptsRoot);
        fields[6] = RLP.encode(new bytes(256));
        fields[7] = hex"80";
        fields[8] = RLP.encode(uint256(b.number));
        fields[9] = RLP.encode(uint256(30_000_000));
        fields[10] = RLP.encode(b.gasUsed == 0 ? 21_000 * b.txs.length : uint256(b.gasUsed));
        fields[11] = RLP.encode(uint256(b.timestamp));
        fields[12] = RLP.encode(extraData);
        fields[13] = RLP.encode(keccak256("randao"));
        fields[14] = RLP.encode(new bytes(8));
        fields[15] = RLP.encode(uint256(7));
        fields[16] = RLP.encode(keccak256(hex"80"));
        (fields[17], fields[18]) = (bytes(hex"80"), bytes(hex"80"));
        fields[19] = RLP.encode(bytes32(0));
        return RLP.encode(fields);
    }

    /// @notice `count` honest blocks from `start` on; block n carries alice's nonces 2n and 2n + 1.
    function honestBlocks(bytes32 parentHash, uint64 start, uint64 count)
        internal
        view
        returns (Sealed[] memory blocks)
    {
        blocks = new Sealed[](count);
        for (uint64 i; i < count; ++i) {
            uint64 number = start + i;
            bytes[] memory txs = new bytes[](2);
            (txs[0], txs[1]) = (legacyTx(alice, 2 * number), dynamicFeeTx(alice, 2 * number + 1));
            blocks[i] = sealBlock(parentHash, number, GENESIS_TIME + number, txs, producerKey);
            parentHash = blocks[i].hash;
        }
    }

    // checkpoints

    /// @notice Puts the blocks under a pending checkpoint of that number.
    function submit(uint64 checkpoint, Sealed[] memory blocks) internal returns (Span memory span) {
        return submitAs(checkpoint, blocks, CheckpointStatus.Pending);
    }

    function submitAs(uint64 checkpoint, Sealed[] memory blocks, CheckpointStatus status)
        internal
        returns (Span memory span)
    {
        bytes32[] memory leaves = new bytes32[](blocks.length);
        for (uint256 i; i < blocks.length; ++i) {
            Sealed memory b = blocks[i];
            leaves[i] = BlockTree.leafOf(b.number, b.timestamp, b.txRoot, b.receiptsRoot, b.hash);
        }
        CheckpointRecord memory record;
        record.rootHash = treeRoot(leaves);
        record.lastBlockHash = blocks[blocks.length - 1].hash;
        record.start = blocks[0].number;
        record.end = record.start + uint64(blocks.length) - 1;
        record.structHash = keccak256(abi.encode(checkpoint, record.rootHash, checkpoints.chainState(CHAIN).generation));
        record.signerBitmap = SIGNERS;
        record.submittedAt = uint40(block.timestamp);
        record.challengeEnd = uint40(block.timestamp + 20);
        record.status = status;
        checkpoints.put(CHAIN, checkpoint, record);
        span.checkpoint = checkpoint;
        span.blocks = blocks;
    }

    function proofOf(Span memory span, uint256 index) internal pure returns (BlockProof memory p) {
        Sealed memory b = span.blocks[index];
        bytes32[] memory leaves = new bytes32[](span.blocks.length);
        for (uint256 i; i < leaves.length; ++i) {
            Sealed memory other = span.blocks[i];
            leaves[i] = BlockTree.leafOf(other.number, other.timestamp, other.txRoot, other.receiptsRoot, other.hash);
        }
        p = BlockProof({
            chainId: CHAIN,
            checkpoint: span.checkpoint,
            number: b.number,
            timestamp: b.timestamp,
            txRoot: b.txRoot,
            receiptsRoot: b.receiptsRoot,
            blockHash: b.hash,
            siblings: siblingsOf(leaves, index)
        });
    }

    function txProofOf(Span memory span, uint256 index, uint32 txIndex) internal pure returns (TxProof memory p) {
        p.b = proofOf(span, index);
        p.txIndex = txIndex;
        p.txNodes = OrderedTrie.prove(span.blocks[index].txs, txIndex);
    }

    function logProofOf(Span memory span, uint256 index, uint32 txIndex, uint32 logIndex)
        internal
        pure
        returns (LogProof memory p)
    {
        p.b = proofOf(span, index);
        p.txIndex = txIndex;
        p.logIndex = logIndex;
        p.receiptNodes = OrderedTrie.prove(span.blocks[index].receipts, txIndex);
    }

    function txReceiptOf(Span memory span, uint256 index, uint32 txIndex) internal pure returns (TxReceipt memory r) {
        r.b = proofOf(span, index);
        r.txIndex = txIndex;
        r.txNodes = OrderedTrie.prove(span.blocks[index].txs, txIndex);
        r.receiptNodes = OrderedTrie.prove(span.blocks[index].receipts, txIndex);
    }

    function treeRoot(bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32[] memory level = _padded(leaves);
        while (level.length > 1) level = _above(level);
        return level[0];
    }

    function siblingsOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory siblings) {
        bytes32[] memory level = _padded(leaves);
        siblings = new bytes32[](BlockTree.depthOf(leaves.length));
        for (uint256 i; i < siblings.length; ++i) {
            siblings[i] = level[index ^ 1];
            level = _above(level);
            index >>= 1;
        }
    }

    function checkpointsAsInterface() internal view returns (ICheckpointManager) {
        return ICheckpointManager(address(checkpoints));
    }

    function stakesAsInterface() internal view returns (IStakeManager) {
        return IStakeManager(address(stakes));
    }

    function registryAsInterface() internal view returns (IKomaRegistry) {
        return IKomaRegistry(address(registry));
    }

    function _padded(bytes32[] memory leaves) private pure returns (bytes32[] memory level) {
        level = new bytes32[](1 << BlockTree.depthOf(leaves.length));
        for (uint256 i; i < leaves.length; ++i) {
            level[i] = leaves[i];
        }
    }

    function _above(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[](level.length / 2);
        for (uint256 i; i < above.length; ++i) {
            above[i] = keccak256(abi.encodePacked(uint8(1), level[2 * i], level[2 * i + 1]));
        }
    }
}
