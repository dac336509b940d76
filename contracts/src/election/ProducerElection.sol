// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governed} from "../checkpoint/Governed.sol";
import {SlashOrder} from "../staking/IStakeManager.sol";
import {BallotBox} from "./BallotBox.sol";
import {
    Criteria,
    Downtime,
    ElectionParams,
    ElectionStorage,
    ElectionWiring,
    Member,
    Nominee,
    ReplaceReason
} from "./ElectionTypes.sol";
import {IProducerElection} from "./IProducerElection.sol";
import {NomineeModule} from "./NomineeModule.sol";
import {OfficeModule} from "./OfficeModule.sol";
import {SetLedger} from "./SetLedger.sol";

/// @title The election of block producers
/// @notice Stakers elect who makes the blocks, tenure by tenure. The foundation's producers make the first; after that a
/// vote decides, and when nobody votes or nobody settles it, who is in office stays. A seat that falls free within a tenure
/// goes to the first stand-by.
/// @dev Root contracts design, section 6. The owner upgrades and sets parameters, the guardian can pause nominations;
/// neither can name a producer, move a tenure or touch a ballot.
contract ProducerElection is Governed, BallotBox, SetLedger, IProducerElection {
    /// @dev The other parts of the code; parts of this implementation, changed only by an upgrade.
    address private immutable _nominees;
    address private immutable _office;

    constructor(NomineeModule nominees, OfficeModule office) {
        _nominees = address(nominees);
        _office = address(office);
    }

    /// @notice Sets a fresh proxy up. Arguments in order: the owner, who upgrades and sets parameters (a timelock on a
    /// main network); the guardian, who may pause nominations; for how long at most, seconds; the contracts the election
    /// works with; the parameters; the producers of the seed stage, 1 to 16 keys, who also fill up sets that are too small.
    function initialize(
        address, /* owner */
        address, /* guardian */
        uint40, /* maxPause */
        ElectionWiring calldata, /* wiring */
        ElectionParams calldata, /* params */
        address[] calldata /* foundation */
    )
        external
    {
        _delegateTo(_nominees);
    }

    /// @notice Changes parameters, but neither the times nor, while a vote is open or unsettled, the rules it is held by;
    /// owner.
    function setParams(ElectionParams calldata) external {
        _delegateTo(_nominees);
    }

    /// @notice Nominates a validator of the sender and locks `producerStake`, which must be approved. Arguments in order:
    /// validator id, criteria, address and hash of a page about it, the key that seals its blocks, the key's signature of
    /// `keyDigest` (empty for the validator's own signer key, which StakeManager has had proven).
    function nominate(uint64, Criteria calldata, string calldata, bytes32, address, bytes calldata) external {
        _delegateTo(_nominees);
    }

    /// @notice Publishes other criteria of a nominee of the sender; not while voting is open.
    function updateCriteria(uint64, Criteria calldata, string calldata, bytes32) external {
        _delegateTo(_nominees);
    }

    /// @notice Has another key seal a nominee's blocks from its next election on; until then a seat keeps the old one.
    function setProducerKey(uint64, address, bytes calldata) external {
        _delegateTo(_nominees);
    }

    /// @notice Adds an amount, wei of KMC and approved before, to the stake of a nominee of the sender, as one that was
    /// charged must to be elected again.
    function raiseNomination(uint64, uint96) external {
        _delegateTo(_nominees);
    }

    /// @notice Stops standing. Neither between the opening of the vote and its settlement, nor in office.
    function withdrawNomination(uint64) external {
        _delegateTo(_nominees);
    }

    /// @notice Returns what is left of the stake of a nominee that withdrew or was ejected, after the unbonding time.
    function claimNomination(uint64) external returns (uint96) {
        _delegateTo(_nominees);
    }

    /// @notice Gives a producer's seat to a stand-by before its tenure is over. Arguments in order: the producer's key; the
    /// reason, Slashed (by anyone, once a verdict has convicted the key), Resigned (by the producer's owner) or Offline (by
    /// anyone with a certificate); the evidence, abi.encode(OfflineCertificate) for Offline, else empty.
    function replace(address, ReplaceReason, bytes calldata) external {
        _delegateTo(_office);
    }

    /// @inheritdoc IProducerElection
    function slash(SlashOrder calldata) external {
        _delegateTo(_office);
    }

    /// @inheritdoc IProducerElection
    function payBounty(bytes32, address) external returns (uint256) {
        _delegateTo(_office);
    }

    /// @notice Pays bounties owed to the sender out to the given account; returns the amount, wei of KMC.
    function withdrawOwed(address) external returns (uint256) {
        _delegateTo(_office);
    }

    /// @notice Ends the vote for the next tenure: its winners take office at the tenure's start. Anyone may, from the close
    /// of the vote to the start of the tenure; when nobody does, who is in office stays.
    function settle() external {
        ElectionStorage storage $ = _state();
        uint64 tenure = _nextTenure();
        (, uint40 closes, uint40 starts,) = timeline(tenure);
        if ($.setTenure >= tenure) revert AlreadySettled(tenure);
        if (block.timestamp < closes) revert NotClosed(closes);
        if ($.setTenure + 1 < tenure) emit SetCarriedOver($.setTenure + 1, tenure - 1);
        (Member[] memory winners, Member[] memory standby) = _elect(tenure);
        // Nobody at all may sit: who is in office stays, and with them the stand-bys.
        if (winners.length == 0) (winners, standby) = ($.members, $.standby);
        $.setTenure = tenure;
        for (uint256 i; i < winners.length; ++i) {
            if (winners[i].id != 0) $.nominees[winners[i].id].tenuresServed += 1;
        }
        _install(winners, standby, starts);
        emit ElectionSettled(tenure, $.setId, winners, standby);
    }

    /// @notice Brings the newest set to a side-chain that has not got it yet; anyone.
    /// @return from when it holds there, seconds; 0 when none of its keys may produce there
    function publish(uint64 chainId) external returns (uint40 from) {
        ElectionStorage storage $ = _state();
        if (!_isServed(chainId)) revert NotElected(chainId);
        if ($.publishedSet[chainId] == $.setId) revert AlreadyPublished(chainId, $.setId);
        return _publishTo(chainId);
    }

    /// @notice The newest set, whether it holds already or from `from` on, and its stand-bys in order.
    function newestSet()
        external
        view
        returns (uint64 setId, uint64 tenure, uint40 from, Member[] memory members, Member[] memory standby)
    {
        ElectionStorage storage $ = _state();
        return ($.setId, $.setTenure, $.setFrom, $.members, $.standby);
    }

    /// @notice The set in force now, by this contract's own clock; a chain's history in the registry rules for that chain.
    function currentMembers() external view returns (Member[] memory) {
        ElectionStorage storage $ = _state();
        return block.timestamp < $.setFrom ? $.outgoing : $.members;
    }

    /// @notice Newest set that a chain has got.
    function publishedSet(uint64 chainId) external view returns (uint64) {
        return _state().publishedSet[chainId];
    }

    function foundation() external view returns (address[] memory) {
        return _state().foundation;
    }

    function params() external view returns (ElectionParams memory) {
        return _state().params;
    }

    function wiring() external view returns (ElectionWiring memory) {
        return _state().wiring;
    }

    /// @notice A nominee by id; `status` None when it never stood.
    function nominee(uint64 id) external view returns (Nominee memory) {
        return _state().nominees[id];
    }

    /// @notice Ids of all who stand, in no particular order; at most 64.
    function standing() external view returns (uint64[] memory) {
        return _state().standing;
    }

    /// @notice Nominee that a key seals or sealed for, 0 when none.
    function nomineeOfKey(address key) external view returns (uint64) {
        return _state().nomineeOfKey[key];
    }

    /// @notice True for a key that was convicted and can never produce again.
    function isBarred(address key) external view returns (bool) {
        return _isBarred(key);
    }

    /// @notice True when a nominee could take a seat now.
    function isEligible(uint64 id) external view returns (bool) {
        return _isEligible(id);
    }

    /// @notice Certificates of downtime against a key in the newest tenure that had any; the third ends its nomination.
    function downtimeOf(address key) external view returns (Downtime memory) {
        return _state().downtimes[key];
    }

    /// @notice Bounties that `account` can withdraw, wei of KMC.
    function owed(address account) external view returns (uint256) {
        return _state().owed[account];
    }

    /// @notice Producer stake that was taken for an offence and is not shared out yet, wei of KMC; `payBounty` does.
    function takenFor(bytes32 offenceId) external view returns (uint256) {
        return _state().taken[offenceId];
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
