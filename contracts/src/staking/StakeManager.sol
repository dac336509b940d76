// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Governed} from "../checkpoint/Governed.sol";
import {KMC} from "../token/KMC.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {DelegationModule} from "./DelegationModule.sol";
import {IStakeManager, SlashOrder, Tally} from "./IStakeManager.sol";
import {StakeModule} from "./StakeModule.sol";
import {StakeViews} from "./StakeViews.sol";
import {Seat, StakeParams, StakeStorage, Validator, ValidatorStatus} from "./StakeStorage.sol";

/// @title Stake of the validators
/// @notice Anyone may stake KMC, take a seat, and sign checkpoints with the key that goes with it. Joining, leaving,
/// adding stake and changing the key take effect in the next epoch; stake stays slashable for `unbonding` after its
/// power has left. Until `genesisTime` changes take effect at once and no checkpoint is accepted: that is how a new
/// network gets its first validators.
/// @dev Root contracts design, section 4. Nobody can insert a signer, force a validator out, move an epoch or take
/// stake other than by a slash order of ChallengeManager.
contract StakeManager is Governed, EIP712, ReentrancyGuardTransient, StakeViews {
    using SafeERC20 for KMC;

    bytes32 public constant SIGNER_PROOF_TYPEHASH = keccak256("SignerProof(address owner,uint256 nonce)");
    uint256 public constant MAX_PEER_ID = 128;

    /// @dev Code of set-up, parameters and slashing; part of this implementation, changed only by an upgrade.
    address private immutable _module;
    /// @dev The same of delegation and rewards.
    address private immutable _delegationModule;

    constructor(StakeModule module, DelegationModule delegationModule) EIP712("KOMA StakeManager", "1") {
        _module = address(module);
        _delegationModule = address(delegationModule);
    }

    /// @notice Sets a fresh proxy up. Arguments in order: the owner, who upgrades and sets parameters (a timelock on a
    /// main network); the guardian, who may pause new stakes; for how long at most, seconds; KMC, whose `stakeManager`
    /// this contract must become; the account that takes the insurance share of slashed stake; the start of epoch 0,
    /// seconds, where the past means now; the parameters.
    function initialize(
        address, /* owner */
        address, /* guardian */
        uint40, /* maxPause */
        KMC, /* kmc */
        address, /* insurance */
        uint40, /* genesisTime */
        StakeParams calldata /* params */
    )
        external
    {
        _delegateTo(_module);
    }

    /// @notice Names the CheckpointManager, which credits checkpoints, and the ChallengeManager, which orders slashes.
    /// Works once; owner.
    function wire(address, address) external {
        _delegateTo(_module);
    }

    /// @notice Ends the set-up early: epoch 0 begins now. Impossible once it has begun; owner.
    function begin() external {
        _delegateTo(_module);
    }

    /// @notice Changes parameters within the bounds that keep stake slashable; owner. The epoch length cannot change.
    function setParams(StakeParams calldata) external {
        _delegateTo(_module);
    }

    /// @inheritdoc IStakeManager
    function slash(SlashOrder calldata) external {
        _delegateTo(_module);
    }

    /// @inheritdoc IStakeManager
    function executeSlash(bytes32, uint256, uint256) external {
        _delegateTo(_module);
    }

    /// @inheritdoc IStakeManager
    function payBounty(bytes32, address) external returns (uint256) {
        _delegateTo(_module);
    }

    /// @notice Pays what is owed to the caller out to the given account; returns the amount, wei of KMC.
    function withdrawOwed(address) external returns (uint256) {
        _delegateTo(_module);
    }

    /// @notice Mints to a validator's reward account what it has earned: for its stake, as commission of its delegators'
    /// rewards, and for proposing. Arguments in order: validator id, chain id, first and last checkpoint number; returns
    /// the amount, wei of KMC.
    /// @dev Anyone may call. Numbers that are not final, earned nothing, or were claimed before, are passed over. At most
    /// `claimBatch` at once.
    function claimRewards(uint64, uint64, uint64, uint64) external returns (uint256) {
        _delegateTo(_delegationModule);
    }

    /// @notice Mints to a delegator what its shares in a validator's pool have earned, as they were when each checkpoint
    /// was submitted. Arguments in order: validator id, delegator, chain id, first and last checkpoint number; returns
    /// the amount, wei of KMC. Anyone may call.
    function claimDelegatorRewards(uint64, address, uint64, uint64, uint64) external returns (uint256) {
        _delegateTo(_delegationModule);
    }

    /// @notice Part of a validator's power at a time that was an account's, wei of KMC. Arguments in order: validator id, the
    /// delegator or zero for the validator's own stake, the time in seconds.
    function powerBackedBy(uint64, address, uint40) external returns (uint256) {
        _delegateTo(_delegationModule);
    }

    /// @notice What one checkpoint pays, wei of KMC, and whether that was claimed. Arguments in order: validator id, the
    /// delegator or zero for the validator itself, chain id, checkpoint number.
    function rewardOf(uint64, address, uint64, uint64) external returns (uint256, bool) {
        _delegateTo(_delegationModule);
    }

    /// @notice Backs a validator with the caller's stake. Arguments in order: validator id, wei of KMC, approved before;
    /// returns shares of the validator's pool. The power follows in the next epoch.
    function delegate(uint64, uint96) external returns (uint256) {
        _delegateTo(_delegationModule);
    }

    /// @notice Takes the caller's stake back from a validator. Arguments in order: validator id, shares; returns the
    /// number under which `claimUndelegated` pays it. Its power ends with the next epoch; the coins are free after
    /// `unbonding` more, and can be slashed until then.
    function undelegate(uint64, uint256) external returns (uint64) {
        _delegateTo(_delegationModule);
    }

    /// @notice Like `undelegate`, but the coins go on to another validator when they are free. Arguments in order: from,
    /// to, shares.
    function redelegate(uint64, uint64, uint256) external returns (uint64) {
        _delegateTo(_delegationModule);
    }

    /// @notice Ends what `undelegate` or `redelegate` began, by its number: pays the delegator, or delegates on. Anyone
    /// may call; returns the amount, wei of KMC.
    function claimUndelegated(uint64) external returns (uint96) {
        _delegateTo(_delegationModule);
    }

    /// @notice Changes what a validator keeps of its delegators' rewards from the next epoch on. Arguments in order:
    /// validator id, basis points.
    function setCommission(uint64, uint16) external {
        _delegateTo(_delegationModule);
    }

    /// @notice Stakes `amount` and takes a seat.
    /// @param amount wei of KMC, approved before; at least `minStake`
    /// @param signer key that signs checkpoints and consensus units
    /// @param signerProof 65-byte signature by `signer` of `signerProofDigest(msg.sender)`: nobody can register a key
    /// that he does not hold
    /// @param commissionBps share that the validator keeps of its delegators' rewards
    /// @param peerId libp2p identity of the node, at most 128 bytes, published for discovery
    function stake(
        uint96 amount,
        address signer,
        bytes calldata signerProof,
        uint16 commissionBps,
        bytes calldata peerId
    ) external nonReentrant whenNotPaused returns (uint64 id) {
        return _join(amount, signer, signerProof, commissionBps, peerId);
    }

    /// @notice `stake` with an EIP-2612 permit instead of an approval.
    function stakeWithPermit(
        uint96 amount,
        address signer,
        bytes calldata signerProof,
        uint16 commissionBps,
        bytes calldata peerId,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant whenNotPaused returns (uint64 id) {
        // Somebody may have sent the permit ahead of us, which is no reason to fail: then the allowance is there.
        try _state().kmc.permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _join(amount, signer, signerProof, commissionBps, peerId);
    }

    /// @notice `stake` when all seats are taken: the validator with the least stake makes room, if `amount` is more
    /// than 110 % of it, and starts unbonding.
    function displace(
        uint96 amount,
        address signer,
        bytes calldata signerProof,
        uint16 commissionBps,
        bytes calldata peerId
    ) external nonReentrant whenNotPaused returns (uint64 id) {
        _roll();
        StakeStorage storage $ = _state();
        if ($.activeCount >= $.params.maxValidators) {
            (uint64 victim, uint96 least) = _smallest();
            uint256 min = (uint256(least) * 110) / 100 + 1;
            if (amount < min) revert StakeTooSmall(amount, min);
            emit Displaced(victim, least, amount);
            _leave(victim);
        }
        return _join(amount, signer, signerProof, commissionBps, peerId);
    }

    /// @notice Adds to a validator's stake; power follows in the next epoch. Arguments in order: validator id, wei of KMC,
    /// approved before.
    function addStake(uint64, uint96) external {
        _delegateTo(_delegationModule);
    }

    /// @notice Changes the signer key from the next epoch on. The old key stays bound to the validator, which answers
    /// for what it signed with it.
    function rotateSigner(uint64 id, address newSigner, bytes calldata signerProof) external {
        _roll();
        Validator storage v = _ownedActive(id);
        uint64 now_ = _epoch();
        if (now_ < v.rotatableFrom) revert CooldownActive(v.rotatableFrom);
        _takeSigner(id, newSigner, signerProof);
        address oldSigner = v.signer;
        v.signer = newSigner;
        v.rotatableFrom = now_ + _state().params.signerCooldown;
        uint64 from = _schedule(v.seat, newSigner, _powerOf(v));
        emit SignerRotated(id, oldSigner, newSigner, from);
    }

    /// @notice Publishes a new libp2p identity.
    function setPeerId(uint64 id, bytes calldata peerId) external {
        _announce(id, _ownedActive(id), peerId);
    }

    /// @notice Sends future rewards to another account. Arguments in order: validator id, account.
    function setRewardTo(uint64, address) external {
        _delegateTo(_module);
    }

    /// @notice Leaves: power goes with the next epoch, stake after `unbonding` more.
    function unstake(uint64 id) external {
        _roll();
        _ownedActive(id);
        _leave(id);
    }

    /// @notice Returns the stake of a validator that has left, and frees its seat and keys. Argument: validator id.
    function unstakeClaim(uint64) external {
        _delegateTo(_module);
    }

    /// @notice Gives a jailed validator its power back from the next epoch on, after `jailTime`. Argument: validator id.
    function unjail(uint64) external {
        _delegateTo(_module);
    }

    /// @inheritdoc IStakeManager
    function roll() external {
        _roll();
    }

    /// @inheritdoc IStakeManager
    function tally(uint256 bitmap, uint256 draw) external returns (Tally memory t, bytes memory seats) {
        _roll();
        StakeStorage storage $ = _state();
        t.epoch = _epoch();
        t.genesisTime = $.genesisTime;
        t.challengePeriod = $.challengePeriod;
        uint96 total = $.total;
        t.total = total;
        Seat[256] storage current = $.seats;
        uint256 size = 32 * Bitmaps.popcount(bitmap);
        uint256 answer;
        // Most of a checkpoint's gas is spent here and in the signatures, seat by seat. A seat is one slot: the signer in
        // the lower 160 bits, the power above them.
        // They are put where they stand in the answer, behind six words of `t` and one that says so: neither cleared
        // before nor copied afterwards.
        assembly ("memory-safe") {
            answer := mload(0x40)
            seats := add(answer, 0xe0)
            mstore(seats, size)
            let place := add(seats, 32)
            mstore(0x40, add(place, size))
            let seat := current.slot
            for { let rest := bitmap } rest {} {
                // Seats are given out from the lowest on, so most stand in a row: eight of them in one turn.
                if eq(and(rest, 0xff), 0xff) {
                    mstore(place, sload(seat))
                    mstore(add(place, 0x20), sload(add(seat, 1)))
                    mstore(add(place, 0x40), sload(add(seat, 2)))
                    mstore(add(place, 0x60), sload(add(seat, 3)))
                    mstore(add(place, 0x80), sload(add(seat, 4)))
                    mstore(add(place, 0xa0), sload(add(seat, 5)))
                    mstore(add(place, 0xc0), sload(add(seat, 6)))
                    mstore(add(place, 0xe0), sload(add(seat, 7)))
                    place := add(place, 0x100)
                    seat := add(seat, 8)
                    rest := shr(8, rest)
                    continue
                }
                if and(rest, 1) {
                    mstore(place, sload(seat))
                    place := add(place, 0x20)
                }
                seat := add(seat, 1)
                rest := shr(1, rest)
            }
        }
        if (total != 0) (t.drawn, t.drawnSeat) = _drawSeat(bitmap, seats, draw % total);
        assembly ("memory-safe") {
            mcopy(answer, t, 0xc0)
            mstore(add(answer, 0xc0), 0xe0)
            return(answer, add(0x100, size))
        }
    }

    /// @notice What a signer key signs to be registered by `owner_`.
    function signerProofDigest(address owner_) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(SIGNER_PROOF_TYPEHASH, owner_, _state().signerNonce[owner_])));
    }

    function _join(
        uint96 amount,
        address signer,
        bytes calldata signerProof,
        uint16 commissionBps,
        bytes calldata peerId
    ) private returns (uint64 id) {
        _roll();
        StakeStorage storage $ = _state();
        if (amount < $.params.minStake) revert StakeTooSmall(amount, $.params.minStake);
        if (commissionBps > BPS) revert BadShare(commissionBps);
        if ($.activeCount >= $.params.maxValidators) revert NoFreeSeat();
        uint256 seat = _freeSeat();
        if (seat == SEATS) revert NoFreeSeat();

        id = ++$.lastValidatorId;
        _takeSigner(id, signer, signerProof);
        $.activeCount += 1;
        $.occupiedSeats |= 1 << seat;
        $.occupant[seat] = id;
        Validator storage v = $.validators[id];
        v.owner = msg.sender;
        v.rewardTo = msg.sender;
        v.selfStake = amount;
        v.signer = signer;
        v.seat = uint8(seat);
        v.commissionBps = commissionBps;
        v.status = ValidatorStatus.Active;
        v.activationEpoch = _schedule(seat, signer, _powerOf(v));
        $.kmc.safeTransferFrom(msg.sender, address(this), amount);
        emit Staked(id, seat, msg.sender, signer, amount, v.activationEpoch);
        _announce(id, v, peerId);
    }

    /// @dev The seat at which the running sum of all powers exceeds `point`: of those that signed by what was read already.
    function _drawSeat(uint256 bitmap, bytes memory seats, uint256 point)
        private
        view
        returns (address drawn, uint8 drawnSeat)
    {
        StakeStorage storage $ = _state();
        Seat[256] storage current = $.seats;
        uint256 place;
        uint256 sum;
        uint256 seat;
        assembly ("memory-safe") {
            place := add(seats, 32)
            // Eight seats in one turn as long as all of them signed and the point lies beyond them.
            for {} eq(and(bitmap, 0xff), 0xff) {} {
                let next := add(sum, shr(160, mload(place)))
                next := add(next, shr(160, mload(add(place, 0x20))))
                next := add(next, shr(160, mload(add(place, 0x40))))
                next := add(next, shr(160, mload(add(place, 0x60))))
                next := add(next, shr(160, mload(add(place, 0x80))))
                next := add(next, shr(160, mload(add(place, 0xa0))))
                next := add(next, shr(160, mload(add(place, 0xc0))))
                next := add(next, shr(160, mload(add(place, 0xe0))))
                if gt(next, point) { break }
                sum := next
                place := add(place, 0x100)
                seat := add(seat, 8)
                bitmap := shr(8, bitmap)
            }
            for {} and(bitmap, 1) {} {
                let word := mload(place)
                sum := add(sum, shr(160, word))
                if gt(sum, point) {
                    drawn := and(word, 0xffffffffffffffffffffffffffffffffffffffff)
                    drawnSeat := seat
                    break
                }
                place := add(place, 0x20)
                seat := add(seat, 1)
                bitmap := shr(1, bitmap)
            }
        }
        if (sum > point) return (drawn, drawnSeat);
        // Beyond a seat that did not sign.
        uint256 occupied = $.occupiedSeats >> seat;
        assembly ("memory-safe") {
            for {} occupied { seat := add(seat, 1) } {
                let word := 0
                switch and(bitmap, 1)
                case 0 { if and(occupied, 1) { word := sload(add(current.slot, seat)) } }
                default {
                    word := mload(place)
                    place := add(place, 0x20)
                }
                sum := add(sum, shr(160, word))
                if gt(sum, point) {
                    drawn := and(word, 0xffffffffffffffffffffffffffffffffffffffff)
                    drawnSeat := seat
                    break
                }
                bitmap := shr(1, bitmap)
                occupied := shr(1, occupied)
            }
        }
    }

    function _leave(uint64 id) private {
        StakeStorage storage $ = _state();
        Validator storage v = $.validators[id];
        uint64 exitEpoch = _schedule(v.seat, address(0), 0);
        // Epoch 0 stands for "at once": only before `genesisTime` does a change take effect in it.
        uint256 powerless = exitEpoch == 0 ? block.timestamp : $.genesisTime + uint256(exitEpoch) * $.epochLength;
        v.status = ValidatorStatus.Unbonding;
        v.exitEpoch = exitEpoch;
        v.unbondAt = uint40(powerless) + $.params.unbonding;
        $.activeCount -= 1;
        emit UnstakeStarted(id, exitEpoch, v.unbondAt);
    }

    /// @dev Binds a key to a validator. Keys are never unbound: the entry of a released validator counts as free.
    function _takeSigner(uint64 id, address signer, bytes calldata signerProof) private {
        StakeStorage storage $ = _state();
        uint64 holder = $.validatorOfSigner[signer];
        bool ownOld = holder == id && $.validators[id].signer != signer;
        if (holder != 0 && !ownOld && !_isReleased(holder)) revert SignerTaken(signer);
        (address recovered, ECDSA.RecoverError failure,) =
            ECDSA.tryRecoverCalldata(signerProofDigest(msg.sender), signerProof);
        if (failure != ECDSA.RecoverError.NoError || recovered != signer) revert BadSignerProof();
        $.signerNonce[msg.sender] += 1;
        $.validatorOfSigner[signer] = id;
    }

    function _announce(uint64 id, Validator storage v, bytes calldata peerId) private {
        if (peerId.length > MAX_PEER_ID) revert PeerIdTooLong(peerId.length);
        v.peerIdHash = keccak256(peerId);
        emit PeerAnnounced(id, peerId);
    }

    /// @dev The active validator with the least stake, the one in the lowest seat among equals.
    function _smallest() private view returns (uint64 id, uint96 least) {
        StakeStorage storage $ = _state();
        least = type(uint96).max;
        for (uint256 seats = $.occupiedSeats; seats != 0; seats &= seats - 1) {
            uint64 other = $.occupant[Bitmaps.lowestBit(seats)];
            Validator storage v = $.validators[other];
            if (v.status != ValidatorStatus.Active || v.selfStake + v.delegated >= least) continue;
            id = other;
            least = v.selfStake + v.delegated;
        }
    }

    /// @dev Runs the module's function of the same selector on this contract's storage, and ends the call with its
    /// outcome.
    function _delegateTo(address module) private {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let success := delegatecall(gas(), module, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(success) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }
}
