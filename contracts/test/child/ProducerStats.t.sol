// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";
import {EraWork, ProducerStats, WorkTotals} from "../../src/child/ProducerStats.sol";
import {RootInfo} from "../../src/child/RootInfo.sol";

/// @notice ProducerStats as genesis places it, beside a RootInfo whose set signs.
contract ProducerStatsTest is Test {
    uint256 private constant POWER = 100 ether;

    ProducerStats private stats = ProducerStats(Predeploys.PRODUCER_STATS);

    function setUp() public {
        vm.chainId(80401);
        vm.etch(Predeploys.ROOT_INFO, vm.getDeployedCode("src/child/RootInfo.sol:RootInfo"));
        vm.etch(Predeploys.PRODUCER_STATS, vm.getDeployedCode("src/child/ProducerStats.sol:ProducerStats"));
        _genesis(4);
        vm.roll(100);
    }

    function test_SumsUpWhatErasRecord() public {
        EraWork memory work = _work(1, 40, 2);
        work.entries[0] = _entry(_signer(0), 39, 38, 12, 11, 250_000_000);
        work.entries[1] = _entry(_signer(7), 39, 0, 3, 0, 1);
        vm.expectEmit(Predeploys.PRODUCER_STATS);
        emit ProducerStats.EraWorkRecorded(1, 40, work.entries);
        _record(work, 7);
        assertEq(stats.recordedUpTo(), 40);
        _isTotal(_signer(0), WorkTotals(39, 38, 12, 11, 38 * 250_000_000));
        _isTotal(_signer(7), WorkTotals(39, 0, 3, 0, 0));

        work = _work(41, 90, 1);
        work.entries[0] = _entry(_signer(0), type(uint16).max, 2, 1, 1, type(uint32).max);
        _record(work, 15);
        _isTotal(_signer(0), WorkTotals(39 + 65_535, 40, 13, 12, 38 * 250_000_000 + 2 * uint96(type(uint32).max)));
        _isTotal(_signer(7), WorkTotals(39, 0, 3, 0, 0));
    }

    function testFuzz_TotalsAreTheSumsOfTheirEntries(uint16[4] calldata a, uint16[4] calldata b, uint32 share) public {
        EraWork memory work = _work(1, 2, 2);
        work.entries[0] = _entry(_signer(1), a[0], a[1], a[2], a[3], share);
        work.entries[1] = _entry(_signer(1), b[0], b[1], b[2], b[3], share);
        _record(work, 7);
        uint96 credit = (uint96(a[1]) + b[1]) * share;
        _isTotal(
            _signer(1),
            WorkTotals(uint40(a[0]) + b[0], uint40(a[1]) + b[1], uint40(a[2]) + b[2], uint40(a[3]) + b[3], credit)
        );
        // One slot, in the layout that the root chain reads.
        uint256 word = uint256(vm.load(Predeploys.PRODUCER_STATS, keccak256(abi.encode(_signer(1), 1))));
        assertEq(uint40(word), uint40(a[0]) + b[0]);
        assertEq(uint40(word >> 40), uint40(a[1]) + b[1]);
        assertEq(uint40(word >> 80), uint40(a[2]) + b[2]);
        assertEq(uint40(word >> 120), uint40(a[3]) + b[3]);
        assertEq(word >> 160, credit);
    }

    function test_TakesTwoThirdsOfTheRecordedPower() public {
        _genesis(3);
        EraWork memory work = _work(1, 40, 1);
        bytes memory one = _sign(work, 1);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.NoQuorum.selector, POWER, 3 * POWER));
        stats.record(work, 1, one);
        bytes memory two = _sign(work, 3);
        work.entries[0] = _entry(_signer(0), 40, 40, 40, 40, 1e9);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 0));
        stats.record(work, 3, two);
        _record(work, 3);
    }

    function test_RecordsEveryBlockOnceAndInOrder() public {
        _record(_work(10, 40, 1), 7);
        EraWork memory again = _work(10, 40, 1);
        bytes memory signatures = _sign(again, 7);
        vm.expectRevert(abi.encodeWithSelector(ProducerStats.AlreadyRecorded.selector, 10, 40));
        stats.record(again, 7, signatures);
        again = _work(40, 41, 1);
        signatures = _sign(again, 7);
        vm.expectRevert(abi.encodeWithSelector(ProducerStats.AlreadyRecorded.selector, 40, 40));
        stats.record(again, 7, signatures);
        again = _work(42, 41, 1);
        signatures = _sign(again, 7);
        vm.expectRevert(abi.encodeWithSelector(ProducerStats.BadRange.selector, 42, 41));
        stats.record(again, 7, signatures);
        // An era that nobody recorded in time is left out.
        _record(_work(60, 70, 1), 7);
    }

    /// @notice After a rollback the same heights have other blocks, and what was signed for the old ones is worth nothing.
    function test_ARecordIsGoodForOneBranchAndForTwoHundredBlocks() public {
        EraWork memory work = _work(1, 40, 1);
        work.lastBlockHash = keccak256("another branch");
        _refused(work, 40);
        work = _work(1, 40, 1);
        work.lastBlock = 100;
        _refused(work, 100);
        vm.roll(40 + 257);
        work = _work(1, 41, 1);
        work.lastBlock = 40;
        _refused(work, 40);
        vm.roll(41 + 256);
        _record(_work(1, 41, 1), 7);
    }

    function test_ASignatureIsGoodForOneChainAndNoOtherMessage() public {
        EraWork memory work = _work(1, 40, 1);
        bytes memory signatures = _sign(work, 7);
        vm.chainId(80402);
        vm.expectRevert(abi.encodeWithSelector(RootInfo.BadSignature.selector, 0));
        stats.record(work, 7, signatures);
    }

    function test_TakesNoMoreMembersThanThereAreSeats() public {
        EraWork memory work = _work(1, 40, 257);
        bytes memory signatures = _sign(work, 7);
        vm.expectRevert(abi.encodeWithSelector(ProducerStats.BadEntryCount.selector, 257, 256));
        stats.record(work, 7, signatures);
    }

    function test_GasWith150Validators() public {
        _genesis(150);
        EraWork memory work = _work(1, 40, 150);
        for (uint256 i; i < 150; ++i) {
            work.entries[i] = _entry(_signer(i), 39, 38, 1, 1, 6_666_666);
        }
        uint256 signers = (1 << 100) - 1;
        bytes memory signatures = _sign(work, signers);
        vm.cool(Predeploys.ROOT_INFO);
        vm.cool(Predeploys.PRODUCER_STATS);
        uint256 before = gasleft();
        stats.record(work, signers, signatures);
        uint256 used = before - gasleft();
        emit log_named_uint("100 signers, 150 members", used);
        // What producers give it, see `workGas` of src/rootset.
        assertLt(used, 120_000 + 9_000 * 100 + 27_000 * 150);
    }

    function _refused(EraWork memory work, uint64 number) private {
        bytes memory signatures = _sign(work, 7);
        vm.expectRevert(abi.encodeWithSelector(ProducerStats.UnknownBlock.selector, number, work.lastBlockHash));
        stats.record(work, 7, signatures);
    }

    function _isTotal(address signer, WorkTotals memory want) private view {
        assertEq(abi.encode(stats.totalsOf(signer)), abi.encode(want));
    }

    function _record(EraWork memory work, uint256 signers) private {
        stats.record(work, signers, _sign(work, signers));
    }

    function _sign(EraWork memory work, uint256 signers) private view returns (bytes memory signatures) {
        bytes32 digest = stats.digestOf(work);
        for (uint256 i; i < 256; ++i) {
            if (signers & (1 << i) == 0) continue;
            (bytes32 r, bytes32 vs) = vm.signCompact(_key(i), digest);
            signatures = abi.encodePacked(signatures, r, vs);
        }
    }

    function _work(uint64 first, uint64 last, uint256 count) private view returns (EraWork memory work) {
        work = EraWork(first, last, blockhash(last), new uint256[](count));
    }

    function _entry(address signer, uint256 asked, uint256 came, uint256 expected, uint256 made, uint256 share)
        private
        pure
        returns (uint256)
    {
        return uint160(signer) | asked << 160 | came << 176 | expected << 192 | made << 208 | share << 224;
    }

    function _genesis(uint256 count) private {
        vm.store(Predeploys.ROOT_INFO, bytes32(0), bytes32((count * POWER) << 128));
        vm.store(Predeploys.ROOT_INFO, bytes32(uint256(2)), bytes32((1 << count) - 1));
        for (uint256 i; i < 256; ++i) {
            uint256 word = i < count ? (POWER << 160) | uint160(_signer(i)) : 0;
            vm.store(Predeploys.ROOT_INFO, bytes32(4 + i), bytes32(word));
        }
    }

    function _signer(uint256 i) private pure returns (address) {
        return vm.addr(_key(i));
    }

    function _key(uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("validator", i))) % (SECP256K1_ORDER - 1) + 1;
    }
}
