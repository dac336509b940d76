// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Bitmaps} from "../staking/Bitmaps.sol";
import {IStakeManager, Tally} from "../staking/IStakeManager.sol";
import {ChainCursor, CheckpointParams, CheckpointViews, StoredCheckpoint} from "./CheckpointViews.sol";
import {Governed} from "./Governed.sol";
import {Checkpoint, CheckpointStatus, ICheckpointManager, ProposerBonus} from "./ICheckpointManager.sol";
import {IKomaRegistry} from "./IKomaRegistry.sol";

/// @title Checkpoints of all side-chains (the white paper's RootChain)
/// @notice A checkpoint is accepted with signatures of more than two thirds of the stake, can be challenged for a
/// period, and is final afterwards. Anyone may submit, anyone may finalize. The contract stores who signed, so that
/// signers can be charged for what they signed.
/// @dev Root contracts design, section 5. Nobody can insert, edit or skip a checkpoint: the only ways on are
/// `submitCheckpoint` and `finalize`, the only way back is `reject`, by ChallengeManager and never past finality.
contract CheckpointManager is Governed, EIP712, CheckpointViews {
    bytes32 public constant CHECKPOINT_TYPEHASH = keccak256(
        "Checkpoint(uint64 chainId,uint64 epoch,uint64 number,address proposer,uint64 start,uint64 end,bytes32 rootHash,bytes32 lastBlockHash,bytes32 accountHash,bytes32 prevCheckpoint,uint64 generation)"
    );
    /// @notice Interactive challenges that may be open on one checkpoint at a time.
    uint256 public constant MAX_OPEN_CHALLENGES = 16;
    /// @dev Checkpoints that a submission finalizes in passing.
    uint256 private constant FINALIZE_IN_PASSING = 8;
    /// @dev EIP-2098: r, then s with the parity of the public point in its highest bit.
    uint256 private constant COMPACT_SIGNATURE = 64;

    event CheckpointSubmitted(
        uint64 indexed chainId,
        uint64 indexed number,
        address indexed proposer,
        uint64 start,
        uint64 end,
        bytes32 rootHash,
        bytes32 lastBlockHash,
        bytes32 accountHash,
        uint64 epoch,
        uint96 signedPower,
        uint40 challengeEnd
    );
    /// @param addedBitmap seats that signed after the submission
    event CheckpointAttested(uint64 indexed chainId, uint64 indexed number, uint256 addedBitmap);
    event CheckpointFinalized(uint64 indexed chainId, uint64 indexed number);
    event CheckpointRejected(
        uint64 indexed chainId, uint64 indexed number, bytes32 structHash, uint64 newGeneration, bytes32 bannedBlock
    );
    event ChainHalted(uint64 indexed chainId);
    event ParamsChanged(CheckpointParams params);
    event Wired(address challengeManager);

    error ChainIsHalted(uint64 chainId);
    error NotStarted(uint40 genesisTime);
    error BadEpoch(uint64 current, uint64 got);
    error BadRange(uint64 wantStart, uint64 start, uint64 end, uint256 maxLength);
    error BadParent(bytes32 want, bytes32 got);
    error BadGeneration(uint64 want, uint64 got);
    error EmptyRoot();
    error NoExecLeaf();
    error SignatureCount(uint256 bits, uint256 length);
    error BadSignature(uint256 seat);
    error AlreadyAttested(uint256 seat);
    error NoQuorum(uint96 signed, uint96 total);
    error TooSoon(uint40 notBefore);
    error NotLive(uint64 number);
    error AlreadyFinal(uint64 number);
    error ChallengePeriodOver(uint40 challengeEnd);
    error TooManyChallenges(uint64 number);
    error NotChallengeManager(address caller);
    error AlreadyWired();
    error BadParameter(string name, uint256 value);

    modifier onlyChallengeManager() {
        if (msg.sender != _state().challengeManager) revert NotChallengeManager(msg.sender);
        _;
    }

    constructor() EIP712("KOMA Checkpoint", "1") {}

    /// @param owner_ upgrades and parameters; a timelock on a main network
    /// @param guardian_ may pause submission, and nothing else, for at most `maxPause_` seconds
    function initialize(
        address owner_,
        address guardian_,
        uint40 maxPause_,
        IStakeManager stakeManager_,
        IKomaRegistry registry_,
        CheckpointParams calldata params_
    ) external initializer {
        __Governed_init(owner_, guardian_, maxPause_);
        if (address(stakeManager_) == address(0) || address(registry_) == address(0)) revert ZeroAddress();
        CheckpointStorage storage $ = _state();
        $.stakeManager = stakeManager_;
        $.registry = registry_;
        _setParams(params_);
    }

    /// @notice Names the contract that may reject and pause checkpoints. Works once.
    function wire(address challengeManager_) external onlyOwner {
        CheckpointStorage storage $ = _state();
        if ($.challengeManager != address(0)) revert AlreadyWired();
        if (challengeManager_ == address(0)) revert ZeroAddress();
        $.challengeManager = challengeManager_;
        emit Wired(challengeManager_);
    }

    function setParams(CheckpointParams calldata params_) external onlyOwner {
        _setParams(params_);
    }

    /// @notice Retires a side-chain for good: no further checkpoints. What is pending becomes final as usual, and
    /// exits go on.
    function haltChain(uint64 chainId) external onlyOwner {
        ChainCursor memory s = _chain(chainId);
        s.halted = true;
        _state().chains[chainId] = s;
        emit ChainHalted(chainId);
    }

    /// @notice Submits the next checkpoint of a chain; anyone may.
    /// @param c what the stakers signed; `prevCheckpoint` is the struct hash of the one before, zero for number 1
    /// @param bitmap seats that signed
    /// @param sigs one 64-byte compact signature (EIP-2098) of `digestOf(c)` per set bit, in ascending seat order
    function submitCheckpoint(Checkpoint calldata c, uint256 bitmap, bytes calldata sigs) external whenNotPaused {
        CheckpointStorage storage $ = _state();
        ChainCursor memory s = _chain(c.chainId);
        bytes32 prevHash = _prevHash(c.chainId, s.next);
        // The schedule binds nobody; only the proposer's bonus depends on it.
        uint64 round = _round(_dueAt(c.chainId, s));
        (Tally memory t, bytes memory seats) =
            $.stakeManager.tally(bitmap, _draw(prevHash, c.chainId, s.next, round));
        _checkPlace(c, s, t, prevHash);

        bytes32 structHash = _hashOf(c);
        uint96 signed = _checkSignatures(_hashTypedDataV4(structHash), bitmap, seats, sigs);
        if (uint256(signed) * 3 <= uint256(t.total) * 2) revert NoQuorum(signed, t.total);
        uint40 notBefore = _notBefore(s);
        if (block.timestamp < notBefore) revert TooSoon(notBefore);

        StoredCheckpoint storage r = $.records[c.chainId][c.number];
        r.rootHash = c.rootHash;
        r.lastBlockHash = c.lastBlockHash;
        // Saves the look at a slot that is zero; after a rollback it may hold the hash of a rejected checkpoint.
        if (c.accountHash != 0 || s.generation != 0) r.accountHash = c.accountHash;
        r.structHash = structHash;
        r.signerBitmap = bitmap;
        (uint8 proposerSeat, ProposerBonus bonus) = _bonusOf(c.proposer, t, bitmap, seats);
        _storeFacts(
            r,
            uint256(uint160(c.proposer)) | block.timestamp << 160 | uint256(t.challengePeriod) << 200
                | uint256(CheckpointStatus.Pending) << 232 | uint256(proposerSeat) << 248,
            uint256(c.start) | (uint256(c.end) - c.start + 1) << 64 | uint256(c.epoch) << 80
                | uint256(s.generation) << 112 | uint256(t.total) << 136
                | ((uint256(signed) * 10_000) / t.total) << 232 | uint256(bonus) << 248
        );
        s.next += 1;
        s.nextStart = c.end + 1;
        s.lastSubmit = uint40(block.timestamp);
        emit CheckpointSubmitted(
            c.chainId,
            c.number,
            c.proposer,
            c.start,
            c.end,
            c.rootHash,
            c.lastBlockHash,
            c.accountHash,
            c.epoch,
            signed,
            uint40(block.timestamp) + t.challengePeriod
        );
        _advance(c.chainId, s, FINALIZE_IN_PASSING);
        _storeCursor(c.chainId, s);
    }

    /// @notice Adds signatures to a pending checkpoint; anyone may. Whoever is added shares in its reward like those that
    /// signed in time, and answers for its content like them.
    /// @param bitmap seats that are added; none of them may have signed before
    /// @param sigs one compact signature per set bit, in ascending seat order, by any key that the seat's validator has
    /// had; it must have had power when the checkpoint was submitted
    function attest(uint64 chainId, uint64 number, uint256 bitmap, bytes calldata sigs) external {
        CheckpointStorage storage $ = _state();
        if (!isLive(chainId, number)) revert NotLive(number);
        if (isFinal(chainId, number)) revert AlreadyFinal(number);
        StoredCheckpoint storage r = $.records[chainId][number];
        bytes32 digest = _hashTypedDataV4(r.structHash);
        uint256 place;
        for (uint256 seat; bitmap >> seat != 0; ++seat) {
            if (bitmap & (1 << seat) == 0) continue;
            if (r.signerBitmap & (1 << seat) != 0) revert AlreadyAttested(seat);
            if (sigs.length < place + COMPACT_SIGNATURE) break;
            bytes32 sigR = bytes32(sigs[place:place + 32]);
            bytes32 vs = bytes32(sigs[place + 32:place + 64]);
            place += COMPACT_SIGNATURE;
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, sigR, vs);
            if (
                failure != ECDSA.RecoverError.NoError
                    || $.stakeManager.powerOfSignerAt(seat, signer, r.submittedAt) == 0
            ) revert BadSignature(seat);
        }
        uint256 count = Bitmaps.popcount(bitmap);
        if (count == 0 || sigs.length != count * COMPACT_SIGNATURE) revert SignatureCount(count, sigs.length);
        r.signerBitmap |= bitmap;
        emit CheckpointAttested(chainId, number, bitmap);
    }

    /// @inheritdoc ICheckpointManager
    function finalize(uint64 chainId, uint256 max) public returns (uint64 finalizedUpTo) {
        ChainCursor memory s = _state().chains[chainId];
        finalizedUpTo = s.finalizedUpTo;
        _advance(chainId, s, max);
        if (s.finalizedUpTo == finalizedUpTo) return finalizedUpTo;
        finalizedUpTo = s.finalizedUpTo;
        _state().chains[chainId] = s;
    }

    /// @dev Moves the pointer of finality in memory; nothing else needs to be written for a checkpoint to be final.
    function _advance(uint64 chainId, ChainCursor memory s, uint256 max) private {
        CheckpointStorage storage $ = _state();
        for (uint256 i; i < max; ++i) {
            uint32 number = s.finalizedUpTo + 1;
            if (number >= s.next || !_isDue($.records[chainId][number])) break;
            s.finalizedUpTo = number;
            emit CheckpointFinalized(chainId, number);
        }
    }

    /// @inheritdoc ICheckpointManager
    function reject(uint64 chainId, uint64 number, bytes32, bytes32 offendingBlock)
        external
        onlyChallengeManager
        returns (uint256 signers, bool bannedBefore)
    {
        CheckpointStorage storage $ = _state();
        if (!isLive(chainId, number)) revert NotLive(number);
        if (isFinal(chainId, number)) revert AlreadyFinal(number);
        ChainCursor storage s = $.chains[chainId];
        StoredCheckpoint storage r = $.records[chainId][number];
        signers = r.signerBitmap;
        r.status = CheckpointStatus.Rejected;
        // Later ones die without being touched: their numbers are no longer below `next`.
        s.next = uint32(number);
        s.nextStart = r.start;
        s.generation += 1;
        if (offendingBlock != 0) {
            bannedBefore = $.banned[chainId][offendingBlock];
            if (!bannedBefore) $.banned[chainId][offendingBlock] = true;
        }
        emit CheckpointRejected(chainId, number, r.structHash, s.generation, offendingBlock);
    }

    /// @inheritdoc ICheckpointManager
    function openChallenge(uint64 chainId, uint64 number) external onlyChallengeManager {
        if (!isLive(chainId, number)) revert NotLive(number);
        StoredCheckpoint storage r = _state().records[chainId][number];
        uint40 challengeEnd = r.submittedAt + r.challengePeriod;
        if (block.timestamp >= challengeEnd) revert ChallengePeriodOver(challengeEnd);
        if (r.openChallenges >= MAX_OPEN_CHALLENGES) revert TooManyChallenges(number);
        r.openChallenges += 1;
    }

    /// @inheritdoc ICheckpointManager
    function closeChallenge(uint64 chainId, uint64 number, bytes32 structHash) external onlyChallengeManager {
        StoredCheckpoint storage r = _state().records[chainId][number];
        // After a rollback the number may stand for another checkpoint, whose challenges are its own.
        if (!isLive(chainId, number) || r.structHash != structHash) return;
        r.openChallenges -= 1;
    }

    /// @inheritdoc ICheckpointManager
    function digestOf(Checkpoint calldata c) external view returns (bytes32) {
        return _hashTypedDataV4(_hashOf(c));
    }

    function _checkPlace(Checkpoint calldata c, ChainCursor memory s, Tally memory t, bytes32 prevHash) private view {
        if (s.halted) revert ChainIsHalted(c.chainId);
        if (block.timestamp < t.genesisTime) revert NotStarted(t.genesisTime);
        if (c.epoch > t.epoch || t.epoch - c.epoch > 1) revert BadEpoch(t.epoch, c.epoch);
        if (c.number != s.next) revert BadNumber(s.next, c.number);
        uint256 max = _state().maxCheckpointLength;
        if (c.start != s.nextStart || c.end < c.start || c.end - c.start >= max || c.end == type(uint64).max) {
            revert BadRange(s.nextStart, c.start, c.end, max);
        }
        if (c.prevCheckpoint != prevHash) revert BadParent(prevHash, c.prevCheckpoint);
        if (c.generation != s.generation) revert BadGeneration(s.generation, c.generation);
        if (c.rootHash == 0 || c.lastBlockHash == 0) revert EmptyRoot();
        if (s.stateProofs && c.accountHash == 0) revert NoExecLeaf();
    }

    /// @dev A wrong signature reverts. Skipping it, as long as enough others are right, would store a bitmap that
    /// accuses seats which never signed.
    /// @param seats words of the seats in `bitmap`, as `tally` returns them
    /// @return signed sum of their powers
    function _checkSignatures(bytes32 digest, uint256 bitmap, bytes memory seats, bytes calldata sigs)
        private
        view
        returns (uint96 signed)
    {
        uint256 count = seats.length / 32;
        if (sigs.length != count * COMPACT_SIGNATURE) revert SignatureCount(count, sigs.length);
        uint256 sum;
        uint256 fault;
        // One precompile call per signature, with what it reads in the first 128 bytes of memory, which are put right
        // again afterwards: OpenZeppelin's ECDSA, with the loop around it in Solidity, takes 1,000 gas more per
        // signature, 105,000 of a checkpoint with 105 signers. What is wrong with one is noted, and looked for when all
        // have been read: no honest submission pays for the search.
        assembly ("memory-safe") {
            let free := mload(0x40)
            let word := add(seats, 0x20)
            let end := add(sigs.offset, sigs.length)
            mstore(0, digest)
            for { let place := sigs.offset } lt(place, end) { place := add(place, 0x40) } {
                let seat := mload(word)
                // EIP-2098: r, then s with the parity of the public point in its highest bit.
                let vs := calldataload(add(place, 0x20))
                let parity := shr(255, vs)
                let s := xor(vs, shl(255, parity))
                mstore(0x20, add(27, parity))
                mstore(0x40, calldataload(place))
                mstore(0x60, s)
                // The answer takes the place of r, which stays when there is none: then nothing was returned.
                pop(staticcall(gas(), 1, 0, 0x80, 0x40, 0x20))
                let power := shr(160, seat)
                // A seat with power has a signer, so no key that recovers to zero passes; and of the two signatures
                // (r, s) and (r, n - s) only the lower one counts.
                fault := or(
                    or(or(fault, iszero(returndatasize())), shl(96, xor(seat, mload(0x40)))),
                    or(iszero(power), gt(s, 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0))
                )
                sum := add(sum, power)
                word := add(word, 0x20)
            }
            mstore(0x40, free)
            mstore(0x60, 0)
        }
        if (fault != 0) revert BadSignature(_seatOf(bitmap, _firstBad(digest, seats, sigs)));
        signed = uint96(sum);
    }

    /// @dev Index of the first signature that is not by its seat's signer, or whose seat has no power; there is one.
    function _firstBad(bytes32 digest, bytes memory seats, bytes calldata sigs) private pure returns (uint256 index) {
        for (;; ++index) {
            uint256 seat;
            assembly ("memory-safe") {
                seat := mload(add(add(seats, 0x20), shl(5, index)))
            }
            uint256 place = index * COMPACT_SIGNATURE;
            bytes32 vs = bytes32(sigs[place + 32:place + 64]);
            (address signer, ECDSA.RecoverError failure,) =
                ECDSA.tryRecover(digest, bytes32(sigs[place:place + 32]), vs);
            if (failure != ECDSA.RecoverError.NoError || signer != address(uint160(seat)) || seat >> 160 == 0) break;
        }
    }

    /// @dev What the proposer gets on top, and its seat; a proposer that did not sign itself gets nothing.
    function _bonusOf(address proposer, Tally memory t, uint256 bitmap, bytes memory seats)
        private
        pure
        returns (uint8 seat, ProposerBonus bonus)
    {
        if (t.drawn == proposer) {
            return (t.drawnSeat, bitmap & (1 << t.drawnSeat) == 0 ? ProposerBonus.None : ProposerBonus.Full);
        }
        for (uint256 i; i < seats.length / 32; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(add(seats, 0x20), shl(5, i)))
            }
            if (address(uint160(word)) == proposer) return (uint8(_seatOf(bitmap, i)), ProposerBonus.Half);
        }
    }

    /// @dev The two packed slots of a stored checkpoint, each written once; field by field costs 3,000 gas more.
    function _storeFacts(StoredCheckpoint storage r, uint256 first, uint256 second) private {
        assembly ("memory-safe") {
            sstore(add(r.slot, 5), first)
            sstore(add(r.slot, 6), second)
        }
    }

    /// @dev Seat of the `index`-th set bit, found by halving.
    function _seatOf(uint256 bitmap, uint256 index) private pure returns (uint256 seat) {
        for (uint256 step = 128; step != 0; step >>= 1) {
            uint256 below = Bitmaps.popcount(bitmap & ((1 << (seat + step)) - 1));
            if (below <= index) seat += step;
        }
    }

    function _hashOf(Checkpoint calldata c) private pure returns (bytes32) {
        // Every member is one word, so the struct's own encoding is what EIP-712 hashes.
        return keccak256(abi.encode(CHECKPOINT_TYPEHASH, c));
    }

    function _setParams(CheckpointParams calldata p) private {
        if (p.proposerTimeout == 0) revert BadParameter("proposerTimeout", 0);
        if (p.maxCheckpointLength == 0 || p.maxCheckpointLength > 4096) {
            revert BadParameter("maxCheckpointLength", p.maxCheckpointLength);
        }
        CheckpointStorage storage $ = _state();
        $.minInterval = p.minInterval;
        $.proposerTimeout = p.proposerTimeout;
        $.maxCheckpointLength = p.maxCheckpointLength;
        emit ParamsChanged(p);
    }
}
