// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

import {RootInfo, RootSetChange} from "../../src/child/RootInfo.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";

/// @notice RootInfo as genesis places it: code, and a storage with the first validators.
contract RootInfoTest is Test {
    uint256 private constant POWER = 100 ether;

    RootInfo private info = RootInfo(Predeploys.ROOT_INFO);

    function setUp() public {
        vm.chainId(80401);
        vm.etch(Predeploys.ROOT_INFO, vm.getDeployedCode("src/child/RootInfo.sol:RootInfo"));
        _genesis(4);
    }

    function test_GenesisStorageIsWhatTheContractReads() public view {
        assertEq(info.serial(), 0);
        assertEq(info.totalPower(), 4 * POWER);
        assertEq(info.seats(), 15);
        assertEq(info.producers(), 15);
        (address signer, uint96 power) = info.seatAt(3);
        assertEq(signer, vm.addr(_key(3)));
        assertEq(power, POWER);
    }

    function test_NewcomerLeaverAndStakeChangeInOneRecord() public {
        RootSetChange memory change = _change(9);
        change.changed = (1 << 0) | (1 << 2) | (1 << 7);
        change.entries = new uint256[](3);
        change.entries[0] = _word(vm.addr(_key(0)), 2 * POWER);
        change.entries[1] = 0;
        change.entries[2] = _word(vm.addr(_key(7)), 5 * POWER);
        _producers(change, 1 << 1);
        vm.expectEmit(Predeploys.ROOT_INFO);
        emit RootInfo.RootSetRecorded(1, 9, change.rootBlockHash, change.changed, change.producers);
        _record(change, 7);
        assertEq(info.serial(), 1);
        assertEq(info.rootBlock(), 9);
        assertEq(info.rootBlockHash(), change.rootBlockHash);
        assertEq(info.seats(), (1 << 0) | (1 << 1) | (1 << 3) | (1 << 7));
        assertEq(info.producers(), 1 << 1);
        assertEq(info.totalPower(), 9 * POWER);
        (address signer,) = info.seatAt(2);
        assertEq(signer, address(0));
        (signer,) = info.seatAt(7);
        assertEq(signer, vm.addr(_key(7)));

        // From here on the recorded set signs: the newcomer alone has five ninths, with the first one seven.
        RootSetChange memory next = _change(10);
        next.serial = 1;
        _producers(next, 1 << 7);
        _record(next, (1 << 0) | (1 << 7));
        assertEq(info.producers(), 1 << 7);
    }

    function test_TakesTwoThirdsOfThePowerAndNoLess() public {
        _genesis(3);
        RootSetChange memory change = _change(1);
        _producers(change, 1);
        bytes memory one = _sign(change, 1);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.NoQuorum.selector, POWER, 3 * POWER));
        info.record(change, 1, one);
        _record(change, 3);
    }

    function test_AnyoneMayRecordButOnlyWhatIsSigned() public {
        RootSetChange memory change = _change(1);
        _producers(change, 1);
        bytes memory signatures = _sign(change, 7);
        _producers(change, 2);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 0));
        info.record(change, 7, signatures);
        _producers(change, 1);
        vm.prank(makeAddr("anybody"));
        info.record(change, 7, signatures);
    }

    function test_SignaturesCountOnceAndForTheirSeatsOnly() public {
        RootSetChange memory change = _change(1);
        _producers(change, 1);
        bytes memory signatures = _sign(change, 7);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 3));
        info.record(change, 11, signatures);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 9));
        info.record(change, 3 | (1 << 9), signatures);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignatureCount.selector, 256, 192));
        info.record(change, 15, signatures);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignatureCount.selector, 128, 192));
        info.record(change, 3, signatures);
        signatures = abi.encodePacked(new bytes(64), _sign(change, 6));
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 0));
        info.record(change, 7, signatures);
    }

    function test_ASignatureIsGoodForOneChainAndOneSerial() public {
        RootSetChange memory change = _change(1);
        _producers(change, 1);
        bytes memory signatures = _sign(change, 7);
        vm.chainId(80402);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 0));
        info.record(change, 7, signatures);
        vm.chainId(80401);
        info.record(change, 7, signatures);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSerial.selector, 1, 0));
        info.record(change, 7, signatures);
    }

    function test_GoesForwardOnly() public {
        RootSetChange memory change = _change(5);
        _producers(change, 1);
        _record(change, 7);
        RootSetChange memory older = _change(5);
        older.serial = 1;
        bytes memory signatures = _sign(older, 7);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.NotNewer.selector, 5, 5));
        info.record(older, 7, signatures);
        older.rootBlock = 6;
        _producers(older, 1);
        signatures = _sign(older, 7);
        vm.expectRevert(RootInfo.NothingChanged.selector);
        info.record(older, 7, signatures);
    }

    function test_RefusesSetsThatCouldNotSignTheNext() public {
        RootSetChange memory change = _change(1);
        change.changed = 15;
        change.entries = new uint256[](4);
        _producers(change, 0);
        _refused(change, abi.encodeWithSelector(RootInfo.NoPowerLeft.selector));
    }

    function test_RefusesMalformedEntries() public {
        RootSetChange memory change = _change(1);
        change.changed = 3;
        change.entries = new uint256[](1);
        _refused(change, abi.encodeWithSelector(RootInfo.BadEntryCount.selector, 2, 1));
        change.entries = new uint256[](3);
        _refused(change, abi.encodeWithSelector(RootInfo.BadEntryCount.selector, 2, 3));
        change.entries = new uint256[](2);
        change.entries[1] = _word(address(0), 1);
        _refused(change, abi.encodeWithSelector(RootInfo.BadEntry.selector, 1));
        change.entries[1] = _word(vm.addr(_key(1)), 0);
        _refused(change, abi.encodeWithSelector(RootInfo.BadEntry.selector, 1));
        change.entries[1] = _word(vm.addr(_key(1)), 1);
        _producers(change, 1);
        _refused(change, abi.encodeWithSelector(RootInfo.BadProducers.selector, 1, 14));
    }

    function test_AProducerMaySealWithAnotherKeyThanItsSigner() public {
        RootSetChange memory change = _change(1);
        _producers(change, (1 << 1) | (1 << 3));
        change.producerKeys[1] = makeAddr("sealer");
        _record(change, 15);
        assertEq(info.producerKeyAt(0), address(0));
        assertEq(info.producerKeyAt(1), vm.addr(_key(1)));
        assertEq(info.producerKeyAt(3), makeAddr("sealer"));

        // The same set again is no change; another key of a producer alone is one.
        RootSetChange memory next = _change(2);
        next.serial = 1;
        _producers(next, (1 << 1) | (1 << 3));
        next.producerKeys[1] = makeAddr("sealer");
        bytes memory signatures = _sign(next, 15);
        vm.expectRevert(RootInfo.NothingChanged.selector);
        info.record(next, 15, signatures);
        next.producerKeys[1] = makeAddr("other sealer");
        _record(next, 15);
        assertEq(info.producerKeyAt(3), makeAddr("other sealer"));

        // Who leaves office leaves no key behind: in office again, it seals with its signer key.
        RootSetChange memory gone = _change(3);
        gone.serial = 2;
        _producers(gone, 1);
        _record(gone, 15);
        assertEq(info.producerKeyAt(3), address(0));
        RootSetChange memory back = _change(4);
        back.serial = 3;
        _producers(back, 1 << 3);
        _record(back, 15);
        assertEq(info.producerKeyAt(3), vm.addr(_key(3)));
    }

    function test_ProducerKeysAreSignedAndFitTheProducers() public {
        RootSetChange memory change = _change(1);
        _producers(change, 3);
        change.producerKeys[0] = makeAddr("sealer");
        bytes memory signatures = _sign(change, 15);
        change.producerKeys[0] = makeAddr("another");
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 0));
        info.record(change, 15, signatures);
        change.producerKeys[0] = vm.addr(_key(0));
        _refused(change, abi.encodeWithSelector(RootInfo.BadProducerKeys.selector, 0));
        change.producerKeys = new address[](1);
        _refused(change, abi.encodeWithSelector(RootInfo.BadProducerKeys.selector, 1));
        change.producerKeys = new address[](3);
        _refused(change, abi.encodeWithSelector(RootInfo.BadProducerKeys.selector, 2));
    }

    function testFuzz_TotalIsTheSumOfTheSeats(uint8[8] calldata powers, uint8 changed) public {
        RootSetChange memory change = _change(1);
        change.changed = changed;
        uint256 count;
        for (uint256 i; i < 8; ++i) {
            if (changed & (1 << i) != 0) ++count;
        }
        change.entries = new uint256[](count);
        count = 0;
        for (uint256 i; i < 8; ++i) {
            if (changed & (1 << i) == 0) continue;
            change.entries[count++] = powers[i] == 0 ? 0 : _word(vm.addr(_key(i)), powers[i]);
        }
        _producers(change, 0);
        bytes memory signatures = _sign(change, 15);
        try info.record(change, 15, signatures) {} catch {}
        uint256 sum;
        uint256 occupied;
        for (uint256 i; i < 256; ++i) {
            (, uint96 power) = info.seatAt(i);
            sum += power;
            if (power != 0) occupied |= 1 << i;
        }
        assertEq(info.totalPower(), sum);
        assertEq(info.seats(), occupied);
        assertGt(sum, 0);
        assertEq(info.producers() & ~occupied, 0);
    }

    function test_GasWith150Validators() public {
        _genesis(150);
        // As many as the registry takes into one set.
        vm.store(Predeploys.ROOT_INFO, bytes32(uint256(3)), bytes32(uint256((1 << 32) - 1)));
        uint256 signers = (1 << 100) - 1;
        RootSetChange memory one = _change(1);
        one.changed = 1;
        one.entries = new uint256[](1);
        one.entries[0] = _word(vm.addr(_key(0)), 2 * POWER);
        _producers(one, info.producers());
        uint256 few = _gasOf(one, signers);
        RootSetChange memory all = _change(2);
        all.serial = 1;
        all.changed = (1 << 150) - 1;
        all.entries = new uint256[](150);
        for (uint256 i; i < 150; ++i) {
            all.entries[i] = _word(vm.addr(_key(i)), 3 * POWER);
        }
        _producers(all, one.producers);
        uint256 many = _gasOf(all, signers);
        emit log_named_uint("100 signers, 1 seat", few);
        emit log_named_uint("100 signers, 150 seats", many);
        assertLt(few, 900_000);
        assertLt(many, 1_800_000);
    }

    function _gasOf(RootSetChange memory change, uint256 signers) private returns (uint256 used) {
        bytes memory signatures = _sign(change, signers);
        bytes memory data = abi.encodeCall(info.record, (change, signers, signatures));
        uint256 dataGas = 21_000;
        for (uint256 i; i < data.length; ++i) {
            dataGas += data[i] == 0 ? 4 : 16;
        }
        vm.cool(Predeploys.ROOT_INFO);
        uint256 before = gasleft();
        (bool ok,) = Predeploys.ROOT_INFO.call(data);
        used = before - gasleft() + dataGas;
        assertTrue(ok);
    }

    function _refused(RootSetChange memory change, bytes memory why) private {
        bytes memory signatures = _sign(change, 15);
        vm.expectRevert(why);
        info.record(change, 15, signatures);
    }

    function _record(RootSetChange memory change, uint256 signers) private {
        info.record(change, signers, _sign(change, signers));
    }

    function _sign(RootSetChange memory change, uint256 signers) private view returns (bytes memory signatures) {
        bytes32 digest = info.digestOf(change);
        for (uint256 i; i < 256; ++i) {
            if (signers & (1 << i) == 0) continue;
            (bytes32 r, bytes32 vs) = vm.signCompact(_key(i), digest);
            signatures = abi.encodePacked(signatures, r, vs);
        }
    }

    function _change(uint64 rootBlock) private pure returns (RootSetChange memory change) {
        change.rootBlock = rootBlock;
        change.rootBlockHash = keccak256(abi.encode(rootBlock));
    }

    /// @dev Producers that seal with their signer keys.
    function _producers(RootSetChange memory change, uint256 bits) private pure {
        change.producers = bits;
        uint256 count;
        for (uint256 left = bits; left != 0; left >>= 1) {
            count += left & 1;
        }
        change.producerKeys = new address[](count);
    }

    function _genesis(uint256 count) private {
        vm.store(Predeploys.ROOT_INFO, bytes32(0), bytes32((count * POWER) << 128));
        vm.store(Predeploys.ROOT_INFO, bytes32(uint256(2)), bytes32((1 << count) - 1));
        vm.store(Predeploys.ROOT_INFO, bytes32(uint256(3)), bytes32((1 << count) - 1));
        for (uint256 i; i < 256; ++i) {
            bytes32 word = i < count ? bytes32(_word(vm.addr(_key(i)), POWER)) : bytes32(0);
            vm.store(Predeploys.ROOT_INFO, bytes32(4 + i), word);
        }
    }

    function _word(address signer, uint256 power) private pure returns (uint256) {
        return (power << 160) | uint160(signer);
    }

    function _key(uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("validator", i))) % (SECP256K1_ORDER - 1) + 1;
    }
}
