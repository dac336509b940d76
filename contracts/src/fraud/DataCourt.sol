// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICheckpointManager, LiveCheckpoint} from "../checkpoint/ICheckpointManager.sol";
import {ChallengeManager} from "./ChallengeManager.sol";
import {DataPieces} from "./DataPieces.sol";
import {Chunk, Demand, DemandState, Docket, Part, Walk} from "./IDataCourt.sol";
import {OffenceClass} from "./OffenceClass.sol";
import {BlockProof, Verdict} from "./ProofTypes.sol";
import {BlockTree} from "./proofs/BlockTree.sol";
import {HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Seal} from "./proofs/Seal.sol";
import {TrieWalk} from "./proofs/TrieWalk.sol";

/// @title The court for data that nobody shows
/// @notice Who cannot get the data behind a leaf of a pending checkpoint demands it here, and puts Ether beside the demand
/// from which whoever shows it is paid what it costs and a tenth more. What is left returns. While a demand is open, and for
/// one window after data came, the checkpoint cannot become final: fraud in late data can still be proven. If nobody shows
/// it in time the checkpoint falls and its signers are charged (class B), for none of them can have checked what it signed.
///
/// Nobody can prove who withholds and who only pretends not to get: a demand costs who makes it what it causes, no more.
/// At most 8 demands are open on a checkpoint, no byte is demanded twice, and finality is put off by three windows at most.
/// @dev Kind 17. KOMA root contracts, section 10.18; fraud proofs, 5.4; decision 0037. One pause of the checkpoint for
/// all demands on it. No owner, and payment by withdrawal, as in InteractiveFraud.
contract DataCourt is DataPieces, ReentrancyGuardTransient {
    uint8 public constant KIND = 17;
    uint8 public constant MAX_OPEN = 8;
    /// @notice Least bytes of a demand: below it, a checkpoint's demands could be used up on crumbs.
    uint32 public constant LEAST_BYTES = 65_536;
    uint32 public constant LEAST_HEADER_BYTES = 1_024;
    /// @notice Least bytes of a chunk that is not the last one: each has costs of its own, which the escrow pays.
    uint32 public constant LEAST_CHUNK = 8_192;
    /// @dev Gas that a byte's answer may take: 240 in a piece and 80 around it, at twice the base fee of the demand.
    uint256 private constant ESCROW_GAS_PER_BYTE = 640;
    /// @dev Gas of a transaction that its own execution does not see: 21,000, the settling, calldata around the chunk.
    uint256 private constant CHUNK_OVERHEAD = 70_000;
    /// @dev EIP-7623.
    uint256 private constant CALLDATA_GAS = 16;
    uint256 private constant CALLDATA_FLOOR_GAS = 40;
    uint256 private constant STAGED_GAS = 240;
    uint256 private constant PIECE_GAS = 60_000;

    ChallengeManager public immutable manager;
    ICheckpointManager public immutable checkpoints;
    /// @notice Seconds in which data has to be shown, and in which fraud in it can be proven then.
    uint40 public immutable dataWindow;
    /// @notice Wei of every escrow beside what its bytes take.
    uint96 public immutable fixedEscrow;

    /// @notice Number of demands so far; ids begin with 1.
    uint256 public count;
    /// @notice Wei that an account can withdraw.
    mapping(address account => uint256) public owed;
    /// @notice Wei of an open demand's escrow that answers have been paid.
    mapping(uint256 id => uint256) public spent;
    /// @dev Hash of an open demand's terms, or how it ended: no demand hashes to a number that small.
    mapping(uint256 id => bytes32) private _demands;
    mapping(bytes32 offenceId => Walk) private _walks;
    mapping(bytes32 structHash => Docket) private _dockets;

    error BadEscrow(uint256 want, uint256 got);
    /// @notice What is demanded has to begin where the last demand of the part ends.
    error BadRange(uint32 want, uint32 got);
    error DemandTooSmall(uint32 least, uint32 got);
    error TooManyDemands(uint64 number);
    /// @notice So late that data would come after the last window.
    error DemandsOver(uint40 since);
    /// @notice This contract does not judge the kind, or not any more.
    error NotInCharge();
    /// @notice Everything that could be demanded, or is demanded, has been shown.
    error AlreadyShown(uint32 shown);
    /// @notice The demand is not open, or its terms are others.
    error NotOpen(uint256 id, DemandState state);
    error WindowOver(uint256 id, uint40 deadline);
    error WindowOpen(uint256 id, uint40 deadline);
    /// @notice The checkpoint is gone: there is nothing left to show.
    error DemandVoid(uint256 id);
    /// @notice The part has not been shown up to where the demand begins.
    error NotThere(uint32 shown);
    error OtherBlock(uint64 number);
    error WrongStack();
    error ChunkTooSmall(uint256 got);
    error StillHeld(uint40 until, uint8 open);
    error NotHeld(bytes32 structHash);
    error NothingOwed(address account);
    error PaymentFailed(address to);

    constructor(ChallengeManager manager_, uint40 dataWindow_, uint96 fixedEscrow_) {
        manager = manager_;
        (checkpoints,,) = manager_.rootContracts();
        dataWindow = dataWindow_;
        fixedEscrow = fixedEscrow_;
    }

    /// @notice Demands bytes `from` to `to` of a part of a block. What is sent above the escrow can be withdrawn.
    /// @param from where the last demand of the part ended, 0 for the first
    /// @param to at least `LEAST_BYTES` more, `LEAST_HEADER_BYTES` for a header; a part may end before
    function demand(uint64 chainId, uint64 number, uint64 blockNumber, Part part, uint32 from, uint32 to)
        external
        payable
        nonReentrant
        returns (uint256 id)
    {
        LiveCheckpoint memory checkpoint = Proofs.requireLive(checkpoints, chainId, number);
        if (blockNumber < checkpoint.start || blockNumber > checkpoint.end) {
            revert BlockTree.BlockNotInCheckpoint(blockNumber);
        }
        uint256 escrow = escrowFor(_requireRange(checkpoint.structHash, blockNumber, part, from, to), block.basefee);
        if (msg.value < escrow) revert BadEscrow(escrow, msg.value);
        if (msg.value > escrow) owed[msg.sender] += msg.value - escrow;
        Demand memory d = Demand({
            chainId: chainId,
            number: number,
            structHash: checkpoint.structHash,
            blockNumber: blockNumber,
            part: part,
            from: from,
            to: to,
            offenceId: offenceOf(checkpoint.structHash, blockNumber, part),
            demander: msg.sender,
            escrow: uint96(escrow),
            deadline: uint40(block.timestamp) + dataWindow
        });
        _walks[d.offenceId].demandedTo = to;
        id = ++count;
        _demands[id] = keccak256(abi.encode(d));
        emit DataDemanded(id, chainId, number, d);
        _hold(d, checkpoint.challengeEnd);
    }

    /// @notice Shows the next nodes of the part; anyone. What it cost is the sender's to withdraw.
    function respond(uint256 id, Demand calldata d, Chunk calldata chunk) external nonReentrant {
        uint256 gasBefore = gasleft();
        _requireOpen(id, d);
        if (block.timestamp > d.deadline) revert WindowOver(id, d.deadline);
        if (_isVoid(d.chainId, d.number, d.structHash)) revert DemandVoid(id);
        Walk storage walk = _walks[d.offenceId];
        if (walk.ended || walk.shown >= d.to) revert AlreadyShown(walk.shown);
        if (walk.shown < d.from) revert NotThere(walk.shown);
        uint256 bytes_ = d.part == Part.Header ? _showHeader(walk, d, chunk) : _showNodes(walk, d, chunk);
        bool complete = _isComplete(walk, d);
        if (!complete && bytes_ < LEAST_CHUNK) revert ChunkTooSmall(bytes_);
        uint256 paid = _payFor(id, d, chunk, bytes_, gasBefore);
        emit DataShown(id, msg.sender, walk.shown, paid);
        if (!complete) return;
        _dockets[d.structHash].heldUntil = uint40(block.timestamp) + dataWindow;
        _close(id, d, DemandState.Answered);
    }

    /// @notice Ends a demand: with a conviction when it was not answered in time, else with the return of what is left of
    /// its escrow. Anyone.
    /// @param leaf the block's leaf, if somebody knows it, so that its producer can be charged; at most one
    /// @param header RLP header that the leaf opens to, so that it is charged at once and the block banned; may be empty
    function conclude(uint256 id, Demand calldata d, BlockProof[] calldata leaf, bytes calldata header)
        external
        nonReentrant
    {
        _requireOpen(id, d);
        if (_isVoid(d.chainId, d.number, d.structHash)) return _close(id, d, DemandState.Void);
        if (_isComplete(_walks[d.offenceId], d)) return _close(id, d, DemandState.Answered);
        if (block.timestamp <= d.deadline) revert WindowOpen(id, d.deadline);
        Verdict memory verdict = _verdictOn(d, leaf, header);
        _dockets[d.structHash].held = false;
        _close(id, d, DemandState.Convicted);
        manager.convict(KIND, d.structHash, abi.encode(verdict), d.demander);
    }

    /// @notice Lets a checkpoint become final when no demand on it is open and the time to read late data is over; anyone.
    function release(uint64 chainId, uint64 number, bytes32 structHash) external nonReentrant {
        Docket storage docket = _dockets[structHash];
        if (!docket.held) revert NotHeld(structHash);
        bool over = docket.open == 0 && block.timestamp > docket.heldUntil;
        if (!over && !_isVoid(chainId, number, structHash)) revert StillHeld(docket.heldUntil, docket.open);
        docket.held = false;
        emit CheckpointReleased(chainId, number, structHash);
        manager.resumeCheckpoint(chainId, number, structHash);
    }

    /// @notice Pays what is owed to the sender out to `to`.
    function withdrawOwed(address payable to) external nonReentrant {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        owed[msg.sender] = 0;
        emit OwedWithdrawn(msg.sender, to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed(to);
    }

    /// @notice Escrow of a demand for so many bytes at a base fee, wei.
    function escrowFor(uint256 bytes_, uint256 baseFee) public view returns (uint256) {
        return fixedEscrow + bytes_ * ESCROW_GAS_PER_BYTE * baseFee;
    }

    /// @notice Offence of not showing a part; demands on one part share it.
    function offenceOf(bytes32 structHash, uint64 blockNumber, Part part) public pure returns (bytes32) {
        return keccak256(abi.encode("unavailable", structHash, blockNumber, part));
    }

    function stateOf(uint256 id) public view returns (DemandState) {
        uint256 word = uint256(_demands[id]);
        return word > uint256(type(DemandState).max) ? DemandState.Open : DemandState(word);
    }

    /// @notice How far a part has been shown.
    function walkOf(bytes32 offenceId) external view returns (Walk memory) {
        return _walks[offenceId];
    }

    function docketOf(bytes32 structHash) external view returns (Docket memory) {
        return _dockets[structHash];
    }

    function _requireRange(bytes32 structHash, uint64 blockNumber, Part part, uint32 from, uint32 to)
        private
        view
        returns (uint32 size)
    {
        Walk storage walk = _walks[offenceOf(structHash, blockNumber, part)];
        if (walk.ended) revert AlreadyShown(walk.shown);
        if (from != walk.demandedTo) revert BadRange(walk.demandedTo, from);
        size = to > from ? to - from : 0;
        uint32 least = part == Part.Header ? LEAST_HEADER_BYTES : LEAST_BYTES;
        if (size < least) revert DemandTooSmall(least, size);
    }

    /// @dev The first demand pauses the checkpoint, which can be done until its challenge period ends. Others may follow for
    /// one window more, and so late data can be read for a whole window before the third is over.
    function _hold(Demand memory d, uint40 challengeEnd) private {
        if (address(manager.verifierOf(KIND)) != address(this)) revert NotInCharge();
        Docket storage docket = _dockets[d.structHash];
        if (docket.open >= MAX_OPEN) revert TooManyDemands(d.number);
        docket.open += 1;
        if (!docket.held) {
            docket.held = true;
            return manager.pauseCheckpoint(KIND, d.chainId, d.number, d.structHash);
        }
        if (block.timestamp > uint256(challengeEnd) + dataWindow) revert DemandsOver(challengeEnd + dataWindow);
    }

    function _showHeader(Walk storage walk, Demand calldata d, Chunk calldata chunk) private returns (uint256 size) {
        BlockProof memory b = _requireLeaf(d, chunk.b);
        if (chunk.stack.length > 0) revert WrongStack();
        if (chunk.nodes.length != 1) revert TrieWalk.NoNodeLeft();
        HeaderDecoder.open(b, chunk.nodes[0]);
        size = chunk.nodes[0].length;
        walk.shown = uint32(size);
        walk.ended = true;
    }

    function _showNodes(Walk storage walk, Demand calldata d, Chunk calldata chunk) private returns (uint256 size) {
        (bytes32[] memory stack, uint256 left) = _stackOf(walk, d, chunk);
        bool staged;
        for (uint256 i; i < chunk.nodes.length; ++i) {
            bytes memory node = chunk.nodes[i];
            if (node.length == 0) {
                if (staged) revert BadPiece(0);
                staged = true;
                node = _join(chunk.pieces);
            }
            left = TrieWalk.take(stack, left, node);
            size += node.length;
        }
        assembly ("memory-safe") {
            mstore(stack, left)
        }
        walk.stackHash = keccak256(abi.encodePacked(stack));
        walk.shown += uint32(size);
        walk.ended = left == 0;
    }

    /// @dev References that are still to be shown, with room for those of the chunk's nodes.
    function _stackOf(Walk storage walk, Demand calldata d, Chunk calldata chunk)
        private
        view
        returns (bytes32[] memory stack, uint256 size)
    {
        // What is not looked at is not there: the chunk's fields are paid by their lengths.
        if (walk.stackHash == 0) {
            if (chunk.stack.length > 0) revert WrongStack();
            BlockProof memory b = _requireLeaf(d, chunk.b);
            stack = new bytes32[](1 + 16 * chunk.nodes.length);
            stack[0] = d.part == Part.Receipts ? b.receiptsRoot : b.txRoot;
            return (stack, stack[0] == TrieWalk.EMPTY_ROOT ? 0 : 1);
        }
        size = chunk.stack.length;
        if (chunk.b.siblings.length > 0) revert OtherBlock(chunk.b.number);
        if (keccak256(abi.encodePacked(chunk.stack)) != walk.stackHash) revert WrongStack();
        stack = new bytes32[](size + 16 * chunk.nodes.length);
        for (uint256 i; i < size; ++i) {
            stack[i] = chunk.stack[i];
        }
    }

    function _requireLeaf(Demand calldata d, BlockProof calldata leaf) private view returns (BlockProof memory b) {
        b = leaf;
        if (b.chainId != d.chainId || b.checkpoint != d.number || b.number != d.blockNumber) revert OtherBlock(b.number);
        Proofs.verifyBlock(checkpoints, b);
    }

    /// @dev What the chunk cost and a tenth more, from what is left of the escrow. Reckoned from bytes that the data has,
    /// never from the length of the calldata, which could be blown up by zeros.
    function _payFor(uint256 id, Demand calldata d, Chunk calldata chunk, uint256 size, uint256 gasBefore)
        private
        returns (uint256 paid)
    {
        uint256 staged = size;
        for (uint256 i; i < chunk.nodes.length; ++i) {
            staged -= chunk.nodes[i].length;
        }
        uint256 payload = size - staged + 32 * (chunk.stack.length + chunk.b.siblings.length);
        uint256 plain = gasBefore - gasleft() + CALLDATA_GAS * payload;
        uint256 floor = CALLDATA_FLOOR_GAS * payload;
        uint256 gas = CHUNK_OVERHEAD + (plain > floor ? plain : floor);
        if (staged > 0) gas += staged * STAGED_GAS + chunk.pieces.length * PIECE_GAS;
        uint256 left = d.escrow - spent[id];
        paid = gas * block.basefee * 11 / 10;
        if (paid > left) paid = left;
        spent[id] += paid;
        owed[msg.sender] += paid;
    }

    function _close(uint256 id, Demand calldata d, DemandState state) private {
        uint256 returned = d.escrow - spent[id];
        _demands[id] = bytes32(uint256(state));
        _dockets[d.structHash].open -= 1;
        owed[d.demander] += returned;
        emit DemandConcluded(id, state, returned);
    }

    function _isComplete(Walk storage walk, Demand calldata d) private view returns (bool) {
        return walk.ended || walk.shown >= d.to;
    }

    function _requireOpen(uint256 id, Demand calldata d) private view {
        if (_demands[id] != keccak256(abi.encode(d))) revert NotOpen(id, stateOf(id));
    }

    /// @dev The checkpoint was rejected for something else, or this contract is not heard any more.
    function _isVoid(uint64 chainId, uint64 number, bytes32 structHash) private view returns (bool) {
        return checkpoints.liveCheckpoint(chainId, number).structHash != structHash
            || address(manager.verifierOf(KIND)) != address(this);
    }

    /// @dev A block hash is banned only where a header shows that it opens to the leaf: whoever withholds could have put an
    /// innocent block's hash there.
    function _verdictOn(Demand calldata d, BlockProof[] calldata leaf, bytes calldata header)
        private
        view
        returns (Verdict memory verdict)
    {
        verdict.offenceId = d.offenceId;
        verdict.class = OffenceClass.B_WITHHELD;
        verdict.chainId = d.chainId;
        verdict.number = d.number;
        if (leaf.length == 0) {
            if (header.length > 0) revert HeaderDecoder.HeaderMismatch("leaf");
            return verdict;
        }
        BlockProof memory b = _requireLeaf(d, leaf[0]);
        verdict.leaf = BlockTree.leafOf(b);
        if (header.length == 0) return verdict;
        verdict.producer = Seal.producerOf(HeaderDecoder.open(b, header), header, d.chainId);
        verdict.blockHash = b.blockHash;
    }
}
