// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Shares of a pool, and what they are worth
/// @notice One wei and a million shares that nobody owns stand in every pool. So the first share costs next to nothing
/// and cannot be made dear: raising its price by a wei costs the attacker a million times what a later delegator can
/// lose to rounding (AT-31). Both directions round down, in favour of those who stay.
/// @dev Root contracts design, section 4.3; the virtual offset is that of OpenZeppelin's ERC4626.
library PoolShares {
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint256 private constant VIRTUAL_WEI = 1;

    /// @notice Shares that `amount` wei buy in a pool of `shares` worth `pooled` wei.
    function sharesFor(uint256 amount, uint256 shares, uint256 pooled) internal pure returns (uint256) {
        return (amount * (shares + VIRTUAL_SHARES)) / (pooled + VIRTUAL_WEI);
    }

    /// @notice Wei that `part` of a pool's `shares` are worth. Never more than `pooled`.
    function worthOf(uint256 part, uint256 shares, uint256 pooled) internal pure returns (uint256 worth) {
        worth = (part * (pooled + VIRTUAL_WEI)) / (shares + VIRTUAL_SHARES);
        if (worth > pooled) worth = pooled;
    }
}
