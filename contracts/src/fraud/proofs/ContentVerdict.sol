// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiveCheckpoint} from "../../checkpoint/ICheckpointManager.sol";
import {OffenceClass} from "../OffenceClass.sol";
import {BlockProof, Verdict} from "../ProofTypes.sol";
import {BlockTree} from "./BlockTree.sol";
import {Header, HeaderDecoder} from "./HeaderDecoder.sol";
import {Seal} from "./Seal.sol";

/// @title Verdict on a block whose content is wrong
/// @notice Signers of its checkpoint and its sealing producer are charged (class A). The kinds that speak about one
/// transaction or receipt share an offence per object, so that one lie has one bounty however it is shown.
library ContentVerdict {
    /// @param what kind of object, as "nonce", "transaction" or "receipt"
    /// @param checkpoint that of the block
    function offenceOf(string memory what, LiveCheckpoint memory checkpoint, BlockProof memory b, uint32 txIndex)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(what, checkpoint.structHash, b.blockHash, txIndex));
    }

    /// @param header RLP header of the block, so that its producer is charged and the block banned at once; may be empty,
    /// then only the signers are, and the producer by `attachProducer`
    function make(bytes32 offenceId, BlockProof memory b, bytes memory header)
        internal
        pure
        returns (Verdict memory verdict)
    {
        verdict.offenceId = offenceId;
        verdict.class = OffenceClass.A_INVALID;
        verdict.chainId = b.chainId;
        verdict.number = b.checkpoint;
        verdict.leaf = BlockTree.leafOf(b);
        if (header.length == 0) return verdict;
        // Without the header nobody has shown that this block hash belongs to this leaf's roots: banning it could hit an
        // honest block whose hash the signers put beside forged roots.
        Header memory opened = HeaderDecoder.open(b, header);
        verdict.producer = Seal.producerOf(opened, header, b.chainId);
        verdict.blockHash = b.blockHash;
    }
}
