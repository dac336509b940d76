// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Events of the bridge between side-chains
/// @notice What `Predeploys.CROSS_BRIDGE` of a chain says of messages, and what kind 19 is judged by. A message is sent on
/// one chain and ends on another exactly once: it is received there, or it expires.
/// @dev KOMA root contracts, section 11.
interface ICrossBridgeEvents {
    /// @param msgId keccak256(abi.encode(source chain, dst, nonce))
    /// @param amount what the message carries, tip included
    /// @param deadline seconds; from then on it cannot be received
    event CrossSent(
        bytes32 indexed msgId,
        uint64 indexed dst,
        address indexed rootToken,
        address from,
        address recipient,
        uint256 amount,
        uint96 tip,
        uint64 nonce,
        uint40 deadline,
        bytes32 dataHash
    );

    /// @notice A message has arrived. The fields are the message's own, whoever is credited (a provider that paid in
    /// advance takes the recipient's place).
    /// @param source keccak256(abi.encode(src, hash of the block, index of the transaction, index of the log)): the very log
    /// that was shown. Another log of the same id, on another branch or made up by the source's signers, convicts nobody here.
    event CrossReceived(
        bytes32 indexed msgId,
        uint64 indexed src,
        address indexed rootToken,
        address recipient,
        uint256 amount,
        bytes32 source
    );

    /// @notice A message can be received no more, and is paid back on the chain it came from.
    event CrossExpired(bytes32 indexed msgId);
}
