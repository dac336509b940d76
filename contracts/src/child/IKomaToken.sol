// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The logs by which value on a KOMA chain can be followed and proven on the root chain: every change of a
/// balance names the balances before (`input`) and after (`output`) and the account's own running number (`seq`).
/// @dev Root contracts design, 8.1 and 10.15. Numbers start at 1; the native coin, which has no numbers, uses 0.
interface IKomaToken {
    /// @notice `from` lowered from `input1` to `output1`, `to` raised from `input2` to `output2`. A self-transfer uses one
    /// number (`fromSeq == toSeq`) and changes nothing; on the side of a mint or a burn stands the zero address with
    /// zero balances and number 0.
    event LogTransfer(
        address indexed rootToken,
        address indexed from,
        address indexed to,
        uint256 amount,
        uint256 input1,
        uint256 input2,
        uint256 output1,
        uint256 output2,
        uint64 fromSeq,
        uint64 toSeq
    );

    /// @notice A deposit made on the root chain was credited.
    event LogDeposit(
        address indexed rootToken, address indexed account, uint256 amount, uint256 input1, uint256 output1, uint64 seq
    );

    /// @notice `amount` was burned by `account`; `recipient` can exit with it on the root chain.
    event Withdraw(
        address indexed rootToken,
        address indexed account,
        address indexed recipient,
        uint256 amount,
        uint256 input1,
        uint256 output1,
        uint64 seq
    );
}

/// @notice What the bridge delivers.
interface IChildBridgeEvents {
    /// @param childToken what was credited (the native gateway, a child token), zero for messages
    /// @param depositHash hash of the deposit as the root chain stores it
    /// @param credited false: the credit failed and waits in `claimable`
    event DepositDelivered(
        uint64 indexed id,
        address indexed rootToken,
        address indexed recipient,
        address childToken,
        uint256 amount,
        bytes32 depositHash,
        bool credited
    );
}
