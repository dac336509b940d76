// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Test} from "forge-std/Test.sol";
import {CheckpointManager} from "../../src/checkpoint/CheckpointManager.sol";
import {CheckpointParams} from "../../src/checkpoint/CheckpointViews.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChainConfig} from "../../src/checkpoint/IKomaRegistry.sol";
import {KomaRegistry} from "../../src/checkpoint/KomaRegistry.sol";
import {DelegationModule} from "../../src/staking/DelegationModule.sol";
import {SlashOrder} from "../../src/staking/IStakeManager.sol";
import {StakeManager} from "../../src/staking/StakeManager.sol";
import {StakeModule} from "../../src/staking/StakeModule.sol";
import {StakeParams} from "../../src/staking/StakeStorage.sol";
import {KMC} from "../../src/token/KMC.sol";

/// @dev A root chain with token, stake, registry and checkpoints, wired to plain accounts where other contracts will
/// stand, and words for what tests do with it. Validator `i` has the owner, and the signer key, of its number.
abstract contract StakeFixture is Test {
    uint64 internal constant CHAIN = 80401;
    uint96 internal constant MIN_STAKE = 100e18;
    uint40 internal constant EPOCH = 16;
    uint40 internal constant UNBONDING = 200;
    uint40 internal constant CHALLENGE = 20;
    uint40 internal constant MIN_INTERVAL = 4;
    uint16 internal constant TARGET_INTERVAL = 16;
    uint40 internal constant MAX_PAUSE = 60;
    uint256 internal constant START = 1_700_000_000;

    KMC internal kmc;
    StakeManager internal stakes;
    StakeModule internal module;
    DelegationModule internal delegationModule;
    KomaRegistry internal registry;
    CheckpointManager internal roots;

    address internal governor = makeAddr("governor");
    address internal guardian = makeAddr("guardian");
    address internal insurance = makeAddr("insurance");
    address internal challenges = makeAddr("ChallengeManager");
    address internal deposits = makeAddr("DepositManager");
    address internal treasury = makeAddr("treasury");
    address internal anyone = makeAddr("anyone");

    function setUp() public virtual {
        vm.warp(START);
        deployRoot();
    }

    /// @dev Ends with the set-up phase still open: stakes become active at once until `begin`.
    function deployRoot() internal {
        address[] memory recipients = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (recipients[0], amounts[0]) = (treasury, 1_000_000_000e18);
        kmc = KMC(deployCode("KMC.sol:KMC", abi.encode(recipients, amounts, 400, governor)));
        module = StakeModule(deployCode("StakeModule.sol:StakeModule"));
        delegationModule = DelegationModule(deployCode("DelegationModule.sol:DelegationModule"));
        stakes = deployStakeManager(uint40(time() + 1 hours));
        registry = KomaRegistry(
            proxyOf(
                deployCode("KomaRegistry.sol:KomaRegistry"),
                abi.encodeCall(KomaRegistry.initialize, (governor, address(kmc), uint16(MIN_INTERVAL), 8))
            )
        );
        roots = CheckpointManager(
            proxyOf(
                deployCode("CheckpointManager.sol:CheckpointManager"),
                abi.encodeCall(
                    CheckpointManager.initialize, (governor, guardian, MAX_PAUSE, stakes, registry, checkpointParams())
                )
            )
        );
        vm.startPrank(governor);
        kmc.bindStakeManager(address(stakes));
        stakes.wire(address(roots), challenges);
        roots.wire(challenges);
        registry.registerChain(CHAIN, chainConfig(), keccak256("child token init code"), producers(3));
        vm.stopPrank();
    }

    function deployStakeManager(uint40 genesisTime) internal returns (StakeManager) {
        return StakeManager(
            proxyOf(
                stakeManagerCode(),
                abi.encodeCall(
                    StakeManager.initialize, (governor, guardian, MAX_PAUSE, kmc, insurance, genesisTime, stakeParams())
                )
            )
        );
    }

    /// @dev By name, not by `new`, which would compile every contract into every test once more.
    function stakeManagerCode() internal returns (address) {
        return deployCode("StakeManager.sol:StakeManager", abi.encode(module, delegationModule));
    }

    function proxyOf(address implementation, bytes memory initialisation) internal returns (address) {
        return address(new ERC1967Proxy(implementation, initialisation));
    }

    function stakeParams() internal pure virtual returns (StakeParams memory) {
        return StakeParams({
            minStake: MIN_STAKE,
            rewardPerBlock: 1e18,
            epochLength: EPOCH,
            unbonding: UNBONDING,
            challengePeriod: CHALLENGE,
            gameMaxDuration: 120,
            lateSlashWindow: 30,
            jailTime: 300,
            signerCooldown: 2,
            maxValidators: 128,
            maxCheckpointLength: 256,
            claimBatch: 100,
            slashBpsA: 1_000,
            slashBpsB: 500,
            slashBpsC: 2_000,
            bountyBps: 5_000,
            burnBps: 2_500,
            proposerBonusBps: 1_000
        });
    }

    function checkpointParams() internal pure returns (CheckpointParams memory) {
        return CheckpointParams({minInterval: MIN_INTERVAL, proposerTimeout: 5, maxCheckpointLength: 256});
    }

    function chainConfig() internal view returns (ChainConfig memory) {
        return ChainConfig({
            nameHash: keccak256("koma"),
            genesisHash: keccak256("genesis"),
            owner: governor,
            genesisBlock: 0,
            slotMs: 1000,
            openGapSlots: 4,
            setGraceBlocks: 128,
            targetInterval: TARGET_INTERVAL,
            rules: 1,
            stateProofs: false,
            registered: false
        });
    }

    function producers(uint256 count) internal pure returns (address[] memory keys) {
        keys = new address[](count);
        for (uint256 i; i < count; ++i) {
            keys[i] = vm.addr(keyOf(9_000 + i));
        }
    }

    // --- validators

    function ownerOf(uint256 i) internal pure returns (address) {
        return address(uint160(0xA11CE000 + i));
    }

    function keyOf(uint256 i) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("signer", i)));
    }

    function signerOf(uint256 i) internal pure returns (address) {
        return vm.addr(keyOf(i));
    }

    function fund(address account, uint256 amount) internal {
        vm.prank(treasury);
        kmc.transfer(account, amount);
        vm.prank(account);
        kmc.approve(address(stakes), type(uint256).max);
    }

    /// @dev The signature that registers key `key` for `owner`.
    function proofOf(address owner, uint256 key) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, stakes.signerProofDigest(owner));
        return abi.encodePacked(r, s, v);
    }

    function join(uint256 i, uint96 amount) internal returns (uint64 id) {
        fund(ownerOf(i), amount);
        bytes memory proof = proofOf(ownerOf(i), keyOf(i));
        vm.prank(ownerOf(i));
        return stakes.stake(amount, signerOf(i), proof, 500, "peer");
    }

    /// @dev `count` validators with 1,000 KMC each, numbered from 0, in seats 0 and up; epoch 0 begins.
    function beginWith(uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            join(i, 1_000e18);
        }
        vm.prank(governor);
        stakes.begin();
    }

    /// @dev Seconds. Not block.timestamp, which the compiler may read once and keep across vm.warp.
    function time() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function pass(uint256 duration) internal {
        vm.warp(time() + duration);
    }

    function nextEpoch() internal {
        vm.warp(uint256(stakes.genesisTime()) + (uint256(stakes.epoch()) + 1) * EPOCH);
    }

    // --- slashing

    function order(bytes32 offenceId, uint8 class, uint256 bitmap) internal {
        vm.prank(challenges);
        stakes.slash(SlashOrder(offenceId, class, bitmap, address(0), anyone, CHAIN, 1));
    }

    function slashFully(bytes32 offenceId, uint8 class, uint256 bitmap) internal {
        order(offenceId, class, bitmap);
        stakes.executeSlash(offenceId, 0, 256);
    }

    // --- delegation

    /// @dev Account `k` that delegates; validators' owners are other accounts.
    function delegatorOf(uint256 k) internal pure returns (address) {
        return address(uint160(0xDE1E6000 + k));
    }

    function delegate(uint256 k, uint64 id, uint96 amount) internal returns (uint256) {
        fund(delegatorOf(k), amount);
        vm.prank(delegatorOf(k));
        return stakes.delegate(id, amount);
    }

    function undelegate(uint256 k, uint64 id, uint256 shares) internal returns (uint64) {
        vm.prank(delegatorOf(k));
        return stakes.undelegate(id, shares);
    }

    // --- checkpoints

    /// @dev The next checkpoint of a chain, of `length` blocks, as honest stakers would sign it.
    function nextCheckpoint(uint64 length) internal view returns (Checkpoint memory) {
        return nextCheckpoint(CHAIN, length);
    }

    function nextCheckpoint(uint64 chainId, uint64 length) internal view returns (Checkpoint memory c) {
        (uint64 number, uint64 start, bytes32 prev, uint64 generation) = headOf(chainId);
        c.chainId = chainId;
        c.epoch = stakes.epoch();
        c.number = number;
        c.proposer = roots.head(chainId).proposer;
        c.start = start;
        c.end = start + length - 1;
        c.rootHash = keccak256(abi.encode("root", chainId, number, generation));
        c.lastBlockHash = keccak256(abi.encode("block", chainId, c.end, generation));
        c.prevCheckpoint = prev;
        c.generation = generation;
    }

    function headOf(uint64 chainId) private view returns (uint64, uint64, bytes32, uint64) {
        return (
            roots.head(chainId).number,
            roots.head(chainId).start,
            roots.head(chainId).prevCheckpoint,
            roots.head(chainId).generation
        );
    }

    /// @dev Bitmap of the seats 0 to count - 1.
    function firstSeats(uint256 count) internal pure returns (uint256) {
        return (1 << count) - 1;
    }

    /// @dev Signatures by the validators whose numbers equal the seats of `bitmap`.
    function signedBy(uint256 bitmap, Checkpoint memory c) internal view returns (bytes memory sigs) {
        return signDigest(bitmap, roots.digestOf(c));
    }

    function signDigest(uint256 bitmap, bytes32 digest) internal pure returns (bytes memory sigs) {
        for (uint256 seat; seat < 256; ++seat) {
            if (bitmap & (1 << seat) == 0) continue;
            sigs = bytes.concat(sigs, compactSignature(keyOf(seat), digest));
        }
    }

    function compactSignature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 vs) = vm.signCompact(key, digest);
        return abi.encodePacked(r, vs);
    }

    function submit(Checkpoint memory c, uint256 bitmap) internal {
        roots.submitCheckpoint(c, bitmap, signedBy(bitmap, c));
    }

    /// @dev Waits out the minimum interval and submits the next checkpoint with the signatures of the first seats.
    function submitNext(uint256 signers) internal returns (Checkpoint memory c) {
        pass(MIN_INTERVAL);
        c = nextCheckpoint(16);
        submit(c, firstSeats(signers));
    }
}
