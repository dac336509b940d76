// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockProof} from "./ProofTypes.sol";

/// @notice What can be demanded of a block.
enum Part {
    Header,
    Transactions,
    Receipts
}

/// @notice What became of a demand. An open one is kept as the hash of its terms alone.
enum DemandState {
    None,
    Open,
    Answered,
    Convicted,
    Void
}

/// @notice A demand for data behind a leaf of a pending checkpoint.
/// @param structHash checkpoint that is meant; another one under the same number is not
/// @param blockNumber block under it
/// @param from, to bytes of the part that are demanded, as they are walked: the nodes of the part's trie in pre-order
/// @param escrow wei of Ether from which answers are paid
/// @param deadline seconds; an answer is in time until then, inclusive
struct Demand {
    uint64 chainId;
    uint64 number;
    bytes32 structHash;
    uint64 blockNumber;
    Part part;
    uint32 from;
    uint32 to;
    bytes32 offenceId;
    address demander;
    uint96 escrow;
    uint40 deadline;
}

/// @notice The next chunk of a part.
/// @param b leaf of the block; looked at where the part begins, and for headers
/// @param stack hashes of the nodes that are still to be shown, the next one last; looked at where the part has begun
/// @param nodes RLP of the next nodes; for a header that alone. An empty one stands for the node that `pieces` make up
/// @param pieces contracts of `stage` that hold a node too large for one transaction, in order
struct Chunk {
    BlockProof b;
    bytes32[] stack;
    bytes[] nodes;
    address[] pieces;
}

/// @notice How far a part of a block has been shown.
/// @param stackHash keccak256 of the hashes of the nodes that are still to be shown; zero before the first chunk
/// @param shown bytes shown so far
/// @param demandedTo bytes demanded so far
/// @param ended nothing is left to show
struct Walk {
    bytes32 stackHash;
    uint32 shown;
    uint32 demandedTo;
    bool ended;
}

/// @notice Demands on one checkpoint.
/// @param heldUntil time until which fraud in data that came late can be proven, seconds
/// @param open demands that are not concluded
/// @param held this court keeps the checkpoint from becoming final
struct Docket {
    uint40 heldUntil;
    uint8 open;
    bool held;
}

/// @notice What happens in the court for data.
interface IDataCourtEvents {
    /// @notice The terms are needed to answer or conclude the demand: they are kept nowhere else.
    event DataDemanded(uint256 indexed id, uint64 indexed chainId, uint64 indexed number, Demand demand);
    /// @notice Bytes up to `shown` of the part are in this chain's history now.
    event DataShown(uint256 indexed id, address indexed responder, uint32 shown, uint256 paid);
    event DemandConcluded(uint256 indexed id, DemandState state, uint256 returned);
    event CheckpointReleased(uint64 indexed chainId, uint64 indexed number, bytes32 structHash);
    event PieceStaged(address indexed piece, uint256 size);
    event OwedWithdrawn(address indexed account, address indexed to, uint256 amount);
}
