// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {CheckpointCredit} from "./IStakeManager.sol";
import {SeatLedger} from "./SeatLedger.sol";
import {Credit, StakeStorage, Validator, ValidatorStatus} from "./StakeStorage.sol";

/// @title Rewards of finalized checkpoints
/// @notice A checkpoint is credited when it is final, with two slots and no loop over its signers; each signer takes
/// its share later. Shares follow the powers at the time of submission, so stake added afterwards earns nothing of it.
/// @dev Root contracts design, section 4.4.
abstract contract RewardLedger is SeatLedger {
    using BitMaps for BitMaps.BitMap;
    using Checkpoints for Checkpoints.Trace208;

    modifier onlyCheckpointManager() {
        if (msg.sender != _state().checkpointManager) revert NotCheckpointManager(msg.sender);
        _;
    }

    /// @notice See IStakeManager.
    function creditCheckpoint(CheckpointCredit calldata c) external onlyCheckpointManager {
        StakeStorage storage $ = _state();
        Credit storage credit = $.credits[c.chainId][c.number];
        if (credit.submittedAt != 0) revert AlreadyCredited(c.chainId, c.number);
        uint256 blocks = c.blocks < $.params.maxCheckpointLength ? c.blocks : $.params.maxCheckpointLength;
        uint96 reward = uint96((uint256($.params.rewardPerBlock) * blocks * c.signedPower) / c.totalPower);
        credit.bitmap = c.bitmap;
        credit.reward = reward;
        credit.signedPower = c.signedPower;
        credit.submittedAt = c.submittedAt;
        (bool known, uint256 seat) = _seatOfSigner(c.proposer);
        if (known) {
            credit.proposerSeat = uint8(seat);
            credit.bonusBps = c.onSchedule ? $.params.proposerBonusBps : $.params.proposerBonusBps / 2;
        }
        emit CheckpointCredited(c.chainId, c.number, reward, credit.bonusBps);
    }

    /// @notice See StakeManager.
    function claimRewards(uint64 id, uint64 chainId, uint64 from, uint64 to) external returns (uint256 amount) {
        StakeStorage storage $ = _state();
        Validator storage v = $.validators[id];
        if (v.status == ValidatorStatus.None) revert UnknownValidator(id);
        if (to < from || to - from >= $.params.claimBatch) revert BadClaimRange(from, to, $.params.claimBatch);
        BitMaps.BitMap storage claimed = $.claimed[chainId][id];
        for (uint256 number = from; number <= to; ++number) {
            if (claimed.get(number)) continue;
            uint256 share = _shareOf(id, v.seat, $.credits[chainId][uint64(number)]);
            if (share == 0) continue;
            claimed.set(number);
            amount += share;
        }
        if (amount != 0) $.kmc.mintReward(v.rewardTo, amount);
        emit RewardsClaimed(id, chainId, from, to, amount);
    }

    /// @dev A seat may have had another holder then; whoever had no power at the time has no share.
    function _shareOf(uint64 id, uint8 seat, Credit storage credit) private view returns (uint256 share) {
        if (credit.submittedAt == 0) return 0;
        uint256 power = _state().powerHistory[id].upperLookup(credit.submittedAt);
        if (power == 0) return 0;
        uint256 bonus = (uint256(credit.reward) * credit.bonusBps) / BPS;
        if (credit.bitmap & (1 << seat) != 0) {
            share = ((credit.reward - bonus) * power) / credit.signedPower;
        }
        if (credit.proposerSeat == seat) share += bonus;
    }
}
