// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Signatures} from "../fraud/proofs/Signatures.sol";
import {Predeploys} from "./Predeploys.sol";

/// @notice A validator of the root chain's StakeManager. One slot: the signer in the lower 160 bits, the power above.
struct RootSeat {
    address signer;
    uint96 power;
}

/// @notice What changes between the recorded set and the one of a later root-chain block.
/// @param serial number of the recorded set that this is a change of
/// @param rootBlock root-chain block as of which the new set holds; later than the recorded one
/// @param changed one bit per seat whose entry is in `entries`
/// @param entries the changed seats in ascending order, each the word of a RootSeat; zero: the seat is empty now
/// @param producers one bit per seat whose signer is in the chain's producer list, all of them, not only changed ones
struct RootSetChange {
    uint64 serial;
    uint64 rootBlock;
    bytes32 rootBlockHash;
    uint256 changed;
    uint256[] entries;
    uint256 producers;
}

/// @title Who validates, as the root chain says
/// @notice The stakes of the root chain and the chain's producers, as of one root-chain block. Every switch block fixes
/// with this contract's state who is in the committee of the era after the next.
/// @dev Root contracts design, section 1, index 08. Each recorded set signs its successor: a change takes signatures of
/// two thirds of the power of the set before it, as much as it takes to make a block final. So nobody, the producer
/// included, can write anything that the validators have not seen on the root chain, and whether a block is valid
/// never depends on what somebody knows of the root chain. Never constructed: genesis fills the storage.
contract RootInfo {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant CHANGE_TYPEHASH = keccak256(
        "RootSetChange(uint64 serial,uint64 rootBlock,bytes32 rootBlockHash,uint256 changed,uint256[] entries,uint256 producers)"
    );
    uint256 private constant COMPACT_BYTES = 64;

    /// @notice Number of the recorded set; genesis is 0.
    uint64 public serial;
    /// @notice Root-chain block as of which the recorded set holds; 0: the genesis of this chain.
    uint64 public rootBlock;
    /// @notice Sum of the powers of all seats, wei of KMC.
    uint96 public totalPower;
    bytes32 public rootBlockHash;
    /// @notice One bit per seat with power.
    uint256 public seats;
    /// @notice One bit per seat whose signer is a producer.
    uint256 public producers;
    RootSeat[256] private _seats;

    /// @notice A later set of the root chain was recorded.
    event RootSetRecorded(
        uint64 indexed serial, uint64 indexed rootBlock, bytes32 rootBlockHash, uint256 changed, uint256 producers
    );

    error BadSerial(uint64 want, uint64 got);
    error NotNewer(uint64 rootBlock, uint64 recorded);
    error NothingChanged();
    error BadEntryCount(uint256 want, uint256 got);
    error BadEntry(uint256 seat);
    error NoPowerLeft();
    error BadProducers(uint256 producers, uint256 seats);
    error BadSignatureCount(uint256 want, uint256 got);
    error BadSignature(uint256 seat);
    error NoQuorum(uint256 signed, uint256 total);

    /// @notice Records a later set. Anyone may; producers do it in their own blocks.
    /// @param signers one bit per seat of the recorded set whose signature is in `signatures`
    /// @param signatures 64 bytes each (EIP-2098) over `digestOf(change)`, in ascending order of seats
    function record(RootSetChange calldata change, uint256 signers, bytes calldata signatures) external {
        if (change.serial != serial) revert BadSerial(serial, change.serial);
        if (change.rootBlock <= rootBlock) revert NotNewer(change.rootBlock, rootBlock);
        if (change.changed == 0 && change.producers == producers) revert NothingChanged();
        requireSigned(digestOf(change), signers, signatures);
        _apply(change);
        serial = change.serial + 1;
        rootBlock = change.rootBlock;
        rootBlockHash = change.rootBlockHash;
        emit RootSetRecorded(
            change.serial + 1, change.rootBlock, change.rootBlockHash, change.changed, change.producers
        );
    }

    /// @notice What validators sign, EIP-712.
    function digestOf(RootSetChange calldata change) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("KOMA RootInfo"), keccak256("1"), block.chainid, Predeploys.ROOT_INFO
            )
        );
        bytes32 content = keccak256(
            abi.encode(
                CHANGE_TYPEHASH,
                change.serial,
                change.rootBlock,
                change.rootBlockHash,
                change.changed,
                keccak256(abi.encodePacked(change.entries)),
                change.producers
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, content));
    }

    /// @notice A seat of the recorded set; zero power: empty.
    function seatAt(uint256 seat) external view returns (address signer, uint96 power) {
        RootSeat storage s = _seats[seat];
        return (s.signer, s.power);
    }

    /// @notice Reverts unless two thirds of the recorded power signed `digest`; ProducerStats asks it, too.
    /// @param signers one bit per seat of the recorded set whose signature is in `signatures`
    /// @param signatures 64 bytes each (EIP-2098), in ascending order of seats
    function requireSigned(bytes32 digest, uint256 signers, bytes calldata signatures) public view {
        uint256 signed;
        uint256 offset;
        uint256 seat;
        for (uint256 left = signers; left != 0; (left >>= 1, ++seat)) {
            if (left & 1 == 0) continue;
            if (signatures.length < offset + COMPACT_BYTES) {
                revert BadSignatureCount(offset + COMPACT_BYTES, signatures.length);
            }
            RootSeat memory s = _seats[seat];
            address signer = Signatures.recoverCompact(digest, signatures[offset:offset + COMPACT_BYTES]);
            // An empty seat has no signer, and a signature that is none recovers to nobody.
            if (signer == address(0) || signer != s.signer) revert BadSignature(seat);
            signed += s.power;
            offset += COMPACT_BYTES;
        }
        if (signatures.length != offset) revert BadSignatureCount(offset, signatures.length);
        // Two contradicting changes would share a third of the power: as with finality, a third would have to lie.
        if (signed * 3 < uint256(totalPower) * 2) revert NoQuorum(signed, totalPower);
    }

    function _apply(RootSetChange calldata change) private {
        uint256 occupied = seats;
        uint256 total = totalPower;
        uint256 next;
        uint256 seat;
        for (uint256 left = change.changed; left != 0; (left >>= 1, ++seat)) {
            if (left & 1 == 0) continue;
            if (next == change.entries.length) revert BadEntryCount(next + 1, next);
            uint256 word = change.entries[next++];
            address signer = address(uint160(word));
            uint96 power = uint96(word >> 160);
            if ((power == 0) != (signer == address(0))) revert BadEntry(seat);
            total = total - _seats[seat].power + power;
            _seats[seat] = RootSeat(signer, power);
            occupied = power == 0 ? occupied & ~(1 << seat) : occupied | (1 << seat);
        }
        if (next != change.entries.length) revert BadEntryCount(next, change.entries.length);
        if (total == 0) revert NoPowerLeft();
        if (change.producers & ~occupied != 0) revert BadProducers(change.producers, occupied);
        if (total > type(uint96).max) revert BadEntry(seat);
        totalPower = uint96(total);
        seats = occupied;
        producers = change.producers;
    }
}
