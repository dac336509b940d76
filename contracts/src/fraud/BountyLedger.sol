// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ChallengeState, Offence} from "./ChallengeState.sol";

/// @title Who gets the bounty of a proven offence
/// @notice A bounty is held for `commitWindow` blocks after the challenge. In that time whoever committed to the offence
/// before the challenge can claim it, the oldest commitment winning; else it is the challenger's. The verdict itself
/// waits for none of this. What is committed to is the offence, not the evidence: re-encoding does not make it another.
/// @dev KOMA root contracts, section 10.
abstract contract BountyLedger is ChallengeState, ReentrancyGuardTransient {
    event Committed(bytes32 indexed commitment);
    event BountyClaimed(bytes32 indexed offenceId, address indexed claimant, uint64 committedIn);
    event BountySettled(bytes32 indexed offenceId, address indexed beneficiary);

    /// @notice The sender has no commitment older than the challenge, or older than the one claimed so far.
    error NoOlderCommit(bytes32 offenceId);
    error CommitWindowOver(bytes32 offenceId);
    error CommitWindowOpen(bytes32 offenceId, uint64 untilBlock);
    error BountyAlreadySettled(bytes32 offenceId);

    /// @notice Notes a commitment keccak256(abi.encode(challenger, offenceId, salt)). The first note counts.
    function commit(bytes32 commitment) external {
        ChallengeStorage storage $ = _storage();
        if ($.commitments[commitment] != 0) return;
        $.commitments[commitment] = uint64(block.number);
        emit Committed(commitment);
    }

    /// @notice Claims the bounty of an offence by a commitment of the sender that is older than the challenge. Of several
    /// the oldest has it; of equally old ones the first that is claimed.
    function claimBounty(bytes32 offenceId, bytes32 salt) external {
        ChallengeStorage storage $ = _storage();
        Offence storage offence = _known(offenceId);
        if (block.number > uint256(offence.provenInBlock) + $.commitWindow) revert CommitWindowOver(offenceId);
        uint64 committedIn = $.commitments[keccak256(abi.encode(msg.sender, offenceId, salt))];
        if (committedIn == 0 || committedIn >= offence.provenInBlock) revert NoOlderCommit(offenceId);
        if (offence.claimant != address(0) && committedIn >= offence.committedIn) revert NoOlderCommit(offenceId);
        offence.claimant = msg.sender;
        offence.committedIn = committedIn;
        emit BountyClaimed(offenceId, msg.sender, committedIn);
    }

    /// @notice Assigns the bounty once its window is over: to the claimant, else to the challenger. Anyone may call.
    function settleBounty(bytes32 offenceId) external nonReentrant {
        ChallengeStorage storage $ = _storage();
        Offence storage offence = _known(offenceId);
        uint64 untilBlock = offence.provenInBlock + $.commitWindow;
        if (block.number <= untilBlock) revert CommitWindowOpen(offenceId, untilBlock);
        if (offence.settled) revert BountyAlreadySettled(offenceId);
        offence.settled = true;
        address beneficiary = offence.claimant == address(0) ? offence.challenger : offence.claimant;
        emit BountySettled(offenceId, beneficiary);
        $.stakes.payBounty(offenceId, beneficiary);
        if (address($.election) != address(0)) $.election.payBounty(offenceId, beneficiary);
    }
}
