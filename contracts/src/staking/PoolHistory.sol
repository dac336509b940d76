// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {SeatLedger} from "./SeatLedger.sol";
import {StakeStorage, Validator} from "./StakeStorage.sol";

/// @notice How a validator's reward was to be shared out at one time.
/// @param part of its stake that was delegated, in units of `PART_ONE`
/// @param commissionBps of the delegators' rewards
/// @param shares of the pool
struct PoolState {
    uint64 part;
    uint16 commissionBps;
    uint128 shares;
}

/// @title What delegators owned, and on which terms, at every time of the past
/// @notice Rewards are claimed long after they were earned. Sharing them out by what everybody owns at the time of the
/// claim would pay newcomers for the past (AT-31), and let a validator raise its commission afterwards. Entries hold
/// from the epoch in which the power changes.
abstract contract PoolHistory is SeatLedger {
    using Checkpoints for Checkpoints.Trace208;

    uint64 internal constant PART_ONE = 1e18;

    /// @dev Writes down what holds from the start of `fromEpoch` on. A slash takes the same part of everything and so
    /// changes none of it.
    function _recordPool(uint64 id, uint64 fromEpoch) internal {
        StakeStorage storage $ = _state();
        Validator storage v = $.validators[id];
        uint256 stake = uint256(v.selfStake) + v.delegated;
        uint256 part = stake == 0 ? 0 : (uint256(v.delegated) * PART_ONE) / stake;
        uint256 packed = part << 144 | uint256(v.commissionBps) << 128 | $.pools[id].shares;
        $.poolHistory[id].push(_startOf(fromEpoch), uint208(packed));
    }

    function _poolAt(uint64 id, uint40 time) internal view returns (PoolState memory) {
        uint208 packed = _state().poolHistory[id].upperLookup(time);
        return PoolState(uint64(packed >> 144), uint16(packed >> 128), uint128(packed));
    }

    /// @dev Start of an epoch as `_schedule` names it, seconds: 0 stands for "at once".
    function _startOf(uint64 epoch) internal view returns (uint48) {
        StakeStorage storage $ = _state();
        if (epoch == 0) return uint48(block.timestamp);
        return uint48($.genesisTime + uint256(epoch) * $.epochLength);
    }
}
