// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {BlockFraud} from "../../src/fraud/BlockFraud.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {SignerFraud} from "../../src/fraud/SignerFraud.sol";
import {TxFraud} from "../../src/fraud/TxFraud.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";
import {ChainBuilder} from "./ChainBuilder.sol";

/// @notice A proxy that is initialized in a second step.
contract BareProxy is ERC1967Proxy {
    constructor(address implementation) ERC1967Proxy(implementation, "") {}

    function _unsafeAllowUninitialized() internal pure override returns (bool) {
        return true;
    }
}

/// @notice Builds blocks and evidence for a test that has a root chain of its own.
contract BlockFactory is ChainBuilder {
    function honest(uint64 start, uint256 key) external view returns (Sealed[] memory blocks) {
        blocks = honestBlocks(keccak256("parent"), start, 3);
        _sealAs(blocks, key);
    }

    /// @notice Three blocks; the last one repeats a nonce of the first.
    function replayed(uint64 start, uint256 key) external view returns (Sealed[] memory blocks) {
        blocks = honestBlocks(keccak256("parent"), start, 3);
        blocks[2].txs[1] = dynamicFeeTx(alice, 2 * start);
        _sealAs(blocks, key);
    }

    function rootOf(uint64 checkpoint, Sealed[] memory blocks) external returns (bytes32) {
        submit(checkpoint, blocks);
        return checkpoints.checkpointAt(CHAIN, checkpoint).rootHash;
    }

    function replayEvidence(uint64 checkpoint, Sealed[] memory blocks) external pure returns (bytes memory) {
        Span memory span = Span(checkpoint, blocks);
        return abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), blocks[2].header);
    }

    function bannedEvidence(uint64 checkpoint, Sealed[] memory blocks) external pure returns (bytes memory) {
        return abi.encode(proofOf(Span(checkpoint, blocks), 2));
    }

    function producerEvidence(uint64 checkpoint, Sealed[] memory blocks) external pure returns (bytes memory) {
        Span memory span = Span(checkpoint, blocks);
        return abi.encode(proofOf(span, 2), blocks[2].header, blocks[1].header, proofOf(span, 0));
    }

    /// @notice Two headers of that time, which differ in a word.
    function sealedTwice(uint64 chainId, uint64 time, uint256 key) external pure returns (bytes memory, bytes memory) {
        Sealed memory b;
        (b.number, b.timestamp, b.coinbase) = (9, time, vm.addr(key));
        return (_sealed(b, chainId, key, "one"), _sealed(b, chainId, key, "other"));
    }

    function _sealed(Sealed memory b, uint64 chainId, uint256 key, bytes memory free)
        private
        pure
        returns (bytes memory)
    {
        bytes32 unsealed = keccak256(encodeHeader(b, free));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked("KOMA seal v1", uint256(chainId), unsealed)));
        return encodeHeader(b, abi.encodePacked(free, r, s, v));
    }

    function _sealAs(Sealed[] memory blocks, uint256 key) private pure {
        for (uint256 i; i < blocks.length; ++i) {
            blocks[i].coinbase = vm.addr(key);
            if (i > 0) blocks[i].parentHash = blocks[i - 1].hash;
            finishBlock(blocks[i], key);
        }
    }
}

/// @notice Challenges on the real root contracts: rollback, slashing in pages, bounty, ban.
contract ChallengeEndToEndTest is StakeFixture {
    uint64 private constant COMMIT_WINDOW = 3;
    uint96 private constant STAKE = 1_000e18;

    ChallengeManager private manager;
    BlockFactory private factory;
    address private finder = makeAddr("finder");
    address private copycat = makeAddr("copycat");

    function setUp() public override {
        vm.warp(START);
        vm.roll(100);
        // The others are told of it before it can be told of them.
        manager = ChallengeManager(address(new BareProxy(address(new ChallengeManager()))));
        challenges = address(manager);
        deployRoot();
        vm.prank(governor);
        registry.wire(IDepositManager(deposits), challenges);
        manager.initialize(governor, roots, stakes, registry, COMMIT_WINDOW, 30, 30 days);
        BlockFraud blockFraud = new BlockFraud(roots, registry, stakes);
        TxFraud txFraud = new TxFraud(roots);
        SignerFraud signerFraud = new SignerFraud(roots, stakes);
        vm.startPrank(governor);
        manager.registerVerifier(3, blockFraud);
        manager.registerVerifier(4, blockFraud);
        manager.registerVerifier(5, txFraud);
        manager.registerVerifier(20, signerFraud);
        vm.stopPrank();
        factory = new BlockFactory();
        factory.setUp();
        beginWith(4);
    }

    function test_replayedNonceIsRolledBackChargedAndPaidFor() public {
        ChainBuilder.Sealed[] memory blocks = factory.replayed(_start(), _producerKey());
        Checkpoint memory bad = _submitBlocks(blocks);
        _submitBlocks(factory.honest(_start(), _producerKey()));
        assertTrue(roots.isLive(CHAIN, 2));

        bytes memory evidence = factory.replayEvidence(1, blocks);
        bytes32 offenceId = manager.judge(5, evidence).offenceId;
        manager.commit(keccak256(abi.encode(finder, offenceId, bytes32("salt"))));
        vm.roll(101);
        vm.prank(copycat);
        assertEq(manager.challenge(5, evidence), offenceId);

        // Both are gone, the next one starts where the bad one did, in a new generation.
        assertFalse(roots.isLive(CHAIN, 1));
        assertFalse(roots.isLive(CHAIN, 2));
        assertEq(roots.chainState(CHAIN).next, 1);
        assertEq(roots.chainState(CHAIN).nextStart, bad.start);
        assertEq(roots.chainState(CHAIN).generation, 1);
        assertTrue(roots.bannedBlock(CHAIN, blocks[2].hash));
        assertGt(registry.ejectedAt(CHAIN, blocks[2].coinbase), 0);

        // 10 % of four stakes: half to the finder, a quarter burned, a quarter insured.
        uint256 supply = kmc.totalSupply();
        stakes.executeSlash(offenceId, 0, 2);
        vm.prank(finder);
        manager.claimBounty(offenceId, "salt");
        vm.roll(101 + COMMIT_WINDOW + 1);
        manager.settleBounty(offenceId);
        stakes.executeSlash(offenceId, 2, 256);
        vm.prank(finder);
        assertEq(stakes.withdrawOwed(finder), 4 * STAKE / 20);
        assertEq(kmc.balanceOf(finder), 4 * STAKE / 20);
        assertEq(supply - kmc.totalSupply(), 4 * STAKE / 40);
        assertEq(kmc.balanceOf(insurance), 4 * STAKE / 40);
        assertEq(stakes.slashOutcome(offenceId).remaining, 0);
    }

    function test_bannedBlockIsRejectedAgainAndAgain() public {
        ChainBuilder.Sealed[] memory blocks = factory.replayed(_start(), _producerKey());
        _submitBlocks(blocks);
        manager.challenge(5, factory.replayEvidence(1, blocks));
        for (uint256 i; i < 2; ++i) {
            _submitBlocks(blocks);
            bytes32 offenceId = manager.challenge(4, factory.bannedEvidence(1, blocks));
            assertEq(stakes.slashOutcome(offenceId).remaining, 0xf);
            assertFalse(roots.isLive(CHAIN, 1));
        }
    }

    function test_sealOfAStrangerIsRejected() public {
        ChainBuilder.Sealed[] memory blocks = factory.honest(_start(), uint256(keccak256("stranger")));
        _submitBlocks(blocks);
        manager.challenge(3, factory.producerEvidence(1, blocks));
        assertFalse(roots.isLive(CHAIN, 1));
    }

    function test_honestCheckpointsOutliveEveryChallengeAndBecomeFinal() public {
        ChainBuilder.Sealed[] memory blocks = factory.honest(_start(), _producerKey());
        _submitBlocks(blocks);
        for (uint8 kind = 3; kind < 6; ++kind) {
            bytes memory evidence = kind == 3
                ? factory.producerEvidence(1, blocks)
                : kind == 4 ? factory.bannedEvidence(1, blocks) : factory.replayEvidence(1, blocks);
            string memory why = kind == 3 ? "authorized" : kind == 4 ? "not banned" : "different nonces";
            vm.expectRevert(abi.encodeWithSignature("NotFraud(string)", why));
            manager.challenge(kind, evidence);
        }
        pass(CHALLENGE);
        assertEq(roots.finalize(CHAIN, 1), 1);
    }

    function test_lateFraudCostsStakeButNotTheCheckpoint() public {
        ChainBuilder.Sealed[] memory blocks = factory.replayed(_start(), _producerKey());
        _submitBlocks(blocks);
        pass(CHALLENGE);
        bytes32 offenceId = manager.challenge(5, factory.replayEvidence(1, blocks));
        assertTrue(roots.isLive(CHAIN, 1));
        stakes.executeSlash(offenceId, 0, 256);
        assertEq(stakes.slashOutcome(offenceId).slashed, 4 * STAKE / 10);
    }

    function test_doubleVoteCostsTheDoubleSignerAlone() public {
        Checkpoint memory c1 = nextCheckpoint(16);
        Checkpoint memory c2 = nextCheckpoint(16);
        c2.rootHash = keccak256("another root");
        bytes memory evidence = abi.encode(c1, c2, signedBy(1 << 2, c1), signedBy(1 << 2, c2));
        bytes32 offenceId = manager.challenge(20, evidence);
        stakes.executeSlash(offenceId, 0, 256);
        assertEq(stakes.slashOutcome(offenceId).slashed, STAKE / 5);
        vm.expectRevert(abi.encodeWithSelector(ChallengeManager.AlreadyPunished.selector, offenceId));
        manager.challenge(20, evidence);
    }

    function _producerKey() private pure returns (uint256) {
        return keyOf(9_000);
    }

    function _start() private view returns (uint64) {
        return roots.head(CHAIN).start;
    }

    /// @dev The four validators sign a checkpoint over these blocks.
    function _submitBlocks(ChainBuilder.Sealed[] memory blocks) private returns (Checkpoint memory c) {
        pass(MIN_INTERVAL);
        c = nextCheckpoint(uint64(blocks.length));
        c.rootHash = factory.rootOf(c.number, blocks);
        c.lastBlockHash = blocks[blocks.length - 1].hash;
        submit(c, firstSeats(4));
    }
}
