// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {KomaERC20} from "./KomaERC20.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title A root chain's ERC-20 on a KOMA chain
/// @notice Deposits mint it, withdrawals burn it; the escrow on the root chain backs every unit.
/// @dev Root contracts design, 8.1 and 10.15. Without constructor arguments, so that every child token has the same
/// init code and its address follows from the root token alone (`ChildTokenFactory.childTokenAddress`).
contract ChildERC20 is KomaERC20 {
    address private _rootToken;
    uint8 private _decimals;
    string private _tokenName;
    string private _tokenSymbol;

    error OnlyFactory(address caller);
    error OnlyBridge(address caller);
    error AlreadyInitialized();
    error ZeroAmount();
    error ZeroRecipient();

    constructor() ERC20("", "") {}

    /// @notice Names the token; once, by the factory, in the transaction that creates it.
    function initialize(address rootToken_, string calldata name_, string calldata symbol_, uint8 decimals_) external {
        if (msg.sender != Predeploys.CHILD_TOKEN_FACTORY) revert OnlyFactory(msg.sender);
        if (_rootToken != address(0)) revert AlreadyInitialized();
        _rootToken = rootToken_;
        _decimals = decimals_;
        _tokenName = name_;
        _tokenSymbol = symbol_;
    }

    /// @notice Mints a deposit; only the bridge.
    /// @param amount in the token's smallest unit, as received by the root chain's escrow
    function creditDeposit(address account, uint256 amount) external {
        if (msg.sender != Predeploys.CHILD_BRIDGE) revert OnlyBridge(msg.sender);
        if (account == address(0)) revert ZeroRecipient();
        (, Movement memory target) = _move(address(0), account, amount);
        emit LogDeposit(_rootToken, account, amount, target.input, target.output, target.seq);
    }

    /// @notice Burns `amount` for an exit to the caller's own address on the root chain.
    function withdraw(uint256 amount) external {
        _withdraw(msg.sender, amount);
    }

    /// @notice Burns `amount` for an exit to `recipient` on the root chain.
    function withdrawTo(address recipient, uint256 amount) external {
        _withdraw(recipient, amount);
    }

    function rootToken() public view override returns (address) {
        return _rootToken;
    }

    function name() public view override returns (string memory) {
        return _tokenName;
    }

    function symbol() public view override returns (string memory) {
        return _tokenSymbol;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _withdraw(address recipient, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        if (recipient == address(0)) revert ZeroRecipient();
        (Movement memory source,) = _move(msg.sender, address(0), amount);
        emit Withdraw(_rootToken, msg.sender, recipient, amount, source.input, source.output, source.seq);
    }
}
