// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {BlockTree} from "../../src/fraud/proofs/BlockTree.sol";
import {ChallengeBase} from "./ChallengeBase.sol";

/// @notice What tests of BlockFraud expect of its verdicts.
abstract contract BlockFraudBase is ChallengeBase {
    bytes32 internal constant GENESIS = keccak256("genesis");

    function _structHash(uint64 number) internal view returns (bytes32) {
        return checkpoints.checkpointAt(CHAIN, number).structHash;
    }

    function _expectNotFraud(string memory why) internal {
        vm.expectRevert(notFraud(why));
    }

    function _assertSignersOnly(Verdict memory v, uint64 number) internal pure {
        assertEq(v.class, 1);
        assertEq(v.chainId, CHAIN);
        assertEq(v.number, number);
        assertEq(v.blockHash, 0);
        assertEq(v.leaf, 0);
        assertEq(v.signers, 0);
        assertEq(v.producer, address(0));
    }

    function _assertProducerToo(Verdict memory v, uint64 number, Span memory span, uint256 index, address charged)
        internal
        pure
    {
        Sealed memory b = span.blocks[index];
        assertEq(v.class, 1);
        assertEq(v.number, number);
        assertEq(v.blockHash, b.hash);
        assertEq(v.leaf, BlockTree.leafOf(b.number, b.timestamp, b.txRoot, b.receiptsRoot, b.hash));
        assertEq(v.producer, charged);
    }
}
