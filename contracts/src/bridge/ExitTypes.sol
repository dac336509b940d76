// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

enum ExitStatus {
    None,
    Queued,
    Paid,
    Claimable,
    Cancelled
}

/// @notice A burn on a KOMA chain on its way to a payment on the root chain. Four slots for the native coin, six for a
/// token, each of which costs whoever starts the exit 22,100 gas.
/// @param token root token
/// @param exitableAt seconds; not before it the exit is processed
/// @param generation of the checkpoint that the exit rests on: a rolled-back one has no successor of its own generation
/// @param amount in the token's smallest unit
/// @param seq the account's running number in the burn's log, 0 for the native coin
/// @param checkpoint its number
/// @param txIndex position of the burn's log: transaction in the block, log in the receipt
/// @param bonder account that the bond goes back to
/// @param bond wei of Ether
/// @param account that burned; zero for the native coin, whose burns no log can challenge
/// @param payee set when the payment failed; before, the owner of the ExitNFT is the payee
/// @param input1 balance of the account before the burn; zero for the native coin
struct Exit {
    address token;
    uint40 exitableAt;
    ExitStatus status;
    uint24 generation;
    uint256 amount;
    uint64 chainId;
    uint64 blockNumber;
    uint64 seq;
    uint32 checkpoint;
    uint32 txIndex;
    address bonder;
    uint64 bond;
    uint32 logIndex;
    address account;
    address payee;
    uint256 input1;
}

/// @param exitPeriod seconds
/// @param exitBond wei of Ether, less than 2^64 (18 Ether)
/// @param payoutGas gas that one payment may use
struct ExitParams {
    uint40 exitPeriod;
    uint96 exitBond;
    uint64 payoutGas;
}
