// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {DeliveryArguments, DeliveryCall} from "../../src/bridge/DeliveryCall.sol";
import {DepositKind, IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {IKomaRegistry} from "../../src/checkpoint/IKomaRegistry.sol";
import {ChildBridge} from "../../src/child/ChildBridge.sol";
import {IChildBridgeEvents, IKomaToken} from "../../src/child/IKomaToken.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";
import {BridgeFraud} from "../../src/fraud/BridgeFraud.sol";
import {LogFraud} from "../../src/fraud/LogFraud.sol";
import {LogProof, TxProof, TxReceipt} from "../../src/fraud/ProofTypes.sol";
import {ChallengeBase} from "./ChallengeBase.sol";

/// @notice Deposits and token mappings as the test says them.
contract MockBridge {
    mapping(uint64 => mapping(uint64 => bytes32)) public depositHash;
    mapping(uint64 => mapping(address => address)) public childTokenOf;
    mapping(uint64 => mapping(address => address)) public rootTokenOf;

    function put(uint64 chainId, uint64 id, bytes32 hash) external {
        depositHash[chainId][id] = hash;
    }

    function map(uint64 chainId, address root, address child) external {
        childTokenOf[chainId][root] = child;
        rootTokenOf[chainId][child] = root;
    }
}

/// @notice Vocabulary for tests of logs: tokens move, deposits are delivered.
abstract contract BridgeFraudBase is ChallengeBase {
    struct LogItem {
        address emitter;
        bytes32[] topics;
        bytes data;
    }

    address internal constant KMC_ROOT = address(0xc0ffee);
    address internal constant ROOT_TOKEN = address(0xd011);
    address internal constant CHILD_TOKEN = address(0xc111d);

    MockBridge internal bridge;
    LogFraud internal logFraud;
    BridgeFraud internal bridgeFraud;

    function setUp() public virtual override {
        super.setUp();
        bridge = new MockBridge();
        bridge.map(CHAIN, KMC_ROOT, Predeploys.KOMA_NATIVE);
        bridge.map(CHAIN, ROOT_TOKEN, CHILD_TOKEN);
        IKomaRegistry mappings = IKomaRegistry(address(bridge));
        logFraud = new LogFraud(checkpointsAsInterface(), mappings);
        bridgeFraud = new BridgeFraud(checkpointsAsInterface(), mappings, IDepositManager(address(bridge)));
        manager.registerVerifier(10, bridgeFraud);
        manager.registerVerifier(11, bridgeFraud);
        manager.registerVerifier(14, logFraud);
    }

    // logs

    function word(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function transferLog(address token, address from, address to, uint256[5] memory values, uint64[2] memory seqs)
        internal
        pure
        returns (LogItem memory item)
    {
        item.emitter = token;
        item.topics = new bytes32[](4);
        item.topics[0] = IKomaToken.LogTransfer.selector;
        (item.topics[1], item.topics[2], item.topics[3]) = (word(ROOT_TOKEN), word(from), word(to));
        item.data = abi.encode(values[0], values[1], values[2], values[3], values[4], seqs[0], seqs[1]);
    }

    /// @notice `from` pays `amount`: inputs and numbers before, in the order of the parties.
    function paid(address from, address to, uint256 amount, uint256 input1, uint256 input2, uint64 seq1, uint64 seq2)
        internal
        pure
        returns (LogItem memory)
    {
        return transferLog(
            CHILD_TOKEN, from, to, [amount, input1, input2, input1 - amount, input2 + amount], [seq1, seq2]
        );
    }

    function creditLog(address token, address root, address account, uint256 amount, uint256 input, uint64 seq)
        internal
        pure
        returns (LogItem memory item)
    {
        item.emitter = token;
        item.topics = new bytes32[](3);
        item.topics[0] = IKomaToken.LogDeposit.selector;
        (item.topics[1], item.topics[2]) = (word(root), word(account));
        item.data = abi.encode(amount, input, input + amount, seq);
    }

    function burnLog(address account, uint256 amount, uint256 input, uint64 seq)
        internal
        pure
        returns (LogItem memory item)
    {
        item.emitter = CHILD_TOKEN;
        item.topics = new bytes32[](4);
        item.topics[0] = IKomaToken.Withdraw.selector;
        (item.topics[1], item.topics[2], item.topics[3]) = (word(ROOT_TOKEN), word(account), word(account));
        item.data = abi.encode(amount, input, input - amount, seq);
    }

    function deliveryLog(DeliveryArguments memory d, address childToken, bool credited)
        internal
        pure
        returns (LogItem memory item)
    {
        item.emitter = Predeploys.CHILD_BRIDGE;
        item.topics = new bytes32[](4);
        item.topics[0] = IChildBridgeEvents.DepositDelivered.selector;
        (item.topics[1], item.topics[2], item.topics[3]) =
        (bytes32(uint256(d.id)), word(d.rootToken), word(d.recipient));
        item.data = abi.encode(childToken, d.amount, DeliveryCall.hashOf(d, CHAIN), credited);
    }

    // deposits

    /// @notice A deposit of tokens for bob that the root chain holds.
    function depositOf(uint64 id, uint256 amount) internal returns (DeliveryArguments memory d) {
        d = DeliveryArguments(id, DepositKind.ERC20, ROOT_TOKEN, vm.addr(bob), amount, "", uint40(GENESIS_TIME));
        held(d);
    }

    function held(DeliveryArguments memory d) internal {
        bridge.put(CHAIN, d.id, DeliveryCall.hashOf(d, CHAIN));
    }

    /// @notice The logs of an honest delivery of tokens, the delivery's own last.
    function deliveredLogs(DeliveryArguments memory d) internal pure returns (LogItem[] memory items) {
        items = new LogItem[](2);
        items[0] = creditLog(CHILD_TOKEN, d.rootToken, d.recipient, d.amount, 0, 1);
        items[1] = deliveryLog(d, CHILD_TOKEN, true);
    }

    function deliverCall(DeliveryArguments memory d) internal pure returns (bytes memory) {
        return abi.encodeCall(
            ChildBridge.deliver, (d.id, d.kind, d.rootToken, d.recipient, d.amount, d.data, d.createdAt)
        );
    }

    function callTx(uint256 key, uint64 nonce, address to, uint256 value, bytes memory data)
        internal
        pure
        returns (bytes memory)
    {
        bytes[] memory fields = new bytes[](9);
        fields[0] = RLP.encode(uint256(CHAIN));
        fields[1] = RLP.encode(uint256(nonce));
        fields[2] = hex"80";
        fields[3] = RLP.encode(uint256(7_000_000_000));
        fields[4] = RLP.encode(uint256(500_000));
        fields[5] = to == address(0) ? bytes(hex"80") : RLP.encode(abi.encodePacked(to));
        fields[6] = RLP.encode(value);
        fields[7] = RLP.encode(data);
        fields[8] = RLP.encode(new bytes[](0));
        return signTyped(key, 2, fields);
    }

    // blocks

    function only(LogItem memory item) internal pure returns (LogItem[] memory items) {
        items = new LogItem[](1);
        items[0] = item;
    }

    /// @notice Gives the block's transaction these logs, and seals the block again.
    function setReceipt(Sealed memory b, uint256 txIndex, uint8 status, LogItem[] memory items) internal view {
        bytes[] memory logs = new bytes[](items.length);
        for (uint256 i; i < items.length; ++i) {
            logs[i] = encodeLog(items[i].emitter, items[i].topics, items[i].data);
        }
        uint8 first = uint8(b.txs[txIndex][0]);
        b.receipts[txIndex] = encodeReceipt(first < 0xc0 ? first : 0, status, uint64(21_000 * (txIndex + 1)), logs);
        finishBlock(b, producerKey);
    }

    /// @notice A checkpoint over two blocks, with one log in the first transaction of each.
    function twoLogs(LogItem memory first, LogItem memory second) internal returns (Span memory) {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 2);
        setReceipt(blocks[0], 0, 1, only(first));
        blocks[1].parentHash = blocks[0].hash;
        setReceipt(blocks[1], 0, 1, only(second));
        return submit(1, blocks);
    }

    /// @notice A checkpoint over one block whose second transaction is this call with these logs.
    function oneCall(bytes memory raw, uint8 status, LogItem[] memory items) internal returns (Span memory) {
        Sealed[] memory blocks = honestBlocks(keccak256("genesis"), 1, 1);
        blocks[0].txs[1] = raw;
        setReceipt(blocks[0], 1, status, items);
        return submit(1, blocks);
    }

    function receiptOf(Span memory span, uint256 index, uint32 txIndex) internal pure returns (TxReceipt memory r) {
        TxProof memory t = txProofOf(span, index, txIndex);
        LogProof memory l = logProofOf(span, index, txIndex, 0);
        return TxReceipt(t.b, txIndex, t.txNodes, l.receiptNodes);
    }

    /// @notice One receipt is one offence, whatever is wrong with it.
    function receiptOffence(Span memory span, uint256 index, uint32 txIndex) internal view returns (bytes32) {
        bytes32 structHash = checkpoints.checkpointAt(CHAIN, span.checkpoint).structHash;
        return keccak256(abi.encode("receipt", structHash, span.blocks[index].hash, txIndex));
    }
}
