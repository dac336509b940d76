// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Validator} from "../staking/StakeStorage.sol";

/// @notice What paying for work asks of StakeManager: whose a signer key is, and where its rewards go.
interface IPayees {
    /// @notice Id of the validator that `signer` signs or signed for, 0 when none.
    function validatorOfSigner(address signer) external view returns (uint64);

    function validator(uint64 id) external view returns (Validator memory);
}
