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
/// @param producers one bit per seat that is in the chain's producer list, all of them, not only changed ones
/// @param producerKeys for each bit of `producers`, in ascending order of seats, the key that seals the seat's blocks; zero:
/// the seat's signer key
struct RootSetChange {
    uint64 serial;
    uint64 rootBlock;
    bytes32 rootBlockHash;
    uint256 changed;
    uint256[] entries;
    uint256 producers;
    address[] producerKeys;
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
        "RootSetChange(uint64 serial,uint64 rootBlock,bytes32 rootBlockHash,uint256 changed,uint256[] entries,uint256 producers,address[] producerKeys)"
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
    /// @notice One bit per seat that is a producer's.
    uint256 public producers;
    RootSeat[256] private _seats;
    /// @dev Of producers that seal with another key than their signer key; zero for all others.
    address[256] private _producerKeys;
    /// @dev One bit per seat with such a key, so that the others cost no access.
    uint256 private _keyed;

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
    /// @notice Not one key for each producer, or the signer key written out, which is left zero.
    error BadProducerKeys(uint256 seat);
    error BadSignatureCount(uint256 want, uint256 got);
    error BadSignature(uint256 seat);
    error NoQuorum(uint256 signed, uint256 total);

    /// @notice Records a later set. Anyone may; producers do it in their own blocks.
    /// @param signers one bit per seat of the recorded set whose signature is in `signatures`
    /// @param signatures 64 bytes each (EIP-2098) over `digestOf(change)`, in ascending order of seats
    function record(RootSetChange calldata change, uint256 signers, bytes calldata signatures) external {
        if (change.serial != serial) revert BadSerial(serial, change.serial);
        if (change.rootBlock <= rootBlock) revert NotNewer(change.rootBlock, rootBlock);
        if (change.changed == 0 && change.producers == producers && _sameKeys(change.producerKeys)) {
            revert NothingChanged();
        }
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
                change.producers,
                keccak256(abi.encodePacked(change.producerKeys))
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, content));
    }

    /// @notice A seat of the recorded set; zero power: empty.
    function seatAt(uint256 seat) external view returns (address signer, uint96 power) {
        RootSeat storage s = _seats[seat];
        return (s.signer, s.power);
    }

    /// @notice Key that seals the blocks of a producer's seat; zero for seats without a producer.
    function producerKeyAt(uint256 seat) external view returns (address) {
        if ((producers >> seat) & 1 == 0) return address(0);
        address key = _producerKeys[seat];
        return key == address(0) ? _seats[seat].signer : key;
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
        _applyKeys(change);
        producers = change.producers;
    }

    /// @dev Writes the keys of the new producers and clears those of the ones before.
    function _applyKeys(RootSetChange calldata change) private {
        uint256 before = _keyed;
        uint256 keyed;
        uint256 next;
        uint256 seat;
        for (uint256 left = change.producers | before; left != 0; (left >>= 1, ++seat)) {
            if (left & 1 == 0) continue;
            address key;
            if ((change.producers >> seat) & 1 == 1) {
                if (next == change.producerKeys.length) revert BadProducerKeys(seat);
                key = change.producerKeys[next++];
            }
            if (key != address(0)) {
                if (key == _seats[seat].signer) revert BadProducerKeys(seat);
                keyed |= 1 << seat;
                _producerKeys[seat] = key;
            } else if ((before >> seat) & 1 == 1) {
                delete _producerKeys[seat];
            }
        }
        if (next != change.producerKeys.length) revert BadProducerKeys(seat);
        if (keyed != before) _keyed = keyed;
    }

    /// @dev Whether the producers, who have not changed, keep their keys. A list of another length is left to `_applyKeys`.
    function _sameKeys(address[] calldata keys) private view returns (bool) {
        uint256 keyed = _keyed;
        uint256 next;
        uint256 seat;
        for (uint256 left = producers; left != 0; (left >>= 1, ++seat)) {
            if (left & 1 == 0) continue;
            if (next == keys.length) return false;
            address key = (keyed >> seat) & 1 == 1 ? _producerKeys[seat] : address(0);
            if (key != keys[next++]) return false;
        }
        return next == keys.length;
    }
}
