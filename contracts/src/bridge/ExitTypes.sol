// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

enum ExitStatus {
    None,
    Queued,
    Paid,
    Claimable,
    Cancelled
}

/// @notice A burn on a KOMA chain on its way to a payment on the root chain.
/// @param token root token
/// @param exitableAt seconds; not before it the exit is processed
/// @param txIndex position of the burn's log: transaction in the block, log in the receipt
/// @param amount in the token's smallest unit
/// @param cpHash struct hash of the checkpoint the exit rests on
/// @param checkpoint its number
/// @param seq the account's running number in the burn's log, 0 for the native coin
/// @param bonder account that the bond goes back to
/// @param account that burned
/// @param payee set when the payment failed; before, the owner of the ExitNFT is the payee
/// @param input1 balance of the account before the burn
struct Exit {
    address token;
    uint40 exitableAt;
    ExitStatus status;
    uint256 amount;
    bytes32 cpHash;
    uint64 chainId;
    uint64 checkpoint;
    uint64 blockNumber;
    uint64 seq;
    address bonder;
    uint96 bond;
    address account;
    uint32 txIndex;
    uint32 logIndex;
    address payee;
    uint256 input1;
}

/// @param exitPeriod seconds
/// @param exitBond wei of Ether
/// @param payoutGas gas that one payment may use
struct ExitParams {
    uint40 exitPeriod;
    uint96 exitBond;
    uint64 payoutGas;
}
