// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChildBridge} from "../child/ChildBridge.sol";
import {DepositHash} from "./DepositHash.sol";
import {DepositKind} from "./IDepositManager.sol";

/// @notice The arguments of a `ChildBridge.deliver`.
struct DeliveryArguments {
    uint64 id;
    DepositKind kind;
    address rootToken;
    address recipient;
    uint256 amount;
    bytes data;
    uint40 createdAt;
}

/// @title Call data of `ChildBridge.deliver`
/// @notice Takes exactly what the function itself takes, so that a successful call with other call data is a forgery.
/// @dev Solidity's decoder of call data: words that do not fit their type, offsets and lengths beyond 2^64 or the end of
/// the call data are refused; bytes after the arguments are not. Refusing is an answer here, where `abi.decode` reverts.
library DeliveryCall {
    uint256 private constant WORDS = 7;
    uint256 private constant DATA_WORD = 5;

    /// @return ok false when `deliver` would have reverted for its call data alone
    function tryDecode(bytes memory input) internal pure returns (bool ok, DeliveryArguments memory args) {
        if (input.length < 4 + 32 * WORDS || bytes4(input) != ChildBridge.deliver.selector) return (false, args);
        uint256[WORDS] memory words;
        for (uint256 i; i < WORDS; ++i) {
            words[i] = _word(input, 4 + 32 * i);
        }
        if (
            words[0] > type(uint64).max || words[1] > uint256(type(DepositKind).max) || words[2] >> 160 != 0
                || words[3] >> 160 != 0 || words[6] > type(uint40).max
        ) return (false, args);
        (ok, args.data) = _bytesAt(input, words[DATA_WORD]);
        if (!ok) return (false, args);
        args.id = uint64(words[0]);
        args.kind = DepositKind(words[1]);
        args.rootToken = address(uint160(words[2]));
        args.recipient = address(uint160(words[3]));
        args.amount = words[4];
        args.createdAt = uint40(words[6]);
    }

    /// @notice Hash that the root chain stores for such a deposit.
    function hashOf(DeliveryArguments memory a, uint64 chainId) internal pure returns (bytes32) {
        return DepositHash.compute(chainId, a.id, a.kind, a.rootToken, a.recipient, a.amount, a.data, a.createdAt);
    }

    /// @dev The bytes whose length stands `offset` bytes after the selector.
    function _bytesAt(bytes memory input, uint256 offset) private pure returns (bool ok, bytes memory data) {
        if (offset > type(uint64).max) return (false, data);
        uint256 place = 4 + offset;
        if (place + 32 > input.length) return (false, data);
        uint256 length = _word(input, place);
        if (length > type(uint64).max || place + 32 + length > input.length) return (false, data);
        data = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(data, 0x20), add(add(input, 0x40), place), length)
        }
        return (true, data);
    }

    function _word(bytes memory input, uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(input, 0x20), place))
        }
    }
}
