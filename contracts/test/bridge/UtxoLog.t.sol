// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {UtxoLog} from "../../src/bridge/UtxoLog.sol";
import {IKomaToken} from "../../src/child/IKomaToken.sol";

/// @notice Logs that have a token event's first topic and not its shape.
contract UtxoLogTest is Test {
    address private constant ACCOUNT = address(0xacc0);

    function readEntry(bytes32[] memory topics, bytes memory data) external pure {
        UtxoLog.readEntry(topics, data, ACCOUNT);
    }

    function readBurn(bytes32[] memory topics, bytes memory data) external pure {
        UtxoLog.readBurn(topics, data);
    }

    function testFuzz_anotherNumberOfTopicsIsNoLogOfTheEvent(uint256 count) public {
        count = bound(count, 1, 5);
        _expectRefused(IKomaToken.LogTransfer.selector, 4, count, 224);
        _expectRefused(IKomaToken.LogDeposit.selector, 3, count, 128);
        _expectRefused(IKomaToken.Withdraw.selector, 4, count, 128);
        if (count == 4) return;
        vm.expectRevert(abi.encodeWithSelector(UtxoLog.BadTopics.selector, count));
        this.readBurn(_topics(IKomaToken.Withdraw.selector, count), new bytes(128));
    }

    function _expectRefused(bytes32 topic0, uint256 want, uint256 count, uint256 length) private {
        if (count == want) return;
        vm.expectRevert(abi.encodeWithSelector(UtxoLog.BadTopics.selector, count));
        this.readEntry(_topics(topic0, count), new bytes(length));
    }

    function _topics(bytes32 topic0, uint256 count) private pure returns (bytes32[] memory topics) {
        topics = new bytes32[](count);
        topics[0] = topic0;
        for (uint256 i = 1; i < count; ++i) {
            topics[i] = bytes32(uint256(uint160(ACCOUNT)));
        }
    }
}
