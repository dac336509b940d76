// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {KMC} from "../token/KMC.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {SlashOrder} from "./IStakeManager.sol";
import {SeatLedger} from "./SeatLedger.sol";
import {Offence, Pool, StakeStorage, Validator} from "./StakeStorage.sol";

/// @title Slash orders, their execution seat by seat, and where the stake goes
/// @notice ChallengeManager orders, anyone executes in pages: charging 150 seats in the transaction that proves a fraud
/// could make that transaction too dear to send. Of what the guilty themselves lose half at most goes to the proof's
/// finder; the rest of it, and all that their delegators lose, is burned or insures escrows. Accusing oneself never pays,
/// however much others have delegated.
/// @dev Root contracts design, section 4.5. Stakes of producers are kept and charged by the election, not here.
abstract contract SlashLedger is SeatLedger, ReentrancyGuardTransient {
    using SafeERC20 for KMC;

    uint8 internal constant CLASS_A = 1;
    uint8 internal constant CLASS_B = 2;
    uint8 internal constant CLASS_C = 3;
    uint8 internal constant CLASS_D = 4;

    modifier onlyChallengeManager() {
        if (msg.sender != _state().challengeManager) revert NotChallengeManager(msg.sender);
        _;
    }

    /// @notice See IStakeManager.
    function slash(SlashOrder calldata order) external onlyChallengeManager {
        _roll();
        StakeStorage storage $ = _state();
        if (order.class < CLASS_A || order.class > CLASS_D) revert BadClass(order.class);
        Offence storage o = $.offences[order.offenceId];
        if (o.class != 0) revert AlreadySlashed(order.offenceId);
        o.class = order.class;
        o.challenger = order.challenger;
        if (order.signerBitmap != 0) {
            o.remaining = order.signerBitmap;
            bytes32 older = $.newestOffence;
            if (older != NO_OFFENCE) {
                o.older = older;
                $.offences[older].newer = order.offenceId;
            }
            $.newestOffence = order.offenceId;
        }
        emit SlashOrdered(
            order.offenceId,
            order.class,
            order.signerBitmap,
            order.producerKey,
            order.challenger,
            order.chainId,
            order.number
        );
    }

    /// @notice See IStakeManager.
    function executeSlash(bytes32 offenceId, uint256 fromSeat, uint256 toSeat) external nonReentrant {
        _roll();
        Offence storage o = _ordered(offenceId);
        uint256 page = o.remaining & _seatsBetween(fromSeat, toSeat);
        if (page == 0) revert NothingToSlash(offenceId);
        o.remaining &= ~page;
        if (o.remaining == 0) _closeOffence(o);

        uint96 slashed;
        uint96 ownPart;
        for (uint256 seats = page; seats != 0; seats &= seats - 1) {
            (uint96 amount, uint96 own) = _chargeSeat(offenceId, o.class, Bitmaps.lowestBit(seats));
            slashed += amount;
            ownPart += own;
        }
        _payOut(offenceId, o, slashed, ownPart);
    }

    /// @notice See IStakeManager.
    function payBounty(bytes32 offenceId, address to) external onlyChallengeManager returns (uint256 bounty) {
        if (to == address(0)) revert ZeroBeneficiary();
        Offence storage o = _ordered(offenceId);
        if (o.beneficiary != address(0)) revert BountyTaken(offenceId, o.beneficiary);
        o.beneficiary = to;
        bounty = o.bounty;
        _state().owed[to] += bounty;
        emit BountyAssigned(offenceId, to, bounty);
    }

    /// @notice Pays what is owed to the caller out to `to`.
    function withdrawOwed(address to) external nonReentrant returns (uint256 amount) {
        StakeStorage storage $ = _state();
        amount = $.owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        $.owed[msg.sender] = 0;
        $.kmc.safeTransfer(to, amount);
        emit OwedWithdrawn(msg.sender, to, amount);
    }

    /// @return amount taken in all, wei
    /// @return own part of it that was the validator's, wei; the rest was its delegators'
    function _chargeSeat(bytes32 offenceId, uint8 class, uint256 seat) private returns (uint96 amount, uint96 own) {
        StakeStorage storage $ = _state();
        uint64 id = $.occupant[seat];
        Validator storage v = $.validators[id];
        Pool storage pool = $.pools[id];
        uint256 bps = _signerShare(class);
        own = _partOf(v.selfStake, bps);
        uint96 delegated = _partOf(v.delegated, bps);
        uint96 leaving = _partOf(pool.leaving, bps);
        v.selfStake -= own;
        v.delegated -= delegated;
        pool.leaving -= leaving;
        amount = own + delegated + leaving;
        // An equivocator loses all power with the order, not merely the slashed part.
        _cutPower(seat, own + delegated, class == CLASS_C);
        if (class == CLASS_C && id != 0) {
            v.jailedUntil = uint40(block.timestamp) + $.params.jailTime;
            emit Jailed(id, v.jailedUntil);
        }
        emit SlashedSeat(offenceId, seat, id, amount);
    }

    function _partOf(uint96 stake, uint256 bps) private pure returns (uint96) {
        return uint96((uint256(stake) * bps) / BPS);
    }

    /// @dev A bounty out of the delegators' part would pay a validator for having itself convicted.
    function _payOut(bytes32 offenceId, Offence storage o, uint96 slashed, uint96 ownPart) private {
        StakeStorage storage $ = _state();
        uint96 bounty = uint96((uint256(ownPart) * $.params.bountyBps) / BPS);
        uint96 burned = uint96((uint256(slashed) * $.params.burnBps) / BPS);
        // What rounding leaves over goes to the insurance, so that the three always sum to what was taken.
        uint96 insured = slashed - bounty - burned;
        o.bounty += bounty;
        o.burned += burned;
        o.insured += insured;
        if (o.beneficiary != address(0)) $.owed[o.beneficiary] += bounty;
        $.kmc.burn(burned);
        $.kmc.safeTransfer($.insurance, insured);
        emit SlashPaid(offenceId, o.challenger, bounty, burned, insured);
    }

    /// @dev Takes an order that has charged all its seats out of the list that blocks claims.
    function _closeOffence(Offence storage o) private {
        StakeStorage storage $ = _state();
        (bytes32 older, bytes32 newer) = (o.older, o.newer);
        if (older != 0) {
            $.offences[older].newer = newer;
            o.older = 0;
        }
        if (newer != 0) {
            $.offences[newer].older = older;
            o.newer = 0;
        } else {
            $.newestOffence = older == 0 ? NO_OFFENCE : older;
        }
    }

    function _signerShare(uint8 class) private view returns (uint256) {
        StakeStorage storage $ = _state();
        if (class == CLASS_A) return $.params.slashBpsA;
        if (class == CLASS_B) return $.params.slashBpsB;
        if (class == CLASS_C) return $.params.slashBpsC;
        return 0;
    }

    function _ordered(bytes32 offenceId) private view returns (Offence storage o) {
        o = _state().offences[offenceId];
        if (o.class == 0) revert UnknownOffence(offenceId);
    }

    function _seatsBetween(uint256 fromSeat, uint256 toSeat) private pure returns (uint256) {
        if (toSeat > SEATS) toSeat = SEATS;
        if (fromSeat >= toSeat) return 0;
        // The shift by 256 that a full width would need gives zero, and zero minus one all ones.
        unchecked {
            return ((1 << (toSeat - fromSeat)) - 1) << fromSeat;
        }
    }
}
