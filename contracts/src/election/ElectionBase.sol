// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {KMC} from "../token/KMC.sol";
import {Validator, ValidatorStatus} from "../staking/StakeStorage.sol";
import {ElectionEvents} from "./ElectionEvents.sol";
import {ElectionParams, ElectionStorage, Member, Nominee, NomineeStatus} from "./ElectionTypes.sol";
import {IEjections} from "./IEjections.sol";
import {IElectorate} from "./IElectorate.sol";

/// @title Tenures, their ballots' times, and who may be elected
/// @notice Everything is a pure function of time: nobody starts an election, so nobody can fail to. Tenure t is
/// [genesis + t * length, genesis + (t + 1) * length); tenure 0 is the foundation's, and the ballot for tenure t + 1 is
/// held within tenure t.
/// @dev Root contracts design, sections 6.1 and 6.3.
abstract contract ElectionBase is EIP712, ElectionEvents {
    uint256 internal constant BPS = 10_000;
    bytes32 private constant PRODUCER_KEY_TYPEHASH = keccak256("ProducerKey(address owner,uint64 validatorId)");
    bytes32 private constant OFFLINE_TYPEHASH = keccak256(
        "ProducerOffline(uint64 chainId,uint64 tenure,address producer,uint64 fromBlock,uint64 toBlock,uint64 missed)"
    );

    // keccak256(abi.encode(uint256(keccak256("koma.storage.ProducerElection")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant ELECTION_SLOT = 0xfd8d0d4c18e96483d02a1ad156f5f0fa1834dbbeb30de51f37fcb0c9a5f6f100;

    constructor() EIP712("KOMA ProducerElection", "1") {}

    /// @notice What a producer key signs to be used by `owner_` for a validator.
    function keyDigest(address owner_, uint64 validatorId) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(PRODUCER_KEY_TYPEHASH, owner_, validatorId)));
    }

    /// @notice What stakers sign to certify that a producer was offline in the present tenure.
    /// @param missed blocks of `fromBlock` to `toBlock` that it should have made and did not
    function offlineDigest(uint64 chainId, address key, uint64 fromBlock, uint64 toBlock, uint64 missed)
        public
        view
        returns (bytes32)
    {
        uint64 tenure = tenureAt(block.timestamp);
        return _hashTypedDataV4(
            keccak256(abi.encode(OFFLINE_TYPEHASH, chainId, tenure, key, fromBlock, toBlock, missed))
        );
    }

    /// @notice Tenure that a time lies in; 0 before the first epoch too.
    /// @param time seconds
    function tenureAt(uint256 time) public view returns (uint64) {
        uint256 genesis = _stakes().genesisTime();
        return time < genesis ? 0 : uint64((time - genesis) / _state().params.tenureLength);
    }

    /// @notice The times of a tenure and of the ballot for it, seconds. Tenure 0 has no ballot.
    /// @return opens first second of voting
    /// @return closes first second after it; from then on `settle` works
    /// @return starts first second of the tenure; from then on it is too late to settle
    /// @return ends first second of the next tenure
    function timeline(uint64 tenure) public view returns (uint40 opens, uint40 closes, uint40 starts, uint40 ends) {
        ElectionParams storage p = _state().params;
        uint40 length = p.tenureLength;
        starts = _stakes().genesisTime() + uint40(tenure) * length;
        ends = starts + length;
        if (tenure == 0) return (starts, starts, starts, ends);
        opens = starts - p.voteOpenLead;
        closes = starts - p.voteCloseLead;
    }

    /// @dev The tenure whose ballot is, was or will be held in the present one.
    function _nextTenure() internal view returns (uint64) {
        return tenureAt(block.timestamp) + 1;
    }

    /// @dev Takes a nominee out of the list of those who stand.
    function _dropStanding(uint64 id) internal {
        ElectionStorage storage $ = _state();
        uint256 place = $.standingPlace[id];
        uint64 last = $.standing[$.standing.length - 1];
        $.standing[place - 1] = last;
        $.standingPlace[last] = place;
        $.standing.pop();
        $.standingPlace[id] = 0;
    }

    /// @dev Nothing that a vote depends on changes from its opening to its settlement, or to the tenure's start.
    function _requireNoVote() internal view {
        uint64 tenure = _nextTenure();
        (uint40 opens,, uint40 starts,) = timeline(tenure);
        if (block.timestamp >= opens && _state().setTenure < tenure) revert CriteriaFrozen(starts);
    }

    /// @dev True when a nominee could take a seat now.
    function _isEligible(uint64 id) internal view returns (bool) {
        ElectionStorage storage $ = _state();
        Nominee storage n = $.nominees[id];
        if (n.status != NomineeStatus.Standing || n.stake < $.params.producerStake || _isBarred(n.key)) return false;
        Validator memory v = _stakes().validator(id);
        return v.status == ValidatorStatus.Active && v.jailedUntil == 0;
    }

    /// @dev The same for anybody who has or had a seat.
    function _maySit(Member memory member) internal view returns (bool) {
        return member.id == 0 ? !_isBarred(member.key) : _isEligible(member.id);
    }

    /// @dev True for a member that a verdict has put out, by this key or another one of its nominee's.
    function _isConvicted(Member memory member) internal view returns (bool) {
        bool isEjected = member.id != 0 && _state().nominees[member.id].status == NomineeStatus.Ejected;
        return isEjected || _isBarred(member.key);
    }

    /// @dev True for a key that was convicted. The registry, which ejects it from its chain at once, keeps that for both.
    function _isBarred(address key) internal view returns (bool) {
        return IEjections(_state().wiring.registry).isEjected(key) || _state().barred[key];
    }

    /// @dev True when a nominee is among the first `count` members, under whatever key.
    function _seats(Member[] memory members, uint256 count, uint64 id) internal pure returns (bool) {
        if (id == 0) return false;
        for (uint256 i; i < count; ++i) {
            if (members[i].id == id) return true;
        }
        return false;
    }

    /// @dev Place of a key among the first `count` members, `count` when it is not among them.
    function _placeOf(Member[] memory members, uint256 count, address key) internal pure returns (uint256 place) {
        for (; place < count; ++place) {
            if (members[place].key == key) break;
        }
    }

    function _stakes() internal view returns (IElectorate) {
        return IElectorate(_state().wiring.stakes);
    }

    function _kmc() internal view returns (KMC) {
        return KMC(_state().wiring.kmc);
    }

    function _state() internal pure returns (ElectionStorage storage $) {
        assembly {
            $.slot := ELECTION_SLOT
        }
    }
}
