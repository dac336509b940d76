// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {DeliveryArguments, DeliveryCall} from "../../src/bridge/DeliveryCall.sol";
import {DepositKind} from "../../src/bridge/IDepositManager.sol";
import {ChildBridge} from "../../src/child/ChildBridge.sol";

/// @notice Decodes its call data exactly as ChildBridge does, and does nothing else.
contract SameSignature {
    function deliver(uint64 id, DepositKind kind, address token, address to, uint256 amount, bytes calldata data, uint40 at)
        external
        pure
        returns (bytes memory)
    {
        return abi.encode(id, kind, token, to, amount, data, at);
    }
}

contract DeliveryCallTest is Test {
    SameSignature private bridge = new SameSignature();

    /// @notice Call data with any one word replaced: what the compiler's decoder takes is taken, with the same values.
    function testFuzz_takesWhatTheCompilerTakes(uint256 amount, bytes memory data, uint8 place, uint256 value, uint8 cut)
        public
        view
    {
        bytes memory input = abi.encodeCall(
            ChildBridge.deliver, (7, DepositKind.ERC20, address(0xd0), address(0xb0b), amount, data, 1_700_000_000)
        );
        uint256 word = uint256(place) % 10;
        if (word < 9) {
            // Small values too: only those are offsets and lengths that lead somewhere.
            if (value & 1 == 0) value = (value >> 1) % 400;
            uint256 at = 36 + 32 * word;
            if (at <= input.length) {
                assembly ("memory-safe") {
                    mstore(add(input, at), value)
                }
            }
        }
        uint256 length = input.length - (cut < 128 ? 0 : uint256(cut) % 80);
        assembly ("memory-safe") {
            mstore(input, length)
        }
        _compare(input);
    }

    function testFuzz_anyBytesAtAll(bytes memory tail, bool right) public view {
        _compare(bytes.concat(right ? ChildBridge.deliver.selector : bytes4(0xdeadbeef), tail));
    }

    function test_shorterThanASelector() public view {
        for (uint256 i; i < 4; ++i) {
            _compare(new bytes(i));
        }
    }

    function _compare(bytes memory input) private view {
        (bool taken, bytes memory answer) = address(bridge).staticcall(input);
        (bool ok, DeliveryArguments memory a) = DeliveryCall.tryDecode(input);
        assertEq(ok, taken);
        if (!taken) return;
        bytes memory same = abi.encode(a.id, a.kind, a.rootToken, a.recipient, a.amount, a.data, a.createdAt);
        assertEq(abi.decode(answer, (bytes)), same);
    }
}
