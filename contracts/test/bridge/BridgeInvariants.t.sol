// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Vm} from "forge-std/Vm.sol";

import {Exit, ExitStatus} from "../../src/bridge/ExitTypes.sol";
import {WithdrawManager} from "../../src/bridge/WithdrawManager.sol";
import {LogProof} from "../../src/fraud/ProofTypes.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {FailingToken} from "./OddTokens.sol";
import {TestLog} from "./ReceiptBuilder.sol";

/// @notice Random deposits, burns, exits, rollbacks, challenges, failing payments and claims.
/// @dev The fixture is its own handler: what the fuzzer calls is `step`.
contract BridgeInvariants is BridgeFixture {
    FailingToken private odd;
    address private oddChild;
    LogProof[] private proofs;
    bytes32[] private ids;
    mapping(bytes32 exitId => uint256) private paid;
    uint256 private totalDeposited;
    uint256 private totalPaid;

    function setUp() public override {
        super.setUp();
        odd = new FailingToken();
        oddChild = registry.mapToken(CHAIN, address(odd));
        odd.mint(alice, 1e30);
        vm.prank(alice);
        odd.approve(address(deposits), type(uint256).max);
        targetContract(address(this));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = this.step.selector;
        targetSelector(FuzzSelector({addr: address(this), selectors: selectors}));
    }

    function step(uint256 word) external {
        uint256 action = word % 8;
        uint256 pick = word >> 8;
        vm.recordLogs();
        if (action == 0) _stepDeposit(pick);
        else if (action == 1) _stepBurn(pick);
        else if (action == 2) _stepStart(pick);
        else if (action == 3) _stepProcess(pick);
        else if (action == 4) _stepReject(pick);
        else if (action == 5) _stepClaim(pick);
        else if (action == 6) odd.setMode(FailingToken.Mode(pick % 4));
        else _pass((pick % 30));
        _countPayments();
    }

    function invariant_EscrowIsWhatTheContractHolds() public view {
        assertEq(odd.balanceOf(address(deposits)), deposits.escrow(CHAIN, address(odd)));
        assertEq(deposits.escrow(CHAIN, address(odd)), totalDeposited - totalPaid);
    }

    function invariant_EveryExitIsPaidAtMostOnce() public view {
        for (uint256 i; i < ids.length; ++i) {
            assertLe(paid[ids[i]], 1);
            if (paid[ids[i]] == 1) {
                assertEq(uint8(withdraws.exitAt(ids[i]).status), uint8(ExitStatus.Paid));
            }
        }
    }

    function invariant_BondsAreHeldOrOwed() public view {
        uint256 held;
        for (uint256 i; i < ids.length; ++i) {
            if (_seenBefore(i)) continue;
            Exit memory e = withdraws.exitAt(ids[i]);
            if (e.status == ExitStatus.Queued) held += e.bond;
        }
        assertEq(address(withdraws).balance, held + withdraws.owed(bob));
    }

    function _stepDeposit(uint256 pick) private {
        uint256 amount = pick % 1_000 + 1;
        vm.prank(alice);
        deposits.depositERC20(CHAIN, address(odd), alice, amount);
        totalDeposited += amount;
    }

    function _stepBurn(uint256 pick) private {
        uint256 amount = pick % 500 + 1;
        TestLog memory log = _burnLog(oddChild, address(odd), alice, carol, amount, amount + 7, 2);
        proofs.push(_checkpointBurn(log));
    }

    function _stepStart(uint256 pick) private {
        if (proofs.length == 0) return;
        LogProof memory p = proofs[pick % proofs.length];
        vm.deal(bob, BOND);
        vm.prank(bob);
        try withdraws.startExit{value: BOND}(p) returns (bytes32 exitId) {
            ids.push(exitId);
        } catch {}
    }

    function _stepProcess(uint256 pick) private {
        withdraws.processExits(CHAIN, address(odd), pick % 4);
    }

    function _stepReject(uint256 pick) private {
        uint64 next = checkpoints.next(CHAIN);
        if (next < 2 || pick % 4 != 0) return;
        // Only what is not final can be rolled back.
        if (!checkpoints.isFinal(CHAIN, next - 1)) checkpoints.reject(CHAIN, next - 1);
    }

    function _stepClaim(uint256 pick) private {
        if (ids.length == 0) return;
        vm.prank(carol);
        try withdraws.claim(ids[pick % ids.length], carol) {} catch {}
    }

    function _countPayments() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != WithdrawManager.ExitPaid.selector) continue;
            ++paid[logs[i].topics[1]];
            totalPaid += abi.decode(logs[i].data, (uint256));
        }
    }

    /// @dev An exit that was voided and started again stands in the list twice.
    function _seenBefore(uint256 index) private view returns (bool) {
        for (uint256 i; i < index; ++i) {
            if (ids[i] == ids[index]) return true;
        }
        return false;
    }
}
