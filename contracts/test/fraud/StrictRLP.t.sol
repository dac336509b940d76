// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Test} from "forge-std/Test.sol";
import {StrictRLP} from "../../src/fraud/proofs/StrictRLP.sol";
import {ProofHarness} from "./ProofHarness.sol";

contract StrictRLPTest is Test {
    ProofHarness private harness = new ProofHarness();

    function testFuzz_integersComeBack(uint256 value) public view {
        assertEq(harness.uintOf(RLP.encode(value), 32), value);
    }

    function testFuzz_stringsComeBack(bytes memory value) public view {
        assertEq(harness.bytesOf(RLP.encode(value)), value);
    }

    function testFuzz_listsComeBack(bytes[] memory values) public view {
        vm.assume(values.length < 40);
        bytes[] memory encodings = new bytes[](values.length);
        for (uint256 i; i < values.length; ++i) {
            encodings[i] = RLP.encode(values[i]);
        }
        bytes[] memory items = harness.itemsOf(RLP.encode(encodings), 40);
        assertEq(items.length, values.length);
        for (uint256 i; i < items.length; ++i) {
            assertEq(items[i], encodings[i]);
        }
    }

    function testFuzz_whateverDecodesAsAStringIsItsOnlyEncoding(bytes memory raw) public view {
        try harness.bytesOf(raw) returns (bytes memory value) {
            assertEq(RLP.encode(value), raw);
        } catch {}
    }

    function testFuzz_whateverDecodesAsAnIntegerIsItsOnlyEncoding(bytes memory raw) public view {
        vm.assume(raw.length < 40);
        try harness.uintOf(raw, 32) returns (uint256 value) {
            assertEq(RLP.encode(value), raw);
        } catch {}
    }

    function testFuzz_bytesAfterAnItemAreRefused(bytes memory value, uint8 more) public {
        _refuse();
        harness.bytesOf(bytes.concat(RLP.encode(value), bytes1(more)));
    }

    function testFuzz_anItemCutShortIsRefused(bytes memory value, uint256 cut) public {
        bytes memory raw = RLP.encode(value);
        cut = bound(cut, 0, raw.length - 1);
        assembly {
            mstore(raw, cut)
        }
        _refuse();
        harness.bytesOf(raw);
    }

    function test_longFormOfAShortStringIsRefused() public {
        _refuse();
        harness.bytesOf(abi.encodePacked(hex"b837", new bytes(55)));
    }

    function test_lengthWithALeadingZeroIsRefused() public {
        _refuse();
        harness.bytesOf(abi.encodePacked(hex"b90038", new bytes(56)));
    }

    function test_fiftySixBytesHaveTheLongForm() public view {
        assertEq(harness.bytesOf(abi.encodePacked(hex"b838", new bytes(56))), new bytes(56));
    }

    function test_wrappedSingleByteIsRefused() public {
        _refuse();
        harness.bytesOf(hex"8105");
    }

    function test_byteFrom0x80IsWrapped() public view {
        assertEq(harness.bytesOf(hex"8180"), hex"80");
    }

    function test_leadingZeroOfAnIntegerIsRefused() public {
        _refuse();
        harness.uintOf(hex"820001", 32);
    }

    function test_zeroByteIsNotTheIntegerZero() public {
        _refuse();
        harness.uintOf(hex"00", 32);
    }

    function test_emptyStringIsTheIntegerZero() public view {
        assertEq(harness.uintOf(hex"80", 32), 0);
    }

    function test_integersLongerThanAllowedAreRefused() public {
        _refuse();
        harness.uintOf(hex"89010000000000000000", 8);
    }

    function test_listIsNoInteger() public {
        _refuse();
        harness.uintOf(hex"c0", 32);
    }

    function test_stringIsNoList() public {
        _refuse();
        harness.itemsOf(hex"80", 4);
    }

    function test_listWithMoreItemsThanAllowedIsRefused() public {
        _refuse();
        harness.itemsOf(hex"c3010203", 2);
    }

    function test_itemReachingBeyondItsListIsRefused() public {
        _refuse();
        harness.itemsOf(hex"c2820102", 4);
    }

    function test_hugeLengthIsRefused() public {
        _refuse();
        harness.bytesOf(hex"bfffffffffffffffff00");
    }

    function test_nothingIsRefused() public {
        _refuse();
        harness.bytesOf("");
    }

    function _refuse() private {
        vm.expectRevert(StrictRLP.NonCanonicalRLP.selector);
    }
}
