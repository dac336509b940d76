// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";
import {WorkTotals} from "../../src/child/ProducerStats.sol";
import {StatsProof} from "../../src/rewards/WorkProof.sol";

/// @dev A block whose state has one account, ProducerStats, with one slot: the totals of one signer.
library StatsState {
    function proofOf(address signer, WorkTotals memory totals) internal pure returns (StatsProof memory) {
        return proofAt(Predeploys.PRODUCER_STATS, keccak256(abi.encode(signer, 1)), totals);
    }

    function proofAt(address account, bytes32 key, WorkTotals memory t) internal pure returns (StatsProof memory p) {
        uint256 word = uint256(t.asked) | uint256(t.came) << 40 | uint256(t.expected) << 80 | uint256(t.made) << 120
            | uint256(t.credit) << 160;
        p.slot = new bytes[](1);
        p.slot[0] = leaf(keccak256(abi.encode(key)), RLP.encode(word));
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(1));
        fields[1] = RLP.encode(uint256(0));
        fields[2] = RLP.encode(keccak256(p.slot[0]));
        fields[3] = RLP.encode(keccak256("code"));
        p.account = new bytes[](1);
        p.account[0] = leaf(keccak256(abi.encodePacked(account)), RLP.encode(fields));
        p.header = headerOf(keccak256(p.account[0]));
    }

    /// @dev A trie of one leaf: its root is the hash of it.
    function leaf(bytes32 key, bytes memory value) internal pure returns (bytes memory) {
        bytes[] memory items = new bytes[](2);
        items[0] = RLP.encode(abi.encodePacked(hex"20", key));
        items[1] = RLP.encode(value);
        return RLP.encode(items);
    }

    function headerOf(bytes32 stateRoot) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](20);
        for (uint256 i; i < 20; ++i) {
            fields[i] = RLP.encode(uint256(i));
        }
        fields[0] = RLP.encode(keccak256("parent"));
        fields[1] = RLP.encode(keccak256(hex"c0"));
        fields[2] = RLP.encode(abi.encodePacked(address(0xC0)));
        fields[3] = RLP.encode(stateRoot);
        fields[4] = RLP.encode(keccak256("transactions"));
        fields[5] = RLP.encode(keccak256("receipts"));
        fields[6] = RLP.encode(new bytes(256));
        fields[12] = RLP.encode(bytes("extra"));
        fields[13] = RLP.encode(keccak256("randao"));
        fields[14] = RLP.encode(new bytes(8));
        fields[16] = RLP.encode(keccak256("withdrawals"));
        fields[19] = RLP.encode(keccak256("beacon"));
        return RLP.encode(fields);
    }
}
