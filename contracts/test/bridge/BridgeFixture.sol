// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {Test} from "forge-std/Test.sol";

import {DepositManager} from "../../src/bridge/DepositManager.sol";
import {ExitNFT} from "../../src/bridge/ExitNFT.sol";
import {ExitParams} from "../../src/bridge/ExitTypes.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {WithdrawManager} from "../../src/bridge/WithdrawManager.sol";
import {ICheckpointManager} from "../../src/checkpoint/ICheckpointManager.sol";
import {ChainConfig, IKomaRegistry} from "../../src/checkpoint/IKomaRegistry.sol";
import {KomaRegistry} from "../../src/checkpoint/KomaRegistry.sol";
import {ChildERC20} from "../../src/child/ChildERC20.sol";
import {IKomaToken} from "../../src/child/IKomaToken.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";
import {LogProof} from "../../src/fraud/ProofTypes.sol";
import {KMC} from "../../src/token/KMC.sol";
import {FakeCheckpoints} from "./FakeCheckpoints.sol";
import {PlainToken} from "./OddTokens.sol";
import {ReceiptBuilder, TestLog} from "./ReceiptBuilder.sol";

/// @notice The bridge of the root chain with its real registry, and checkpoints that the test makes.
abstract contract BridgeFixture is Test {
    uint64 internal constant CHAIN = 80401;
    uint96 internal constant BOND = 0.001 ether;
    uint40 internal constant EXIT_PERIOD = 10;

    address internal owner = makeAddr("owner");
    address internal guardian = makeAddr("guardian");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");

    KMC internal kmc;
    PlainToken internal token;
    KomaRegistry internal registry;
    FakeCheckpoints internal checkpoints;
    DepositManager internal deposits;
    WithdrawManager internal withdraws;
    ExitNFT internal nft;
    address internal child;

    uint64 internal lastBlock = 1;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        address[] memory holders = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (holders[0], amounts[0]) = (alice, 1_000_000e18);
        kmc = new KMC(holders, amounts, 0, owner);
        checkpoints = new FakeCheckpoints();
        registry = KomaRegistry(
            _proxy(address(new KomaRegistry()), abi.encodeCall(KomaRegistry.initialize, (owner, address(kmc), 1, 8)))
        );
        address depositCode = address(new DepositManager());
        address withdrawCode = address(new WithdrawManager());
        uint64 nonce = vm.getNonce(address(this));
        address withdrawAddress = vm.computeCreateAddress(address(this), nonce + 2);
        nft = new ExitNFT(withdrawAddress);
        deposits = DepositManager(
            _proxy(
                depositCode,
                abi.encodeCall(
                    DepositManager.initialize, (owner, guardian, 60, address(kmc), registry, withdrawAddress)
                )
            )
        );
        ExitParams memory params = ExitParams({exitPeriod: EXIT_PERIOD, exitBond: BOND, payoutGas: 200_000});
        withdraws = WithdrawManager(
            _proxy(
                withdrawCode,
                abi.encodeCall(
                    WithdrawManager.initialize,
                    (owner, params, registry, ICheckpointManager(address(checkpoints)), deposits, nft)
                )
            )
        );
        assertEq(address(withdraws), withdrawAddress);

        address[] memory producers = new address[](1);
        producers[0] = makeAddr("producer");
        vm.startPrank(owner);
        registry.wire(deposits, address(this));
        registry.registerChain(CHAIN, _chainConfig(), keccak256(type(ChildERC20).creationCode), producers);
        vm.stopPrank();

        token = new PlainToken();
        child = registry.mapToken(CHAIN, address(token));
        token.mint(alice, 1_000_000e18);
        vm.deal(alice, 10 ether);
        vm.deal(bob, 10 ether);
        vm.deal(carol, 10 ether);
    }

    function _chainConfig() internal view returns (ChainConfig memory config) {
        config.nameHash = keccak256("main");
        config.genesisHash = keccak256("genesis");
        config.owner = owner;
        config.slotMs = 1000;
        config.openGapSlots = 4;
        config.setGraceBlocks = 128;
        config.targetInterval = 16;
        config.rules = 1;
    }

    function _proxy(address implementation, bytes memory call) internal returns (address) {
        return address(new ERC1967Proxy(implementation, call));
    }

    function _depositToken(address who, uint256 amount) internal returns (uint64) {
        vm.startPrank(who);
        token.approve(address(deposits), amount);
        uint64 id = deposits.depositERC20(CHAIN, address(token), who, amount);
        vm.stopPrank();
        return id;
    }

    /// @dev The log of a burn: `account` had `input` before and is at its `seq`-th log.
    function _burnLog(
        address emitter,
        address rootToken,
        address account,
        address recipient,
        uint256 amount,
        uint256 input,
        uint64 seq
    ) internal pure returns (TestLog memory log) {
        log.emitter = emitter;
        log.topics = new bytes32[](4);
        log.topics[0] = IKomaToken.Withdraw.selector;
        log.topics[1] = bytes32(uint256(uint160(rootToken)));
        log.topics[2] = bytes32(uint256(uint160(account)));
        log.topics[3] = bytes32(uint256(uint160(recipient)));
        log.data = abi.encode(amount, input, input - amount, seq);
    }

    function _tokenBurn(address account, uint256 amount, uint256 input, uint64 seq)
        internal
        view
        returns (TestLog memory)
    {
        return _burnLog(child, address(token), account, account, amount, input, seq);
    }

    function _nativeBurn(address account, uint256 amount) internal view returns (TestLog memory) {
        return _burnLog(Predeploys.KOMA_NATIVE, address(kmc), account, account, amount, amount + 1 ether, 0);
    }

    function _only(TestLog memory log) internal pure returns (TestLog[] memory logs) {
        logs = new TestLog[](1);
        logs[0] = log;
    }

    /// @dev Makes a block whose only transaction left these logs, checkpoints it alone, and proves one of them.
    function _checkpoint(uint8 status, TestLog[] memory logs, uint32 logIndex) internal returns (LogProof memory p) {
        return _checkpointAt(lastBlock++, status, logs, logIndex);
    }

    function _checkpointAt(uint64 blockNumber, uint8 status, TestLog[] memory logs, uint32 logIndex)
        internal
        returns (LogProof memory p)
    {
        uint64 next = checkpoints.next(CHAIN);
        if (next == 0) next = 1;
        bytes32 rootHash;
        (p, rootHash) =
            ReceiptBuilder.prove(CHAIN, next, blockNumber, ReceiptBuilder.encodeReceipt(status, logs), logIndex);
        assertEq(checkpoints.submit(CHAIN, rootHash, blockNumber, blockNumber), next);
    }

    function _checkpointBurn(TestLog memory log) internal returns (LogProof memory) {
        return _checkpoint(1, _only(log), 0);
    }

    function _startExit(address bonder, LogProof memory p) internal returns (bytes32) {
        vm.prank(bonder);
        return withdraws.startExit{value: BOND}(p);
    }

    /// @dev Not `block.timestamp`, which the optimizer reads once per function.
    function _pass(uint256 time) internal {
        vm.warp(vm.getBlockTimestamp() + time);
    }

    function _exitIdOf(LogProof memory p) internal view returns (bytes32) {
        return withdraws.exitIdOf(p.b.chainId, p.b.number, p.txIndex, p.logIndex);
    }
}
