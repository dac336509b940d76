// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What the election asks of the registry about keys.
interface IEjections {
    /// @notice True when a key was ever ejected, on whatever chain.
    function isEjected(address key) external view returns (bool);
}
