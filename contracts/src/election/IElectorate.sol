// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StakeParams, Validator} from "../staking/StakeStorage.sol";

/// @notice What the election asks of StakeManager: who votes, with how much, and who may stand.
interface IElectorate {
    /// @notice Applies pending epoch changes, so that powers of the past are complete.
    function roll() external;

    /// @notice Power of a validator at a time (seconds), wei of KMC.
    function powerOfAt(uint64 id, uint48 time) external view returns (uint96);

    /// @notice Part of that power which `account` had delegated, wei of KMC, rounded down.
    function powerBackedBy(uint64 id, address account, uint40 time) external view returns (uint256);

    function validator(uint64 id) external view returns (Validator memory);

    /// @notice Id of the validator that `signer` signs or signed for, 0 when none.
    function validatorOfSigner(address signer) external view returns (uint64);

    /// @notice Signers of the seats in `bitmap`, in ascending seat order; the zero address where a seat has no power.
    function signersOf(uint256 bitmap)
        external
        view
        returns (address[] memory signers, uint96 signedPower, uint96 total);

    /// @notice Start of epoch 0, seconds; the first tenure starts with it.
    function genesisTime() external view returns (uint40);

    function params() external view returns (StakeParams memory);
}
