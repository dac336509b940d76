// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Governed} from "../checkpoint/Governed.sol";
import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {DepositHash} from "./DepositHash.sol";
import {DepositKind, IDepositManager} from "./IDepositManager.sol";

/// @title Deposits to KOMA chains and the escrow behind them
/// @notice Every chain has its own escrow per token and its own stream of deposits, numbered from 1 without gaps. The
/// chain's producers deliver the stream in order. What a chain pays out can never exceed its own escrow.
/// @dev Root contracts design, section 7. Kinds for Ether and ERC-721 and the StateSender's messages join the same stream
/// when they are built; until then nothing but KMC and mapped ERC-20 tokens is accepted.
contract DepositManager is Governed, ReentrancyGuardTransient, IDepositManager {
    using SafeERC20 for IERC20;

    /// @custom:storage-location erc7201:koma.storage.DepositManager
    struct DepositStorage {
        address kmc;
        IKomaRegistry registry;
        address withdrawManager;
        mapping(uint64 chainId => uint64) count;
        mapping(uint64 chainId => mapping(uint64 id => bytes32)) hashes;
        mapping(uint64 chainId => mapping(address token => uint256)) escrow;
        mapping(address token => uint256) maxDeposit;
    }

    // keccak256(abi.encode(uint256(keccak256("koma.storage.DepositManager")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant DEPOSIT_SLOT = 0x831d4c11fae016d543e01840b5e9e2035fda720947a9198e36324a4f420a5800;

    /// @notice Longest name and symbol of a mapped token, bytes; a child token stores them.
    uint256 public constant MAX_NAME_LENGTH = 64;
    uint256 public constant MAX_SYMBOL_LENGTH = 32;

    /// @param amount what the escrow received, in the token's smallest unit
    /// @param createdAt seconds
    event Deposited(
        uint64 indexed chainId,
        uint64 indexed id,
        address indexed recipient,
        address sender,
        address rootToken,
        uint256 amount,
        DepositKind kind,
        bytes data,
        uint40 createdAt,
        bytes32 depositHash
    );
    event EscrowSeeded(uint64 indexed chainId, address indexed token, address indexed from, uint256 amount);
    event Released(uint64 indexed chainId, address indexed token, address indexed to, uint256 amount);
    event MaxDepositChanged(address indexed token, uint256 amount);

    error UnknownChain(uint64 chainId);
    error TokenNotMapped(uint64 chainId, address token);
    error UseDepositKMC();
    error ZeroAmount();
    error ZeroRecipient();
    error DepositTooLarge(uint256 amount, uint256 max);
    error EscrowExceeded(uint64 chainId, address token, uint256 wanted, uint256 escrow);
    error NotRegistry(address caller);
    error NotWithdrawManager(address caller);
    error NameTooLong(uint256 length, uint256 max);

    /// @param maxPause seconds a guardian may pause deposits for; releases cannot be paused
    /// @param withdrawManager_ the only account that `release` pays for
    function initialize(
        address owner_,
        address guardian_,
        uint40 maxPause,
        address kmc_,
        IKomaRegistry registry_,
        address withdrawManager_
    ) external initializer {
        __Governed_init(owner_, guardian_, maxPause);
        if (kmc_ == address(0) || address(registry_) == address(0) || withdrawManager_ == address(0)) {
            revert ZeroAddress();
        }
        DepositStorage storage $ = _deposits();
        $.kmc = kmc_;
        $.registry = registry_;
        $.withdrawManager = withdrawManager_;
    }

    /// @notice Deposits KMC; it arrives as the chain's native coin.
    /// @param amount wei of KMC; the caller has approved it
    function depositKMC(uint64 chainId, address recipient, uint256 amount) external returns (uint64 id) {
        return _depositKMC(chainId, recipient, amount);
    }

    /// @notice `depositKMC` with the approval as an EIP-2612 signature in the same transaction.
    function depositKMCWithPermit(
        uint64 chainId,
        address recipient,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint64 id) {
        _permit(_deposits().kmc, amount, deadline, v, r, s);
        return _depositKMC(chainId, recipient, amount);
    }

    /// @notice Deposits a mapped token; it arrives as its child token.
    /// @param amount in the token's smallest unit; credited is what the escrow receives
    function depositERC20(uint64 chainId, address token, address recipient, uint256 amount)
        external
        returns (uint64 id)
    {
        return _depositERC20(chainId, token, recipient, amount);
    }

    /// @notice `depositERC20` with the approval as an EIP-2612 signature, for tokens that know it.
    function depositERC20WithPermit(
        uint64 chainId,
        address token,
        address recipient,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint64 id) {
        _permit(token, amount, deadline, v, r, s);
        return _depositERC20(chainId, token, recipient, amount);
    }

    /// @notice Adds to a chain's escrow without a deposit. It backs what a chain's genesis allocated; nobody can take it
    /// back but by withdrawing on that chain.
    function seedEscrow(uint64 chainId, address token, uint256 amount) external nonReentrant {
        if (!_deposits().registry.chainConfig(chainId).registered) revert UnknownChain(chainId);
        uint256 received = _pull(chainId, token, amount);
        emit EscrowSeeded(chainId, token, msg.sender, received);
    }

    /// @inheritdoc IDepositManager
    function enqueueMapToken(
        uint64 chainId,
        address rootToken,
        string calldata name,
        string calldata symbol,
        uint8 decimals
    ) external returns (uint64 id) {
        if (msg.sender != address(_deposits().registry)) revert NotRegistry(msg.sender);
        if (bytes(name).length > MAX_NAME_LENGTH) revert NameTooLong(bytes(name).length, MAX_NAME_LENGTH);
        if (bytes(symbol).length > MAX_SYMBOL_LENGTH) revert NameTooLong(bytes(symbol).length, MAX_SYMBOL_LENGTH);
        return _append(chainId, DepositKind.MapToken, rootToken, address(0), 0, abi.encode(name, symbol, decimals));
    }

    /// @inheritdoc IDepositManager
    function release(uint64 chainId, address token, address to, uint256 amount) external nonReentrant {
        DepositStorage storage $ = _deposits();
        if (msg.sender != $.withdrawManager) revert NotWithdrawManager(msg.sender);
        uint256 available = $.escrow[chainId][token];
        if (amount > available) revert EscrowExceeded(chainId, token, amount, available);
        $.escrow[chainId][token] = available - amount;
        IERC20(token).safeTransfer(to, amount);
        emit Released(chainId, token, to, amount);
    }

    /// @inheritdoc IDepositManager
    function requireIdle() external view nonReentrantView {}

    /// @notice Limits single deposits of a token.
    /// @param amount in the token's smallest unit, 0 = no limit
    function setMaxDeposit(address token, uint256 amount) external onlyOwner {
        _deposits().maxDeposit[token] = amount;
        emit MaxDepositChanged(token, amount);
    }

    function depositHash(uint64 chainId, uint64 id) external view returns (bytes32) {
        return _deposits().hashes[chainId][id];
    }

    function depositCount(uint64 chainId) external view returns (uint64) {
        return _deposits().count[chainId];
    }

    function escrow(uint64 chainId, address token) external view returns (uint256) {
        return _deposits().escrow[chainId][token];
    }

    function maxDeposit(address token) external view returns (uint256) {
        return _deposits().maxDeposit[token];
    }

    function kmc() external view returns (address) {
        return _deposits().kmc;
    }

    function registry() external view returns (IKomaRegistry) {
        return _deposits().registry;
    }

    function withdrawManager() external view returns (address) {
        return _deposits().withdrawManager;
    }

    function _depositKMC(uint64 chainId, address recipient, uint256 amount)
        private
        whenNotPaused
        nonReentrant
        returns (uint64)
    {
        DepositStorage storage $ = _deposits();
        if (!$.registry.chainConfig(chainId).registered) revert UnknownChain(chainId);
        return _deposit(chainId, DepositKind.Native, $.kmc, recipient, amount);
    }

    function _depositERC20(uint64 chainId, address token, address recipient, uint256 amount)
        private
        whenNotPaused
        nonReentrant
        returns (uint64)
    {
        DepositStorage storage $ = _deposits();
        if (token == $.kmc) revert UseDepositKMC();
        if ($.registry.childTokenOf(chainId, token) == address(0)) revert TokenNotMapped(chainId, token);
        return _deposit(chainId, DepositKind.ERC20, token, recipient, amount);
    }

    function _deposit(uint64 chainId, DepositKind kind, address token, address recipient, uint256 amount)
        private
        returns (uint64)
    {
        if (recipient == address(0)) revert ZeroRecipient();
        uint256 max = _deposits().maxDeposit[token];
        if (max != 0 && amount > max) revert DepositTooLarge(amount, max);
        uint256 received = _pull(chainId, token, amount);
        return _append(chainId, kind, token, recipient, received, "");
    }

    /// @dev Credits what arrived, not what was asked for: some tokens keep a fee.
    function _pull(uint64 chainId, address token, uint256 amount) private returns (uint256 received) {
        if (amount == 0) revert ZeroAmount();
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        received = IERC20(token).balanceOf(address(this)) - before;
        if (received == 0) revert ZeroAmount();
        _deposits().escrow[chainId][token] += received;
    }

    function _append(
        uint64 chainId,
        DepositKind kind,
        address rootToken,
        address recipient,
        uint256 amount,
        bytes memory data
    ) private returns (uint64 id) {
        DepositStorage storage $ = _deposits();
        id = ++$.count[chainId];
        uint40 createdAt = uint40(block.timestamp);
        bytes32 hash = DepositHash.compute(chainId, id, kind, rootToken, recipient, amount, data, createdAt);
        $.hashes[chainId][id] = hash;
        emit Deposited(chainId, id, recipient, msg.sender, rootToken, amount, kind, data, createdAt, hash);
    }

    /// @dev A permit that somebody else has already sent is spent, but its allowance stands: the transfer decides.
    function _permit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) private {
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
    }

    function _deposits() private pure returns (DepositStorage storage $) {
        assembly {
            $.slot := DEPOSIT_SLOT
        }
    }
}
