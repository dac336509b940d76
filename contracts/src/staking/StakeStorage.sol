// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {KMC} from "../token/KMC.sol";

/// @notice Parameters of staking. Times in seconds, shares in basis points, amounts in wei of KMC.
/// @param epochLength fixed for ever at initialisation, since it defines the epoch
/// @param unbonding stake stays slashable this long after its power has left
/// @param challengePeriod, gameMaxDuration, lateSlashWindow the windows in which an offence can still be proven;
/// `unbonding` covers their sum
/// @param jailTime an equivocator's power is gone at least this long
/// @param minStake least self-stake of a newcomer
/// @param rewardPerBlock for a checkpoint that every power signed
/// @param signerCooldown epochs between two key rotations of one validator
/// @param maxValidators validators active at once, 1 to 256
/// @param maxCheckpointLength most blocks of one checkpoint that are rewarded
/// @param claimBatch most checkpoints of one `claimRewards`
/// @param slashBpsA, slashBpsB, slashBpsC share of a signer's stake lost for an offence of class A, B, C
/// @param bountyBps share of slashed stake for the proof's finder, at most 5,000; else accusing oneself would pay
/// @param burnBps share burned; the rest goes to the insurance account
/// @param proposerBonusBps share of a reward for the scheduled proposer; half of it for any other one
/// @dev Times stand together in one slot, which every submission of a checkpoint reads.
struct StakeParams {
    uint40 epochLength;
    uint40 unbonding;
    uint40 challengePeriod;
    uint40 gameMaxDuration;
    uint40 lateSlashWindow;
    uint40 jailTime;
    uint96 minStake;
    uint96 rewardPerBlock;
    uint16 signerCooldown;
    uint16 maxValidators;
    uint16 maxCheckpointLength;
    uint16 claimBatch;
    uint16 slashBpsA;
    uint16 slashBpsB;
    uint16 slashBpsC;
    uint16 bountyBps;
    uint16 burnBps;
    uint16 proposerBonusBps;
}

/// @notice Who may sign for a seat and with how much power, wei of KMC. One slot, read once per signature.
struct Seat {
    address signer;
    uint96 power;
}

enum ValidatorStatus {
    None,
    Active,
    Unbonding,
    Withdrawn
}

/// @notice One validator. Slot by slot.
struct Validator {
    address owner;
    uint96 selfStake;
    address rewardTo;
    uint96 delegated; // stake of others, wei; counts for power like self-stake
    address signer; // newest key, in force at the latest in the next epoch
    uint64 rotatableFrom; // epoch
    uint16 commissionBps; // newest one, of its delegators' rewards from the next epoch on
    ValidatorStatus status;
    uint8 seat;
    uint64 activationEpoch;
    uint64 exitEpoch;
    uint40 unbondAt; // seconds; its seat is locked until then, too
    uint40 jailedUntil; // seconds; 0 = not jailed
    bytes32 peerIdHash;
}

/// @notice What the contract keeps of a slash order. The order itself writes the first two slots, so that the transaction
/// that proves a fraud pays for no more; what was slashed is the sum of its three parts.
/// @param older, newer its neighbours in the list of open orders, zero at the ends and once all its seats are charged
struct Offence {
    uint256 remaining;
    uint8 class;
    address challenger;
    bytes32 older;
    bytes32 newer;
    uint96 bounty;
    uint96 burned;
    uint96 insured;
    address beneficiary;
}

/// @notice What has been delegated to one validator, beside `Validator.delegated`. A pool is owned in shares, so that a
/// slash lowers everybody's part with one write.
/// @param shares of `Validator.delegated`
/// @param leavingShares of `leaving`
/// @param leaving stake on its way out, wei; without power, but slashable
struct Pool {
    uint128 shares;
    uint128 leavingShares;
    uint96 leaving;
}

/// @notice Delegated stake on its way out. Two slots.
/// @param readyAt seconds; paid not before
/// @param shares of the pool's `leaving`
/// @param id validator that it leaves
/// @param toId validator that it goes on to, 0 when it is paid out
struct Undelegation {
    address account;
    uint40 readyAt;
    uint128 shares;
    uint64 id;
    uint64 toId;
}

/// @custom:storage-location erc7201:koma.storage.StakeManager
struct StakeStorage {
    KMC kmc;
    address checkpointManager;
    address challengeManager;
    address insurance;
    StakeParams params;
    // What every submission of a checkpoint reads, in one slot: two of `params` stand here once more.
    uint40 genesisTime;
    uint32 epochLength;
    uint32 challengePeriod;
    uint56 pendingEpoch; // 0 when nothing is pending
    uint96 total; // sum of `seats`
    // Validators; ids start at 1.
    uint64 lastValidatorId;
    uint16 activeCount;
    mapping(uint64 id => Validator) validators;
    mapping(address signer => uint64 id) validatorOfSigner;
    mapping(address owner => uint256) signerNonce;
    mapping(uint64 id => Checkpoints.Trace208) powerHistory; // by second
    // Seats: as they are, and as they will be from `pendingEpoch` on where a bit of `pendingSeats` is set.
    Seat[256] seats;
    Seat[256] nextSeats;
    mapping(uint256 seat => uint64 id) occupant;
    uint256 occupiedSeats; // including those of validators that are unbonding
    uint256 pendingSeats;
    uint96 nextTotal; // what `total` is once the pending changes are applied
    // Slashing
    mapping(bytes32 offenceId => Offence) offences;
    bytes32 newestOffence; // of those with seats left to charge; `NO_OFFENCE` when there is none
    mapping(address => uint256) owed;
    // Rewards
    Checkpoints.Trace208 rewardRates; // by second: rewardPerBlock, maxCheckpointLength, proposerBonusBps, packed
    mapping(uint64 chainId => mapping(uint64 id => BitMaps.BitMap)) claimed; // by checkpoint number
    mapping(uint64 chainId => mapping(uint64 id => mapping(address => BitMaps.BitMap))) delegatorClaimed;
    // Delegation
    mapping(uint64 id => Pool) pools;
    mapping(uint64 id => mapping(address account => Checkpoints.Trace208)) shareHistory; // by second
    mapping(uint64 id => Checkpoints.Trace208) poolHistory; // by second: part of the stake, commission, shares, packed
    mapping(uint64 nonce => Undelegation) undelegations;
    uint64 lastUndelegation;
}
