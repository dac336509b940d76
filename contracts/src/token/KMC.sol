// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title KMC, the coin that validators stake and that pays fees on KOMA chains
/// @notice 18 decimals, at most ten billion. New coins come into being only as staking rewards, bounded per year.
/// @dev Root contracts design, section 3. No hooks, no fee on transfer, no owner, no upgrade. The only privileged act
/// is to name the StakeManager, once: it is deployed after the token, whose address it needs.
contract KMC is ERC20, ERC20Permit, ERC20Burnable {
    uint256 public constant CAP = 10_000_000_000e18;
    uint256 public constant YEAR = 365 days;

    /// @notice Rewards of one year, in basis points of the supply at the year's start.
    uint256 public immutable annualInflationBps;
    /// @notice Start of year 0, seconds.
    uint256 public immutable inflationStart;

    address private _binder;
    /// @notice The only account that may mint rewards; zero until bound.
    address public stakeManager;

    uint64 private _budgetYear;
    uint256 private _budget;
    uint256 private _minted;

    event StakeManagerBound(address indexed stakeManager);

    error CapExceeded(uint256 wanted, uint256 cap);
    error InflationExceeded(uint256 wanted, uint256 left);
    error NotStakeManager(address caller);
    error NotBinder(address caller);
    error AllocationLengths(uint256 recipients, uint256 amounts);
    error InflationTooHigh(uint256 bps);
    error ZeroStakeManager();

    /// @param recipients accounts of the genesis supply
    /// @param amounts wei of KMC, one per recipient
    /// @param annualInflationBps_ at most 1,000 (10 %)
    /// @param binder account that may call `bindStakeManager` once
    constructor(address[] memory recipients, uint256[] memory amounts, uint256 annualInflationBps_, address binder)
        ERC20("KOMA Coin", "KMC")
        ERC20Permit("KOMA Coin")
    {
        if (recipients.length != amounts.length) revert AllocationLengths(recipients.length, amounts.length);
        if (annualInflationBps_ > 1_000) revert InflationTooHigh(annualInflationBps_);
        annualInflationBps = annualInflationBps_;
        inflationStart = block.timestamp;
        _binder = binder;
        for (uint256 i; i < recipients.length; ++i) {
            _mintCapped(recipients[i], amounts[i]);
        }
        _budget = (totalSupply() * annualInflationBps_) / 10_000;
    }

    /// @notice Names the StakeManager. Works once, for the binder given at deployment; then nobody is privileged.
    function bindStakeManager(address stakeManager_) external {
        if (msg.sender != _binder) revert NotBinder(msg.sender);
        if (stakeManager_ == address(0)) revert ZeroStakeManager();
        _binder = address(0);
        stakeManager = stakeManager_;
        emit StakeManagerBound(stakeManager_);
    }

    /// @notice Mints a staking reward, within the year's budget and the cap.
    /// @param amount wei of KMC
    function mintReward(address to, uint256 amount) external {
        if (msg.sender != stakeManager) revert NotStakeManager(msg.sender);
        uint64 year = uint64((block.timestamp - inflationStart) / YEAR);
        if (year != _budgetYear) {
            // Unused budget of past years lapses: the bound is per year, not on average.
            _budgetYear = year;
            _budget = (totalSupply() * annualInflationBps) / 10_000;
            _minted = 0;
        }
        uint256 left = _budget - _minted;
        if (amount > left) revert InflationExceeded(amount, left);
        _minted += amount;
        _mintCapped(to, amount);
    }

    /// @notice What `mintReward` may still mint this year, wei of KMC.
    function inflationLeft() external view returns (uint256) {
        uint64 year = uint64((block.timestamp - inflationStart) / YEAR);
        if (year != _budgetYear) return (totalSupply() * annualInflationBps) / 10_000;
        return _budget - _minted;
    }

    function _mintCapped(address to, uint256 amount) private {
        uint256 wanted = totalSupply() + amount;
        if (wanted > CAP) revert CapExceeded(wanted, CAP);
        _mint(to, amount);
    }
}
