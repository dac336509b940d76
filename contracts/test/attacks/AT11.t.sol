// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeParams} from "../../src/staking/StakeStorage.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// AT-11: whatever is wrong with the list of signatures stops the whole checkpoint; nothing is skipped silently.
contract AT11 is StakeFixture {
    function attempt(Checkpoint memory c, uint256 bitmap, bytes memory sigs, bytes memory failure) private {
        vm.expectRevert(failure);
        roots.submitCheckpoint(c, bitmap, sigs);
    }

    function badSignature(uint256 seat) private pure returns (bytes memory) {
        return abi.encodeWithSelector(CheckpointManager.BadSignature.selector, seat);
    }

    function signatureOf(uint256 i, Checkpoint memory c) private view returns (bytes memory) {
        return compactSignature(keyOf(i), roots.digestOf(c));
    }

    function test_AT11_unsortedSignatures() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = bytes.concat(signatureOf(0, c), signatureOf(2, c), signatureOf(1, c), signatureOf(3, c));
        attempt(c, 15, sigs, badSignature(1));
    }

    function test_AT11_duplicateSignature() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = bytes.concat(signatureOf(0, c), signatureOf(0, c), signatureOf(2, c));
        attempt(c, 7, sigs, badSignature(1));
    }

    function test_AT11_foreignSignature() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = bytes.concat(signatureOf(0, c), signatureOf(1, c), signatureOf(2, c), signatureOf(99, c));
        attempt(c, 15, sigs, badSignature(3));
    }

    function test_AT11_signatureThatRecoversNobodyForAnEmptySeat() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        // r = s = 0 recovers address(0), and address(0) is what an empty seat has for a signer.
        bytes memory sigs = bytes.concat(signedBy(15, c), new bytes(64));
        attempt(c, 31, sigs, badSignature(4));
        attempt(c, 15 | (1 << 255), sigs, badSignature(255));
    }

    function test_AT11_validSignatureForAnEmptySeat() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs = bytes.concat(signedBy(15, c), signatureOf(99, c));
        attempt(c, 15 | (1 << 255), sigs, badSignature(255));
    }

    function test_AT11_jailedSigner() public {
        beginWith(4);
        slashFully(keccak256("equivocation"), 3, 8);
        Checkpoint memory c = nextCheckpoint(16);
        attempt(c, 15, signedBy(15, c), badSignature(3));
        submit(c, 7);
    }

    function test_AT11_exitedSigner() public {
        beginWith(4);
        vm.prank(ownerOf(3));
        stakes.unstake(4);
        Checkpoint memory c = nextCheckpoint(16);
        submit(c, 15); // in the epoch of leaving it still counts
        nextEpoch();
        c = nextCheckpoint(16);
        attempt(c, 15, signedBy(15, c), badSignature(3));
        submit(c, 7);
    }

    function test_AT11_signerWhoHasNotJoinedYet() public {
        beginWith(4);
        join(4, 1_000e18);
        Checkpoint memory c = nextCheckpoint(16);
        attempt(c, 31, signedBy(31, c), badSignature(4));
    }

    function test_AT11_rotatedKey() public {
        beginWith(4);
        bytes memory proof = proofOf(ownerOf(0), keyOf(50));
        vm.prank(ownerOf(0));
        stakes.rotateSigner(1, signerOf(50), proof);
        nextEpoch();
        Checkpoint memory c = nextCheckpoint(16);
        attempt(c, 15, signedBy(15, c), badSignature(0));
        roots.submitCheckpoint(
            c, 15, bytes.concat(signatureOf(50, c), signatureOf(1, c), signatureOf(2, c), signatureOf(3, c))
        );
    }

    function test_AT11_bitWithoutSignatureAndSignatureWithoutBit() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        attempt(c, 15, signedBy(7, c), abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 4, 192));
        attempt(c, 7, signedBy(15, c), abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 3, 256));
        attempt(c, 0, signedBy(15, c), abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 0, 256));
        attempt(
            c,
            15,
            bytes.concat(signedBy(15, c), hex"00"),
            abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 4, 257)
        );
    }

    function test_AT11_theLastSeatSignsLikeAnyOther() public {
        StakeParams memory p = stakeParams();
        p.maxValidators = 256;
        vm.prank(governor);
        stakes.setParams(p);
        beginWith(256);
        Checkpoint memory c = nextCheckpoint(16);
        uint256 bitmap = type(uint256).max << 80; // seats 80 to 255
        submit(c, bitmap);
        assertEq(roots.checkpointAt(CHAIN, 1).signerBitmap, bitmap);
        slashFully(keccak256("offence"), 1, 1 << 255);
        assertEq(stakes.powerAt(255), 900e18);
    }
}
