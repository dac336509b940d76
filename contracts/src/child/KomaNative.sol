// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IKomaToken} from "./IKomaToken.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title Gateway of the native KMC
/// @notice Holds, from genesis, all native coins that are not in circulation. A deposit pays out of the pool, a
/// withdrawal pays into it: balance = genesis pool - delivered + withdrawn, always.
/// @dev Root contracts design, sections 1 and 8.1. It stands in the genesis state without having been constructed: slot
/// 0 holds the address of KMC on the root chain. Native coins carry no running numbers: `seq` is 0 in its logs.
contract KomaNative is IKomaToken {
    /// @notice KMC on the root chain; part of the genesis state.
    address public rootToken;

    error OnlyBridge(address caller);
    error ZeroAmount();
    error BadRecipient(address recipient);
    error PoolTooSmall(uint256 wanted, uint256 pool);
    error CreditRefused(address recipient);

    /// @notice Pays a deposit; only the bridge, which bounds the gas.
    /// @param amount wei of KMC
    function creditDeposit(address recipient, uint256 amount) external {
        if (msg.sender != Predeploys.CHILD_BRIDGE) revert OnlyBridge(msg.sender);
        if (amount > address(this).balance) revert PoolTooSmall(amount, address(this).balance);
        uint256 input = recipient.balance;
        emit LogDeposit(rootToken, recipient, amount, input, input + amount, 0);
        (bool accepted,) = recipient.call{value: amount}("");
        if (!accepted) revert CreditRefused(recipient);
    }

    /// @notice Takes the coins sent along out of circulation, for an exit to `recipient` on the root chain.
    function withdrawTo(address recipient) external payable {
        if (msg.value == 0) revert ZeroAmount();
        if (recipient == address(0) || recipient == address(this)) revert BadRecipient(recipient);
        uint256 output = msg.sender.balance;
        emit Withdraw(rootToken, msg.sender, recipient, msg.value, output + msg.value, output, 0);
    }
}
