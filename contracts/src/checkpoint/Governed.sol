// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// @title The two human roles of a root contract
/// @notice The owner (a timelock on a main network) upgrades and sets parameters. The guardian can pause what a
/// contract marks `whenNotPaused`, for at most `maxPause`, and then not again before the same time has passed once
/// more: a hostile guardian can delay, never shut down. Neither can touch stake, seats, epochs or checkpoints.
/// @dev Root contracts design, section 2. Storage is namespaced (ERC-7201), so that bases may be added later.
abstract contract Governed is Initializable, UUPSUpgradeable {
    /// @custom:storage-location erc7201:koma.storage.Governed
    struct GovernedStorage {
        address owner;
        uint40 maxPause;
        uint40 pausedUntil;
        address pendingOwner;
        uint40 pausableFrom;
        address guardian;
    }

    // keccak256(abi.encode(uint256(keccak256("koma.storage.Governed")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant GOVERNED_SLOT = 0xec106b3afab37d666f08a81420fa688370167ccea7850f2c6a28703cedf8cf00;

    event OwnershipOffered(address indexed owner, address indexed pendingOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event GuardianChanged(address indexed guardian);
    event Paused(uint40 until);
    event Unpaused();

    error NotGovernor(address caller);
    error NotGuardian(address caller);
    error PausedNow(uint40 until);
    error PauseTooLong(uint40 wanted, uint40 max);
    error PauseTooSoon(uint40 from);
    error ZeroAddress();

    modifier onlyOwner() {
        if (msg.sender != _governed().owner) revert NotGovernor(msg.sender);
        _;
    }

    modifier whenNotPaused() {
        uint40 until = _governed().pausedUntil;
        if (block.timestamp < until) revert PausedNow(until);
        _;
    }

    /// @param maxPause_ seconds
    function __Governed_init(address owner_, address guardian_, uint40 maxPause_) internal onlyInitializing {
        if (owner_ == address(0)) revert ZeroAddress();
        GovernedStorage storage $ = _governed();
        $.owner = owner_;
        $.guardian = guardian_;
        $.maxPause = maxPause_;
        emit OwnershipTransferred(address(0), owner_);
        emit GuardianChanged(guardian_);
    }

    /// @notice Offers the ownership; it passes when the new owner accepts, so a mistyped address loses nothing.
    function transferOwnership(address newOwner) external onlyOwner {
        _governed().pendingOwner = newOwner;
        emit OwnershipOffered(msg.sender, newOwner);
    }

    function acceptOwnership() external {
        GovernedStorage storage $ = _governed();
        if (msg.sender != $.pendingOwner) revert NotGovernor(msg.sender);
        emit OwnershipTransferred($.owner, msg.sender);
        $.owner = msg.sender;
        $.pendingOwner = address(0);
    }

    /// @param guardian_ zero: nobody can pause
    function setGuardian(address guardian_) external onlyOwner {
        _governed().guardian = guardian_;
        emit GuardianChanged(guardian_);
    }

    /// @param duration seconds, at most `maxPause`
    function pause(uint40 duration) external {
        GovernedStorage storage $ = _governed();
        if (msg.sender != $.guardian) revert NotGuardian(msg.sender);
        if (duration > $.maxPause) revert PauseTooLong(duration, $.maxPause);
        if (block.timestamp < $.pausableFrom) revert PauseTooSoon($.pausableFrom);
        uint40 until = uint40(block.timestamp) + duration;
        $.pausedUntil = until;
        $.pausableFrom = until + $.maxPause;
        emit Paused(until);
    }

    function unpause() external {
        GovernedStorage storage $ = _governed();
        if (msg.sender != $.guardian && msg.sender != $.owner) revert NotGuardian(msg.sender);
        $.pausedUntil = 0;
        emit Unpaused();
    }

    function owner() public view returns (address) {
        return _governed().owner;
    }

    function pendingOwner() external view returns (address) {
        return _governed().pendingOwner;
    }

    function guardian() external view returns (address) {
        return _governed().guardian;
    }

    /// @notice Time until which the pausable functions are refused, seconds; in the past when not paused.
    function pausedUntil() external view returns (uint40) {
        return _governed().pausedUntil;
    }

    /// @dev Initializable marks the implementation itself as used up, so that only proxies can be initialised.
    constructor() {
        _disableInitializers();
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}

    function _governed() private pure returns (GovernedStorage storage $) {
        assembly {
            $.slot := GOVERNED_SLOT
        }
    }
}
