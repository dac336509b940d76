// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Vm} from "forge-std/Vm.sol";
import {DeliveryArguments, DeliveryCall} from "../../src/bridge/DeliveryCall.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../../src/checkpoint/IKomaRegistry.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {Claim, IInteractiveFraudEvents} from "../../src/fraud/IInteractiveFraud.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {InteractiveFraud} from "../../src/fraud/InteractiveFraud.sol";
import {MissingClaims} from "../../src/fraud/MissingClaims.sol";
import {TxProof} from "../../src/fraud/ProofTypes.sol";
import {TxFraud} from "../../src/fraud/TxFraud.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";
import {BridgeFraudBase} from "./BridgeFraudBase.sol";
import {ChainBuilder} from "./ChainBuilder.sol";

/// @notice A proxy that is initialized in a second step.
contract LateProxy is ERC1967Proxy {
    constructor(address implementation) ERC1967Proxy(implementation, "") {}

    function _unsafeAllowUninitialized() internal pure override returns (bool) {
        return true;
    }
}

/// @notice Builds blocks and evidence for a test that has a root chain of its own.
contract InteractiveFactory is BridgeFraudBase {
    address internal constant ANN = address(0xa11);
    address internal constant BEN = address(0xbe1);

    /// @notice Three blocks of alice's nonces 2n and 2n + 1; `skipped` makes the last of them higher by that many.
    function chain(uint64 start, uint64 skipped, uint256 key) public view returns (Sealed[] memory blocks) {
        blocks = honestBlocks(keccak256("parent"), start, 3);
        if (skipped > 0) blocks[2].txs[1] = dynamicFeeTx(alice, 2 * (start + 2) + 1 + skipped);
        _seal(blocks, key);
    }

    /// @notice Three blocks, in each of which ann pays ben; her numbers are these, zero for a block without.
    function payments(uint64 start, uint64[3] memory numbers, uint256 key)
        external
        view
        returns (Sealed[] memory blocks)
    {
        blocks = chain(start, 0, key);
        for (uint256 i; i < 3; ++i) {
            if (numbers[i] > 0) {
                setReceipt(blocks[i], 0, 1, only(paid(ANN, BEN, 1, 100 - numbers[i], 0, numbers[i], numbers[i])));
            }
        }
        _seal(blocks, key);
    }

    /// @notice Three blocks, the one at `index` delivers the deposit.
    function deliveryAt(uint64 start, uint256 index, DeliveryArguments memory d, uint256 key)
        external
        view
        returns (Sealed[] memory blocks)
    {
        blocks = chain(start, 0, key);
        setReceipt(blocks[index], 1, 1, deliveredLogs(d));
        _seal(blocks, key);
    }

    function rootOf(uint64 checkpoint, Sealed[] memory blocks) external returns (bytes32) {
        submit(checkpoint, blocks);
        return checkpoints.checkpointAt(CHAIN, checkpoint).rootHash;
    }

    function tx_(uint64 checkpoint, Sealed[] memory blocks, uint256 index, uint32 txIndex)
        external
        pure
        returns (TxProof memory)
    {
        return txProofOf(Span(checkpoint, blocks), index, txIndex);
    }

    function nonceClaim(uint64 checkpoint, Sealed[] memory blocks, uint64 nonce) external pure returns (bytes memory) {
        return abi.encode(txProofOf(Span(checkpoint, blocks), 2, 1), nonce, new TxProof[](0));
    }

    function log_(uint64 checkpoint, Sealed[] memory blocks, uint256 index, uint32 txIndex, uint32 logIndex)
        external
        pure
        returns (bytes memory)
    {
        return abi.encode(logProofOf(Span(checkpoint, blocks), index, txIndex, logIndex));
    }

    function logClaim(uint64 checkpoint, Sealed[] memory blocks, address account)
        external
        pure
        returns (bytes memory)
    {
        Span memory span = Span(checkpoint, blocks);
        return abi.encode(logProofOf(span, 0, 0, 0), logProofOf(span, 2, 0, 0), account);
    }

    function depositClaim(uint64 checkpoint, Sealed[] memory blocks, uint256 index, DeliveryArguments memory d)
        external
        pure
        returns (bytes memory)
    {
        return abi.encode(proofOf(Span(checkpoint, blocks), index), d);
    }

    function _seal(Sealed[] memory blocks, uint256 key) private pure {
        for (uint256 i; i < blocks.length; ++i) {
            blocks[i].coinbase = vm.addr(key);
            if (i > 0) blocks[i].parentHash = blocks[i - 1].hash;
            finishBlock(blocks[i], key);
        }
    }
}

/// @notice Interactive challenges on the real root contracts.
abstract contract InteractiveBase is StakeFixture {
    uint96 internal constant BOND = 0.5 ether;
    uint40 internal constant ANSWER_WINDOW = 15;
    uint40 internal constant DEPOSIT_WINDOW = 25;
    uint40 internal constant DEPOSIT_DEADLINE = 30;
    address internal constant CHILD_TOKEN = address(0xc111d);

    ChallengeManager internal manager;
    MissingClaims internal claims;
    InteractiveFraud internal court;
    InteractiveFactory internal factory;
    address internal finder = makeAddr("finder");
    address internal helper = makeAddr("helper");

    function setUp() public virtual override {
        vm.warp(START);
        vm.roll(100);
        manager = ChallengeManager(address(new LateProxy(address(new ChallengeManager()))));
        challenges = address(manager);
        deployRoot();
        vm.prank(governor);
        registry.wire(IDepositManager(deposits), challenges);
        manager.initialize(governor, roots, stakes, registry, 3, 30, 30 days);
        claims = new MissingClaims(roots, registry, IDepositManager(deposits), DEPOSIT_DEADLINE);
        court = new InteractiveFraud(manager, claims, BOND, ANSWER_WINDOW, DEPOSIT_WINDOW);
        TxFraud txFraud = new TxFraud(roots);
        vm.startPrank(governor);
        manager.registerVerifier(5, txFraud);
        manager.registerVerifier(7, IFraudVerifier(address(court)));
        manager.registerVerifier(15, IFraudVerifier(address(court)));
        manager.registerVerifier(18, IFraudVerifier(address(court)));
        vm.stopPrank();
        vm.mockCall(
            address(registry), abi.encodeCall(IKomaRegistry.rootTokenOf, (CHAIN, CHILD_TOKEN)), abi.encode(address(1))
        );
        factory = new InteractiveFactory();
        factory.setUp();
        vm.deal(finder, 100_000 ether);
        beginWith(4);
    }

    function producerKey() internal pure returns (uint256) {
        return keyOf(9_000);
    }

    function startOfNext() internal view returns (uint64) {
        return roots.head(CHAIN).start;
    }

    /// @dev The four validators sign a checkpoint over these blocks.
    function submitBlocks(ChainBuilder.Sealed[] memory blocks) internal returns (Checkpoint memory c) {
        pass(MIN_INTERVAL);
        c = nextCheckpoint(uint64(blocks.length));
        c.rootHash = factory.rootOf(c.number, blocks);
        c.lastBlockHash = blocks[blocks.length - 1].hash;
        submit(c, firstSeats(4));
    }

    /// @dev Opens a challenge as the finder, with the bond that is asked for.
    function open(uint8 kind, bytes memory evidence) internal returns (uint256 id, Claim memory claim) {
        uint256 bond = court.bondFor(CHAIN, claims.claimOf(kind, evidence).number);
        vm.recordLogs();
        vm.prank(finder);
        id = court.openChallenge{value: bond}(kind, evidence);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == IInteractiveFraudEvents.ChallengeOpened.selector) {
                claim = abi.decode(logs[i].data, (Claim));
            }
        }
        assertEq(claim.bond, bond);
    }

    /// @dev A deposit that the root chain made so many seconds before block `number` of the factory.
    function deposited(uint64 id, uint64 number, uint40 before) internal returns (DeliveryArguments memory d) {
        d.id = id;
        d.recipient = address(0xb0b);
        d.amount = 5;
        d.createdAt = uint40(START) + uint40(number) - before;
        vm.mockCall(
            deposits,
            abi.encodeCall(IDepositManager.depositHash, (CHAIN, id)),
            abi.encode(DeliveryCall.hashOf(d, CHAIN))
        );
    }
}
