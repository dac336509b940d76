// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IKomaToken} from "../../child/IKomaToken.sol";

/// @notice A log of a standard child token, or of the native coin, that names balances before and after.
/// @param known false: the log is none of these, or a word in it does not fit its type (kind 9 is about that)
/// @param to zero but in transfers
struct BalanceChange {
    bool known;
    bytes32 topic0;
    address rootToken;
    address from;
    address to;
    uint256 amount;
    uint256 input1;
    uint256 input2;
    uint256 output1;
    uint256 output2;
    uint64 fromSeq;
    uint64 toSeq;
}

/// @title Balances before and after, as one log tells them
/// @notice What holds in every log that the code of a child token, or of the native gateway, emits: no more leaves than
/// was there, no more arrives than left, an account's first log finds nothing.
/// @dev KOMA root contracts, section 10.15.
library BalanceLog {
    /// @notice Reads `LogTransfer`, `LogDeposit` and `Withdraw`. For the latter two `from` is the account.
    function read(bytes32[] memory topics, bytes memory data) internal pure returns (BalanceChange memory change) {
        if (topics.length < 3 || topics.length > 4) return change;
        bool transfers = topics[0] == IKomaToken.LogTransfer.selector;
        bool deposits = topics[0] == IKomaToken.LogDeposit.selector;
        if (!transfers && !deposits && topics[0] != IKomaToken.Withdraw.selector) return change;
        if (topics.length != (deposits ? 3 : 4) || data.length != (transfers ? 224 : 128)) return change;
        for (uint256 i = 1; i < topics.length; ++i) {
            if (uint256(topics[i]) >> 160 != 0) return change;
        }
        uint256 fromSeq;
        uint256 toSeq;
        if (transfers) {
            (change.amount, change.input1, change.input2, change.output1, change.output2, fromSeq, toSeq) =
                abi.decode(data, (uint256, uint256, uint256, uint256, uint256, uint256, uint256));
        } else {
            (change.amount, change.input1, change.output1, fromSeq) =
                abi.decode(data, (uint256, uint256, uint256, uint256));
        }
        if (fromSeq > type(uint64).max || toSeq > type(uint64).max) return change;
        change.known = true;
        change.topic0 = topics[0];
        change.rootToken = address(uint160(uint256(topics[1])));
        change.from = address(uint160(uint256(topics[2])));
        if (!deposits) change.to = address(uint160(uint256(topics[3])));
        (change.fromSeq, change.toSeq) = (uint64(fromSeq), uint64(toSeq));
    }

    /// @notice True when no token emits this.
    /// @param rootToken the one that the emitter stands for
    /// @param native whether the emitter is the native gateway, whose logs carry no numbers and which transfers nothing
    function isImpossible(BalanceChange memory c, address rootToken, bool native) internal pure returns (bool) {
        // A child token's transfers have two parties; minting and burning have logs of their own.
        if (c.rootToken != rootToken || c.from == address(0)) return true;
        if (c.topic0 == IKomaToken.LogTransfer.selector) return native || _isImpossibleTransfer(c);
        if (native ? c.fromSeq != 0 : _isImpossibleSide(c.input1, c.output1, c.fromSeq)) return true;
        if (c.topic0 == IKomaToken.LogDeposit.selector) return !_raises(c.input1, c.amount, c.output1);
        return c.to == address(0) || c.amount == 0 || !_raises(c.output1, c.amount, c.input1);
    }

    function _isImpossibleTransfer(BalanceChange memory c) private pure returns (bool) {
        if (c.to == address(0) || c.amount > c.input1) return true;
        if (_isImpossibleSide(c.input1, c.output1, c.fromSeq) || _isImpossibleSide(c.input2, c.output2, c.toSeq)) {
            return true;
        }
        if (c.from == c.to) {
            return
                c.output1 != c.input1 || c.input2 != c.input1 || c.output2 != c.input1 || c.fromSeq != c.toSeq;
        }
        return !_raises(c.output1, c.amount, c.input1) || !_raises(c.input2, c.amount, c.output2);
    }

    /// @dev Balances are below 2^192, numbers begin with 1, and before its first log an account has nothing.
    function _isImpossibleSide(uint256 input, uint256 output, uint64 seq) private pure returns (bool) {
        return input > type(uint192).max || output > type(uint192).max || seq == 0 || (seq == 1 && input != 0);
    }

    /// @dev `lower + amount == higher`, without overflow.
    function _raises(uint256 lower, uint256 amount, uint256 higher) private pure returns (bool) {
        return amount <= higher && higher - amount == lower;
    }
}
