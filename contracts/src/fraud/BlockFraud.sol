// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {ChainConfig, IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {IStakeManager} from "../staking/IStakeManager.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {OffenceClass} from "./OffenceClass.sol";
import {BlockProof, Verdict} from "./ProofTypes.sol";
import {BlockTree} from "./proofs/BlockTree.sol";
import {Header, HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Seal} from "./proofs/Seal.sol";

/// @title Fraud that headers and leaves show
/// @notice Kinds 1 to 4: blocks that do not follow one another, leaves that disagree with their headers, blocks without
/// a producer's seal, blocks that were banned. Every function returns a verdict or reverts; none changes state.
/// @dev KOMA root contracts, sections 10.4 to 10.7.
contract BlockFraud is IFraudVerifier {
    uint8 public constant BLOCK_SEQUENCE = 1;
    uint8 public constant BLOCK_LEAF = 2;
    uint8 public constant BLOCK_PRODUCER = 3;
    uint8 public constant BANNED_BLOCK = 4;

    /// @notice How far a block's time may be ahead of its checkpoint's submission, seconds.
    uint64 public constant MAX_AHEAD = 60;

    ICheckpointManager public immutable checkpoints;
    IKomaRegistry public immutable registry;
    IStakeManager public immutable stakes;

    /// @notice The fourth argument of kind 3 is not the block that the grace is counted from.
    error NotGraceBlock(uint64 want, uint64 got);

    constructor(ICheckpointManager checkpoints_, IKomaRegistry registry_, IStakeManager stakes_) {
        checkpoints = checkpoints_;
        registry = registry_;
        stakes = stakes_;
    }

    /// @inheritdoc IFraudVerifier
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind == BLOCK_SEQUENCE) {
            (BlockProof memory a, BlockProof memory b, bytes memory headerB) =
                abi.decode(evidence, (BlockProof, BlockProof, bytes));
            return _judgeSequence(a, b, headerB);
        }
        if (kind == BLOCK_LEAF) {
            (BlockProof memory b, uint64 index, bytes memory header) = abi.decode(evidence, (BlockProof, uint64, bytes));
            return _judgeLeaf(b, index, header);
        }
        if (kind == BLOCK_PRODUCER) {
            (BlockProof memory b, bytes memory header, bytes memory parentHeader, BlockProof memory c) =
                abi.decode(evidence, (BlockProof, bytes, bytes, BlockProof));
            return _judgeProducer(b, header, parentHeader, c);
        }
        if (kind == BANNED_BLOCK) return _judgeBanned(abi.decode(evidence, (BlockProof)));
        revert UnknownKind(kind);
    }

    /// @notice Kind 1. `b` stands right after `a` in the checkpoints but does not name it as its parent, is not later, is
    /// later than its checkpoint by more than a minute, or is the last block of a checkpoint that names another last one.
    /// @dev The signers are charged in each case, for they put the two side by side. The producer of `b` only for its
    /// times: a parent or last block of the signers' own choosing proves nothing against it.
    /// @param headerB RLP header of `b`
    function validateBlockSequence(BlockProof memory a, BlockProof memory b, bytes memory headerB)
        external
        view
        returns (Verdict memory)
    {
        return _judgeSequence(a, b, headerB);
    }

    /// @notice Kind 2. The leaf at `index` is not that of the header that its block hash opens to: the bytes are no
    /// header, number, time or a root differs, or the number does not fit the index. Charges the signers only.
    /// @param index place in the tree; for this kind alone it is given, since the leaf's number may be the lie
    /// @param header bytes that hash to the leaf's block hash; may be empty when the number alone convicts
    function validateBlockLeaf(BlockProof memory b, uint64 index, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judgeLeaf(b, index, header);
    }

    /// @notice Kind 3. The block carries no seal by its `coinbase`, or `coinbase` was in no producer set in force from
    /// the time of `c` to that of `b` and the block is not an open-slot block, or it stands in the place of genesis.
    /// @param parentHeader RLP header of the parent; looked at only when `coinbase` is a validator's signer, else empty
    /// @param c the block `setGraceBlocks` before `b`, the chain's first checkpointed block when `b` is younger. Counted
    /// in blocks, so that a stall of the chain cannot make an honest producer's block late.
    function validateBlockProducer(
        BlockProof memory b,
        bytes memory header,
        bytes memory parentHeader,
        BlockProof memory c
    ) external view returns (Verdict memory) {
        return _judgeProducer(b, header, parentHeader, c);
    }

    /// @notice Kind 4. The block was banned by an earlier verdict and is checkpointed again.
    function validateBannedBlock(BlockProof memory b) external view returns (Verdict memory) {
        return _judgeBanned(b);
    }

    function _judgeSequence(BlockProof memory a, BlockProof memory b, bytes memory headerB)
        private
        view
        returns (Verdict memory verdict)
    {
        if (a.chainId != b.chainId || b.number == 0 || b.number - 1 != a.number) revert NotFraud("not adjacent");
        Proofs.verifyBlock(checkpoints, a);
        LiveCheckpoint memory checkpoint = Proofs.verifyBlock(checkpoints, b);
        Header memory header = HeaderDecoder.open(b, headerB);

        bool linked = header.parentHash == a.blockHash;
        bool badTime = uint256(b.timestamp) > uint256(checkpoint.submittedAt) + MAX_AHEAD
            || (linked && b.timestamp <= a.timestamp);
        bool otherEnd = b.number == checkpoint.end
            && b.blockHash != checkpoints.checkpointAt(b.chainId, b.checkpoint).lastBlockHash;
        if (linked && !badTime && !otherEnd) revert NotFraud("linked");

        verdict = _verdict(b, keccak256(abi.encode("sequence", checkpoint.structHash, b.number)));
        if (badTime) _chargeProducer(verdict, b, Seal.producerOf(header, headerB, b.chainId));
    }

    function _judgeLeaf(BlockProof memory b, uint64 index, bytes memory raw) private view returns (Verdict memory) {
        LiveCheckpoint memory checkpoint = Proofs.requireLive(checkpoints, b.chainId, b.checkpoint);
        BlockTree.requireLeaf(checkpoint.rootHash, checkpoint.start, checkpoint.end, index, b);
        if (b.number == checkpoint.start + index) {
            if (keccak256(raw) != b.blockHash) revert HeaderDecoder.HeaderMismatch("hash");
            (bool ok, Header memory header) = HeaderDecoder.tryDecode(raw);
            if (
                ok && header.number == b.number && header.timestamp == b.timestamp && header.txRoot == b.txRoot
                    && header.receiptsRoot == b.receiptsRoot
            ) revert NotFraud("leaf agrees with header");
        }
        // Nothing is banned: the block itself may be honest and its leaf alone a lie.
        return _verdict(b, keccak256(abi.encode("leaf", checkpoint.structHash, index)));
    }

    function _judgeProducer(BlockProof memory b, bytes memory rawHeader, bytes memory rawParent, BlockProof memory c)
        private
        view
        returns (Verdict memory verdict)
    {
        LiveCheckpoint memory checkpoint = Proofs.verifyBlock(checkpoints, b);
        Header memory header = HeaderDecoder.open(b, rawHeader);
        ChainConfig memory config = registry.chainConfig(b.chainId);
        if (b.number == config.genesisBlock && b.blockHash == config.genesisHash) revert NotFraud("genesis");

        // Nobody may seal another block in the place of genesis.
        address producer = Seal.producerOf(header, rawHeader, b.chainId);
        if (producer != address(0) && b.number != config.genesisBlock) {
            _requireGraceBlock(b, c, config.setGraceBlocks);
            uint64 from = c.timestamp < b.timestamp ? c.timestamp : b.timestamp;
            if (registry.isAuthorizedProducer(b.chainId, header.coinbase, from, b.timestamp)) {
                revert NotFraud("authorized");
            }
            if (_isOpenSlot(header, rawParent, config)) revert NotFraud("open slot");
        }
        verdict = _verdict(b, keccak256(abi.encode("producer", checkpoint.structHash, b.blockHash)));
        _chargeProducer(verdict, b, producer);
    }

    function _judgeBanned(BlockProof memory b) private view returns (Verdict memory) {
        LiveCheckpoint memory checkpoint = Proofs.verifyBlock(checkpoints, b);
        if (!checkpoints.bannedBlock(b.chainId, b.blockHash)) revert NotFraud("not banned");
        return _verdict(b, keccak256(abi.encode("banned", checkpoint.structHash, b.blockHash)));
    }

    function _requireGraceBlock(BlockProof memory b, BlockProof memory c, uint64 grace) private view {
        uint64 first = checkpoints.checkpointAt(b.chainId, 1).start;
        uint64 want = b.number - first > grace ? b.number - grace : first;
        if (c.chainId != b.chainId || c.number != want) revert NotGraceBlock(want, c.number);
        Proofs.verifyBlock(checkpoints, c);
    }

    /// @dev After `openGapSlots` empty slots any validator may lead (KoMaBFT spec 8.3). A validator that has left since
    /// is still known while it is unbonding: whoever may have been active then is not convicted.
    function _isOpenSlot(Header memory header, bytes memory rawParent, ChainConfig memory config)
        private
        view
        returns (bool)
    {
        if (config.openGapSlots == 0) return false;
        (bool found,) = stakes.seatOfSigner(header.coinbase);
        if (!found) return false;
        if (keccak256(rawParent) != header.parentHash) revert HeaderDecoder.HeaderMismatch("parentHash");
        (bool ok, Header memory parent) = HeaderDecoder.tryDecode(rawParent);
        if (!ok || parent.timestamp > header.timestamp) return false;
        uint256 gapMs = (uint256(header.timestamp - parent.timestamp) + 1) * 1000;
        return gapMs > uint256(config.openGapSlots) * config.slotMs;
    }

    function _verdict(BlockProof memory b, bytes32 offenceId) private pure returns (Verdict memory verdict) {
        verdict.offenceId = offenceId;
        verdict.class = OffenceClass.A_INVALID;
        verdict.chainId = b.chainId;
        verdict.number = b.checkpoint;
    }

    /// @dev The header agrees with the leaf, so what the leaf says is what the producer sealed.
    function _chargeProducer(Verdict memory verdict, BlockProof memory b, address producer) private pure {
        verdict.blockHash = b.blockHash;
        verdict.producer = producer;
        verdict.leaf = BlockTree.leafOf(b);
    }
}
