// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Predeploys} from "./Predeploys.sol";
import {RootInfo} from "./RootInfo.sol";

/// @notice What the committee of one era did, as the unit with the era's last block shows it.
/// @param firstBlock, lastBlock all blocks of the era, the switch block at its end included
/// @param lastBlockHash ties the record to one branch: signed again after a rollback, it is another one
/// @param entries one word per member with anything to tell, from the lowest bits up: signer (160), rounds that asked it for
/// a unit, that got one, slots that it led, blocks that it made (16 each), its share of the weight in billionths (32)
struct EraWork {
    uint64 firstBlock;
    uint64 lastBlock;
    bytes32 lastBlockHash;
    uint256[] entries;
}

/// @notice Sums over all recorded eras. One slot, from the lowest bits up in the order given.
/// @param credit rounds that got a unit, each weighed with the signer's share of the era's weight, in billionths
struct WorkTotals {
    uint40 asked;
    uint40 came;
    uint40 expected;
    uint40 made;
    uint96 credit;
}

/// @title Who made blocks, and who took part in making them final
/// @notice Recorded era by era in the state of the chain, where a proof against any checkpoint shows it to the root chain,
/// which pays for it (`ProducerRewards`). A checkpoint costs no more for it.
/// @dev Root contracts design, section 1, index 07, and KoMaBFT spec 13 (participation). Like a change in RootInfo a record
/// takes signatures of two thirds of the recorded power: every node finds the same in the unit of the switch block, and
/// whether a block is valid does not depend on who has that unit. Never constructed.
contract ProducerStats {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant WORK_TYPEHASH =
        keccak256("EraWork(uint64 firstBlock,uint64 lastBlock,bytes32 lastBlockHash,uint256[] entries)");
    uint256 private constant MAX_MEMBERS = 256;

    /// @notice Height up to which work is recorded. Eras may be missing below it, and are not made up for.
    uint64 public recordedUpTo;
    mapping(address signer => WorkTotals) private _totals;

    event EraWorkRecorded(uint64 indexed firstBlock, uint64 indexed lastBlock, uint256[] entries);

    error AlreadyRecorded(uint64 firstBlock, uint64 recordedUpTo);
    error BadRange(uint64 firstBlock, uint64 lastBlock);
    /// @notice No such block among the newest 256 of this branch.
    error UnknownBlock(uint64 number, bytes32 blockHash);
    error BadEntryCount(uint256 got, uint256 max);

    /// @notice Records an era. Anyone may; producers do it in their own blocks.
    /// @param signers one bit per seat of RootInfo's set whose signature is in `signatures`
    /// @param signatures 64 bytes each (EIP-2098) over `digestOf(work)`, in ascending order of seats
    function record(EraWork calldata work, uint256 signers, bytes calldata signatures) external {
        if (work.firstBlock <= recordedUpTo) revert AlreadyRecorded(work.firstBlock, recordedUpTo);
        if (work.lastBlock < work.firstBlock) revert BadRange(work.firstBlock, work.lastBlock);
        // Zero for blocks of the future and for those more than 256 back.
        bytes32 known = blockhash(work.lastBlock);
        if (known == 0 || known != work.lastBlockHash) revert UnknownBlock(work.lastBlock, work.lastBlockHash);
        uint256 count = work.entries.length;
        if (count > MAX_MEMBERS) revert BadEntryCount(count, MAX_MEMBERS);
        RootInfo(Predeploys.ROOT_INFO).requireSigned(digestOf(work), signers, signatures);
        for (uint256 i; i < count; ++i) {
            _add(work.entries[i]);
        }
        recordedUpTo = work.lastBlock;
        emit EraWorkRecorded(work.firstBlock, work.lastBlock, work.entries);
    }

    /// @notice What validators sign, EIP-712.
    function digestOf(EraWork calldata work) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("KOMA ProducerStats"), keccak256("1"), block.chainid, Predeploys.PRODUCER_STATS
            )
        );
        bytes32 content = keccak256(
            abi.encode(
                WORK_TYPEHASH,
                work.firstBlock,
                work.lastBlock,
                work.lastBlockHash,
                keccak256(abi.encodePacked(work.entries))
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, content));
    }

    function totalsOf(address signer) external view returns (WorkTotals memory) {
        return _totals[signer];
    }

    function _add(uint256 entry) private {
        WorkTotals storage totals = _totals[address(uint160(entry))];
        uint40 came = uint16(entry >> 176);
        totals.asked += uint16(entry >> 160);
        totals.came += came;
        totals.expected += uint16(entry >> 192);
        totals.made += uint16(entry >> 208);
        totals.credit += uint96(came) * uint32(entry >> 224);
    }
}
