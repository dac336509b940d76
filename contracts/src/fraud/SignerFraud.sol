// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IStakeManager} from "../staking/IStakeManager.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {OffenceClass} from "./OffenceClass.sol";
import {Verdict} from "./ProofTypes.sol";
import {Signatures} from "./proofs/Signatures.sol";

/// @title Fraud that two signatures of one key show
/// @notice Kind 20: one staker signed two contents for the same blocks. Only that staker is charged; nothing is rolled
/// back, since the checkpoint that counts may be the right one.
/// @dev KOMA root contracts, section 10.21.
contract SignerFraud is IFraudVerifier {
    uint8 public constant CHECKPOINT_EQUIVOCATION = 20;

    ICheckpointManager public immutable checkpoints;
    IStakeManager public immutable stakes;

    /// @notice Nobody made this signature (1 or 2), or it is not of the 64-byte form.
    error BadSignature(uint256 which);

    constructor(ICheckpointManager checkpoints_, IStakeManager stakes_) {
        checkpoints = checkpoints_;
        stakes = stakes_;
    }

    /// @inheritdoc IFraudVerifier
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind != CHECKPOINT_EQUIVOCATION) revert UnknownKind(kind);
        (Checkpoint memory c1, Checkpoint memory c2, bytes memory sig1, bytes memory sig2) =
            abi.decode(evidence, (Checkpoint, Checkpoint, bytes, bytes));
        return _judge(c1, c2, sig1, sig2);
    }

    /// @notice Kind 20. Two votes for the same (chain, generation, start, end) differ in what they say of the blocks.
    /// Votes that differ only in proposer, epoch, number or predecessor do not contradict each other: an honest staker
    /// signs the next proposer's checkpoint after a failed round.
    /// @param sig1 64 bytes (EIP-2098) over the digest of `c1`
    /// @param sig2 64 bytes (EIP-2098) over the digest of `c2`
    function validateCheckpointEquivocation(
        Checkpoint memory c1,
        Checkpoint memory c2,
        bytes memory sig1,
        bytes memory sig2
    ) external view returns (Verdict memory) {
        return _judge(c1, c2, sig1, sig2);
    }

    function _judge(Checkpoint memory c1, Checkpoint memory c2, bytes memory sig1, bytes memory sig2)
        private
        view
        returns (Verdict memory verdict)
    {
        if (c1.chainId != c2.chainId || c1.generation != c2.generation || c1.start != c2.start || c1.end != c2.end) revert NotFraud("different ranges");
        if (c1.rootHash == c2.rootHash && c1.lastBlockHash == c2.lastBlockHash && c1.accountHash == c2.accountHash) {
            revert NotFraud("same content");
        }
        address signer = Signatures.recoverCompact(checkpoints.digestOf(c1), sig1);
        if (signer == address(0)) revert BadSignature(1);
        address other = Signatures.recoverCompact(checkpoints.digestOf(c2), sig2);
        if (other == address(0)) revert BadSignature(2);
        if (signer != other) revert NotFraud("different signers");
        (bool found, uint256 seat) = stakes.seatOfSigner(signer);
        if (!found) revert NotFraud("unknown signer");

        verdict.offenceId = keccak256(abi.encode("double vote", c1.chainId, c1.generation, c1.start, c1.end, signer));
        verdict.class = OffenceClass.C_EQUIVOCATION;
        verdict.chainId = c1.chainId;
        verdict.number = c1.number;
        verdict.signers = 1 << seat;
    }
}
