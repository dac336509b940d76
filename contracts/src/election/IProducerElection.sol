// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SlashOrder} from "../staking/IStakeManager.sol";

/// @notice The election of producers, as ChallengeManager sees it.
interface IProducerElection {
    /// @notice Charges the producer stake of the guilty, bars them, and puts stand-bys in their places; only
    /// ChallengeManager. Charges nobody, without reverting, when no nominee is concerned: a verdict must not fail here.
    function slash(SlashOrder calldata order) external;

    /// @notice Assigns the bounty of an offence to `to`; only ChallengeManager. Zero when no producer stake was taken.
    /// @return bounty wei of KMC credited; `withdrawOwed` pays it out
    function payBounty(bytes32 offenceId, address to) external returns (uint256 bounty);
}
