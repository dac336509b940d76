// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICrossBridgeEvents} from "../child/ICrossBridge.sol";
import {Predeploys} from "../child/Predeploys.sol";

/// @title The logs of messages between side-chains
/// @notice Reads what the bridge between chains says. Words are given as they stand: one that is no address or number of
/// its type is equal to none.
library CrossLog {
    enum What {
        Sent,
        Received,
        Expired
    }

    /// @param peer chain that the message goes to (`Sent`) or comes from (`Received`)
    /// @param deadline seconds, of `Sent`
    /// @param source names the log that was shown, of `Received`
    struct Message {
        What what;
        bytes32 msgId;
        bytes32 peer;
        bytes32 rootToken;
        bytes32 recipient;
        uint256 amount;
        uint256 deadline;
        bytes32 source;
    }

    /// @notice The log is not of the form of one of the bridge's.
    error NotCrossLog(address emitter);

    function read(address emitter, bytes32[] memory topics, bytes memory data) internal pure returns (Message memory m) {
        if (emitter != Predeploys.CROSS_BRIDGE || topics.length < 2) revert NotCrossLog(emitter);
        m.msgId = topics[1];
        if (topics[0] == ICrossBridgeEvents.CrossExpired.selector && topics.length == 2 && data.length == 0) {
            m.what = What.Expired;
            return m;
        }
        if (topics.length != 4) revert NotCrossLog(emitter);
        (m.peer, m.rootToken) = (topics[2], topics[3]);
        if (topics[0] == ICrossBridgeEvents.CrossSent.selector && data.length == 224) {
            m.what = What.Sent;
            (, m.recipient, m.amount,,, m.deadline,) =
                abi.decode(data, (uint256, bytes32, uint256, uint256, uint256, uint256, bytes32));
        } else if (topics[0] == ICrossBridgeEvents.CrossReceived.selector && data.length == 96) {
            m.what = What.Received;
            (m.recipient, m.amount, m.source) = abi.decode(data, (bytes32, uint256, bytes32));
        } else {
            revert NotCrossLog(emitter);
        }
    }

    /// @notice What `CrossReceived` names the log by that was shown.
    function sourceOf(uint64 chainId, bytes32 blockHash, uint32 txIndex, uint32 logIndex) internal pure returns (bytes32) {
        return keccak256(abi.encode(chainId, blockHash, txIndex, logIndex));
    }
}
