// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDataCourtEvents} from "./IDataCourt.sol";

/// @title Data that is too large for one transaction
/// @notice A receipt may hold two megabytes of logs, and is one node of its trie: more than a transaction of the root chain
/// can carry. It is put on the chain in pieces, each the code of a contract that does nothing, and read from there.
/// Without it, whoever emits such logs could have honest stakers convicted for not showing them.
abstract contract DataPieces is IDataCourtEvents {
    /// @notice Bytes of a piece, all but the last of a node.
    uint256 public constant PIECE_BYTES = 24_000;
    /// @notice Nodes up to this size are shown in the transaction itself, at a fifth of the price.
    uint256 public constant INLINE_BYTES = 65_536;

    /// @notice A piece is empty or too long, not full but not the last, or the node is small enough to be shown itself.
    error BadPiece(uint256 size);

    /// @notice Puts a piece on the chain; anyone. Gas is paid from the escrow when an answer uses it.
    function stage(bytes calldata data) external returns (address piece) {
        if (data.length == 0 || data.length > PIECE_BYTES) revert BadPiece(data.length);
        // Init code that returns what follows it: a STOP, so that nobody runs the data, and the data.
        bytes memory code =
            abi.encodePacked(hex"63", uint32(data.length + 1), hex"80600e6000396000f3", hex"00", data);
        assembly ("memory-safe") {
            piece := create(0, add(code, 32), mload(code))
        }
        if (piece == address(0)) revert BadPiece(data.length);
        emit PieceStaged(piece, data.length);
    }

    /// @dev The bytes that pieces make up. Copied once: memory of two megabytes costs eight million gas as it is.
    function _join(address[] calldata pieces) internal view returns (bytes memory data) {
        uint256 size;
        for (uint256 i; i < pieces.length; ++i) {
            uint256 code = pieces[i].code.length;
            if (code < 2 || code > PIECE_BYTES + 1) revert BadPiece(code);
            if (i + 1 < pieces.length && code != PIECE_BYTES + 1) revert BadPiece(code);
            size += code - 1;
        }
        if (size <= INLINE_BYTES) revert BadPiece(size);
        data = new bytes(size);
        for (uint256 i; i < pieces.length; ++i) {
            address piece = pieces[i];
            uint256 offset = 32 + i * PIECE_BYTES;
            assembly ("memory-safe") {
                extcodecopy(piece, add(data, offset), 1, sub(extcodesize(piece), 1))
            }
        }
    }
}
