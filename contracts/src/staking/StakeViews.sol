// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {KMC} from "../token/KMC.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {IStakeManager, SlashOutcome} from "./IStakeManager.sol";
import {SeatLedger} from "./SeatLedger.sol";
import {PoolShares} from "./PoolShares.sol";
import {Offence, Pool, Seat, StakeParams, StakeStorage, Undelegation, Validator} from "./StakeStorage.sol";

/// @notice One seat with power in the current epoch.
struct SeatView {
    uint256 seat;
    uint64 validatorId;
    address signer;
    uint96 power;
}

/// @title What StakeManager tells
/// @notice All values are those of the current epoch, whether or not `roll` has run in it yet.
abstract contract StakeViews is SeatLedger, IStakeManager {
    using Checkpoints for Checkpoints.Trace208;

    /// @inheritdoc IStakeManager
    function epoch() external view returns (uint64) {
        return _epoch();
    }

    /// @inheritdoc IStakeManager
    function seatAt(uint256 seat) external view returns (address signer, uint96 power) {
        Seat storage current = _currentSeat(seat, _duePending());
        return (current.signer, current.power);
    }

    /// @notice Power of a seat, wei of KMC.
    function powerAt(uint256 seat) external view returns (uint96) {
        return _currentSeat(seat, _duePending()).power;
    }

    /// @inheritdoc IStakeManager
    function totalPower() public view returns (uint96) {
        StakeStorage storage $ = _state();
        return _duePending() == 0 ? $.total : $.nextTotal;
    }

    /// @inheritdoc IStakeManager
    function signersOf(uint256 bitmap)
        external
        view
        returns (address[] memory signers, uint96 signedPower, uint96 total)
    {
        uint256 due = _duePending();
        signers = new address[](Bitmaps.popcount(bitmap));
        uint256 count;
        for (uint256 seats = bitmap; seats != 0; seats &= seats - 1) {
            Seat storage current = _currentSeat(Bitmaps.lowestBit(seats), due);
            if (current.power != 0) signers[count] = current.signer;
            signedPower += current.power;
            ++count;
        }
        total = totalPower();
    }

    /// @inheritdoc IStakeManager
    function signerAtPower(uint256 point) external view returns (address) {
        uint256 due = _duePending();
        uint256 sum;
        uint256 seats = _state().occupiedSeats;
        for (uint256 seat; seats != 0; (++seat, seats >>= 1)) {
            if (seats & 1 == 0) continue;
            Seat storage current = _currentSeat(seat, due);
            sum += current.power;
            if (point < sum) return current.signer;
        }
        return address(0);
    }

    /// @inheritdoc IStakeManager
    function seatOfSigner(address signer) external view returns (bool found, uint256 seat) {
        return _seatOfSigner(signer);
    }

    /// @inheritdoc IStakeManager
    function isActiveSigner(address signer) external view returns (bool) {
        (bool found, uint256 seat) = _seatOfSigner(signer);
        if (!found) return false;
        Seat storage current = _currentSeat(seat, _duePending());
        return current.signer == signer && current.power != 0;
    }

    /// @inheritdoc IStakeManager
    function powerOfSignerAt(uint256 seat, address signer, uint40 time) external view returns (uint96) {
        StakeStorage storage $ = _state();
        uint64 id = $.occupant[seat];
        if (id == 0 || signer == address(0) || $.validatorOfSigner[signer] != id) return 0;
        return uint96($.powerHistory[id].upperLookup(time));
    }

    /// @inheritdoc IStakeManager
    function slashOutcome(bytes32 offenceId) external view returns (SlashOutcome memory) {
        Offence storage o = _state().offences[offenceId];
        uint96 slashed = o.bounty + o.burned + o.insured;
        return SlashOutcome(o.remaining, slashed, o.bounty, o.burned, o.insured, o.class, o.challenger, o.beneficiary);
    }

    /// @notice Orders that have seats left to charge, the newest first.
    function openOffences() external view returns (bytes32[] memory open) {
        StakeStorage storage $ = _state();
        uint256 count;
        for (bytes32 id = $.newestOffence; id > NO_OFFENCE; id = $.offences[id].older) {
            ++count;
        }
        open = new bytes32[](count);
        bytes32 next = $.newestOffence;
        for (uint256 i; i < count; ++i) {
            open[i] = next;
            next = $.offences[next].older;
        }
    }

    /// @notice Bounties that `account` can withdraw, wei of KMC.
    function owed(address account) external view returns (uint256) {
        return _state().owed[account];
    }

    /// @notice What has been delegated to a validator, in shares; their worth is `Validator.delegated`.
    function poolOf(uint64 id) external view returns (Pool memory) {
        return _state().pools[id];
    }

    /// @notice An account's delegation to a validator: its shares, and what they are worth now, wei of KMC.
    function delegationOf(uint64 id, address account) external view returns (uint256 shares, uint256 amount) {
        StakeStorage storage $ = _state();
        shares = $.shareHistory[id][account].latest();
        amount = PoolShares.worthOf(shares, $.pools[id].shares, $.validators[id].delegated);
    }

    /// @notice Delegated stake on its way out; all zero once it was paid.
    function undelegation(uint64 nonce) external view returns (Undelegation memory) {
        return _state().undelegations[nonce];
    }

    function signerNonce(address owner_) external view returns (uint256) {
        return _state().signerNonce[owner_];
    }

    /// @notice A validator by id (from 1); `status` None when there is none.
    function validator(uint64 id) external view returns (Validator memory) {
        return _state().validators[id];
    }

    /// @notice Up to `count` validators with ids from `fromId` on, left ones included.
    function validators(uint64 fromId, uint256 count) external view returns (Validator[] memory page) {
        StakeStorage storage $ = _state();
        if (fromId == 0) fromId = 1;
        uint256 left = $.lastValidatorId < fromId ? 0 : $.lastValidatorId - fromId + 1;
        page = new Validator[](count < left ? count : left);
        for (uint256 i; i < page.length; ++i) {
            page[i] = $.validators[uint64(fromId + i)];
        }
    }

    function validatorCount() external view returns (uint64) {
        return _state().lastValidatorId;
    }

    /// @notice Id of the validator that `signer` signs or signed for, 0 when none.
    function validatorOfSigner(address signer) external view returns (uint64) {
        return _state().validatorOfSigner[signer];
    }

    /// @notice Power of a validator at a time, wei of KMC. Final for times before this block's once `roll` has run in it:
    /// that is how the producer election weighs a ballot.
    /// @param time seconds
    function powerOfAt(uint64 id, uint48 time) external view returns (uint96) {
        return uint96(_state().powerHistory[id].upperLookup(time));
    }

    /// @notice The seats with power in the current epoch, in ascending order: what a checkpoint's bitmap refers to.
    function activeSet() external view returns (SeatView[] memory set) {
        StakeStorage storage $ = _state();
        set = new SeatView[](Bitmaps.popcount($.occupiedSeats));
        uint256 due = _duePending();
        uint256 count;
        for (uint256 seats = $.occupiedSeats; seats != 0; seats &= seats - 1) {
            uint256 seat = Bitmaps.lowestBit(seats);
            Seat storage current = _currentSeat(seat, due);
            if (current.power == 0) continue;
            set[count++] = SeatView(seat, $.occupant[seat], current.signer, current.power);
        }
        assembly {
            mstore(set, count)
        }
    }

    /// @inheritdoc IStakeManager
    function genesisTime() external view returns (uint40) {
        return _state().genesisTime;
    }

    /// @inheritdoc IStakeManager
    function challengePeriod() external view returns (uint40) {
        return _state().challengePeriod;
    }

    /// @inheritdoc IStakeManager
    function maxValidators() external view returns (uint256) {
        return _state().params.maxValidators;
    }

    function params() external view returns (StakeParams memory) {
        return _state().params;
    }

    function kmc() external view returns (KMC) {
        return _state().kmc;
    }

    function insurance() external view returns (address) {
        return _state().insurance;
    }

    function checkpointManager() external view returns (address) {
        return _state().checkpointManager;
    }

    function challengeManager() external view returns (address) {
        return _state().challengeManager;
    }
}
