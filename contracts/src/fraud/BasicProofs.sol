// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiveCheckpoint} from "../checkpoint/ICheckpointManager.sol";
import {ChallengeState} from "./ChallengeState.sol";
import {BlockProof, LogProof, TxProof} from "./ProofTypes.sol";
import {Header, HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Proofs} from "./proofs/Proofs.sol";

/// @title The five basic proofs as views
/// @notice What lies under a live checkpoint, for the command line and for other contracts. None of them charges anybody.
/// @dev KOMA root contracts, sections 9 and 10.1 to 10.3.
abstract contract BasicProofs is ChallengeState {
    /// @notice Proves a block; returns the checkpoint that it lies in.
    function verifyBlock(BlockProof memory b) external view returns (LiveCheckpoint memory) {
        return Proofs.verifyBlock(_storage().checkpoints, b);
    }

    /// @notice Proves a transaction; returns its bytes.
    function verifyTransaction(TxProof memory p) external view returns (bytes memory raw) {
        (, raw) = Proofs.verifyTransaction(_storage().checkpoints, p);
    }

    /// @notice Proves a receipt; returns its bytes. `logIndex` is not looked at.
    function verifyReceipt(LogProof memory p) external view returns (bytes memory raw) {
        (, raw) = Proofs.verifyReceipt(_storage().checkpoints, p);
    }

    /// @notice Proves one log of a receipt; `status` is that of its transaction, 1 = success.
    function verifyLog(LogProof memory p)
        external
        view
        returns (uint8 status, address emitter, bytes32[] memory topics, bytes memory data)
    {
        return Proofs.verifyLog(_storage().checkpoints, p);
    }

    /// @notice Proves a header; returns its fields.
    function verifyHeader(BlockProof memory b, bytes memory header) external view returns (Header memory) {
        Proofs.verifyBlock(_storage().checkpoints, b);
        return HeaderDecoder.open(b, header);
    }
}
