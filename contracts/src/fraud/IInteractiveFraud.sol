// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Kinds of fraud that an answer decides, or its absence.
library InteractiveKind {
    uint8 internal constant MISSING_NONCE = 7;
    uint8 internal constant MISSING_LOG = 15;
    uint8 internal constant OMITTED_DEPOSIT = 18;
}

/// @notice What became of an interactive challenge. An open one is kept as the hash of its claim alone.
enum ClaimState {
    None,
    Open,
    Answered,
    Convicted,
    Void
}

/// @notice A claim that something is missing below a checkpoint, and what would disprove it.
/// @param structHash checkpoint that is accused; another one under the same number is not meant
/// @param blockHash block that is invalid if the claim is right; zero when only the checkpoint is wrong
/// @param leaf hash of the block's leaf, whose sealing producer is charged
/// @param token whose log is missing, else zero
/// @param subject sender of the missing transaction, party to the missing log, recipient of the deposit
/// @param value nonce that is missing, id of the deposit, or the number that the log before the gap has
/// @param afterPosition place behind which the missing thing has to be, zero = anywhere, and `beforePosition` before
/// which; both exclusive, block, transaction and log in one number
/// @param bond wei of Ether
/// @param deadline seconds; an answer is in time until then, inclusive
struct Claim {
    uint8 kind;
    uint64 chainId;
    uint64 number;
    bytes32 structHash;
    bytes32 blockHash;
    bytes32 leaf;
    bytes32 offenceId;
    address token;
    address subject;
    uint64 value;
    uint128 afterPosition;
    uint128 beforePosition;
    address challenger;
    uint96 bond;
    uint40 deadline;
}

/// @notice What happens in interactive challenges.
interface IInteractiveFraudEvents {
    /// @notice The claim is needed to answer or conclude the challenge: it is kept nowhere else.
    event ChallengeOpened(uint256 indexed id, uint8 indexed kind, uint64 indexed chainId, Claim claim);
    event ChallengeAnswered(uint256 indexed id, address indexed responder);
    event ChallengeConcluded(uint256 indexed id, ClaimState state, bytes32 offenceId);
    event OwedWithdrawn(address indexed account, address indexed to, uint256 amount);
}
