// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IKomaToken} from "./IKomaToken.sol";

/// @title ERC-20 whose every movement is provable on the root chain
/// @notice OpenZeppelin's ERC-20 with two differences: a balance shares its storage slot with the account's running
/// number, so the number costs nothing; and a movement emits `LogTransfer` right after `Transfer`, with the balances
/// before and after.
/// @dev Root contracts design, 10.15. Inherit it for tokens that are born on a KOMA chain. Supply is at most 2^192 - 1.
abstract contract KomaERC20 is ERC20, IERC20Permit, IERC5267, Nonces, IKomaToken {
    struct Account {
        uint192 balance;
        uint64 seq;
    }

    /// @dev One side's balances and number, for the logs.
    struct Movement {
        uint256 input;
        uint256 output;
        uint64 seq;
    }

    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    mapping(address account => Account) private _accounts;
    uint256 private _supply;

    error SupplyTooLarge(uint256 wanted);
    error ERC2612ExpiredSignature(uint256 deadline);
    error ERC2612InvalidSigner(address signer, address owner);

    /// @notice Token on the root chain that this one stands for, zero for a token born here.
    function rootToken() public view virtual returns (address);

    /// @notice Number of the account's last log, 0 before the first.
    function seqOf(address account) external view returns (uint64) {
        return _accounts[account].seq;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return _accounts[account].balance;
    }

    function totalSupply() public view override returns (uint256) {
        return _supply;
    }

    /// @inheritdoc IERC20Permit
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline));
        address signer = ECDSA.recover(MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR(), structHash), v, r, s);
        if (signer != owner) revert ERC2612InvalidSigner(signer, owner);
        _approve(owner, spender, value);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IERC20Permit
    /// @dev Not cached: the name is set after deployment, because all child tokens share one init code.
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return MessageHashUtils.toDomainSeparator(hex"0f", name(), "1", block.chainid, address(this), bytes32(0));
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name_,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", name(), "1", block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// @dev OpenZeppelin's one door for transfers, mints and burns.
    function _update(address from, address to, uint256 amount) internal override {
        (Movement memory source, Movement memory target) = _move(from, to, amount);
        emit LogTransfer(
            rootToken(),
            from,
            to,
            amount,
            source.input,
            target.input,
            source.output,
            target.output,
            source.seq,
            target.seq
        );
    }

    /// @dev Changes the balances and emits `Transfer`; the caller emits the log with inputs and outputs.
    function _move(address from, address to, uint256 amount)
        internal
        returns (Movement memory source, Movement memory target)
    {
        if (from == to) {
            // One number for both sides, and nothing but the number changes.
            Account storage own = _accounts[from];
            if (amount > own.balance) revert ERC20InsufficientBalance(from, own.balance, amount);
            source = Movement(own.balance, own.balance, ++own.seq);
            target = source;
        } else {
            if (from == address(0)) {
                uint256 supply = _supply + amount;
                if (supply > type(uint192).max) revert SupplyTooLarge(supply);
                _supply = supply;
            } else {
                source = _debit(from, amount);
            }
            if (to == address(0)) {
                _supply -= amount;
            } else {
                target = _credit(to, amount);
            }
        }
        emit Transfer(from, to, amount);
    }

    function _debit(address from, uint256 amount) private returns (Movement memory) {
        Account memory account = _accounts[from];
        if (amount > account.balance) revert ERC20InsufficientBalance(from, account.balance, amount);
        unchecked {
            uint192 output = account.balance - uint192(amount);
            _accounts[from] = Account(output, account.seq + 1);
            return Movement(account.balance, output, account.seq + 1);
        }
    }

    function _credit(address to, uint256 amount) private returns (Movement memory) {
        Account memory account = _accounts[to];
        // The supply fits 192 bits, so the sum does.
        unchecked {
            uint192 output = account.balance + uint192(amount);
            _accounts[to] = Account(output, account.seq + 1);
            return Movement(account.balance, output, account.seq + 1);
        }
    }
}
