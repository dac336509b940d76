// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Member} from "../election/ElectionTypes.sol";

/// @notice What paying stand-bys asks of ProducerElection.
interface IStandbys {
    function tenureAt(uint256 time) external view returns (uint64);

    function timeline(uint64 tenure) external view returns (uint40 opens, uint40 closes, uint40 starts, uint40 ends);

    function newestSet()
        external
        view
        returns (uint64 setId, uint64 tenure, uint40 from, Member[] memory members, Member[] memory standby);
}
