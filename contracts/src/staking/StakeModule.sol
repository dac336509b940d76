// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governed} from "../checkpoint/Governed.sol";
import {KMC} from "../token/KMC.sol";
import {RewardLedger} from "./RewardLedger.sol";
import {SlashLedger} from "./SlashLedger.sol";
import {StakeParams, StakeStorage} from "./StakeStorage.sol";

/// @title The second half of StakeManager's code: set-up, parameters, slashing, rewards
/// @notice Never called by anybody but StakeManager, which delegates to it and whose storage it works on: together they
/// would exceed the size limit of EIP-170. Holds no state of its own and cannot be initialised by itself.
contract StakeModule is Governed, SlashLedger, RewardLedger {
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
        $.genesisTime = genesisTime_ > block.timestamp ? genesisTime_ : uint40(block.timestamp);
        if (params_.epochLength == 0) revert BadParameter("epochLength", 0);
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

    function _setParams(StakeParams memory p) private {
        if (p.minStake == 0) revert BadParameter("minStake", 0);
        if (p.maxValidators == 0 || p.maxValidators > SEATS) revert BadParameter("maxValidators", p.maxValidators);
        // Keeps every reward within uint96: crediting must not fail, since finality would fail with it.
        if (p.rewardPerBlock > 1e24) revert BadParameter("rewardPerBlock", p.rewardPerBlock);
        if (p.claimBatch == 0) revert BadParameter("claimBatch", 0);
        uint256 provable = uint256(p.challengePeriod) + p.gameMaxDuration + p.lateSlashWindow;
        if (p.unbonding < provable) revert UnbondingTooShort(p.unbonding, provable);
        if (p.bountyBps > BPS / 2) revert BountyTooHigh(p.bountyBps);
        if (uint256(p.bountyBps) + p.burnBps > BPS) revert BadShare(uint256(p.bountyBps) + p.burnBps);
        if (p.slashBpsA > BPS) revert BadShare(p.slashBpsA);
        if (p.slashBpsB > BPS) revert BadShare(p.slashBpsB);
        if (p.slashBpsC > BPS) revert BadShare(p.slashBpsC);
        if (p.proposerBonusBps > BPS) revert BadShare(p.proposerBonusBps);
        _state().params = p;
        emit ParamsChanged(p);
    }
}
