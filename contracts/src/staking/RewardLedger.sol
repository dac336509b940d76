// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ICheckpointManager, ProposerBonus, RewardBasis} from "../checkpoint/ICheckpointManager.sol";
import {PoolHistory, PoolState} from "./PoolHistory.sol";
import {StakeStorage, Validator, ValidatorStatus} from "./StakeStorage.sol";

/// @title Rewards of finalized checkpoints
/// @notice A final checkpoint pays its signers, and their delegators, without anything being written when it becomes
/// final: CheckpointManager keeps who signed and with how much power in all, this contract what everybody had then, and
/// a claim puts the two together. Shares follow the powers at the time of submission, so stake added afterwards earns
/// nothing of it.
/// @dev Root contracts design, section 4.4; a claim reads instead of a finalization crediting, see decision 24.
abstract contract RewardLedger is PoolHistory {
    using BitMaps for BitMaps.BitMap;
    using Checkpoints for Checkpoints.Trace208;

    /// @notice See StakeManager.
    function claimRewards(uint64 id, uint64 chainId, uint64 from, uint64 to) external returns (uint256 amount) {
        StakeStorage storage $ = _claimable(id, from, to);
        BitMaps.BitMap storage claimed = $.claimed[chainId][id];
        for (uint256 number = from; number <= to; ++number) {
            if (claimed.get(number)) continue;
            (uint256 own,,) = _sharesOf(id, chainId, uint64(number));
            if (own == 0) continue;
            claimed.set(number);
            amount += own;
        }
        if (amount != 0) $.kmc.mintReward($.validators[id].rewardTo, amount);
        emit RewardsClaimed(id, chainId, from, to, amount);
    }

    /// @notice See StakeManager.
    function claimDelegatorRewards(uint64 id, address account, uint64 chainId, uint64 from, uint64 to)
        external
        returns (uint256 amount)
    {
        StakeStorage storage $ = _claimable(id, from, to);
        BitMaps.BitMap storage claimed = $.delegatorClaimed[chainId][id][account];
        Checkpoints.Trace208 storage held = $.shareHistory[id][account];
        for (uint256 number = from; number <= to; ++number) {
            if (claimed.get(number)) continue;
            (, uint256 delegators, uint40 time) = _sharesOf(id, chainId, uint64(number));
            if (delegators == 0) continue;
            uint256 shares = held.upperLookup(time);
            if (shares == 0) continue;
            claimed.set(number);
            amount += (delegators * shares) / _poolAt(id, time).shares;
        }
        if (amount != 0) $.kmc.mintReward(account, amount);
        emit DelegatorRewardsClaimed(id, account, chainId, from, to, amount);
    }

    /// @notice See StakeManager.
    function rewardOf(uint64 id, address account, uint64 chainId, uint64 number)
        external
        view
        returns (uint256 amount, bool claimed)
    {
        StakeStorage storage $ = _state();
        (uint256 own, uint256 delegators, uint40 time) = _sharesOf(id, chainId, number);
        if (account == address(0)) return (own, $.claimed[chainId][id].get(number));
        uint256 shares = $.shareHistory[id][account].upperLookup(time);
        if (shares != 0 && delegators != 0) amount = (delegators * shares) / _poolAt(id, time).shares;
        claimed = $.delegatorClaimed[chainId][id][account].get(number);
    }

    /// @notice See StakeManager.
    function powerBackedBy(uint64 id, address account, uint40 time) external view returns (uint256) {
        StakeStorage storage $ = _state();
        uint256 power = $.powerHistory[id].upperLookup(time);
        PoolState memory pool = _poolAt(id, time);
        uint256 delegated = (power * pool.part) / PART_ONE;
        if (account == address(0)) return power - delegated;
        return pool.shares == 0 ? 0 : (delegated * $.shareHistory[id][account].upperLookup(time)) / pool.shares;
    }

    /// @dev The powers of an epoch that has begun must be written down before they are looked up.
    function _claimable(uint64 id, uint64 from, uint64 to) private returns (StakeStorage storage $) {
        _roll();
        $ = _state();
        if ($.validators[id].status == ValidatorStatus.None) revert UnknownValidator(id);
        if (to < from || to - from >= $.params.claimBatch) revert BadClaimRange(from, to, $.params.claimBatch);
    }

    /// @dev A seat may have had another holder then; whoever had no power at the time has no share.
    /// @return own what the validator earned: for its stake, as commission, and for proposing; wei of KMC
    /// @return delegators what all its delegators earned together
    /// @return time of submission, seconds
    function _sharesOf(uint64 id, uint64 chainId, uint64 number)
        private
        view
        returns (uint256 own, uint256 delegators, uint40 time)
    {
        StakeStorage storage $ = _state();
        RewardBasis memory b = ICheckpointManager($.checkpointManager).rewardBasis(chainId, number);
        time = b.submittedAt;
        if (!b.isFinal) return (0, 0, time);
        uint256 power = $.powerHistory[id].upperLookup(time);
        if (power == 0) return (0, 0, time);
        uint256 rate = $.rewardRates.upperLookup(time);
        uint256 longest = uint16(rate >> 96);
        uint256 bonusBps = b.bonus == ProposerBonus.None ? 0 : uint16(rate >> 112);
        if (b.bonus == ProposerBonus.Half) bonusBps /= 2;
        uint256 whole = uint256(uint96(rate)) * (b.blocks < longest ? b.blocks : longest);

        uint8 seat = $.validators[id].seat;
        if (b.bitmap & (1 << seat) != 0) {
            // By all powers, not by those that signed: a missing signature lowers the sum, and one that is handed in
            // later takes nothing from the others.
            uint256 share = (whole * (BPS - bonusBps) * power) / (BPS * b.totalPower);
            PoolState memory pool = _poolAt(id, time);
            if (pool.part != 0) {
                delegators = (((share * pool.part) / PART_ONE) * (BPS - pool.commissionBps)) / BPS;
            }
            own = share - delegators;
        }
        if (b.proposerSeat == seat) own += (whole * bonusBps * b.signedBps) / (BPS * BPS);
    }
}
