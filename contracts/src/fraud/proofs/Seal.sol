// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Header, HeaderDecoder} from "./HeaderDecoder.sol";
import {RlpItem, StrictRLP} from "./StrictRLP.sol";
import {Signatures} from "./Signatures.sol";

/// @title The producer's seal
/// @notice `extraData` is up to 32 free bytes and then r ‖ s ‖ v (v of 27 or 28, low s) over
/// keccak256("KOMA seal v1" ‖ chain id as 32 bytes ‖ keccak256(rlp(header with extraData minus its last 65 bytes))).
/// @dev Proof rule P10. A seal has one form only: with two, anybody could make a second header for a sealed slot.
library Seal {
    using StrictRLP for RlpItem;

    bytes12 private constant DOMAIN = "KOMA seal v1";
    uint256 internal constant SEAL_BYTES = 65;
    uint256 internal constant FREE_BYTES = 32;

    /// @notice Address that sealed the header; zero when the seal is missing, malformed or nobody's.
    /// @param raw RLP of a header, decodable by HeaderDecoder
    function signerOf(bytes memory raw, uint64 chainId) internal pure returns (address) {
        (bool ok, RlpItem extra) = _extraOf(raw);
        if (!ok || extra.isList() || extra.size() < SEAL_BYTES || extra.size() > SEAL_BYTES + FREE_BYTES) {
            return address(0);
        }
        uint256 signature = extra.end() - SEAL_BYTES;
        bytes32 r = bytes32(StrictRLP.wordAt(signature));
        bytes32 s = bytes32(StrictRLP.wordAt(signature + 32));
        uint8 v = uint8(StrictRLP.wordAt(signature + 64) >> 248);
        return Signatures.recover(_digest(raw, extra, chainId), v, r, s);
    }

    /// @notice Key that sealed the block: its `coinbase`, or zero when the seal is missing or by anybody else.
    /// @param header what `raw` decodes to
    function producerOf(Header memory header, bytes memory raw, uint64 chainId) internal pure returns (address) {
        address sealer = signerOf(raw, chainId);
        return sealer == header.coinbase ? sealer : address(0);
    }

    /// @dev Only as far as it goes: a header's other fields have been looked at by whoever decoded it.
    function _extraOf(bytes memory raw) private pure returns (bool ok, RlpItem extra) {
        RlpItem list;
        (ok, list) = StrictRLP.tryOpen(raw);
        if (!ok || !list.isList()) return (false, extra);
        uint256 cursor = list.payload();
        uint256 end = list.end();
        for (uint256 i; i <= HeaderDecoder.EXTRA_DATA_FIELD && ok; ++i) {
            (ok, extra, cursor) = StrictRLP.tryNext(cursor, end);
        }
    }

    function _digest(bytes memory raw, RlpItem extra, uint64 chainId) private pure returns (bytes32) {
        RlpItem list = StrictRLP.open(raw);
        bytes[] memory parts = new bytes[](3);
        parts[0] = StrictRLP.copy(list.payload(), extra.start() - list.payload());
        parts[1] = RLP.encode(StrictRLP.copy(extra.payload(), extra.size() - SEAL_BYTES));
        parts[2] = StrictRLP.copy(extra.end(), list.end() - extra.end());
        return keccak256(abi.encodePacked(DOMAIN, uint256(chainId), keccak256(RLP.encode(parts))));
    }
}
