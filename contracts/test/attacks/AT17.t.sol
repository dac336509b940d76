// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// AT-17: recovery that yields address(0) never passes for a signer, on any entry that takes a signature.
contract AT17 is StakeFixture {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev Everything a caller may try instead of the signature (r, s, v) of a 65-byte entry.
    function badProofs(uint8 v, bytes32 r, bytes32 s) private pure returns (bytes[] memory bad) {
        bad = new bytes[](13);
        bad[0] = "";
        bad[1] = abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))); // EIP-2098
        bad[2] = abi.encodePacked(r, s, v, v);
        bad[3] = abi.encodePacked(r, s, uint8(0));
        bad[4] = abi.encodePacked(r, s, uint8(1));
        bad[5] = abi.encodePacked(r, s, uint8(29));
        bad[6] = abi.encodePacked(r, s, v == 27 ? uint8(28) : uint8(27));
        bad[7] = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27)); // high s
        bad[8] = abi.encodePacked(bytes32(0), s, v);
        bad[9] = abi.encodePacked(r, bytes32(0), v);
        bad[10] = new bytes(65);
        bad[11] = abi.encodePacked(bytes32(ORDER), s, v);
        bad[12] = abi.encodePacked(bytes32(0), bytes32(0), uint8(27));
    }

    function test_AT17_stakingWithABadProof() public {
        fund(ownerOf(0), 1_000e18);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(0), stakes.signerProofDigest(ownerOf(0)));
        bytes[] memory bad = badProofs(v, r, s);
        address[2] memory signers = [signerOf(0), address(0)];
        vm.startPrank(ownerOf(0));
        for (uint256 i; i < bad.length; ++i) {
            for (uint256 k; k < 2; ++k) {
                vm.expectRevert(StakeEvents.BadSignerProof.selector);
                stakes.stake(200e18, signers[k], bad[i], 0, "");
                vm.expectRevert(StakeEvents.BadSignerProof.selector);
                stakes.displace(200e18, signers[k], bad[i], 0, "");
                vm.expectRevert(StakeEvents.BadSignerProof.selector);
                stakes.stakeWithPermit(200e18, signers[k], bad[i], 0, "", 0, 0, 0, 0);
            }
        }
        stakes.stake(200e18, signerOf(0), abi.encodePacked(r, s, v), 0, "");
        vm.stopPrank();
        assertEq(stakes.validatorOfSigner(address(0)), 0);
    }

    function test_AT17_rotatingWithABadProof() public {
        beginWith(1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(5), stakes.signerProofDigest(ownerOf(0)));
        bytes[] memory bad = badProofs(v, r, s);
        vm.startPrank(ownerOf(0));
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert(StakeEvents.BadSignerProof.selector);
            stakes.rotateSigner(1, signerOf(5), bad[i]);
            vm.expectRevert(StakeEvents.BadSignerProof.selector);
            stakes.rotateSigner(1, address(0), bad[i]);
        }
        stakes.rotateSigner(1, signerOf(5), abi.encodePacked(r, s, v));
        vm.stopPrank();
    }

    function test_AT17_checkpointsWithABadSignature() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        bytes32 digest = roots.digestOf(c);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(3), digest);
        bytes memory good = signedBy(7, c);
        uint256 parity = uint256(v - 27) << 255;
        bytes32[2][7] memory bad = [
            [bytes32(0), bytes32(0)],
            [bytes32(0), bytes32(uint256(s) | parity)],
            [r, bytes32(parity)],
            [r, bytes32(uint256(s) | (parity ^ (1 << 255)))],
            [r, bytes32((ORDER - uint256(s)) | (parity ^ (1 << 255)))],
            [bytes32(ORDER), bytes32(uint256(s) | parity)],
            [bytes32(type(uint256).max), bytes32(type(uint256).max)]
        ];
        for (uint256 i; i < bad.length; ++i) {
            bytes memory sigs = bytes.concat(good, bad[i][0], bad[i][1]);
            vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 3));
            roots.submitCheckpoint(c, 15, sigs);
            // The same on a seat nobody holds, whose signer reads as address(0).
            vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 9));
            roots.submitCheckpoint(c, 7 | (1 << 9), sigs);
        }
        roots.submitCheckpoint(c, 15, bytes.concat(good, r, bytes32(uint256(s) | parity)));
    }

    function test_AT17_65ByteSignaturesAreNoCheckpointSignatures() public {
        beginWith(4);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory sigs;
        for (uint256 i; i < 4; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(i), roots.digestOf(c));
            sigs = bytes.concat(sigs, r, s, bytes1(v));
        }
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 4, 260));
        roots.submitCheckpoint(c, 15, sigs);
    }

    function test_AT17_nobodyIsNoActiveSigner() public {
        assertFalse(stakes.isActiveSigner(address(0)));
        (bool found,) = stakes.seatOfSigner(address(0));
        assertFalse(found);
        beginWith(2);
        assertFalse(stakes.isActiveSigner(address(0)));
        (found,) = stakes.seatOfSigner(address(0));
        assertFalse(found);
    }
}
