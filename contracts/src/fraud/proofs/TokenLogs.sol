// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {UtxoLog} from "../../bridge/UtxoLog.sol";
import {LiveCheckpoint, ICheckpointManager} from "../../checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../../checkpoint/IKomaRegistry.sol";
import {Predeploys} from "../../child/Predeploys.sol";
import {LogProof} from "../ProofTypes.sol";
import {Proofs} from "./Proofs.sol";
import {Receipt, ReceiptDecoder} from "./ReceiptDecoder.sol";

/// @title What standard tokens log of an account
/// @notice Only tokens whose code the root chain knows: any contract may emit logs of this form with anything in them.
library TokenLogs {
    using ReceiptDecoder for Receipt;

    /// @notice A log of a transaction that failed, which nothing can rest on.
    error FailedTransaction();
    /// @notice The emitter is no standard child token. The native coin is none: its transfers leave no logs.
    error NoStandardToken(address emitter);
    /// @notice The log's side of the account is that of a mint or a burn, which is nobody's.
    error NoNumber();

    /// @notice What the proven log says of `account`, with a number of at least 1.
    function entryOf(ICheckpointManager checkpoints, IKomaRegistry registry, LogProof memory p, address account)
        internal
        view
        returns (LiveCheckpoint memory checkpoint, address token, UtxoLog.Entry memory entry)
    {
        bytes memory raw;
        (checkpoint, raw) = Proofs.verifyReceipt(checkpoints, p);
        Receipt memory receipt = ReceiptDecoder.decode(raw);
        if (receipt.status != 1) revert FailedTransaction();
        bytes32[] memory topics;
        bytes memory data;
        (token, topics, data) = receipt.logAt(p.logIndex);
        if (token == Predeploys.KOMA_NATIVE || registry.rootTokenOf(p.b.chainId, token) == address(0)) {
            revert NoStandardToken(token);
        }
        entry = UtxoLog.readEntry(topics, data, account);
        if (entry.seq == 0) revert NoNumber();
    }
}
