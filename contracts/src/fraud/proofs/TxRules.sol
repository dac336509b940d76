// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Header} from "./HeaderDecoder.sol";
import {Transaction} from "./TxDecoder.sol";

/// @title Bounds that every transaction of every block keeps, whatever the state
/// @notice The rules of Cancun and two of the chain's own (gas limit and data); the node applies the same ones.
/// @dev KOMA root contracts, section 10.11; EIP-2681 (nonce), EIP-1559 (fees), EIP-3860 (initcode), EIP-2028 (calldata),
/// EIP-2930 (access list), EIP-7825 (gas limit).
library TxRules {
    uint256 internal constant MAX_GAS = 1 << 24;
    uint256 internal constant MAX_DATA = 128 * 1024;
    uint256 internal constant MAX_INITCODE = 2 * 24_576;

    /// @notice True when a rule that needs no block is broken.
    function breaksLimits(Transaction memory t) internal pure returns (bool) {
        return t.nonce == type(uint64).max || t.gasLimit > MAX_GAS || t.maxPriorityFeePerGas > t.maxFeePerGas
            || t.data.length > MAX_DATA || (t.creates && t.data.length > MAX_INITCODE) || t.gasLimit < intrinsicGas(t);
    }

    /// @notice True when the transaction cannot stand in a block with this header.
    function breaksBlock(Transaction memory t, Header memory header) internal pure returns (bool) {
        return t.gasLimit > header.gasLimit || t.maxFeePerGas < header.baseFeePerGas;
    }

    /// @notice Gas that the transaction costs before its first instruction.
    function intrinsicGas(Transaction memory t) internal pure returns (uint256 gas) {
        uint256 zeros = _zeroBytes(t.data);
        gas = 21_000 + 4 * zeros + 16 * (t.data.length - zeros);
        if (t.creates) gas += 32_000 + 2 * ((t.data.length + 31) / 32);
        gas += 2_400 * t.accessedAddresses + 1_900 * t.accessedKeys;
    }

    /// @dev A word at a time: data of 128 KiB is read for a fraction of what its bytes would cost.
    function _zeroBytes(bytes memory data) private pure returns (uint256 zeros) {
        uint256 ones = 0x0101010101010101010101010101010101010101010101010101010101010101;
        uint256 length = data.length;
        uint256 used;
        for (uint256 place; place < length; place += 32) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(add(data, 0x20), place))
            }
            // What lies behind the data is not looked at.
            if (length - place < 32) word >>= 8 * (32 - (length - place));
            // The lowest bit of every byte becomes one unless all its bits are zero; the product sums them in the top byte.
            word |= word >> 4;
            word |= word >> 2;
            word |= word >> 1;
            unchecked {
                used += ((word & ones) * ones) >> 248;
            }
        }
        zeros = length - used;
    }
}
