// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SlashOrder} from "../staking/IStakeManager.sol";
import {StakeParams} from "../staking/StakeStorage.sol";
import {KMC} from "../token/KMC.sol";
import {Downtime, ElectionStorage, Member, Nominee, NomineeStatus, OfflineCertificate, ReplaceReason} from "./ElectionTypes.sol";
import {SetLedger} from "./SetLedger.sol";

/// @title The third part of ProducerElection's code: seats lost within a tenure, and producer stake charged
/// @notice Never called by anybody but ProducerElection, which delegates to it and whose storage it works on: in one piece
/// the code would exceed the size limit of EIP-170. Holds no state of its own.
/// @dev Root contracts design, sections 4.5 and 6.7.
contract OfficeModule is ReentrancyGuardTransient, SetLedger {
    using SafeERC20 for KMC;

    uint8 private constant CLASS_A = 1;
    uint8 private constant CLASS_B = 2;
    uint8 private constant CLASS_C = 3;
    uint256 private constant COMPACT_SIGNATURE = 64;
    /// @dev What downtime costs each time (class D), and the time within a tenure that ends the nomination.
    uint256 private constant OFFLINE_BPS = 100;
    uint8 private constant LAST_DOWNTIME = 3;

    /// @notice See ProducerElection.
    function replace(address key, ReplaceReason reason, bytes calldata evidence) external nonReentrant {
        ElectionStorage storage $ = _state();
        Member[] memory members = $.members;
        uint256 place = _placeOf(members, members.length, key);
        if (place == members.length) revert NotInOffice(key);
        if (reason == ReplaceReason.Slashed) {
            if (!_isConvicted(members[place])) revert NotConvicted(key);
        } else if (reason == ReplaceReason.Resigned) {
            if (!_speaksFor(msg.sender, key)) revert NotProducer(msg.sender);
        } else {
            _chargeDowntime(key, abi.decode(evidence, (OfflineCertificate)));
        }
        if (!_replace(key, reason)) revert PoolEmpty();
    }

    /// @notice See IProducerElection.
    function slash(SlashOrder calldata order) external nonReentrant {
        _onlyChallengeManager();
        if (order.producerKey != address(0)) _convict(order, order.producerKey);
        if (order.class != CLASS_C) return;
        // Who signs two things with the key of its seat has a producer's seat to lose, too.
        (address[] memory signers,,) = _stakes().signersOf(order.signerBitmap);
        for (uint256 i; i < signers.length; ++i) {
            if (signers[i] == address(0) || signers[i] == order.producerKey) continue;
            address key = _state().nominees[_stakes().validatorOfSigner(signers[i])].key;
            _convict(order, key == address(0) ? signers[i] : key);
            // It may sit for the foundation with its signer key, and stand with another one.
            if (key != address(0) && key != signers[i]) _bar(signers[i]);
        }
    }

    /// @notice See IProducerElection.
    function payBounty(bytes32 offenceId, address to) external nonReentrant returns (uint256 bounty) {
        _onlyChallengeManager();
        ElectionStorage storage $ = _state();
        uint256 amount = $.taken[offenceId];
        if (amount == 0) return 0;
        $.taken[offenceId] = 0;
        bounty = _share(offenceId, amount, true);
        $.owed[to] += bounty;
        emit BountyAssigned(offenceId, to, bounty);
    }

    /// @notice See ProducerElection.
    function withdrawOwed(address to) external nonReentrant returns (uint256 amount) {
        ElectionStorage storage $ = _state();
        amount = $.owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        $.owed[msg.sender] = 0;
        _kmc().safeTransfer(to, amount);
        emit OwedWithdrawn(msg.sender, to, amount);
    }

    /// @dev Class D. The first two times within a tenure the producer can come back: it goes to the end of the stand-bys, and
    /// sits again when its stake is full again and its turn comes.
    function _chargeDowntime(address key, OfflineCertificate memory c) private {
        ElectionStorage storage $ = _state();
        bytes32 digest = _checkCertificate(key, c);
        uint64 before = $.certifiedUpTo[c.chainId][key];
        if (before != 0 && c.fromBlock <= before) revert AlreadyCertified(before);
        $.certifiedUpTo[c.chainId][key] = c.toBlock;
        uint64 tenure = tenureAt(block.timestamp);
        Downtime memory d = $.downtimes[key];
        uint8 count = d.tenure == tenure ? d.count + 1 : 1;
        $.downtimes[key] = Downtime(tenure, count);
        emit DowntimeCharged(digest, key, tenure, c.chainId, c.missed, count);
        uint64 id = $.nomineeOfKey[key];
        // No finder, no bounty: what downtime costs is burned and insured.
        if (id != 0) _share(digest, _charge(digest, id, OFFLINE_BPS), false);
        if (count >= LAST_DOWNTIME) _expel(id, key);
    }

    /// @dev The key never counts again, nor does its nomination, whichever of its keys it stands with by now.
    function _expel(uint64 id, address key) private {
        if (id != 0 && _state().nominees[id].status == NomineeStatus.Standing) _ejectNominee(id);
        _bar(key);
    }

    function _bar(address key) private {
        if (!_isBarred(key)) _state().barred[key] = true;
    }

    /// @dev Takes a share of a nominee's stake.
    function _charge(bytes32 offenceId, uint64 id, uint256 shareBps) private returns (uint96 amount) {
        Nominee storage n = _state().nominees[id];
        amount = uint96((uint256(n.stake) * shareBps) / BPS);
        n.stake -= amount;
        if (n.slashes != type(uint16).max) n.slashes += 1;
        emit ProducerSlashed(offenceId, id, amount);
    }

    /// @dev Burns and insures what was taken, but for the bounty.
    /// @param forFinder false: there is no finder, the bounty's part is insured
    function _share(bytes32 offenceId, uint256 amount, bool forFinder) private returns (uint256 bounty) {
        StakeParams memory p = _stakes().params();
        bounty = forFinder ? (amount * p.bountyBps) / BPS : 0;
        uint256 burned = (amount * p.burnBps) / BPS;
        // What rounding leaves over goes to the insurance, so that the three always sum to what was taken.
        uint256 insured = amount - bounty - burned;
        _kmc().burn(burned);
        _kmc().safeTransfer(_state().wiring.insurance, insured);
        emit ProducerStakeShared(offenceId, bounty, burned, insured);
    }

    /// @dev Ends a nomination for good; its key never counts again.
    function _ejectNominee(uint64 id) private {
        Nominee storage n = _state().nominees[id];
        if (n.status == NomineeStatus.Standing) _dropStanding(id);
        n.status = NomineeStatus.Ejected;
        // Where nothing is left there is nothing to release.
        if (n.stake != 0) n.releaseAt = uint40(block.timestamp) + _stakes().params().unbonding;
    }

    /// @dev Charges, bars and ejects; no more, since the challenge pays for it. The key is out of the registry's sets by
    /// now. Its seat is filled by `replace`, which anyone may call: a substitute sits down `replacementLead` later anyway.
    function _convict(SlashOrder calldata order, address key) private {
        ElectionStorage storage $ = _state();
        uint64 id = $.nomineeOfKey[key];
        uint256 shareBps = order.class == CLASS_A || order.class == CLASS_C
            ? BPS
            : order.class == CLASS_B ? BPS / 2 : OFFLINE_BPS;
        if (id != 0) $.taken[order.offenceId] += _charge(order.offenceId, id, shareBps);
        if (order.class < CLASS_A || order.class > CLASS_C) return;
        _expel(id, key);
    }

    /// @dev Gives a member's seat to the first stand-by who may sit, or to a foundation producer when there would be fewer
    /// than the minimum.
    /// @return done false when the key has no seat, or nobody at all would be left
    function _replace(address key, ReplaceReason reason) private returns (bool done) {
        ElectionStorage storage $ = _state();
        Member[] memory members = $.members;
        uint256 place = _placeOf(members, members.length, key);
        if (place == members.length) return false;
        Member memory gone = members[place];
        (Member memory substitute, Member[] memory standby) = _substituteFor(members, key);
        if (substitute.key != address(0)) {
            members[place] = substitute;
            if (substitute.id != 0) $.nominees[substitute.id].tenuresServed += 1;
        } else {
            uint256 last = members.length - 1;
            if (last == 0) return false;
            for (uint256 i = place; i < last; ++i) {
                members[i] = members[i + 1];
            }
            assembly {
                mstore(members, last)
            }
        }
        if (gone.id != 0) $.nominees[gone.id].replacements += 1;
        if (reason == ReplaceReason.Offline && gone.id != 0) standby = _withLast(standby, gone);
        _install(members, standby, 0);
        emit ProducerReplaced($.setId, gone.id, gone.key, substitute.id, substitute.key, reason, $.setFrom);
        return true;
    }

    /// @dev The stand-bys and one more at their end, unless their places are taken or it may not come back.
    function _withLast(Member[] memory standby, Member memory last) private view returns (Member[] memory longer) {
        ElectionStorage storage $ = _state();
        uint256 count = standby.length;
        if (count >= $.params.standbyCount || $.nominees[last.id].status != NomineeStatus.Standing) return standby;
        if (_isBarred(last.key)) return standby;
        longer = new Member[](count + 1);
        for (uint256 i; i < count; ++i) {
            longer[i] = standby[i];
        }
        longer[count] = last;
    }

    /// @return substitute with a zero key when there is none
    /// @return rest stand-bys after it; those passed over may not sit and are dropped
    function _substituteFor(Member[] memory members, address gone)
        private
        view
        returns (Member memory substitute, Member[] memory rest)
    {
        ElectionStorage storage $ = _state();
        rest = $.standby;
        uint256 next;
        while (next < rest.length && substitute.key == address(0)) {
            Member memory candidate = rest[next++];
            bool seated = _seats(members, members.length, candidate.id)
                || _placeOf(members, members.length, candidate.key) < members.length;
            if (!seated && _isEligible(candidate.id)) substitute = candidate;
        }
        uint256 left = rest.length - next;
        for (uint256 i; i < left; ++i) {
            rest[i] = rest[next + i];
        }
        assembly {
            mstore(rest, left)
        }
        if (substitute.key != address(0) || members.length > $.params.minProducers) return (substitute, rest);
        uint256 count = $.foundation.length;
        for (uint256 i; i < count; ++i) {
            address key = $.foundation[i];
            if (key == gone || _isBarred(key)) continue;
            if (_placeOf(members, members.length, key) == members.length) return (Member(0, key), rest);
        }
    }

    function _checkCertificate(address key, OfflineCertificate memory c) private view returns (bytes32 digest) {
        if (c.toBlock < c.fromBlock || c.missed == 0) revert NotOffline();
        digest = offlineDigest(c.chainId, key, c.fromBlock, c.toBlock, c.missed);
        (address[] memory signers, uint96 signed, uint96 total) = _stakes().signersOf(c.bitmap);
        if (c.sigs.length != signers.length * COMPACT_SIGNATURE) revert SignatureCount(signers.length, c.sigs.length);
        bytes memory sigs = c.sigs;
        for (uint256 i; i < signers.length; ++i) {
            bytes32 r;
            bytes32 vs;
            assembly ("memory-safe") {
                let place := add(add(sigs, 32), shl(6, i))
                r := mload(place)
                vs := mload(add(place, 32))
            }
            (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, r, vs);
            // A seat without power has the zero address for a signer, which no signature recovers to.
            if (failure != ECDSA.RecoverError.NoError || recovered != signers[i]) revert BadSignature(signers[i]);
        }
        if (uint256(signed) * 3 <= uint256(total) * 2) revert NoQuorum(signed, total);
    }

    /// @dev The owner of the nominee or of the validator behind a key, or the key itself.
    function _speaksFor(address account, address key) private view returns (bool) {
        if (account == key) return true;
        uint64 id = _state().nomineeOfKey[key];
        if (id == 0) id = _stakes().validatorOfSigner(key);
        return id != 0 && _stakes().validator(id).owner == account;
    }

    function _onlyChallengeManager() private view {
        if (msg.sender != _state().wiring.challengeManager) revert NotChallengeManager(msg.sender);
    }
}
