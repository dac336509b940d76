// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    ChainState,
    Checkpoint,
    CheckpointRecord,
    LiveCheckpoint,
    CheckpointStatus,
    RewardBasis
} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChainConfig} from "../../src/checkpoint/IKomaRegistry.sol";
import {SlashOrder} from "../../src/staking/IStakeManager.sol";

/// @notice Stand-in for CheckpointManager that takes any record, so that verifiers can be shown every state.
contract MockCheckpointManager {
    bytes32 private constant CHECKPOINT_TYPE = keccak256(
        "Checkpoint(uint64 chainId,uint64 epoch,uint64 number,address proposer,uint64 start,uint64 end,bytes32 rootHash,bytes32 lastBlockHash,bytes32 accountHash,bytes32 prevCheckpoint,uint64 generation)"
    );

    bytes32 public immutable domain;

    mapping(uint64 => mapping(uint64 => CheckpointRecord)) private _records;
    mapping(uint64 => ChainState) private _states;
    mapping(uint64 => mapping(bytes32 => bool)) public bannedBlock;

    event Rejected(uint64 chainId, uint64 number, bytes32 offenceId, bytes32 offendingBlock);

    constructor(uint256 rootChainId, address self) {
        domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("KOMA Checkpoint"),
                keccak256("1"),
                rootChainId,
                self
            )
        );
    }

    function put(uint64 chainId, uint64 number, CheckpointRecord memory record) external {
        _records[chainId][number] = record;
        if (_states[chainId].next <= number) _states[chainId].next = number + 1;
    }

    function setStatus(uint64 chainId, uint64 number, CheckpointStatus status) external {
        _records[chainId][number].status = status;
    }

    function ban(uint64 chainId, bytes32 blockHash) external {
        bannedBlock[chainId][blockHash] = true;
    }

    function checkpointAt(uint64 chainId, uint64 number) external view returns (CheckpointRecord memory) {
        return _records[chainId][number];
    }

    function liveCheckpoint(uint64 chainId, uint64 number) external view returns (LiveCheckpoint memory c) {
        if (!isLive(chainId, number)) return c;
        CheckpointRecord memory r = _records[chainId][number];
        return LiveCheckpoint(r.rootHash, r.structHash, r.start, r.end, r.submittedAt, r.challengeEnd, r.generation);
    }

    function rewardBasis(uint64 chainId, uint64 number) external view returns (RewardBasis memory basis) {
        basis.bitmap = _records[chainId][number].signerBitmap;
    }

    function chainState(uint64 chainId) external view returns (ChainState memory) {
        return _states[chainId];
    }

    function isLive(uint64 chainId, uint64 number) public view returns (bool) {
        CheckpointStatus status = _records[chainId][number].status;
        return
            number < _states[chainId].next
                && (status == CheckpointStatus.Pending || status == CheckpointStatus.Finalized);
    }

    function isFinal(uint64 chainId, uint64 number) external view returns (bool) {
        return _records[chainId][number].status == CheckpointStatus.Finalized;
    }

    function finalize(uint64, uint256) external pure returns (uint64) {
        revert("not in this stand-in");
    }

    function reject(uint64 chainId, uint64 number, bytes32 offenceId, bytes32 offendingBlock)
        external
        returns (uint256 signers, bool bannedBefore)
    {
        bannedBefore = bannedBlock[chainId][offendingBlock];
        signers = _records[chainId][number].signerBitmap;
        require(_records[chainId][number].status == CheckpointStatus.Pending, "not pending");
        _records[chainId][number].status = CheckpointStatus.Rejected;
        _states[chainId].next = number;
        _states[chainId].generation++;
        if (offendingBlock != bytes32(0)) bannedBlock[chainId][offendingBlock] = true;
        emit Rejected(chainId, number, offenceId, offendingBlock);
    }

    function digestOf(Checkpoint calldata c) external view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(CHECKPOINT_TYPE, c))));
    }
}

/// @notice Stand-in for StakeManager that writes down what it is told to charge.
contract MockStakeManager {
    mapping(address => uint256) private _seats;
    mapping(bytes32 => bool) public ordered;
    SlashOrder[] public orders;
    mapping(bytes32 => address) public paidTo;

    error AlreadySlashed(bytes32 offenceId);

    function seatSigner(address signer, uint256 seat) external {
        _seats[signer] = seat + 1;
    }

    function seatOfSigner(address signer) external view returns (bool found, uint256 seat) {
        found = _seats[signer] != 0;
        seat = found ? _seats[signer] - 1 : 0;
    }

    function slash(SlashOrder calldata order) external {
        if (ordered[order.offenceId]) revert AlreadySlashed(order.offenceId);
        ordered[order.offenceId] = true;
        orders.push(order);
    }

    function payBounty(bytes32 offenceId, address to) external returns (uint256) {
        require(ordered[offenceId] && paidTo[offenceId] == address(0), "no such bounty");
        paidTo[offenceId] = to;
        return 1;
    }

    function orderCount() external view returns (uint256) {
        return orders.length;
    }

    function orderAt(uint256 index) external view returns (SlashOrder memory) {
        return orders[index];
    }
}

/// @notice Stand-in for KomaRegistry with one chain and a list of producer tenures.
contract MockRegistry {
    struct Tenure {
        address key;
        uint64 from;
        uint64 to;
    }

    ChainConfig private _config;
    Tenure[] private _tenures;
    mapping(address => bool) public ejected;
    mapping(uint64 chainId => mapping(address child => address)) public rootTokenOf;

    function mapToken(uint64 chainId, address child, address rootToken) external {
        rootTokenOf[chainId][child] = rootToken;
    }

    function configure(ChainConfig memory config) external {
        _config = config;
    }

    function appoint(address key, uint64 from, uint64 to) external {
        _tenures.push(Tenure(key, from, to));
    }

    function chainConfig(uint64) external view returns (ChainConfig memory) {
        return _config;
    }

    /// @notice Chains below 1000 are nobody's.
    function registeredAt(uint64 chainId) external view returns (uint40) {
        return _config.registered && chainId >= 1000 ? 1 : 0;
    }

    function isAuthorizedProducer(uint64, address key, uint64 fromTime, uint64 toTime) external view returns (bool) {
        for (uint256 i; i < _tenures.length; ++i) {
            Tenure memory tenure = _tenures[i];
            if (tenure.key == key && tenure.from <= toTime && fromTime <= tenure.to) return true;
        }
        return false;
    }

    function ejectProducer(uint64, address key) external {
        ejected[key] = true;
    }
}
