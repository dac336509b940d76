// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Bloom filters of receipts
/// @notice 2048 bits; an address or topic sets three of them (Yellow Paper 4.3.1).
library LogsBloom {
    /// @notice A filter that contains nothing.
    function empty() internal pure returns (bytes memory) {
        return new bytes(256);
    }

    /// @notice Adds the `length` bytes of memory from `position`.
    function add(bytes memory bloom, uint256 position, uint256 length) internal pure {
        assembly ("memory-safe") {
            let hash := keccak256(position, length)
            for { let shift := 240 } gt(shift, 207) { shift := sub(shift, 16) } {
                let bit := and(shr(shift, hash), 0x7ff)
                // Bit 0 is the lowest one of the last byte.
                let at := add(add(bloom, 0x20), sub(255, shr(3, bit)))
                mstore8(at, or(byte(0, mload(at)), shl(and(bit, 7), 1)))
            }
        }
    }
}
