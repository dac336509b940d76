// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ballot, ElectionParams, ElectionStorage, Member, Nominee, NomineeStatus} from "./ElectionTypes.sol";
import {ElectionBase} from "./ElectionBase.sol";

/// @title Approval ballots, and what follows from them
/// @notice Every approved nominee gets the voter's whole power as it was when voting opened, so stake that moves within
/// the vote counts once. Approval always yields a ranking; nobody can vote a network into having no set.
/// @dev Root contracts design, sections 6.4 and 6.5. A validator votes with its power, that of its delegators included; a
/// delegator that votes itself takes its part out of that ballot, whichever of the two comes first.
abstract contract BallotBox is ElectionBase {
    /// @notice Votes for the next tenure's producers with a validator of the sender; voting again replaces the ballot.
    /// @param voter id of the validator whose power counts, without the part of delegators that vote themselves
    /// @param choices 1 to `maxProducers` nominees, in any order
    function vote(uint64 voter, uint64[] calldata choices) external {
        ElectionStorage storage $ = _state();
        (uint64 tenure, uint40 asOf) = _openVote();
        if (_stakes().validator(voter).owner != msg.sender) revert NotOwner(voter);
        _checkChoices(choices);
        _stakes().roll();
        uint96 weight = _stakes().powerOfAt(voter, asOf) - $.delegatorsVoted[tenure][voter];
        if (weight == 0) revert NoVotingPower(voter);
        Ballot storage ballot = $.ballots[tenure][voter];
        _count(tenure, ballot, choices, weight);
        emit Voted(voter, tenure, choices, weight);
    }

    /// @notice Votes with what the sender has delegated to a validator; voting again replaces the ballot.
    /// @param validatorId whose power loses that part
    /// @param choices 1 to `maxProducers` nominees, in any order
    function voteAsDelegator(uint64 validatorId, uint64[] calldata choices) external {
        ElectionStorage storage $ = _state();
        (uint64 tenure, uint40 asOf) = _openVote();
        _checkChoices(choices);
        _stakes().roll();
        // All parts are rounded down, so that they never sum up to more than the validator's power.
        uint96 weight = uint96(_stakes().powerBackedBy(validatorId, msg.sender, asOf));
        if (weight == 0) revert NoVotingPower(validatorId);
        Ballot storage own = $.delegatorBallots[tenure][validatorId][msg.sender];
        if (own.weight == 0) {
            $.delegatorsVoted[tenure][validatorId] += weight;
            Ballot storage whole = $.ballots[tenure][validatorId];
            if (whole.weight != 0) {
                uint64[] memory approved = whole.choices;
                _count(tenure, whole, approved, whole.weight - weight);
            }
        }
        _count(tenure, own, choices, weight);
        emit DelegatorVoted(validatorId, tenure, msg.sender, choices, weight);
    }

    /// @notice Sum of the ballots that approve a nominee, wei of KMC.
    function votesOf(uint64 tenure, uint64 id) external view returns (uint128) {
        return _state().votes[tenure][id];
    }

    /// @notice Sum of all ballots' weights, wei of KMC.
    function votesCast(uint64 tenure) external view returns (uint128) {
        return _state().cast[tenure];
    }

    /// @notice What a validator voted, `weight` zero when it did not.
    function ballotOf(uint64 tenure, uint64 voter) external view returns (Ballot memory) {
        return _state().ballots[tenure][voter];
    }

    /// @notice What a delegator voted with its part of a validator's power, `weight` zero when it did not.
    function delegatorBallotOf(uint64 tenure, uint64 validatorId, address account)
        external
        view
        returns (Ballot memory)
    {
        return _state().delegatorBallots[tenure][validatorId][account];
    }

    /// @notice Part of a validator's power that its delegators vote with themselves, wei of KMC.
    function delegatorsVoted(uint64 tenure, uint64 validatorId) external view returns (uint96) {
        return _state().delegatorsVoted[tenure][validatorId];
    }

    /// @notice Who would be elected if the vote for the tenure ended as it stands.
    function outcome(uint64 tenure) external view returns (Member[] memory winners, Member[] memory standby) {
        return _elect(tenure);
    }

    /// @dev Ranks by votes, the lower id first among equals; fills up to the minimum; names the stand-bys.
    function _elect(uint64 tenure) internal view returns (Member[] memory winners, Member[] memory standby) {
        ElectionParams memory p = _state().params;
        uint64[] memory ranked = _ranking(tenure);
        bool[] memory passed = new bool[](ranked.length); // seated, or not eligible
        winners = new Member[](p.maxProducers);
        uint256 count;
        uint256 last;
        uint16[] memory regions = new uint16[](p.maxProducers);
        for (uint256 i; i < ranked.length && count < p.maxProducers; ++i) {
            if (!_isEligible(ranked[i])) {
                passed[i] = true;
                continue;
            }
            Nominee storage n = _state().nominees[ranked[i]];
            uint16 region = n.criteria.regionM49;
            if (p.maxPerRegion != 0 && region != 0 && _inRegion(regions, count, region) >= p.maxPerRegion) continue;
            regions[count] = region;
            winners[count++] = Member(ranked[i], n.key);
            passed[i] = true;
            last = i;
        }
        if (p.oddOnly && count % 2 == 0 && count > p.minProducers) {
            --count;
            passed[last] = false;
        }
        count = _fill(winners, count, p.minProducers);
        standby = _standbysFrom(ranked, passed, winners, count, p.standbyCount);
        assembly {
            mstore(winners, count)
        }
    }

    /// @dev Nominees with votes, best first.
    function _ranking(uint64 tenure) private view returns (uint64[] memory ranked) {
        ElectionStorage storage $ = _state();
        uint256 all = $.standing.length;
        uint256[] memory keys = new uint256[](all);
        uint256 count;
        for (uint256 i; i < all; ++i) {
            uint64 id = $.standing[i];
            uint256 votes = $.votes[tenure][id];
            if (votes == 0) continue;
            uint256 key = (votes << 64) | (type(uint64).max - id);
            uint256 place = count++;
            for (; place > 0 && keys[place - 1] < key; --place) {
                keys[place] = keys[place - 1];
            }
            keys[place] = key;
        }
        ranked = new uint64[](count);
        for (uint256 i; i < count; ++i) {
            ranked[i] = type(uint64).max - uint64(keys[i]);
        }
    }

    /// @dev Fills `members` up to `min`: with incumbents in their order, then with foundation producers.
    function _fill(Member[] memory members, uint256 count, uint256 min) private view returns (uint256) {
        ElectionStorage storage $ = _state();
        for (uint256 i; i < $.members.length && count < min; ++i) {
            Member memory incumbent = $.members[i];
            if (_placeOf(members, count, incumbent.key) == count && !_seats(members, count, incumbent.id)) {
                if (_maySit(incumbent)) members[count++] = incumbent;
            }
        }
        for (uint256 i; i < $.foundation.length && count < min; ++i) {
            address key = $.foundation[i];
            if (!_isBarred(key) && _placeOf(members, count, key) == count) members[count++] = Member(0, key);
        }
        return count;
    }

    function _standbysFrom(
        uint64[] memory ranked,
        bool[] memory passed,
        Member[] memory winners,
        uint256 winnerCount,
        uint256 max
    ) private view returns (Member[] memory standby) {
        standby = new Member[](max);
        uint256 count;
        for (uint256 i; i < ranked.length && count < max; ++i) {
            if (passed[i] || _seats(winners, winnerCount, ranked[i]) || !_isEligible(ranked[i])) continue;
            address key = _state().nominees[ranked[i]].key;
            if (_placeOf(winners, winnerCount, key) == winnerCount) standby[count++] = Member(ranked[i], key);
        }
        assembly {
            mstore(standby, count)
        }
    }

    /// @dev The tenure that is being voted for, and the time whose power counts: the last second before voting opened, which
    /// lies in the past of every ballot, so that all see the same power.
    function _openVote() private view returns (uint64 tenure, uint40 asOf) {
        tenure = _nextTenure();
        (uint40 opens, uint40 closes,,) = timeline(tenure);
        if (block.timestamp < opens || block.timestamp >= closes) revert VotingClosed(block.timestamp, opens, closes);
        asOf = opens - 1;
    }

    /// @dev Puts a ballot in the place of what it said before.
    function _count(uint64 tenure, Ballot storage ballot, uint64[] memory choices, uint96 weight) private {
        ElectionStorage storage $ = _state();
        uint96 before = ballot.weight;
        for (uint256 i; i < ballot.choices.length; ++i) {
            $.votes[tenure][ballot.choices[i]] -= before;
        }
        for (uint256 i; i < choices.length; ++i) {
            $.votes[tenure][choices[i]] += weight;
        }
        $.cast[tenure] = $.cast[tenure] - before + weight;
        ballot.weight = weight;
        ballot.choices = choices;
    }

    function _inRegion(uint16[] memory regions, uint256 length, uint16 region) private pure returns (uint256 count) {
        for (uint256 i; i < length; ++i) {
            if (regions[i] == region) ++count;
        }
    }

    function _checkChoices(uint64[] calldata choices) private view {
        ElectionStorage storage $ = _state();
        if (choices.length == 0) revert NoChoice();
        if (choices.length > $.params.maxProducers) revert TooManyChoices(choices.length, $.params.maxProducers);
        for (uint256 i; i < choices.length; ++i) {
            if ($.nominees[choices[i]].status != NomineeStatus.Standing) revert NotNominee(choices[i]);
            for (uint256 j; j < i; ++j) {
                if (choices[i] == choices[j]) revert DuplicateChoice(choices[i]);
            }
        }
    }
}
