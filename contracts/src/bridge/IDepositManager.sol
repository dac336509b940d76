// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a deposit or message in the ordered stream of a chain is.
enum DepositKind {
    None,
    Native,
    ERC20,
    Message,
    MapToken
}

/// @notice Escrow and the stream of deposits, as the other root contracts see them.
interface IDepositManager {
    function depositHash(uint64 chainId, uint64 id) external view returns (bytes32);

    function depositCount(uint64 chainId) external view returns (uint64);

    function escrow(uint64 chainId, address token) external view returns (uint256);

    /// @notice Pays out of a chain's escrow; only WithdrawManager.
    function release(uint64 chainId, address token, address to, uint256 amount) external;

    /// @notice Reverts while a deposit or release is under way. Exits are not processed from within a token's hook: each
    /// of their payments would fail there and have to be claimed.
    function requireIdle() external view;

    /// @notice Appends a system message (token mapping) to a chain's stream; only KomaRegistry.
    function enqueueMapToken(
        uint64 chainId,
        address rootToken,
        string calldata name,
        string calldata symbol,
        uint8 decimals
    ) external returns (uint64 id);
}
