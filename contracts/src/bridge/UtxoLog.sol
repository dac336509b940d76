// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IKomaToken} from "../child/IKomaToken.sol";

/// @notice Reads the logs of KOMA tokens that carry inputs, outputs and running numbers.
/// @dev Root contracts design, 8.1, 8.2 and 10.15.
library UtxoLog {
    struct Burn {
        address rootToken;
        address account;
        address recipient;
        uint256 amount;
        uint256 input1;
        uint256 output1;
        uint64 seq;
    }

    /// @notice What a log says of one account: balance before and after, and its running number.
    struct Entry {
        address rootToken;
        uint256 input;
        uint256 output;
        uint64 seq;
    }

    error NotWithdrawLog(bytes32 topic0);
    error NotUtxoLog(bytes32 topic0);
    error NotParty(address account);
    error BadTopics(uint256 count);
    error BadAddressTopic(bytes32 topic);
    error BadData(uint256 length);
    error BadSequence(uint256 seq);

    /// @notice Decodes a `Withdraw` log; a word that does not fit its type is refused.
    function readBurn(bytes32[] memory topics, bytes memory data) internal pure returns (Burn memory burn) {
        if (topics.length == 0) revert NotWithdrawLog(bytes32(0));
        if (topics[0] != IKomaToken.Withdraw.selector) revert NotWithdrawLog(topics[0]);
        if (topics.length != 4) revert BadTopics(topics.length);
        if (data.length != 128) revert BadData(data.length);
        burn.rootToken = _address(topics[1]);
        burn.account = _address(topics[2]);
        burn.recipient = _address(topics[3]);
        uint256 seq;
        (burn.amount, burn.input1, burn.output1, seq) = abi.decode(data, (uint256, uint256, uint256, uint256));
        burn.seq = _seq(seq);
    }

    /// @notice Balance of `account` after the log and its running number in it.
    function readOutput(bytes32[] memory topics, bytes memory data, address account)
        internal
        pure
        returns (address rootToken, uint256 output, uint64 seq)
    {
        Entry memory entry = readEntry(topics, data, account);
        return (entry.rootToken, entry.output, entry.seq);
    }

    /// @notice What the log says of `account`; in a transfer to itself both sides say the same, and the first is read.
    function readEntry(bytes32[] memory topics, bytes memory data, address account)
        internal
        pure
        returns (Entry memory)
    {
        bytes32 topic0 = topics.length == 0 ? bytes32(0) : topics[0];
        if (topic0 == IKomaToken.LogTransfer.selector) {
            if (topics.length != 4) revert BadTopics(topics.length);
            if (data.length != 224) revert BadData(data.length);
            (, uint256 input1, uint256 input2, uint256 output1, uint256 output2, uint256 fromSeq, uint256 toSeq) =
                abi.decode(data, (uint256, uint256, uint256, uint256, uint256, uint256, uint256));
            if (_address(topics[2]) == account) return Entry(_address(topics[1]), input1, output1, _seq(fromSeq));
            if (_address(topics[3]) == account) return Entry(_address(topics[1]), input2, output2, _seq(toSeq));
            revert NotParty(account);
        }
        if (topic0 == IKomaToken.LogDeposit.selector) {
            if (topics.length != 3) revert BadTopics(topics.length);
        } else if (topic0 == IKomaToken.Withdraw.selector) {
            if (topics.length != 4) revert BadTopics(topics.length);
        } else {
            revert NotUtxoLog(topic0);
        }
        if (data.length != 128) revert BadData(data.length);
        if (_address(topics[2]) != account) revert NotParty(account);
        (, uint256 input, uint256 output, uint256 seq) = abi.decode(data, (uint256, uint256, uint256, uint256));
        return Entry(_address(topics[1]), input, output, _seq(seq));
    }

    function _address(bytes32 topic) private pure returns (address) {
        if (uint256(topic) >> 160 != 0) revert BadAddressTopic(topic);
        return address(uint160(uint256(topic)));
    }

    function _seq(uint256 word) private pure returns (uint64) {
        if (word > type(uint64).max) revert BadSequence(word);
        return uint64(word);
    }
}
