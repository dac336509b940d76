// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {IProducerElection} from "../election/IProducerElection.sol";
import {IStakeManager} from "../staking/IStakeManager.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";

/// @notice A proven offence. `provenInBlock` is zero for an offence that was never proven. The first slot is all that a
/// verdict writes when nobody is left to attach.
/// @param provenInBlock block of the root chain; `provenAt` its time, seconds
/// @param leaf opens to the header whose sealer `attachProducer` may charge; zero when there is nobody to charge
/// @param chainId, number where the leaf's block stands; zero when there is nobody to charge
/// @param claimant holder of the oldest commitment claimed so far
/// @param committedIn block of that commitment
struct Offence {
    address challenger;
    uint40 provenInBlock;
    uint40 provenAt;
    uint8 kind;
    uint8 class;
    bytes32 leaf;
    uint64 chainId;
    uint64 number;
    address claimant;
    uint64 committedIn;
    bool settled;
}

/// @title What ChallengeManager keeps, and what it tells of it
abstract contract ChallengeState {
    /// @custom:storage-location erc7201:koma.storage.ChallengeManager
    struct ChallengeStorage {
        ICheckpointManager checkpoints;
        uint64 commitWindow;
        IStakeManager stakes;
        uint40 lateSlashWindow;
        uint40 attachWindow;
        IKomaRegistry registry;
        mapping(uint8 kind => IFraudVerifier) verifiers;
        mapping(bytes32 offenceId => Offence) offences;
        mapping(bytes32 structHash => bool) signersCharged; // of final checkpoints; a pending one is rolled back
        mapping(uint64 chainId => mapping(bytes32 leaf => bool)) producerCharged; // of blocks that were not banned with it
        mapping(bytes32 commitment => uint64 blockNumber) commitments;
        IProducerElection election;
        mapping(address court => mapping(bytes32 structHash => uint256)) pauses;
    }

    // keccak256(abi.encode(uint256(keccak256("koma.storage.ChallengeManager")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant CHALLENGE_SLOT = 0x1451756d77e467ad5f99bb6cfffa20be8969fafde83463d98c939ed1d9677500;

    /// @notice Nothing was proven under this id.
    error UnknownOffence(bytes32 offenceId);

    /// @notice The offence of that id; `provenInBlock` is zero when it was never proven.
    function offenceOf(bytes32 offenceId) external view returns (Offence memory) {
        return _storage().offences[offenceId];
    }

    /// @notice Contract that judges the kind, zero when nobody does.
    function verifierOf(uint8 kind) external view returns (IFraudVerifier) {
        return _storage().verifiers[kind];
    }

    /// @notice Block in which a commitment was noted, zero when it was not.
    function commitmentBlock(bytes32 commitment) external view returns (uint64) {
        return _storage().commitments[commitment];
    }

    /// @notice Root contracts that verdicts are executed on.
    function rootContracts() external view returns (ICheckpointManager, IStakeManager, IKomaRegistry) {
        ChallengeStorage storage $ = _storage();
        return ($.checkpoints, $.stakes, $.registry);
    }

    /// @notice The election, which keeps the producers' stakes; zero before it is wired.
    function election() external view returns (IProducerElection) {
        return _storage().election;
    }

    /// @return commitWindow root-chain blocks
    /// @return lateSlashWindow seconds
    /// @return attachWindow seconds
    function windows() external view returns (uint64 commitWindow, uint40 lateSlashWindow, uint40 attachWindow) {
        ChallengeStorage storage $ = _storage();
        return ($.commitWindow, $.lateSlashWindow, $.attachWindow);
    }

    function _known(bytes32 offenceId) internal view returns (Offence storage offence) {
        offence = _storage().offences[offenceId];
        if (offence.provenInBlock == 0) revert UnknownOffence(offenceId);
    }

    function _storage() internal pure returns (ChallengeStorage storage $) {
        assembly {
            $.slot := CHALLENGE_SLOT
        }
    }
}
