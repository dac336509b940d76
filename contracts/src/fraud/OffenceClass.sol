// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What the guilty of an offence are charged by (KOMA root contracts, 4.5); numbers as in `SlashOrder.class`.
library OffenceClass {
    /// @notice Objectively invalid content in a checkpoint.
    uint8 internal constant A_INVALID = 1;
    /// @notice An unanswered interactive challenge.
    uint8 internal constant B_WITHHELD = 2;
    /// @notice Two contradicting signatures of one key.
    uint8 internal constant C_EQUIVOCATION = 3;
}
