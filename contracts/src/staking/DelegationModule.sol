// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DelegationLedger} from "./DelegationLedger.sol";
import {RewardLedger} from "./RewardLedger.sol";

/// @title The third part of StakeManager's code: delegation and rewards
/// @notice Like StakeModule never called by anybody but StakeManager, which delegates to it.
contract DelegationModule is DelegationLedger, RewardLedger {}
