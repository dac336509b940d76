// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {DepositHash} from "../bridge/DepositHash.sol";
import {DepositKind} from "../bridge/IDepositManager.sol";
import {ChildERC20} from "./ChildERC20.sol";
import {ChildTokenFactory} from "./ChildTokenFactory.sol";
import {IChildBridgeEvents} from "./IKomaToken.sol";
import {KomaNative} from "./KomaNative.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title The KOMA chain's end of the bridge
/// @notice The producer of a block delivers the root chain's deposits in the order of their ids, each once. A credit
/// that fails (a recipient that refuses coins, a token that is not mapped) holds nobody up: it is parked and anyone can
/// try it again.
/// @dev Root contracts design, section 7. No custom precompile and no system call: `deliver` is an ordinary transaction
/// of the block's coinbase, inside both of the block's roots, so a forged delivery can be proven on the root chain.
/// Kind `Message` is reserved for the StateSender; until it exists such an id is parked like a failing credit.
contract ChildBridge is ReentrancyGuardTransient, IChildBridgeEvents {
    /// @notice Gas that one credit may use.
    uint256 public constant CREDIT_GAS = 200_000;
    /// @notice Gas that the creation of a child token may use.
    uint256 public constant MAP_GAS = 4_000_000;
    /// @dev What is needed after a credit that used all its gas: parking and the log.
    uint256 private constant RESERVE_GAS = 60_000;

    /// @notice Id of the last delivery; the next one is `lastId + 1`.
    uint64 public lastId;
    /// @notice Hash of a delivered deposit whose credit failed and still waits, else zero.
    mapping(uint64 id => bytes32) public claimable;

    /// @notice A parked deposit was credited after all.
    event DepositClaimed(uint64 indexed id, address indexed rootToken, address indexed recipient, address childToken);

    error NotCoinbase(address caller, address coinbase);
    error BadDepositId(uint64 want, uint64 got);
    /// @notice The root chain's clock is ahead: the deposit is delivered by a later block.
    error DepositFromTheFuture(uint40 createdAt, uint256 blockTime);
    error InsufficientGas(uint256 available, uint256 needed);
    error NotClaimable(uint64 id);
    error OnlySelf(address caller);
    error NotMapped(address rootToken);
    error KindNotSupported(DepositKind kind);

    /// @notice Delivers the next deposit; only the block's producer.
    /// @param amount as received by the escrow, in the token's smallest unit
    /// @param createdAt time of the root chain's block of the deposit, seconds
    function deliver(
        uint64 id,
        DepositKind kind,
        address rootToken,
        address recipient,
        uint256 amount,
        bytes calldata data,
        uint40 createdAt
    ) external nonReentrant {
        if (msg.sender != block.coinbase) revert NotCoinbase(msg.sender, block.coinbase);
        if (id != lastId + 1) revert BadDepositId(lastId + 1, id);
        if (createdAt > block.timestamp) revert DepositFromTheFuture(createdAt, block.timestamp);
        lastId = id;

        bytes32 hash =
            DepositHash.compute(uint64(block.chainid), id, kind, rootToken, recipient, amount, data, createdAt);
        uint256 creditGas = kind == DepositKind.MapToken ? MAP_GAS : CREDIT_GAS;
        // A call gets at most 63/64 of what is left (EIP-150). Without this check a producer could starve a good credit
        // and park it.
        uint256 needed = (creditGas * 64) / 63 + RESERVE_GAS;
        if (gasleft() < needed) revert InsufficientGas(gasleft(), needed);

        bool credited;
        address childToken;
        try this.credit{gas: creditGas}(kind, rootToken, recipient, amount, data) returns (address token) {
            credited = true;
            childToken = token;
        } catch {
            claimable[id] = hash;
        }
        emit DepositDelivered(id, rootToken, recipient, childToken, amount, hash, credited);
    }

    /// @notice Tries a parked deposit again; anyone, with the gas the caller gives. Arguments as in its `deliver`.
    function claim(
        uint64 id,
        DepositKind kind,
        address rootToken,
        address recipient,
        uint256 amount,
        bytes calldata data,
        uint40 createdAt
    ) external nonReentrant returns (address childToken) {
        bytes32 hash = DepositHash.compute(
            uint64(block.chainid), id, kind, rootToken, recipient, amount, data, createdAt
        );
        if (hash != claimable[id]) revert NotClaimable(id);
        delete claimable[id];
        childToken = this.credit(kind, rootToken, recipient, amount, data);
        emit DepositClaimed(id, rootToken, recipient, childToken);
    }

    /// @notice The credit itself, external only so that it can fail alone; callable by this contract alone.
    function credit(DepositKind kind, address rootToken, address recipient, uint256 amount, bytes calldata data)
        external
        returns (address childToken)
    {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        if (kind == DepositKind.Native) {
            KomaNative(Predeploys.KOMA_NATIVE).creditDeposit(recipient, amount);
            return Predeploys.KOMA_NATIVE;
        }
        ChildTokenFactory factory = ChildTokenFactory(Predeploys.CHILD_TOKEN_FACTORY);
        if (kind == DepositKind.ERC20) {
            childToken = factory.childOf(rootToken);
            if (childToken == address(0)) revert NotMapped(rootToken);
            ChildERC20(childToken).creditDeposit(recipient, amount);
        } else if (kind == DepositKind.MapToken) {
            (string memory name, string memory symbol, uint8 decimals) = abi.decode(data, (string, string, uint8));
            childToken = factory.create(rootToken, name, symbol, decimals);
        } else {
            revert KindNotSupported(kind);
        }
    }
}
