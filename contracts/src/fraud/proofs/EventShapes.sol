// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ChildBridge} from "../../child/ChildBridge.sol";
import {ChildTokenFactory} from "../../child/ChildTokenFactory.sol";
import {IChildBridgeEvents, IKomaToken} from "../../child/IKomaToken.sol";
import {Predeploys} from "../../child/Predeploys.sol";
import {RootInfo} from "../../child/RootInfo.sol";

/// @title Events that the contracts of every KOMA chain can emit
/// @notice Their names, numbers of topics, lengths of data, and which words are addresses, 64-bit numbers or booleans. A
/// log of such a contract that fits none of them was not made by its code.
/// @dev KOMA root contracts, section 10.12. A test compares this table with the ABIs of the contracts.
library EventShapes {
    /// @param topics in all, the name included
    /// @param addressTopics bit i: topic i is an address
    /// @param numberTopics bit i: topic i fits 64 bits
    /// @param length of the data, bytes; 0 for data with strings, which are looked at no further than their frame
    /// @param addressWords bit i: word i of the data is an address; the other masks alike
    struct Shape {
        uint256 topics;
        uint256 addressTopics;
        uint256 numberTopics;
        uint256 length;
        uint256 addressWords;
        uint256 numberWords;
        uint256 booleanWords;
    }

    /// @dev Two offsets, the decimals, two lengths.
    uint256 private constant FRAME_OF_TWO_STRINGS = 5 * 32;

    /// @notice True when a contract at `emitter` cannot have emitted this log.
    /// @param isToken whether a standard child token stands at `emitter`; other contracts are known by their address
    function isForged(address emitter, bool isToken, bytes32[] memory topics, bytes memory data)
        internal
        pure
        returns (bool)
    {
        if (!isToken && !isSystem(emitter)) return false;
        if (topics.length == 0) return true;
        (bool known, Shape memory shape) = _shapeOf(emitter, isToken, topics[0]);
        if (!known || topics.length != shape.topics) return true;
        for (uint256 i = 1; i < topics.length; ++i) {
            if (_overflows(uint256(topics[i]), i, shape.addressTopics, shape.numberTopics, 0)) return true;
        }
        if (shape.length == 0) return data.length % 32 != 0 || data.length < FRAME_OF_TWO_STRINGS;
        if (data.length != shape.length) return true;
        for (uint256 i; i < data.length / 32; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(add(data, 0x20), mul(i, 0x20)))
            }
            if (_overflows(word, i, shape.addressWords, shape.numberWords, shape.booleanWords)) return true;
        }
        return false;
    }

    function isSystem(address emitter) internal pure returns (bool) {
        return emitter == Predeploys.CHILD_BRIDGE || emitter == Predeploys.KOMA_NATIVE
            || emitter == Predeploys.CHILD_TOKEN_FACTORY || emitter == Predeploys.ROOT_INFO;
    }

    function _shapeOf(address emitter, bool isToken, bytes32 topic0) private pure returns (bool, Shape memory) {
        if (emitter == Predeploys.CHILD_BRIDGE) {
            if (topic0 == IChildBridgeEvents.DepositDelivered.selector) {
                return (true, Shape(4, 4 | 8, 2, 128, 1, 0, 8));
            }
            return (topic0 == ChildBridge.DepositClaimed.selector, Shape(4, 4 | 8, 2, 32, 1, 0, 0));
        }
        if (emitter == Predeploys.CHILD_TOKEN_FACTORY) {
            return (topic0 == ChildTokenFactory.ChildTokenCreated.selector, Shape(3, 2 | 4, 0, 0, 0, 0, 0));
        }
        if (emitter == Predeploys.ROOT_INFO) {
            return (topic0 == RootInfo.RootSetRecorded.selector, Shape(3, 0, 2 | 4, 96, 0, 0, 0));
        }
        if (topic0 == IKomaToken.LogDeposit.selector) return (true, Shape(3, 2 | 4, 0, 128, 0, 8, 0));
        if (topic0 == IKomaToken.Withdraw.selector) return (true, Shape(4, 2 | 4 | 8, 0, 128, 0, 8, 0));
        // The native coin moves without a log.
        if (!isToken || emitter == Predeploys.KOMA_NATIVE) return (false, Shape(0, 0, 0, 0, 0, 0, 0));
        if (topic0 == IKomaToken.LogTransfer.selector) return (true, Shape(4, 2 | 4 | 8, 0, 224, 0, 32 | 64, 0));
        bool standard = topic0 == IERC20.Transfer.selector || topic0 == IERC20.Approval.selector;
        return (standard, Shape(3, 2 | 4, 0, 32, 0, 0, 0));
    }

    function _overflows(uint256 word, uint256 place, uint256 addresses, uint256 numbers, uint256 booleans)
        private
        pure
        returns (bool)
    {
        uint256 bit = 1 << place;
        if (addresses & bit != 0) return word >> 160 != 0;
        if (numbers & bit != 0) return word >> 64 != 0;
        return booleans & bit != 0 && word > 1;
    }
}
