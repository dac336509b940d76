// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Recovery that answers zero for "nobody" and never for anybody
/// @notice Every signature has one form: v of 27 or 28, s in the lower half of the order, a point that exists. The zero
/// address means that there is no signer; no caller may take it for one.
library Signatures {
    function recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) internal pure returns (address) {
        if (v != 27 && v != 28) return address(0);
        (address signer, ECDSA.RecoverError fault,) = ECDSA.tryRecover(digest, v, r, s);
        return fault == ECDSA.RecoverError.NoError ? signer : address(0);
    }

    /// @param signature 64 bytes of EIP-2098, the form in which stakers sign checkpoints
    function recoverCompact(bytes32 digest, bytes memory signature) internal pure returns (address) {
        if (signature.length != 64) return address(0);
        bytes32 r;
        bytes32 vs;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            vs := mload(add(signature, 0x40))
        }
        (address signer, ECDSA.RecoverError fault,) = ECDSA.tryRecover(digest, r, vs);
        return fault == ECDSA.RecoverError.NoError ? signer : address(0);
    }

    /// @param signature 65 bytes r ‖ s ‖ v, the form of consensus messages
    function recoverLong(bytes32 digest, bytes memory signature) internal pure returns (address) {
        if (signature.length != 65) return address(0);
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
        return recover(digest, v, r, s);
    }
}
