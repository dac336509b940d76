// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DepositKind} from "./IDepositManager.sol";

/// @notice Identity of a deposit, computed alike by the root chain that stores it and the KOMA chain that delivers it.
/// @dev Root contracts design, section 7, step 3.
library DepositHash {
    /// @param amount what the escrow received
    /// @param createdAt time of the root chain's block, seconds
    function compute(
        uint64 chainId,
        uint64 id,
        DepositKind kind,
        address rootToken,
        address recipient,
        uint256 amount,
        bytes memory data,
        uint40 createdAt
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(chainId, id, kind, rootToken, recipient, amount, keccak256(data), createdAt));
    }
}
