// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What stakers sign (EIP-712 domain "KOMA Checkpoint", version "1", root-chain id, CheckpointManager).
struct Checkpoint {
    uint64 chainId;
    uint64 epoch;
    uint64 number;
    address proposer;
    uint64 start;
    uint64 end;
    bytes32 rootHash;
    bytes32 lastBlockHash;
    bytes32 accountHash;
    bytes32 prevCheckpoint;
    uint64 generation;
}

enum CheckpointStatus {
    None,
    Pending,
    Finalized,
    Rejected
}

/// @notice What the contract keeps of a submitted checkpoint.
struct CheckpointRecord {
    bytes32 rootHash;
    bytes32 lastBlockHash;
    bytes32 accountHash;
    bytes32 structHash;
    uint256 signerBitmap;
    address proposer;
    uint40 submittedAt;
    uint40 challengeEnd;
    CheckpointStatus status;
    uint8 openChallenges;
    uint64 start;
    uint64 end;
    uint64 epoch;
    uint64 generation;
}

/// @notice What a proof under a live checkpoint rests on: four of its seven slots, in one call.
/// @param structHash zero when no live checkpoint has the number
/// @param submittedAt seconds
/// @param challengeEnd seconds; it becomes final then at the earliest
struct LiveCheckpoint {
    bytes32 rootHash;
    bytes32 structHash;
    uint64 start;
    uint64 end;
    uint40 submittedAt;
    uint40 challengeEnd;
    uint64 generation;
}

/// @notice What the proposer of a checkpoint earns on top: all of the bonus when it was its turn, half of it when it was
/// another's, nothing when it did not sign itself.
enum ProposerBonus {
    None,
    Half,
    Full
}

/// @notice What the rewards of a checkpoint are reckoned from.
/// @param isFinal false: there is nothing to claim
/// @param bitmap seats that signed, those that attested later included
/// @param submittedAt seconds; powers are taken as of then
/// @param totalPower sum of all powers then, wei of KMC
/// @param signedBps part of it that had signed at submission, basis points
/// @param blocks number of blocks that it covers
/// @param proposerSeat meaningless without a bonus
struct RewardBasis {
    bool isFinal;
    uint256 bitmap;
    uint40 submittedAt;
    uint96 totalPower;
    uint16 signedBps;
    uint64 blocks;
    uint8 proposerSeat;
    ProposerBonus bonus;
}

/// @notice Per-chain cursor.
struct ChainState {
    uint64 next;
    uint64 nextStart;
    uint64 finalizedUpTo;
    uint64 generation;
    uint40 lastSubmit;
    bool halted;
}

/// @notice Checkpoints as the other root contracts see them.
interface ICheckpointManager {
    function checkpointAt(uint64 chainId, uint64 number) external view returns (CheckpointRecord memory);

    /// @notice What proofs under the checkpoint rest on; all zero when it is not live.
    function liveCheckpoint(uint64 chainId, uint64 number) external view returns (LiveCheckpoint memory);

    function chainState(uint64 chainId) external view returns (ChainState memory);

    /// @notice True when the checkpoint is live: number < next and not rejected.
    function isLive(uint64 chainId, uint64 number) external view returns (bool);

    /// @notice True when finalized, or when it would be on the next call of `finalize`.
    function isFinal(uint64 chainId, uint64 number) external view returns (bool);

    /// @notice What the rewards of a live checkpoint are reckoned from; `isFinal` false for any other number.
    function rewardBasis(uint64 chainId, uint64 number) external view returns (RewardBasis memory);

    function bannedBlock(uint64 chainId, bytes32 blockHash) external view returns (bool);

    /// @notice Advances the finality pointer by at most `max`; anyone.
    function finalize(uint64 chainId, uint256 max) external returns (uint64 finalizedUpTo);

    /// @notice Rolls back to before `number`; only ChallengeManager. Reverts `AlreadyFinal` when `isFinal`.
    /// @return signers seats that had signed the rejected checkpoint
    /// @return bannedBefore whether the offending block was banned by an earlier call
    function reject(uint64 chainId, uint64 number, bytes32 offenceId, bytes32 offendingBlock)
        external
        returns (uint256 signers, bool bannedBefore);

    /// @notice Pauses the finality of a pending checkpoint while an interactive challenge runs; only ChallengeManager.
    /// @dev Reverts `NotLive`, `ChallengePeriodOver` at or after `challengeEnd`, `TooManyChallenges` beyond 16.
    function openChallenge(uint64 chainId, uint64 number) external;

    /// @notice Ends one such pause; only ChallengeManager. Does nothing when the checkpoint with `structHash` is gone.
    function closeChallenge(uint64 chainId, uint64 number, bytes32 structHash) external;

    /// @notice EIP-712 digest that a signer of `c` signs.
    function digestOf(Checkpoint calldata c) external view returns (bytes32);
}
