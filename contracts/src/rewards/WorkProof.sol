// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {Predeploys} from "../child/Predeploys.sol";
import {WorkTotals} from "../child/ProducerStats.sol";
import {Header, HeaderDecoder} from "../fraud/proofs/HeaderDecoder.sol";
import {RlpItem, StrictRLP} from "../fraud/proofs/StrictRLP.sol";

/// @notice Way from a block to a slot of `ProducerStats`.
/// @param header RLP of the block's header
/// @param account, slot trie nodes from the root down, as `eth_getProof` (EIP-1186) answers them
struct StatsProof {
    bytes header;
    bytes[] account;
    bytes[] slot;
}

/// @title The work of a signer, as the state after a block has it
/// @notice Reverts for whatever does not follow from the block's hash, absence included: nothing can be proven of a signer
/// of whom nothing is recorded.
library WorkProof {
    using StrictRLP for RlpItem;

    /// @dev `ProducerStats._totals`.
    uint256 private constant TOTALS_SLOT = 1;
    uint256 private constant ACCOUNT_FIELDS = 4;
    uint256 private constant STORAGE_ROOT = 2;
    uint256 private constant COUNT = type(uint40).max;

    error NotTheHeader(bytes32 want, bytes32 got);

    function totalsIn(bytes32 blockHash, address signer, StatsProof calldata p)
        internal
        pure
        returns (WorkTotals memory totals)
    {
        bytes32 hash = keccak256(p.header);
        (bool ok, Header memory header) = HeaderDecoder.tryDecode(p.header);
        if (!ok || hash != blockHash) revert NotTheHeader(blockHash, hash);
        bytes32 key = keccak256(abi.encodePacked(Predeploys.PRODUCER_STATS));
        bytes memory account = TrieProof.traverse(header.stateRoot, abi.encodePacked(key), p.account);
        bytes32 storageRoot = StrictRLP.open(account).fields(ACCOUNT_FIELDS)[STORAGE_ROOT].bytes32Of();
        key = keccak256(abi.encodePacked(keccak256(abi.encode(signer, TOTALS_SLOT))));
        uint256 word = StrictRLP.open(TrieProof.traverse(storageRoot, abi.encodePacked(key), p.slot)).uintOf(32);
        totals.asked = uint40(word & COUNT);
        totals.came = uint40((word >> 40) & COUNT);
        totals.expected = uint40((word >> 80) & COUNT);
        totals.made = uint40((word >> 120) & COUNT);
        totals.credit = uint96(word >> 160);
    }
}
