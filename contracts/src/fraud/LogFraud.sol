// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {UtxoLog} from "../bridge/UtxoLog.sol";
import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {LogProof, Verdict} from "./ProofTypes.sol";
import {ContentVerdict} from "./proofs/ContentVerdict.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {TokenLogs} from "./proofs/TokenLogs.sol";

/// @title Fraud that two logs of one token and account show
/// @notice Kind 14: each log of a standard token carries the account's running number, its balance before and after.
/// The later log of an account must have the higher number, and the next number must begin where the last one ended.
/// @dev KOMA root contracts, section 10.16; white paper 5.11. One transaction decides: without the numbers somebody
/// would have to be asked for a log in between.
contract LogFraud is IFraudVerifier {
    uint8 public constant LOG_CONTINUITY = 14;

    ICheckpointManager public immutable checkpoints;
    IKomaRegistry public immutable registry;

    constructor(ICheckpointManager checkpoints_, IKomaRegistry registry_) {
        checkpoints = checkpoints_;
        registry = registry_;
    }

    /// @inheritdoc IFraudVerifier
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind != LOG_CONTINUITY) revert UnknownKind(kind);
        (LogProof memory a, LogProof memory b, address account, bytes memory header) =
            abi.decode(evidence, (LogProof, LogProof, address, bytes));
        return _judge(a, b, account, header);
    }

    /// @notice Kind 14. Two logs of one standard token at different places, to both of which `account` is a party: the
    /// later one has no higher number, or it has the next one and does not begin with the earlier one's output. In
    /// either order; the later one is the offence.
    /// @param header RLP header of the later block, so that its producer is charged and the block banned at once; may be
    /// empty
    function validateLogContinuity(LogProof memory a, LogProof memory b, address account, bytes memory header)
        external
        view
        returns (Verdict memory)
    {
        return _judge(a, b, account, header);
    }

    function _judge(LogProof memory a, LogProof memory b, address account, bytes memory header)
        private
        view
        returns (Verdict memory)
    {
        if (a.b.chainId != b.b.chainId) revert NotFraud("different chains");
        if (_position(a) == _position(b)) revert NotFraud("same position");
        if (_position(a) > _position(b)) (a, b) = (b, a);
        (, address token, UtxoLog.Entry memory earlier) = TokenLogs.entryOf(checkpoints, registry, a, account);
        (LiveCheckpoint memory checkpoint, address sameToken, UtxoLog.Entry memory later) =
            TokenLogs.entryOf(checkpoints, registry, b, account);
        if (token != sameToken) revert NotFraud("different tokens");
        uint256 next = uint256(earlier.seq) + 1;
        // Whether something is missing in between is for kind 15 to ask.
        if (later.seq > next) revert NotFraud("not adjacent");
        if (later.seq == next && later.input == earlier.output) revert NotFraud("continuous");
        return ContentVerdict.make(ContentVerdict.offenceOf("receipt", checkpoint, b.b, b.txIndex), b.b, header);
    }

    function _position(LogProof memory p) private pure returns (uint256) {
        return Proofs.positionOf(p.b.number, p.txIndex, p.logIndex);
    }
}
