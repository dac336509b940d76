// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DepositManager} from "../../src/bridge/DepositManager.sol";
import {WithdrawManager} from "../../src/bridge/WithdrawManager.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {ICheckpointManager} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {IStakeManager} from "../../src/staking/IStakeManager.sol";
import {BridgeFixture} from "../bridge/BridgeFixture.sol";
import {RoleTable} from "./RoleTable.sol";

/// AT-30: who may call what of the contracts that hold escrows and order slashes.
contract AT30Escrow is BridgeFixture, RoleTable {
    address private anyone = makeAddr("anyone");

    function depositTable() private {
        governed(true);
        write("initialize(address,address,uint40,address,address,address)", Role.Nobody);
        write("setMaxDeposit(address,uint256)", Role.Owner);
        write("release(uint64,address,address,uint256)", Role.WithdrawManager);
        write("enqueueMapToken(uint64,address,string,string,uint8)", Role.Nobody); // the registry, which no key speaks for
        write("seedEscrow(uint64,address,uint256)", Role.Anyone); // gives, and takes nothing
        write("depositERC20(uint64,address,address,uint256)", Role.Anyone);
        write("depositERC20WithPermit(uint64,address,address,uint256,uint256,uint8,bytes32,bytes32)", Role.Anyone);
        write("depositKMC(uint64,address,uint256)", Role.Anyone);
        write("depositKMCWithPermit(uint64,address,uint256,uint256,uint8,bytes32,bytes32)", Role.Anyone);
        read("MAX_NAME_LENGTH()");
        read("MAX_SYMBOL_LENGTH()");
        read("depositCount(uint64)");
        read("depositHash(uint64,uint64)");
        read("escrow(uint64,address)");
        read("kmc()");
        read("maxDeposit(address)");
        read("registry()");
        read("requireIdle()");
        read("withdrawManager()");
    }

    function withdrawTable() private {
        governed(false);
        write(WithdrawManager.initialize.selector, Role.Nobody);
        write(WithdrawManager.startExit.selector, Role.Anyone); // with a proof and a bond
        write("challengeExitChain(bytes32)", Role.Anyone);
        write(WithdrawManager.challengeExitLog.selector, Role.Anyone);
        write("processExit(bytes32)", Role.Anyone);
        write("processExits(uint64,address,uint256)", Role.Anyone);
        write("claim(bytes32,address)", Role.Anyone); // its payee
        write("withdrawOwed(address)", Role.Anyone);
        read("exitAt(bytes32)");
        read("exitIdOf(uint64,uint64,uint32,uint32)");
        read("exitNFT()");
        read("nextDue(uint64,address)");
        read("owed(address)");
        read("params()");
        read("queueLength(uint64,address)");
    }

    function challengeTable() private {
        governed(false);
        write(ChallengeManager.initialize.selector, Role.Nobody);
        write(ChallengeManager.registerVerifier.selector, Role.Owner);
        write(ChallengeManager.wireElection.selector, Role.Owner); // once
        write(ChallengeManager.pauseCheckpoint.selector, Role.Court);
        write(ChallengeManager.resumeCheckpoint.selector, Role.Court);
        write(ChallengeManager.convict.selector, Role.Court);
        write(ChallengeManager.challenge.selector, Role.Anyone); // with evidence
        write(ChallengeManager.attachProducer.selector, Role.Anyone); // with evidence
        write("commit(bytes32)", Role.Anyone);
        write("claimBounty(bytes32,bytes32)", Role.Anyone);
        write("settleBounty(bytes32)", Role.Anyone);
        read(ChallengeManager.judge.selector);
        read("commitmentBlock(bytes32)");
        read("election()");
        read("offenceOf(bytes32)");
        read("rootContracts()");
        read("verifierOf(uint8)");
        read("windows()");
        read("verifyBlock((uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32[]))");
        read("verifyHeader((uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32[]),bytes)");
        read("verifyLog(((uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32[]),uint32,uint32,bytes[]))");
        read("verifyReceipt(((uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32[]),uint32,uint32,bytes[]))");
        read("verifyTransaction(((uint64,uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32[]),uint32,bytes[]))");
    }

    function test_AT30_depositManagerHasNoOtherDoor() public {
        depositTable();
        checkDoors(implementationOf(address(deposits)));
        checkRoles(address(deposits));
    }

    function test_AT30_withdrawManagerHasNoOtherDoor() public {
        withdrawTable();
        checkDoors(implementationOf(address(withdraws)));
        checkRoles(address(withdraws));
    }

    function test_AT30_challengeManagerHasNoOtherDoor() public {
        ChallengeManager manager = ChallengeManager(
            _proxy(
                address(new ChallengeManager()),
                abi.encodeCall(
                    ChallengeManager.initialize,
                    (owner, ICheckpointManager(address(checkpoints)), IStakeManager(carol), registry, 3, 30, 300)
                )
            )
        );
        challengeTable();
        checkDoors(implementationOf(address(manager)));
        checkRoles(address(manager));
    }

    function callers() internal view override returns (address[] memory accounts) {
        accounts = new address[](6);
        (accounts[0], accounts[1], accounts[2]) = (anyone, owner, guardian);
        (accounts[3], accounts[4], accounts[5]) = (address(withdraws), address(checkpoints), alice);
    }

    function holds(address caller, Role role) internal view override returns (bool) {
        if (role == Role.Owner) return caller == owner;
        if (role == Role.Guardian) return caller == guardian;
        if (role == Role.GuardianOrOwner) return caller == guardian || caller == owner;
        if (role == Role.WithdrawManager) return caller == address(withdraws);
        return false;
    }

    function isRefusal(bytes4 answer) internal pure override returns (bool) {
        return answer == Governed.NotGovernor.selector || answer == Governed.NotGuardian.selector
            || answer == DepositManager.NotRegistry.selector || answer == DepositManager.NotWithdrawManager.selector
            || answer == ChallengeManager.NotCourt.selector || answer == ChallengeManager.NotPaused.selector
            || answer == bytes4(keccak256("InvalidInitialization()"));
    }
}
