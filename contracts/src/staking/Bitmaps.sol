// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Sets of seats, one bit per seat
library Bitmaps {
    /// @notice Seat of the lowest set bit; 256 when there is none.
    function lowestBit(uint256 bitmap) internal pure returns (uint256) {
        unchecked {
            return popcount((bitmap & (~bitmap + 1)) - 1);
        }
    }

    /// @notice Number of set bits, by sums in ever wider fields.
    function popcount(uint256 x) internal pure returns (uint256) {
        unchecked {
            if (x == type(uint256).max) return 256;
            x -= (x >> 1) & 0x5555555555555555555555555555555555555555555555555555555555555555;
            x = (x & 0x3333333333333333333333333333333333333333333333333333333333333333)
                + ((x >> 2) & 0x3333333333333333333333333333333333333333333333333333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            return (x * 0x0101010101010101010101010101010101010101010101010101010101010101) >> 248;
        }
    }
}
