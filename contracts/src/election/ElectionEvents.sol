// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Criteria, ElectionParams, Member, ReplaceReason} from "./ElectionTypes.sol";

/// @title Events and errors of the election
/// @notice In one place, because ProducerElection and the module it delegates to share them: whatever the module says must
/// be in the ABI of the address that clients talk to.
abstract contract ElectionEvents {
    event Nominated(
        uint64 indexed id,
        address indexed owner,
        address indexed key,
        uint96 stake,
        Criteria criteria,
        string uri,
        bytes32 uriHash
    );
    event CriteriaUpdated(uint64 indexed id, Criteria criteria, string uri, bytes32 uriHash);
    event ProducerKeyChanged(uint64 indexed id, address indexed key);
    event NominationRaised(uint64 indexed id, uint96 amount, uint96 stake);
    event NominationWithdrawn(uint64 indexed id, uint40 releaseAt);
    event NominationClaimed(uint64 indexed id, uint96 amount);

    event Voted(uint64 indexed voter, uint64 indexed tenure, uint64[] choices, uint96 weight);
    event DelegatorVoted(
        uint64 indexed validatorId, uint64 indexed tenure, address indexed account, uint64[] choices, uint96 weight
    );
    event ElectionSettled(uint64 indexed tenure, uint64 indexed setId, Member[] winners, Member[] standby);
    /// @notice Nobody settled the votes for these tenures in time: who was in office stayed.
    event SetCarriedOver(uint64 fromTenure, uint64 toTenure);

    /// @notice Members and stand-bys of the newest set; `from` in seconds.
    event SetChosen(uint64 indexed setId, uint64 indexed tenure, uint40 from, Member[] members, Member[] standby);
    /// @param inId, inKey zero when nobody took the seat
    event ProducerReplaced(
        uint64 indexed setId,
        uint64 indexed outId,
        address outKey,
        uint64 inId,
        address inKey,
        ReplaceReason reason,
        uint40 from
    );
    /// @param from when it holds on that chain, seconds; 0 when none of its keys may produce there
    event SetPublished(uint64 indexed chainId, uint64 indexed setId, uint40 from);

    event ProducerSlashed(bytes32 indexed offenceId, uint64 indexed id, uint96 amount);
    /// @notice Downtime that stakers certified. `digest` is what it is charged under, as an offence is under its id.
    /// @param count certificates against the key in this tenure
    event DowntimeCharged(
        bytes32 indexed digest, address indexed key, uint64 indexed tenure, uint64 chainId, uint64 missed, uint8 count
    );
    /// @notice Where all went that producers lost for an offence.
    event ProducerStakeShared(bytes32 indexed offenceId, uint256 bounty, uint256 burned, uint256 insured);
    event BountyAssigned(bytes32 indexed offenceId, address indexed beneficiary, uint256 credited);
    event OwedWithdrawn(address indexed account, address indexed to, uint256 amount);
    event ParamsChanged(ElectionParams params);

    error NotOwner(uint64 id);
    error NotNominee(uint64 id);
    error NotValidator(uint64 id);
    error NomineeExists(uint64 id);
    error NomineeCapReached(uint256 max);
    error KeyTaken(address key);
    error KeyBarred(address key);
    error BadKeyProof();
    error UriTooLong(uint256 length);
    /// @notice Nominations hold still while they are being voted on.
    error CriteriaFrozen(uint40 until);
    error InOffice(uint64 id);
    error StillLocked(uint40 until);
    error NothingLocked(uint64 id);
    error NothingOwed(address account);

    error VotingClosed(uint256 time, uint40 opens, uint40 closes);
    error TooManyChoices(uint256 given, uint256 max);
    error NoChoice();
    error DuplicateChoice(uint64 id);
    error NoVotingPower(uint64 voter);
    error NotClosed(uint40 closes);
    error AlreadySettled(uint64 tenure);

    error NotInOffice(address key);
    /// @notice No verdict was given against the key.
    error NotConvicted(address key);
    error PoolEmpty();
    error NotElected(uint64 chainId);
    error AlreadyPublished(uint64 chainId, uint64 setId);
    error NotChallengeManager(address caller);
    error NotProducer(address caller);
    /// @notice The certificate says that nothing was missed.
    error NotOffline();
    /// @notice Blocks up to that one have been certified before.
    error AlreadyCertified(uint64 upTo);
    error SignatureCount(uint256 want, uint256 bytesGot);
    error BadSignature(address signer);
    error NoQuorum(uint96 signed, uint96 total);

    error BadParameter(string name, uint256 value);
    error TimesFixed();
}
