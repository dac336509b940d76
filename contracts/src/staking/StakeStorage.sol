// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {KMC} from "../token/KMC.sol";

/// @notice Parameters of staking. Times in seconds, shares in basis points, amounts in wei of KMC.
/// @param minStake least self-stake of a newcomer
/// @param rewardPerBlock for a checkpoint that every power signed
/// @param epochLength fixed for ever at initialisation, since it defines the epoch
/// @param unbonding stake stays slashable this long after its power has left
/// @param challengePeriod, gameMaxDuration, lateSlashWindow the windows in which an offence can still be proven;
/// `unbonding` covers their sum
/// @param jailTime an equivocator's power is gone at least this long
/// @param signerCooldown epochs between two key rotations of one validator
/// @param maxValidators validators active at once, 1 to 256
/// @param maxCheckpointLength most blocks of one checkpoint that are rewarded
/// @param claimBatch most checkpoints of one `claimRewards`
/// @param slashBpsA, slashBpsB, slashBpsC share of a signer's stake lost for an offence of class A, B, C
/// @param bountyBps share of slashed stake for the proof's finder, at most 5,000; else accusing oneself would pay
/// @param burnBps share burned; the rest goes to the insurance account
/// @param proposerBonusBps share of a reward for the scheduled proposer; half of it for any other one
struct StakeParams {
    uint96 minStake;
    uint96 rewardPerBlock;
    uint40 epochLength;
    uint40 unbonding;
    uint40 challengePeriod;
    uint40 gameMaxDuration;
    uint40 lateSlashWindow;
    uint40 jailTime;
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

/// @notice One validator. Slot by slot; the fields marked (pool) belong to delegation.
struct Validator {
    address owner;
    uint96 selfStake;
    address rewardTo;
    uint96 delegated; // (pool) stake of others; counts for power like self-stake; always 0 so far
    address signer; // newest key, in force at the latest in the next epoch
    uint64 rotatableFrom; // epoch
    uint16 commissionBps; // (pool)
    ValidatorStatus status;
    uint8 seat;
    uint64 activationEpoch;
    uint64 exitEpoch;
    uint40 unbondAt; // seconds; its seat is locked until then, too
    uint40 jailedUntil; // seconds; 0 = not jailed
    bytes32 peerIdHash;
}

/// @notice What the contract keeps of a slash order.
struct Offence {
    uint256 remaining;
    uint96 slashed;
    uint96 bounty;
    uint64 openIndex; // place in `openOffences` plus one; 0 when no seat is left to charge
    uint96 burned;
    uint96 insured;
    uint8 class;
    address challenger;
    address beneficiary;
}

/// @notice Reward of one finalized checkpoint, to be claimed by its signers. Two slots.
struct Credit {
    uint256 bitmap;
    uint96 reward; // all of it, wei of KMC
    uint96 signedPower;
    uint40 submittedAt; // seconds; powers are taken as of then
    uint16 bonusBps; // the proposer's part of `reward`; 0 when the proposer is not known
    uint8 proposerSeat;
}

/// @custom:storage-location erc7201:koma.storage.StakeManager
struct StakeStorage {
    KMC kmc;
    address checkpointManager;
    address challengeManager;
    address insurance;
    uint40 genesisTime;
    StakeParams params;
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
    uint64 pendingEpoch;
    uint96 total; // sum of `seats`
    uint96 nextTotal; // the same once the pending changes are applied
    // Slashing
    mapping(bytes32 offenceId => Offence) offences;
    bytes32[] openOffences;
    mapping(address => uint256) owed;
    // Rewards
    mapping(uint64 chainId => mapping(uint64 number => Credit)) credits;
    mapping(uint64 chainId => mapping(uint64 id => BitMaps.BitMap)) claimed; // by checkpoint number
}
