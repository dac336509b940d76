// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Demo USD, a token without value for development networks
/// @notice Anyone may draw from the faucet. Never deploy it where a token is taken for money.
contract DemoToken is ERC20, ERC20Permit {
    /// @notice Most that one call of the faucet gives, 10,000 dUSD in wei.
    uint256 public constant FAUCET_MAX = 10_000e18;

    error FaucetLimit(uint256 wanted, uint256 max);

    constructor() ERC20("Demo USD", "dUSD") ERC20Permit("Demo USD") {}

    /// @notice Mints `amount` (wei of dUSD, at most `FAUCET_MAX`) to the caller.
    function faucet(uint256 amount) external {
        if (amount > FAUCET_MAX) revert FaucetLimit(amount, FAUCET_MAX);
        _mint(msg.sender, amount);
    }
}
