// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ExitParams} from "../bridge/ExitTypes.sol";
import {Governed} from "../checkpoint/Governed.sol";

/// @notice Where the periods stand that a delay must cover.
interface IChallengeTime {
    function challengePeriod() external view returns (uint40);
}

/// @notice The other of the two.
interface IExitTime {
    function params() external view returns (ExitParams memory);
}

/// @title Owner of the root contracts on a main network
/// @notice New code and new parameters are announced and wait, so long that everybody who does not want them can leave: a burn
/// takes its checkpoint's challenge period and at most two exit periods to be paid. Anyone may execute what has waited.
/// @dev Root contracts design, section 2 (upgrade rule) and 13. The rule holds at deployment and after everything that is
/// executed: what would make the delay too short, be it a shorter delay or a longer period, is undone.
contract KomaTimelock is TimelockController {
    IChallengeTime public immutable stakes;
    IExitTime public immutable withdrawals;

    error DelayTooShort(uint256 delay, uint256 least);

    /// @param delay seconds
    /// @param proposers may announce and cancel; nobody else can, and no administrator adds to them but by an announcement
    constructor(uint256 delay, address[] memory proposers, IChallengeTime stakes_, IExitTime withdrawals_)
        TimelockController(delay, proposers, _anyone(), address(0))
    {
        stakes = stakes_;
        withdrawals = withdrawals_;
        _requireLongEnough(delay, _leastDelayOf(stakes_, withdrawals_));
    }

    /// @notice Shortest delay with which everybody can leave before new code runs, seconds.
    function leastDelay() public view returns (uint256) {
        return _leastDelayOf(stakes, withdrawals);
    }

    /// @notice Takes over contracts whose owner has offered them; anyone.
    function accept(Governed[] calldata offered) external {
        for (uint256 i; i < offered.length; ++i) {
            offered[i].acceptOwnership();
        }
    }

    /// @inheritdoc TimelockController
    function execute(address target, uint256 value, bytes calldata payload, bytes32 predecessor, bytes32 salt)
        public
        payable
        override
    {
        super.execute(target, value, payload, predecessor, salt);
        _requireLongEnough(getMinDelay(), leastDelay());
    }

    /// @inheritdoc TimelockController
    function executeBatch(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads,
        bytes32 predecessor,
        bytes32 salt
    ) public payable override {
        super.executeBatch(targets, values, payloads, predecessor, salt);
        _requireLongEnough(getMinDelay(), leastDelay());
    }

    function _leastDelayOf(IChallengeTime stakes_, IExitTime withdrawals_) private view returns (uint256) {
        return uint256(stakes_.challengePeriod()) + 2 * uint256(withdrawals_.params().exitPeriod);
    }

    function _requireLongEnough(uint256 delay, uint256 least) private pure {
        if (delay < least) revert DelayTooShort(delay, least);
    }

    /// @dev The zero address as an executor opens the role.
    function _anyone() private pure returns (address[] memory executors) {
        executors = new address[](1);
    }
}
