// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {SignerFraud} from "../../src/fraud/SignerFraud.sol";
import {ChallengeBase} from "./ChallengeBase.sol";

contract SignerFraudTest is ChallengeBase {
    function setUp() public override {
        super.setUp();
        stakes.seatSigner(vm.addr(alice), 7);
    }

    function test_twoRootsForOneRangeConvictTheSignerAlone() public view {
        (Checkpoint memory c1, Checkpoint memory c2) = _twoRoots();
        Verdict memory v = signerFraud.validateCheckpointEquivocation(c1, c2, _vote(alice, c1), _vote(alice, c2));
        assertEq(v.signers, 1 << 7);
        assertEq(v.class, 3);
        assertEq(v.chainId, CHAIN);
        assertEq(v.number, c1.number);
        assertEq(v.blockHash, 0);
        assertEq(v.leaf, 0);
        assertEq(
            v.offenceId, keccak256(abi.encode("double vote", CHAIN, c1.generation, c1.start, c1.end, vm.addr(alice)))
        );
        // The same offence the other way round.
        assertEq(
            signerFraud.validateCheckpointEquivocation(c2, c1, _vote(alice, c2), _vote(alice, c1)).offenceId,
            v.offenceId
        );
    }

    function test_everyKindOfContentCounts() public view {
        (Checkpoint memory c1,) = _twoRoots();
        for (uint256 field; field < 3; ++field) {
            (, Checkpoint memory c2) = _twoRoots();
            c2.rootHash = c1.rootHash;
            if (field == 0) c2.rootHash = keccak256("root");
            if (field == 1) c2.lastBlockHash = keccak256("last");
            if (field == 2) c2.accountHash = keccak256("accounts");
            bytes memory evidence = abi.encode(c1, c2, _vote(alice, c1), _vote(alice, c2));
            assertEq(signerFraud.verify(20, evidence).signers, 1 << 7);
        }
    }

    function test_otherRangeGenerationOrChainIsNoFraud() public {
        (Checkpoint memory c1,) = _twoRoots();
        for (uint256 field; field < 4; ++field) {
            (, Checkpoint memory c2) = _twoRoots();
            if (field == 0) c2.chainId++;
            if (field == 1) c2.generation++;
            if (field == 2) c2.start++;
            if (field == 3) c2.end++;
            bytes memory sig1 = _vote(alice, c1);
            bytes memory sig2 = _vote(alice, c2);
            vm.expectRevert(notFraud("different ranges"));
            signerFraud.validateCheckpointEquivocation(c1, c2, sig1, sig2);
        }
    }

    function test_votesOfTwoSignersAreNoFraud() public {
        (Checkpoint memory c1, Checkpoint memory c2) = _twoRoots();
        bytes memory sig1 = _vote(alice, c1);
        bytes memory sig2 = _vote(bob, c2);
        vm.expectRevert(notFraud("different signers"));
        signerFraud.validateCheckpointEquivocation(c1, c2, sig1, sig2);
    }

    function test_strangersHaveNothingToLose() public {
        (Checkpoint memory c1, Checkpoint memory c2) = _twoRoots();
        bytes memory sig1 = _vote(bob, c1);
        bytes memory sig2 = _vote(bob, c2);
        vm.expectRevert(notFraud("unknown signer"));
        signerFraud.validateCheckpointEquivocation(c1, c2, sig1, sig2);
    }

    function test_signatureThatNobodyMadeIsRefused() public {
        (Checkpoint memory c1, Checkpoint memory c2) = _twoRoots();
        bytes memory sig1 = _vote(alice, c1);
        vm.expectRevert(abi.encodeWithSelector(SignerFraud.BadSignature.selector, 1));
        signerFraud.validateCheckpointEquivocation(c1, c2, new bytes(64), sig1);
        bytes memory tooLong = bytes.concat(_vote(alice, c2), hex"1b");
        vm.expectRevert(abi.encodeWithSelector(SignerFraud.BadSignature.selector, 2));
        signerFraud.validateCheckpointEquivocation(c1, c2, sig1, tooLong);
    }

    function test_otherKindsAreUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 21));
        signerFraud.verify(21, "");
    }

    function _twoRoots() private pure returns (Checkpoint memory c1, Checkpoint memory c2) {
        c1 = Checkpoint({
            chainId: CHAIN,
            epoch: 3,
            number: 2,
            proposer: address(1),
            start: 17,
            end: 32,
            rootHash: keccak256("one"),
            lastBlockHash: keccak256("end"),
            accountHash: 0,
            prevCheckpoint: keccak256("previous"),
            generation: 1
        });
        c2 = abi.decode(abi.encode(c1), (Checkpoint));
        c2.rootHash = keccak256("two");
    }

    function _vote(uint256 key, Checkpoint memory c) private view returns (bytes memory) {
        (bytes32 r, bytes32 vs) = vm.signCompact(key, checkpoints.digestOf(c));
        return abi.encodePacked(r, vs);
    }
}
