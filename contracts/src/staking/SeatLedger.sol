// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {StakeEvents} from "./StakeEvents.sol";
import {Offence, Seat, StakeStorage, Validator, ValidatorStatus} from "./StakeStorage.sol";

/// @title Seats, their powers and the epochs at which they change
/// @notice A validator holds one of 256 numbered seats; a checkpoint's signers are a bitmap of seats. Changes of power
/// and keys wait for the next epoch, so there is only ever one pending value per seat and one pending total. Two cases
/// act at once: slashing, and everything before `genesisTime`, so that a new network starts with its first validators.
/// @dev Root contracts design, sections 4.1 and 4.3.
abstract contract SeatLedger is StakeEvents {
    using Checkpoints for Checkpoints.Trace208;

    uint256 internal constant SEATS = 256;
    uint256 internal constant BPS = 10_000;
    /// @dev Ends the empty list of open orders. Not zero: the first order of many would pay 17,100 gas more for the slot.
    bytes32 internal constant NO_OFFENCE = bytes32(uint256(1));

    // keccak256(abi.encode(uint256(keccak256("koma.storage.StakeManager")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STAKE_SLOT = 0xfcab68d2d622b945453c41c547f8781fe5d0eaad7f736f199acc7718c8332700;

    /// @dev Applies the pending changes once their epoch has begun. Every function that changes state calls it first.
    /// Bounded by the 256 seats; pending changes of two different epochs cannot exist, since this runs in between.
    function _roll() internal {
        StakeStorage storage $ = _state();
        uint256 due = _duePending();
        if (due == 0) return;
        uint64 from = $.pendingEpoch;
        uint48 fromTime = uint48($.genesisTime + uint256(from) * $.epochLength);
        $.pendingSeats = 0;
        $.pendingEpoch = 0;
        for (uint256 seats = due; seats != 0; seats &= seats - 1) {
            uint256 seat = Bitmaps.lowestBit(seats);
            Seat memory next = $.nextSeats[seat];
            $.seats[seat] = next;
            $.powerHistory[$.occupant[seat]].push(fromTime, next.power);
        }
        $.total = $.nextTotal;
        emit SeatsRolled(from, due, $.total);
    }

    /// @dev Gives a seat its signer and power from the next epoch on, at once before `genesisTime`.
    /// @return from epoch in which the change takes effect
    function _schedule(uint256 seat, address signer, uint96 power) internal returns (uint64 from) {
        StakeStorage storage $ = _state();
        if (block.timestamp < $.genesisTime) {
            _setPower(seat, signer, power, false);
            return 0;
        }
        from = _epoch() + 1;
        _setPower(seat, signer, power, true);
        $.pendingEpoch = uint56(from);
    }

    /// @dev The one place that changes a sum of powers, always by the difference between the new and the stored power
    /// of one seat. Two paths with differences of their own are how a total can drift from its parts, and two thirds
    /// of a total that is too small are no quorum.
    /// @param pending true: the value from the next epoch on; false: the current one (a pending one stays as it is)
    function _setPower(uint256 seat, address signer, uint96 power, bool pending) private {
        StakeStorage storage $ = _state();
        uint256 bit = 1 << seat;
        bool hasPending = $.pendingSeats & bit != 0;
        if (pending) {
            uint96 before = hasPending ? $.nextSeats[seat].power : $.seats[seat].power;
            $.nextTotal = $.nextTotal - before + power;
            $.nextSeats[seat] = Seat(signer, power);
            $.pendingSeats |= bit;
            return;
        }
        uint96 current = $.seats[seat].power;
        $.total = $.total - current + power;
        if (!hasPending) $.nextTotal = $.nextTotal - current + power;
        $.seats[seat] = Seat(signer, power);
        $.powerHistory[$.occupant[seat]].push(uint48(block.timestamp), power);
    }

    /// @dev Takes at most `amount` from a seat's power at once, current and pending alike; `all` takes everything.
    function _cutPower(uint256 seat, uint96 amount, bool all) internal {
        StakeStorage storage $ = _state();
        Seat memory current = $.seats[seat];
        if (current.power != 0) {
            _setPower(seat, current.signer, all || amount > current.power ? 0 : current.power - amount, false);
        }
        if ($.pendingSeats & (1 << seat) == 0) return;
        Seat memory next = $.nextSeats[seat];
        if (next.power != 0) {
            _setPower(seat, next.signer, all || amount > next.power ? 0 : next.power - amount, true);
        }
    }

    /// @dev Power that a validator's stake gives it from the next epoch on.
    function _powerOf(Validator storage v) internal view returns (uint96) {
        return v.jailedUntil == 0 ? v.selfStake + v.delegated : 0;
    }

    /// @dev Lowest seat free for a newcomer, `SEATS` when there is none.
    function _freeSeat() internal returns (uint256) {
        StakeStorage storage $ = _state();
        uint256 free = ~$.occupiedSeats;
        if (free != 0) return Bitmaps.lowestBit(free);
        for (uint256 seat; seat < SEATS; ++seat) {
            // A seat whose lock has passed may be taken over although its last holder has not claimed yet.
            if (_isReleased($.occupant[seat]) && _pendingOffence(seat) == 0) {
                $.occupiedSeats &= ~(1 << seat);
                return seat;
            }
        }
        return SEATS;
    }

    /// @dev First slash order that has yet to charge the seat, zero when there is none.
    function _pendingOffence(uint256 seat) internal view returns (bytes32 first) {
        StakeStorage storage $ = _state();
        bytes32 offenceId = $.newestOffence;
        while (offenceId > NO_OFFENCE) {
            Offence storage o = $.offences[offenceId];
            if (o.remaining & (1 << seat) != 0) first = offenceId;
            offenceId = o.older;
        }
    }

    /// @dev True once a validator's stake can no longer be slashed and its seat and keys are free again.
    function _isReleased(uint64 id) internal view returns (bool) {
        Validator storage v = _state().validators[id];
        return v.status != ValidatorStatus.Active && block.timestamp >= v.unbondAt;
    }

    /// @dev An active validator of the caller's.
    function _ownedActive(uint64 id) internal view returns (Validator storage v) {
        v = _state().validators[id];
        if (msg.sender != v.owner) revert NotOwner(id);
        if (v.status != ValidatorStatus.Active) revert NotActive(id);
    }

    /// @dev Current epoch; 0 before `genesisTime`.
    function _epoch() internal view returns (uint64) {
        StakeStorage storage $ = _state();
        if (block.timestamp < $.genesisTime) return 0;
        return uint64((block.timestamp - $.genesisTime) / $.epochLength);
    }

    /// @dev Seat of the validator that `signer` signs or signed for, unless that one is released.
    function _seatOfSigner(address signer) internal view returns (bool found, uint256 seat) {
        StakeStorage storage $ = _state();
        uint64 id = $.validatorOfSigner[signer];
        if (id == 0 || _isReleased(id)) return (false, 0);
        return (true, $.validators[id].seat);
    }

    /// @dev The pending seats if their epoch has begun, else none.
    function _duePending() internal view returns (uint256) {
        StakeStorage storage $ = _state();
        uint64 from = $.pendingEpoch;
        return from != 0 && _epoch() >= from ? $.pendingSeats : 0;
    }

    /// @dev A seat in the current epoch.
    /// @param due what `_duePending` returned
    function _currentSeat(uint256 seat, uint256 due) internal view returns (Seat storage) {
        StakeStorage storage $ = _state();
        return due & (1 << seat) != 0 ? $.nextSeats[seat] : $.seats[seat];
    }

    function _state() internal pure returns (StakeStorage storage $) {
        assembly {
            $.slot := STAKE_SLOT
        }
    }
}
