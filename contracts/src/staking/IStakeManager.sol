// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What one proven offence costs and whom. Built by ChallengeManager only.
/// @param offenceId names the violated object, not the encoding of the evidence
/// @param class 1 = A invalid content, 2 = B withholding, 3 = C equivocation, 4 = D downtime
/// @param signerBitmap seats charged, one bit per seat
/// @param producerKey sealing key of the offending block, zero when unknown or not charged
/// @param challenger account that proved the offence; whom the bounty goes to is said later by `payBounty`
struct SlashOrder {
    bytes32 offenceId;
    uint8 class;
    uint256 signerBitmap;
    address producerKey;
    address challenger;
    uint64 chainId;
    uint64 number;
}

/// @notice State of a slash order. All fields are zero for an offence that was never ordered (`class` is never 0 then).
/// @param remaining seats that `executeSlash` has not charged yet; zero = executed in full
/// @param slashed stake taken so far, wei of KMC; always bounty + burned + insured
/// @param bounty share of the proof's finder so far, whether or not it has been assigned
/// @param beneficiary account that `payBounty` named; zero while the bounty is held
struct SlashOutcome {
    uint256 remaining;
    uint96 slashed;
    uint96 bounty;
    uint96 burned;
    uint96 insured;
    uint8 class;
    address challenger;
    address beneficiary;
}

/// @notice What CheckpointManager must know of the stake to judge a submission.
/// @param epoch current one; 0 before `genesisTime`
/// @param genesisTime start of epoch 0, seconds
/// @param challengePeriod seconds
/// @param total sum of the powers of all seats
/// @param drawn signer key of the seat that the draw falls on, zero without any stake
/// @param drawnSeat its number
struct Tally {
    uint64 epoch;
    uint40 genesisTime;
    uint40 challengePeriod;
    uint96 total;
    address drawn;
    uint8 drawnSeat;
}

/// @notice Stake, seats, signer keys and slashing, as the other root contracts see them.
interface IStakeManager {
    /// @notice Signer and power of a seat in the current epoch; zero power when the seat is empty or not yet active.
    function seatAt(uint256 seat) external view returns (address signer, uint96 power);

    /// @notice Signers of the seats in `bitmap`, in ascending seat order, as they stand in the current epoch.
    /// @return signers one entry per set bit; the zero address where the seat has no power
    /// @return signedPower sum of those seats' powers
    /// @return total sum of the powers of all seats
    function signersOf(uint256 bitmap)
        external
        view
        returns (address[] memory signers, uint96 signedPower, uint96 total);

    /// @notice Signer of the first seat, in ascending order, at which the running sum of powers exceeds `point`.
    /// @dev Used by the proposer schedule; the zero address when `point >= totalPower`.
    function signerAtPower(uint256 point) external view returns (address signer);

    /// @notice Sum of the powers of all seats in the current epoch.
    function totalPower() external view returns (uint96);

    /// @notice Current epoch, (now - genesisTime) / epochLength; 0 before `genesisTime`.
    function epoch() external view returns (uint64);

    /// @notice Start of epoch 0, seconds. Before it stakes become active at once and no checkpoint is accepted.
    function genesisTime() external view returns (uint40);

    /// @notice Time for which a submitted checkpoint can be challenged, seconds. Kept here, where `unbonding` covers it.
    function challengePeriod() external view returns (uint40);

    /// @notice Number of validators that may be active at once (at most 256). Their seats are numbered 0 to 255.
    function maxValidators() external view returns (uint256);

    /// @notice Seat of the validator that `signer` signs or signed for; `found` also for validators that are unbonding.
    function seatOfSigner(address signer) external view returns (bool found, uint256 seat);

    /// @notice True while `signer` belongs to a validator with power in the current epoch.
    function isActiveSigner(address signer) external view returns (bool);

    /// @notice Applies pending epoch changes; anyone.
    function roll() external;

    /// @notice Everything that judging a submission asks of the stake, with every seat read once. Applies pending epoch
    /// changes first; anyone may call.
    /// @param bitmap seats that signed
    /// @param draw random number; its remainder by the total power is the point that decides whose turn it is
    /// @return t sums and times
    /// @return seats one 32-byte word per set bit, in ascending order: power in the upper 96 bits, signer in the lower
    /// 160. A seat without power may still name its signer: it must not count
    function tally(uint256 bitmap, uint256 draw) external returns (Tally memory t, bytes memory seats);

    /// @notice Power with which the holder of `seat` counted at `time` (seconds, in the past), provided that `signer` is
    /// one of its keys; else zero.
    function powerOfSignerAt(uint256 seat, address signer, uint40 time) external view returns (uint96);

    /// @notice Records a slash order; only ChallengeManager. Seats are then charged by `executeSlash`.
    /// @dev Reverts `AlreadySlashed(offenceId)` for an offence that was ordered before.
    function slash(SlashOrder calldata order) external;

    /// @notice Charges the seats in [fromSeat, toSeat) of an order; anyone. Emits one event per seat.
    function executeSlash(bytes32 offenceId, uint256 fromSeat, uint256 toSeat) external;

    /// @notice Assigns the bounty of an offence to `to`; only ChallengeManager, once per offence. What has accrued is
    /// credited to `to` at once, what later pages of `executeSlash` bring follows by itself; `withdrawOwed` pays it out.
    /// @return bounty wei of KMC credited now
    function payBounty(bytes32 offenceId, address to) external returns (uint256 bounty);

    /// @notice State of an offence's slash order.
    function slashOutcome(bytes32 offenceId) external view returns (SlashOutcome memory);
}
