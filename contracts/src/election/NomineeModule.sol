// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Governed} from "../checkpoint/Governed.sol";
import {Validator, ValidatorStatus} from "../staking/StakeStorage.sol";
import {KMC} from "../token/KMC.sol";
import {ElectionBase} from "./ElectionBase.sol";
import {
    Criteria,
    ElectionParams,
    ElectionStorage,
    ElectionWiring,
    Member,
    Nominee,
    NomineeStatus
} from "./ElectionTypes.sol";

/// @title The second part of ProducerElection's code: set-up, parameters, and who stands for producer
/// @notice Never called by anybody but ProducerElection, which delegates to it and whose storage it works on: in one piece
/// the code would exceed the size limit of EIP-170. Holds no state of its own and cannot be initialised by itself.
///
/// Only an active validator's owner may nominate it, because only committee members can lead. The stake is
/// separate from the validator's, stays locked while it stands, and for the unbonding time after.
/// @dev Root contracts design, sections 6.2 and 4.5.
contract NomineeModule is Governed, ReentrancyGuardTransient, ElectionBase {
    using SafeERC20 for KMC;

    uint256 private constant MAX_SEATS = 16;
    uint256 private constant MAX_NOMINEES = 64;
    uint256 private constant MAX_URI = 256;

    /// @notice See ProducerElection.
    function initialize(
        address owner_,
        address guardian_,
        uint40 maxPause_,
        ElectionWiring calldata wiring,
        ElectionParams calldata params_,
        address[] calldata foundation_
    ) external initializer {
        __Governed_init(owner_, guardian_, maxPause_);
        if (wiring.kmc == address(0) || wiring.stakes == address(0) || wiring.registry == address(0)) {
            revert ZeroAddress();
        }
        if (wiring.challengeManager == address(0) || wiring.insurance == address(0)) revert ZeroAddress();
        ElectionStorage storage $ = _state();
        $.wiring = wiring;
        _setParams(params_);
        uint256 count = foundation_.length;
        if (count == 0 || count > MAX_SEATS) revert BadParameter("foundation", count);
        for (uint256 i; i < count; ++i) {
            if (foundation_[i] == address(0)) revert ZeroAddress();
            $.foundation.push(foundation_[i]);
            $.members.push(Member(0, foundation_[i]));
        }
    }

    /// @notice See ProducerElection.
    function setParams(ElectionParams calldata params_) external onlyOwner {
        ElectionParams memory old = _state().params;
        if (
            params_.tenureLength != old.tenureLength || params_.voteOpenLead != old.voteOpenLead
                || params_.voteCloseLead != old.voteCloseLead || params_.replacementLead != old.replacementLead
        ) revert TimesFixed();
        _requireNoVote();
        _setParams(params_);
    }

    /// @notice Nominates a validator of the sender and locks `producerStake`, which must be approved.
    /// @param key seals its blocks
    /// @param proof the key's signature of `keyDigest`; may be empty for the validator's own signer key, which StakeManager
    /// has had proven
    function nominate(
        uint64 validatorId,
        Criteria calldata criteria,
        string calldata uri,
        bytes32 uriHash,
        address key,
        bytes calldata proof
    ) external nonReentrant whenNotPaused {
        ElectionStorage storage $ = _state();
        Nominee storage n = $.nominees[validatorId];
        if (n.status == NomineeStatus.Standing || n.stake != 0) revert NomineeExists(validatorId);
        Validator memory v = _stakes().validator(validatorId);
        if (v.status != ValidatorStatus.Active) revert NotValidator(validatorId);
        if (msg.sender != v.owner) revert NotOwner(validatorId);
        if ($.standing.length >= MAX_NOMINEES) revert NomineeCapReached(MAX_NOMINEES);
        if (bytes(uri).length > MAX_URI) revert UriTooLong(bytes(uri).length);
        _takeKey(validatorId, v, key, proof);
        uint96 stake = $.params.producerStake;
        n.owner = msg.sender;
        n.stake = stake;
        n.key = key;
        n.releaseAt = 0;
        n.status = NomineeStatus.Standing;
        n.criteria = criteria;
        $.standing.push(validatorId);
        $.standingPlace[validatorId] = $.standing.length;
        _kmc().safeTransferFrom(msg.sender, address(this), stake);
        emit Nominated(validatorId, msg.sender, key, stake, criteria, uri, uriHash);
    }

    /// @notice Publishes other criteria; not while voting is open.
    function updateCriteria(uint64 id, Criteria calldata criteria, string calldata uri, bytes32 uriHash) external {
        Nominee storage n = _ownStanding(id);
        (uint40 opens, uint40 closes,,) = timeline(_nextTenure());
        if (block.timestamp >= opens && block.timestamp < closes) revert CriteriaFrozen(closes);
        if (bytes(uri).length > MAX_URI) revert UriTooLong(bytes(uri).length);
        n.criteria = criteria;
        emit CriteriaUpdated(id, criteria, uri, uriHash);
    }

    /// @notice Has another key seal the nominee's blocks from its next election on. Until then a seat keeps the old one.
    function setProducerKey(uint64 id, address key, bytes calldata proof) external {
        Nominee storage n = _ownStanding(id);
        _takeKey(id, _stakes().validator(id), key, proof);
        n.key = key;
        emit ProducerKeyChanged(id, key);
    }

    /// @notice Adds to a nominee's stake, as one that was charged must to be elected again.
    /// @param amount wei of KMC, approved before
    function raiseNomination(uint64 id, uint96 amount) external nonReentrant whenNotPaused {
        Nominee storage n = _ownStanding(id);
        n.stake += amount;
        _kmc().safeTransferFrom(msg.sender, address(this), amount);
        emit NominationRaised(id, amount, n.stake);
    }

    /// @notice Stops standing. Neither between the opening of the vote and its settlement, nor in office.
    function withdrawNomination(uint64 id) external {
        Nominee storage n = _ownStanding(id);
        _requireNoVote();
        if (_isInOffice(id)) revert InOffice(id);
        n.status = NomineeStatus.Withdrawn;
        n.releaseAt = uint40(block.timestamp) + _stakes().params().unbonding;
        _dropStanding(id);
        emit NominationWithdrawn(id, n.releaseAt);
    }

    /// @notice Returns what is left of the stake of a nominee that withdrew or was ejected.
    function claimNomination(uint64 id) external nonReentrant returns (uint96 amount) {
        Nominee storage n = _state().nominees[id];
        if (n.owner != msg.sender) revert NotOwner(id);
        amount = n.stake;
        if (n.status == NomineeStatus.Standing || amount == 0) revert NothingLocked(id);
        if (block.timestamp < n.releaseAt) revert StillLocked(n.releaseAt);
        n.stake = 0;
        _kmc().safeTransfer(msg.sender, amount);
        emit NominationClaimed(id, amount);
    }

    function _isInOffice(uint64 id) internal view returns (bool) {
        ElectionStorage storage $ = _state();
        return _holdsSeat($.members, id) || (block.timestamp < $.setFrom && _holdsSeat($.outgoing, id));
    }

    function _holdsSeat(Member[] storage members, uint64 id) private view returns (bool) {
        uint256 count = members.length;
        for (uint256 i; i < count; ++i) {
            if (members[i].id == id) return true;
        }
        return false;
    }

    /// @dev A key belongs to one nominee for ever, so that an offence always finds the one to charge.
    function _takeKey(uint64 id, Validator memory v, address key, bytes calldata proof) private {
        ElectionStorage storage $ = _state();
        if (key == address(0)) revert BadKeyProof();
        if (_isBarred(key)) revert KeyBarred(key);
        uint64 holder = $.nomineeOfKey[key];
        if (holder != 0 && holder != id) revert KeyTaken(key);
        // Another validator's signer key would have its blocks taken for this one's.
        uint64 signsFor = _stakes().validatorOfSigner(key);
        if (signsFor != 0 && signsFor != id) revert KeyTaken(key);
        if (key != v.signer) {
            (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(keyDigest(msg.sender, id), proof);
            if (failure != ECDSA.RecoverError.NoError || recovered != key) revert BadKeyProof();
        }
        $.nomineeOfKey[key] = id;
    }

    function _ownStanding(uint64 id) internal view returns (Nominee storage n) {
        n = _state().nominees[id];
        if (n.status != NomineeStatus.Standing) revert NotNominee(id);
        if (n.owner != msg.sender) revert NotOwner(id);
    }

    function _setParams(ElectionParams calldata p) private {
        if (p.tenureLength == 0) revert BadParameter("tenureLength", 0);
        if (p.voteOpenLead >= p.tenureLength) revert BadParameter("voteOpenLead", p.voteOpenLead);
        if (p.voteCloseLead >= p.voteOpenLead) revert BadParameter("voteCloseLead", p.voteCloseLead);
        if (p.replacementLead >= p.voteCloseLead) revert BadParameter("replacementLead", p.replacementLead);
        if (p.minProducers == 0 || p.minProducers > p.maxProducers) revert BadParameter("minProducers", p.minProducers);
        if (p.maxProducers > MAX_SEATS) revert BadParameter("maxProducers", p.maxProducers);
        if (p.standbyCount > MAX_SEATS) revert BadParameter("standbyCount", p.standbyCount);
        if (p.producerStake == 0) revert BadParameter("producerStake", 0);
        _state().params = p;
        emit ParamsChanged(p);
    }
}
