// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Governed} from "../checkpoint/Governed.sol";
import {KMC} from "../token/KMC.sol";
import {SlashLedger} from "./SlashLedger.sol";
import {StakeParams, StakeStorage, Validator, ValidatorStatus} from "./StakeStorage.sol";

/// @title The second part of StakeManager's code: set-up, parameters, slashing, leaving
/// @notice Never called by anybody but StakeManager, which delegates to it and whose storage it works on: together they
/// would exceed the size limit of EIP-170. Holds no state of its own and cannot be initialised by itself.
contract StakeModule is Governed, SlashLedger {
    using Checkpoints for Checkpoints.Trace208;
    using SafeERC20 for KMC;

    /// @notice See StakeManager.
    function initialize(
        address owner_,
        address guardian_,
        uint40 maxPause_,
        KMC kmc_,
        address insurance_,
        uint40 genesisTime_,
        StakeParams memory params_
    ) external initializer {
        __Governed_init(owner_, guardian_, maxPause_);
        if (address(kmc_) == address(0) || insurance_ == address(0)) revert ZeroAddress();
        StakeStorage storage $ = _state();
        $.kmc = kmc_;
        $.insurance = insurance_;
        $.newestOffence = NO_OFFENCE;
        $.genesisTime = genesisTime_ > block.timestamp ? genesisTime_ : uint40(block.timestamp);
        // Kept in 32 bits beside what else a submission reads.
        if (params_.epochLength == 0 || params_.epochLength > type(uint32).max) {
            revert BadParameter("epochLength", params_.epochLength);
        }
        _setParams(params_);
    }

    /// @notice See StakeManager.
    function wire(address checkpointManager_, address challengeManager_) external onlyOwner {
        StakeStorage storage $ = _state();
        if ($.checkpointManager != address(0)) revert AlreadyWired();
        if (checkpointManager_ == address(0) || challengeManager_ == address(0)) revert ZeroAddress();
        $.checkpointManager = checkpointManager_;
        $.challengeManager = challengeManager_;
        emit Wired(checkpointManager_, challengeManager_);
    }

    /// @notice See StakeManager.
    function begin() external onlyOwner {
        StakeStorage storage $ = _state();
        if (block.timestamp >= $.genesisTime) revert GenesisOver($.genesisTime);
        $.genesisTime = uint40(block.timestamp);
        emit GenesisBegun(uint40(block.timestamp));
    }

    /// @notice See StakeManager.
    function setParams(StakeParams memory params_) external onlyOwner {
        uint40 fixedLength = _state().params.epochLength;
        if (params_.epochLength != fixedLength) revert EpochLengthFixed(fixedLength);
        _setParams(params_);
    }

    /// @notice See StakeManager.
    function unstakeClaim(uint64 id) external nonReentrant {
        _roll();
        StakeStorage storage $ = _state();
        Validator storage v = $.validators[id];
        if (msg.sender != v.owner) revert NotOwner(id);
        if (v.status != ValidatorStatus.Unbonding) revert NotUnbonding(id);
        if (block.timestamp < v.unbondAt) revert StillBonded(v.unbondAt);
        // Without stake left to take, a seat that somebody else holds by now cannot block this validator.
        if ($.occupant[v.seat] == id) {
            bytes32 offenceId = _pendingOffence(v.seat);
            if (offenceId != 0) revert SlashPending(offenceId);
            $.occupant[v.seat] = 0;
            $.occupiedSeats &= ~(1 << v.seat);
        }
        uint96 amount = v.selfStake;
        v.selfStake = 0;
        v.status = ValidatorStatus.Withdrawn;
        $.kmc.safeTransfer(v.owner, amount);
        emit Unstaked(id, amount);
    }

    /// @notice See StakeManager.
    function unjail(uint64 id) external {
        _roll();
        Validator storage v = _ownedActive(id);
        if (v.jailedUntil == 0) revert NotJailed(id);
        if (block.timestamp < v.jailedUntil) revert StillJailed(v.jailedUntil);
        v.jailedUntil = 0;
        emit Unjailed(id, _schedule(v.seat, v.signer, _powerOf(v)));
    }

    /// @notice See StakeManager.
    function setRewardTo(uint64 id, address rewardTo) external {
        Validator storage v = _state().validators[id];
        if (msg.sender != v.owner) revert NotOwner(id);
        if (rewardTo == address(0)) revert ZeroAddress();
        v.rewardTo = rewardTo;
        emit RewardAccountChanged(id, rewardTo);
    }

    function _setParams(StakeParams memory p) private {
        if (p.minStake == 0) revert BadParameter("minStake", 0);
        if (p.maxValidators == 0 || p.maxValidators > SEATS) revert BadParameter("maxValidators", p.maxValidators);
        // Keeps every reward within uint96.
        if (p.rewardPerBlock > 1e24) revert BadParameter("rewardPerBlock", p.rewardPerBlock);
        if (p.claimBatch == 0) revert BadParameter("claimBatch", 0);
        // It is kept in 32 bits, here and in CheckpointManager.
        if (p.challengePeriod > type(uint32).max) revert BadParameter("challengePeriod", p.challengePeriod);
        uint256 provable = uint256(p.challengePeriod) + p.gameMaxDuration + p.lateSlashWindow;
        if (p.unbonding < provable) revert UnbondingTooShort(p.unbonding, provable);
        if (p.bountyBps > BPS / 2) revert BountyTooHigh(p.bountyBps);
        if (uint256(p.bountyBps) + p.burnBps > BPS) revert BadShare(uint256(p.bountyBps) + p.burnBps);
        if (p.slashBpsA > BPS) revert BadShare(p.slashBpsA);
        if (p.slashBpsB > BPS) revert BadShare(p.slashBpsB);
        if (p.slashBpsC > BPS) revert BadShare(p.slashBpsC);
        if (p.proposerBonusBps > BPS) revert BadShare(p.proposerBonusBps);
        StakeStorage storage $ = _state();
        $.params = p;
        $.epochLength = uint32(p.epochLength);
        $.challengePeriod = uint32(p.challengePeriod);
        // What a checkpoint earns is what held when it was submitted, whenever it is claimed.
        uint208 rate = uint208(p.proposerBonusBps) << 112 | uint208(p.maxCheckpointLength) << 96 | p.rewardPerBlock;
        $.rewardRates.push(uint48(block.timestamp), rate);
        emit ParamsChanged(p);
    }
}
