// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChildBridgeEvents} from "../child/IKomaToken.sol";
import {Predeploys} from "../child/Predeploys.sol";

/// @title The log of a delivery
/// @notice Reads `DepositDelivered` of ChildBridge. Topics are given as they stand: a word that is no id or address is
/// equal to none.
library DeliveryLog {
    struct Delivery {
        uint256 id;
        bytes32 rootToken;
        bytes32 recipient;
        address childToken;
        uint256 amount;
        bytes32 depositHash;
        bool credited;
    }

    /// @notice The log is not of the form of ChildBridge's `DepositDelivered`.
    error NotDeliveryLog(address emitter);

    function read(address emitter, bytes32[] memory topics, bytes memory data)
        internal
        pure
        returns (Delivery memory delivery)
    {
        if (
            emitter != Predeploys.CHILD_BRIDGE || topics.length != 4
                || topics[0] != IChildBridgeEvents.DepositDelivered.selector || data.length != 128
        ) revert NotDeliveryLog(emitter);
        (uint256 child, uint256 amount, bytes32 hash, uint256 credited) =
            abi.decode(data, (uint256, uint256, bytes32, uint256));
        // Words out of their type's range belong to kind 9.
        if (child >> 160 != 0 || credited > 1) revert NotDeliveryLog(emitter);
        delivery.id = uint256(topics[1]);
        delivery.rootToken = topics[2];
        delivery.recipient = topics[3];
        delivery.childToken = address(uint160(child));
        delivery.amount = amount;
        delivery.depositHash = hash;
        delivery.credited = credited == 1;
    }
}
