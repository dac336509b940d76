// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Governed} from "../checkpoint/Governed.sol";
import {KMC} from "../token/KMC.sol";
import {PoolHistory} from "./PoolHistory.sol";
import {PoolShares} from "./PoolShares.sol";
import {Pool, StakeStorage, Undelegation, Validator, ValidatorStatus} from "./StakeStorage.sol";

/// @title Delegation: stake that backs another's validator
/// @notice Delegated stake counts for the validator's power and is slashed with it. It leaves as a validator's own stake
/// does: its power with the next epoch, the coins after `unbonding` more, during which it stays slashable.
/// @dev Root contracts design, section 4.3. Stake that goes on to another validator waits out the same time: moved at
/// once, it would leave the judgement over what it backed behind (decision 24).
abstract contract DelegationLedger is Governed, PoolHistory, ReentrancyGuardTransient {
    using Checkpoints for Checkpoints.Trace208;
    using SafeERC20 for KMC;

    /// @notice See StakeManager.
    function addStake(uint64 id, uint96 amount) external nonReentrant whenNotPaused {
        _roll();
        Validator storage v = _ownedActive(id);
        if (amount == 0) revert StakeTooSmall(0, 1);
        v.selfStake += amount;
        uint64 from = _schedule(v.seat, v.signer, _powerOf(v));
        if (_state().pools[id].shares != 0) _recordPool(id, from);
        _state().kmc.safeTransferFrom(msg.sender, address(this), amount);
        emit StakeAdded(id, amount, v.selfStake, from);
    }

    /// @notice See StakeManager.
    function delegate(uint64 id, uint96 amount) external nonReentrant whenNotPaused returns (uint256 shares) {
        _roll();
        if (_state().validators[id].status != ValidatorStatus.Active) revert NotActive(id);
        shares = _enter(id, msg.sender, amount);
        _state().kmc.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @notice See StakeManager.
    function undelegate(uint64 id, uint256 shares) external returns (uint64 nonce) {
        return _leavePool(id, shares, 0);
    }

    /// @notice See StakeManager.
    function redelegate(uint64 fromId, uint64 toId, uint256 shares) external returns (uint64 nonce) {
        if (fromId == toId) revert SameValidator(toId);
        if (_state().validators[toId].status != ValidatorStatus.Active) revert NotActive(toId);
        return _leavePool(fromId, shares, toId);
    }

    /// @notice See StakeManager.
    function claimUndelegated(uint64 nonce) external nonReentrant returns (uint96 amount) {
        _roll();
        StakeStorage storage $ = _state();
        Undelegation memory u = $.undelegations[nonce];
        if (u.account == address(0)) revert NoUndelegation(nonce);
        if (block.timestamp < u.readyAt) revert StillBonded(u.readyAt);
        _requireUncharged(u.id);
        Pool storage pool = $.pools[u.id];
        amount = uint96(PoolShares.worthOf(u.shares, pool.leavingShares, pool.leaving));
        pool.leavingShares -= u.shares;
        pool.leaving -= amount;
        delete $.undelegations[nonce];
        // A validator that has left meanwhile, or an amount too small for a share, must not hold the stake back.
        bool goesOn = u.toId != 0 && $.validators[u.toId].status == ValidatorStatus.Active && _buys(u.toId, amount);
        emit UndelegationPaid(nonce, u.account, amount, goesOn ? u.toId : 0);
        if (goesOn) _enter(u.toId, u.account, amount);
        else $.kmc.safeTransfer(u.account, amount);
    }

    /// @notice See StakeManager.
    function setCommission(uint64 id, uint16 commissionBps) external {
        _roll();
        Validator storage v = _ownedActive(id);
        if (commissionBps > BPS) revert BadShare(commissionBps);
        v.commissionBps = commissionBps;
        uint64 from = block.timestamp < _state().genesisTime ? 0 : _epoch() + 1;
        _recordPool(id, from);
        emit CommissionChanged(id, commissionBps, from);
    }

    function _enter(uint64 id, address account, uint96 amount) private returns (uint256 shares) {
        StakeStorage storage $ = _state();
        Validator storage v = $.validators[id];
        Pool storage pool = $.pools[id];
        shares = PoolShares.sharesFor(amount, pool.shares, v.delegated);
        if (shares == 0) revert AmountTooSmall(amount);
        // A pool that was slashed to next to nothing sells its shares for next to nothing: there is no room for more.
        if (shares + pool.shares > type(uint128).max) revert PoolExhausted(id);
        v.delegated += amount;
        pool.shares += uint128(shares);
        uint64 from = _schedule(v.seat, v.signer, _powerOf(v));
        _recordPool(id, from);
        Checkpoints.Trace208 storage held = $.shareHistory[id][account];
        held.push(_startOf(from), uint208(held.latest() + shares));
        emit Delegated(id, account, amount, shares, from);
    }

    function _buys(uint64 id, uint96 amount) private view returns (bool) {
        StakeStorage storage $ = _state();
        uint256 shares = PoolShares.sharesFor(amount, $.pools[id].shares, $.validators[id].delegated);
        return shares != 0 && shares + $.pools[id].shares <= type(uint128).max;
    }

    function _leavePool(uint64 id, uint256 shares, uint64 toId) private returns (uint64 nonce) {
        _roll();
        StakeStorage storage $ = _state();
        Validator storage v = $.validators[id];
        Pool storage pool = $.pools[id];
        Checkpoints.Trace208 storage held = $.shareHistory[id][msg.sender];
        uint256 holding = held.latest();
        if (shares == 0 || shares > holding) revert NotEnoughShares(shares, holding);
        uint96 amount = uint96(PoolShares.worthOf(shares, pool.shares, v.delegated));
        v.delegated -= amount;
        pool.shares -= uint128(shares);

        uint256 leavingShares = PoolShares.sharesFor(amount, pool.leavingShares, pool.leaving);
        if (leavingShares + pool.leavingShares > type(uint128).max) revert PoolExhausted(id);
        pool.leavingShares += uint128(leavingShares);
        pool.leaving += amount;
        // The power of a validator that has left is gone with its own, and free when that is.
        uint40 readyAt = v.unbondAt;
        uint48 from = uint48(block.timestamp);
        if (v.status == ValidatorStatus.Active) {
            uint64 epoch = _schedule(v.seat, v.signer, _powerOf(v));
            from = _startOf(epoch);
            readyAt = uint40(from) + $.params.unbonding;
            _recordPool(id, epoch);
        }
        (, uint48 last,) = held.latestCheckpoint();
        held.push(last > from ? last : from, uint208(holding - shares));
        nonce = ++$.lastUndelegation;
        $.undelegations[nonce] = Undelegation(msg.sender, readyAt, uint128(leavingShares), id, toId);
        emit Undelegated(id, msg.sender, nonce, amount, shares, toId, readyAt);
    }

    /// @dev Stake cannot leave under an order that has yet to charge it. A seat that somebody else holds by now charges
    /// somebody else.
    function _requireUncharged(uint64 id) private view {
        StakeStorage storage $ = _state();
        uint8 seat = $.validators[id].seat;
        if ($.occupant[seat] != id) return;
        bytes32 offenceId = _pendingOffence(seat);
        if (offenceId != 0) revert SlashPending(offenceId);
    }
}
