// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

contract AttestTest is StakeFixture {
    function setUp() public override {
        super.setUp();
        beginWith(4);
        // What is signed is signed in an epoch's first second, and so by powers of that epoch.
        nextEpoch();
    }

    function sigsFor(uint64 number, uint256 bitmap) private view returns (bytes memory) {
        return signDigest(bitmap, digestAt(number));
    }

    /// @dev What the contract makes of the struct hash it keeps; `digestOf` makes it of the struct.
    function digestAt(uint64 number) private view returns (bytes32) {
        (, string memory name, string memory version, uint256 chain, address contract_,,) = roots.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chain,
                contract_
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, roots.checkpointAt(CHAIN, number).structHash));
    }

    function finalizeAll() private {
        pass(CHALLENGE);
        roots.finalize(CHAIN, 10);
    }

    function test_aLateSignatureIsAddedAndEarnsTheSameShare() public {
        Checkpoint memory c = submitNext(3);
        assertEq(digestAt(1), roots.digestOf(c));
        pass(5);
        bytes memory sigs = sigsFor(1, 8);
        vm.expectEmit(address(roots));
        emit CheckpointManager.CheckpointAttested(CHAIN, 1, 8);
        vm.prank(anyone);
        roots.attest(CHAIN, 1, 8, sigs);
        assertEq(roots.checkpointAt(CHAIN, 1).signerBitmap, 15);
        finalizeAll();
        assertEq(stakes.claimRewards(4, CHAIN, 1, 1), 3.6e18, "a quarter of nine tenths of 16 blocks");
        uint256 others = stakes.claimRewards(1, CHAIN, 1, 1) + stakes.claimRewards(2, CHAIN, 1, 1)
            + stakes.claimRewards(3, CHAIN, 1, 1);
        assertEq(others, 3 * 3.6e18 + 1.2e18, "and takes nothing from the others");
    }

    function test_severalAttestAtOnce() public {
        join(4, 1_000e18);
        join(5, 1_000e18);
        join(6, 1_000e18);
        nextEpoch();
        submitNext(5);
        roots.attest(CHAIN, 1, 64 | 32, sigsFor(1, 64 | 32));
        assertEq(roots.checkpointAt(CHAIN, 1).signerBitmap, 127);
    }

    function test_nobodyAttestsTwice() public {
        submitNext(3);
        bytes memory sigs = sigsFor(1, 4);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.AlreadyAttested.selector, 2));
        roots.attest(CHAIN, 1, 4, sigs);
        sigs = sigsFor(1, 8);
        roots.attest(CHAIN, 1, 8, sigs);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.AlreadyAttested.selector, 3));
        roots.attest(CHAIN, 1, 8, sigs);
    }

    function test_aWrongSignatureReverts() public {
        submitNext(3);
        bytes memory wrong = sigsFor(1, 1); // by seat 0, for seat 3
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 3));
        roots.attest(CHAIN, 1, 8, wrong);
        wrong = signDigest(8, keccak256("something else"));
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 3));
        roots.attest(CHAIN, 1, 8, wrong);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 200));
        roots.attest(CHAIN, 1, 1 << 200, wrong);
    }

    function test_everyBitHasOneSignature() public {
        submitNext(3);
        bytes memory sigs = sigsFor(1, 8);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 0, 0));
        roots.attest(CHAIN, 1, 0, "");
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 1, 0));
        roots.attest(CHAIN, 1, 8, "");
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.SignatureCount.selector, 1, 65));
        roots.attest(CHAIN, 1, 8, bytes.concat(sigs, hex"00"));
    }

    function test_aValidatorWithoutPowerThenDoesNotAttest() public {
        submitNext(4);
        join(8, 1_000e18);
        submitNext(3);
        nextEpoch();
        stakes.roll();
        assertEq(stakes.powerAt(4), 1_000e18);
        bytes memory sigs = bytes.concat(compactSignature(keyOf(8), digestAt(2)));
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 4));
        roots.attest(CHAIN, 2, 1 << 4, sigs);
    }

    function test_aKeyThatWasChangedSinceStillAttests() public {
        submitNext(3);
        bytes memory sigs = sigsFor(1, 8);
        bytes memory proof = proofOf(ownerOf(3), keyOf(70));
        vm.prank(ownerOf(3));
        stakes.rotateSigner(4, signerOf(70), proof);
        nextEpoch();
        stakes.roll();
        roots.attest(CHAIN, 1, 8, sigs);
        assertEq(roots.checkpointAt(CHAIN, 1).signerBitmap, 15);
    }

    function test_onlyPendingCheckpointsAreAttested() public {
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NotLive.selector, 1));
        roots.attest(CHAIN, 1, 8, "");
        submitNext(3);
        bytes memory sigs = sigsFor(1, 8);
        vm.prank(challenges);
        roots.reject(CHAIN, 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.NotLive.selector, 1));
        roots.attest(CHAIN, 1, 8, sigs);
        submitNext(3); // number 1 again, of another generation
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.BadSignature.selector, 3));
        roots.attest(CHAIN, 1, 8, sigs);
        sigs = sigsFor(1, 8);
        pass(CHALLENGE);
        vm.expectRevert(abi.encodeWithSelector(CheckpointManager.AlreadyFinal.selector, 1));
        roots.attest(CHAIN, 1, 8, sigs);
    }

    function test_whoAttestsAnswersForIt() public {
        submitNext(3);
        roots.attest(CHAIN, 1, 8, sigsFor(1, 8));
        slashFully(keccak256("bad block"), 1, roots.checkpointAt(CHAIN, 1).signerBitmap);
        assertEq(stakes.validator(4).selfStake, 900e18);
    }
}
