// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {CheckpointParams, CheckpointViews} from "../../src/checkpoint/CheckpointViews.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {ChainConfig} from "../../src/checkpoint/IKomaRegistry.sol";
import {KomaRegistry} from "../../src/checkpoint/KomaRegistry.sol";
import {ProducerHistory} from "../../src/checkpoint/ProducerHistory.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {StakeManager} from "../../src/staking/StakeManager.sol";
import {StakeParams} from "../../src/staking/StakeStorage.sol";
import {StakeViews} from "../../src/staking/StakeViews.sol";
import {KMC} from "../../src/token/KMC.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";
import {RoleTable} from "./RoleTable.sol";

/// AT-30: who may call what of the contracts that hold stake, checkpoints and chains.
contract AT30 is StakeFixture, RoleTable {
    function setUp() public override {
        super.setUp();
        beginWith(4);
        submitNext(4);
    }

    function stakeManagerTable() private {
        governed(true);
        write(StakeManager.initialize.selector, Role.Nobody);
        write(StakeManager.wire.selector, Role.Owner); // once
        write(StakeManager.begin.selector, Role.Owner); // before genesis only
        write(StakeManager.setParams.selector, Role.Owner);
        write(StakeManager.slash.selector, Role.ChallengeManager);
        write(StakeManager.payBounty.selector, Role.ChallengeManager);
        write(StakeManager.setCommission.selector, Role.ValidatorOwner);
        write(StakeManager.delegate.selector, Role.Anyone);
        write(StakeManager.undelegate.selector, Role.Anyone);
        write(StakeManager.redelegate.selector, Role.Anyone);
        write(StakeManager.claimUndelegated.selector, Role.Anyone);
        write(StakeManager.claimDelegatorRewards.selector, Role.Anyone);
        write(StakeManager.tally.selector, Role.Anyone); // rolls, as `roll` does
        write(StakeManager.addStake.selector, Role.ValidatorOwner);
        write(StakeManager.rotateSigner.selector, Role.ValidatorOwner);
        write(StakeManager.setPeerId.selector, Role.ValidatorOwner);
        write(StakeManager.setRewardTo.selector, Role.ValidatorOwner);
        write(StakeManager.unstake.selector, Role.ValidatorOwner);
        write(StakeManager.unstakeClaim.selector, Role.ValidatorOwner);
        write(StakeManager.unjail.selector, Role.ValidatorOwner);
        write(StakeManager.stake.selector, Role.Anyone);
        write(StakeManager.stakeWithPermit.selector, Role.Anyone);
        write(StakeManager.displace.selector, Role.Anyone);
        write(StakeManager.executeSlash.selector, Role.Anyone);
        write(StakeManager.withdrawOwed.selector, Role.Anyone);
        write(StakeManager.claimRewards.selector, Role.Anyone);
        write(StakeManager.roll.selector, Role.Anyone);
        read(stakes.SIGNER_PROOF_TYPEHASH.selector);
        read(stakes.MAX_PEER_ID.selector);
        read(StakeManager.signerProofDigest.selector);
        read(IERC5267.eip712Domain.selector);
        read(StakeViews.epoch.selector);
        read(StakeManager.rewardOf.selector);
        read(StakeManager.powerBackedBy.selector);
        read(StakeViews.poolOf.selector);
        read(StakeViews.delegationOf.selector);
        read(StakeViews.undelegation.selector);
        read(StakeViews.powerOfSignerAt.selector);
        read(StakeViews.seatAt.selector);
        read(StakeViews.powerAt.selector);
        read(StakeViews.totalPower.selector);
        read(StakeViews.signersOf.selector);
        read(StakeViews.signerAtPower.selector);
        read(StakeViews.seatOfSigner.selector);
        read(StakeViews.isActiveSigner.selector);
        read(StakeViews.slashOutcome.selector);
        read(StakeViews.openOffences.selector);
        read(StakeViews.owed.selector);
        read(StakeViews.signerNonce.selector);
        read(StakeViews.validator.selector);
        read(StakeViews.validators.selector);
        read(StakeViews.validatorCount.selector);
        read(StakeViews.validatorOfSigner.selector);
        read(StakeViews.activeSet.selector);
        read(StakeViews.powerOfAt.selector);
        read(StakeViews.genesisTime.selector);
        read(StakeViews.challengePeriod.selector);
        read(StakeViews.maxValidators.selector);
        read(StakeViews.params.selector);
        read(StakeViews.kmc.selector);
        read(StakeViews.insurance.selector);
        read(StakeViews.checkpointManager.selector);
        read(StakeViews.challengeManager.selector);
    }

    function checkpointManagerTable() private {
        governed(true);
        write(CheckpointManager.initialize.selector, Role.Nobody);
        write(CheckpointManager.wire.selector, Role.Owner); // once
        write(CheckpointManager.setParams.selector, Role.Owner);
        write(CheckpointManager.haltChain.selector, Role.Owner);
        write(CheckpointManager.reject.selector, Role.ChallengeManager);
        write(CheckpointManager.openChallenge.selector, Role.ChallengeManager);
        write(CheckpointManager.closeChallenge.selector, Role.ChallengeManager);
        write(CheckpointManager.submitCheckpoint.selector, Role.Anyone);
        write(CheckpointManager.finalize.selector, Role.Anyone);
        write(CheckpointManager.attest.selector, Role.Anyone);
        read(CheckpointViews.rewardBasis.selector);
        read(roots.CHECKPOINT_TYPEHASH.selector);
        read(roots.MAX_OPEN_CHALLENGES.selector);
        read(CheckpointManager.digestOf.selector);
        read(IERC5267.eip712Domain.selector);
        read(CheckpointViews.checkpointAt.selector);
        read(CheckpointViews.liveCheckpoint.selector);
        read(CheckpointViews.checkpoints.selector);
        read(CheckpointViews.chainState.selector);
        read(CheckpointViews.head.selector);
        read(CheckpointViews.proposerFor.selector);
        read(CheckpointViews.dueChains.selector);
        read(CheckpointViews.isLive.selector);
        read(CheckpointViews.isFinal.selector);
        read(CheckpointViews.bannedBlock.selector);
        read(CheckpointViews.params.selector);
        read(CheckpointViews.stakeManager.selector);
        read(CheckpointViews.registry.selector);
        read(CheckpointViews.challengeManager.selector);
    }

    function registryTable() private {
        governed(false);
        write(KomaRegistry.initialize.selector, Role.Nobody);
        write(KomaRegistry.wire.selector, Role.Owner); // once
        write(KomaRegistry.registerChain.selector, Role.Owner);
        write(KomaRegistry.setUnsupported.selector, Role.Owner);
        write(KomaRegistry.setProducers.selector, Role.Owner); // or the chain's owner
        write(KomaRegistry.ejectProducer.selector, Role.ChallengeManager);
        write(KomaRegistry.wireElection.selector, Role.Owner); // once
        write(KomaRegistry.installProducers.selector, Role.Nobody); // ProducerElection, which is not wired here
        write(KomaRegistry.mapToken.selector, Role.Anyone);
        read(registry.KOMA_NATIVE.selector);
        read(registry.CHILD_TOKEN_FACTORY.selector);
        read(registry.MAX_NAME.selector);
        read(registry.MAX_SYMBOL.selector);
        read(registry.RULES_CANCUN.selector);
        read(registry.MAX_PRODUCERS.selector);
        read(KomaRegistry.childAddress.selector);
        read(KomaRegistry.chainConfig.selector);
        read(KomaRegistry.registeredAt.selector);
        read(KomaRegistry.chainIds.selector);
        read(KomaRegistry.childTokenOf.selector);
        read(KomaRegistry.rootTokenOf.selector);
        read(KomaRegistry.childTokenCodeHash.selector);
        read(ProducerHistory.producersAt.selector);
        read(ProducerHistory.producerSet.selector);
        read(ProducerHistory.producerSetCount.selector);
        read(ProducerHistory.ejectedAt.selector);
        read(ProducerHistory.isEjected.selector);
        read(ProducerHistory.isAuthorizedProducer.selector);
        read(KomaRegistry.isUnsupported.selector);
        read(KomaRegistry.kmc.selector);
        read(KomaRegistry.depositManager.selector);
        read(KomaRegistry.challengeManager.selector);
        read(KomaRegistry.election.selector);
    }

    function tokenTable() private {
        write(KMC.bindStakeManager.selector, Role.Nobody);
        write(KMC.mintReward.selector, Role.StakeManager);
        write(IERC20.transfer.selector, Role.Anyone);
        write(IERC20.transferFrom.selector, Role.Anyone);
        write(IERC20.approve.selector, Role.Anyone);
        write(IERC20Permit.permit.selector, Role.Anyone);
        write(bytes4(keccak256("burn(uint256)")), Role.Anyone);
        write(bytes4(keccak256("burnFrom(address,uint256)")), Role.Anyone);
        read(IERC20.totalSupply.selector);
        read(IERC20.balanceOf.selector);
        read(IERC20.allowance.selector);
        read(IERC20Permit.nonces.selector);
        read(IERC20Permit.DOMAIN_SEPARATOR.selector);
        read(IERC5267.eip712Domain.selector);
        read(bytes4(keccak256("name()")));
        read(bytes4(keccak256("symbol()")));
        read(bytes4(keccak256("decimals()")));
        read(bytes4(keccak256("CAP()")));
        read(bytes4(keccak256("YEAR()")));
        read(bytes4(keccak256("annualInflationBps()")));
        read(bytes4(keccak256("inflationStart()")));
        read(bytes4(keccak256("inflationLeft()")));
        read(bytes4(keccak256("stakeManager()")));
    }

    function test_AT30_stakeManagerHasNoOtherDoor() public {
        stakeManagerTable();
        checkDoors(implementationOf(address(stakes)));
        checkRoles(address(stakes));
    }

    function test_AT30_checkpointManagerHasNoOtherDoor() public {
        checkpointManagerTable();
        checkDoors(implementationOf(address(roots)));
        checkRoles(address(roots));
    }

    function test_AT30_registryHasNoOtherDoor() public {
        vm.prank(governor);
        registry.wire(IDepositManager(deposits), challenges);
        registryTable();
        checkDoors(implementationOf(address(registry)));
        checkRoles(address(registry));
    }

    function test_AT30_tokenHasNoOtherDoor() public {
        tokenTable();
        checkDoors(address(kmc));
        checkRoles(address(kmc));
    }

    /// What owners elsewhere could do has no counterpart here.
    function test_AT30_powersOfOwnersElsewhere() public {
        string[11] memory names = [
            "setNextHeaderBlock(uint256)",
            "setCurrentEpoch(uint256)",
            "insertSigners(address[])",
            "forceUnstake(uint256)",
            "drainTokens(uint256,address,address)",
            "drainErc20(address[],uint256[],address)",
            "updateSigner(uint256,bytes)",
            "setValidatorThreshold(uint256)",
            "stopAuctions(uint256)",
            "mint(address,uint256)",
            "setSigner(uint256,address)"
        ];
        address[4] memory targets = [address(stakes), address(roots), address(registry), address(kmc)];
        for (uint256 i; i < names.length; ++i) {
            for (uint256 k; k < targets.length; ++k) {
                vm.prank(governor);
                (bool success, bytes memory answer) =
                    targets[k].call(bytes.concat(bytes4(keccak256(bytes(names[i]))), new bytes(320)));
                assertFalse(success);
                assertEq(answer.length, 0, "there is no such function");
            }
        }
    }

    /// Owner and guardian do everything they may, short of an upgrade: no checkpoint, epoch, signer, or stake moves.
    function test_AT30_whatOwnerAndGuardianMayDoTouchesNothingOfOthers() public {
        bytes32 before = snapshot();
        vm.startPrank(governor);
        StakeParams memory p = stakeParams();
        (p.minStake, p.maxValidators, p.slashBpsA, p.unbonding) = (1e24, 1, 10_000, 10_000);
        stakes.setParams(p);
        vm.expectRevert(abi.encodeWithSelector(StakeEvents.GenesisOver.selector, stakes.genesisTime()));
        stakes.begin();
        vm.expectRevert(StakeEvents.AlreadyWired.selector);
        stakes.wire(governor, governor);
        roots.setParams(CheckpointParams(100, 1, 1));
        vm.expectRevert(CheckpointManager.AlreadyWired.selector);
        roots.wire(governor);
        ChainConfig memory config = chainConfig();
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.ChainExists.selector, CHAIN));
        registry.registerChain(CHAIN, config, keccak256("other code"), producers(1));
        registry.setUnsupported(address(kmc), true);
        stakes.setGuardian(governor);
        stakes.pause(60);
        roots.transferOwnership(anyone);
        vm.stopPrank();
        vm.prank(guardian);
        roots.pause(60);
        assertEq(snapshot(), before);
        vm.prank(governor);
        roots.haltChain(CHAIN);
        pass(CHALLENGE);
        assertEq(roots.finalize(CHAIN, 1), 1, "what was submitted still becomes final");
    }

    function snapshot() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                roots.checkpointAt(CHAIN, 1),
                roots.chainState(CHAIN),
                stakes.activeSet(),
                stakes.validators(1, 100),
                stakes.epoch(),
                stakes.totalPower(),
                kmc.balanceOf(address(stakes)),
                registry.chainConfig(CHAIN),
                registry.producersAt(CHAIN, uint64(time())),
                registry.childTokenOf(CHAIN, address(kmc))
            )
        );
    }

    function callers() internal view override returns (address[] memory accounts) {
        accounts = new address[](7);
        (accounts[0], accounts[1], accounts[2], accounts[3]) = (anyone, governor, guardian, challenges);
        (accounts[4], accounts[5], accounts[6]) = (address(roots), ownerOf(0), address(stakes));
    }

    function holds(address caller, Role role) internal view override returns (bool) {
        if (role == Role.Owner) return caller == governor;
        if (role == Role.Guardian) return caller == guardian;
        if (role == Role.GuardianOrOwner) return caller == guardian || caller == governor;
        if (role == Role.ChallengeManager) return caller == challenges;
        if (role == Role.StakeManager) return caller == address(stakes);
        return false; // validator 0 has no owner, and nobody is Nobody
    }

    function isRefusal(bytes4 answer) internal pure override returns (bool) {
        return answer == Governed.NotGovernor.selector || answer == Governed.NotGuardian.selector
            || answer == StakeEvents.NotChallengeManager.selector
            || answer == StakeEvents.NotOwner.selector || answer == KMC.NotStakeManager.selector
            || answer == KMC.NotBinder.selector || answer == KomaRegistry.NotChainOwner.selector
            || answer == KomaRegistry.NotElection.selector
            || answer == ProducerHistory.UnknownChain.selector || answer == bytes4(keccak256("InvalidInitialization()"));
    }

    function isDenied(bytes4 answer) internal pure override returns (bool) {
        return isRefusal(answer) && answer != ProducerHistory.UnknownChain.selector;
    }
}
