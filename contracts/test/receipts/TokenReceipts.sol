// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IKomaToken} from "../../src/child/IKomaToken.sol";
import {ChallengeBase} from "../fraud/ChallengeBase.sol";

/// @title Vocabulary for tests: alice calls a token, the token's logs lie in the receipt
abstract contract TokenReceipts is ChallengeBase {
    address internal constant TOKEN = address(0x70cE);
    address internal constant ROOT_TOKEN = address(0xc0de);
    uint256 internal constant AMOUNT = 30;
    address internal sender;
    address internal friend = makeAddr("friend");

    function setUp() public virtual override {
        super.setUp();
        sender = vm.addr(alice);
        registry.mapToken(CHAIN, TOKEN, ROOT_TOKEN);
    }

    /// @notice A signed call of `to` with a gas limit of 200,000.
    function callOf(address to, uint256 value, bytes memory data) internal view returns (bytes memory) {
        bytes[] memory fields = new bytes[](9);
        fields[0] = RLP.encode(uint256(CHAIN));
        fields[1] = RLP.encode(uint256(7));
        fields[2] = RLP.encode(uint256(1));
        fields[3] = RLP.encode(uint256(7_000_000_000));
        fields[4] = RLP.encode(uint256(200_000));
        fields[5] = RLP.encode(abi.encodePacked(to));
        fields[6] = RLP.encode(value);
        fields[7] = RLP.encode(data);
        fields[8] = hex"c0";
        return signTyped(alice, 2, fields);
    }

    function transferCall() internal view returns (bytes memory) {
        return callOf(TOKEN, 0, abi.encodeCall(IERC20.transfer, (friend, AMOUNT)));
    }

    function transferLog(uint256 amount) internal view returns (bytes memory) {
        bytes32[] memory topics = new bytes32[](3);
        topics[0] = IERC20.Transfer.selector;
        topics[1] = bytes32(uint256(uint160(sender)));
        topics[2] = bytes32(uint256(uint160(friend)));
        return encodeLog(TOKEN, topics, abi.encode(amount));
    }

    /// @param words amount, input1, input2, output1, output2, fromSeq, toSeq
    function balanceLog(uint256[7] memory words) internal view returns (bytes memory) {
        bytes32[] memory topics = new bytes32[](4);
        topics[0] = IKomaToken.LogTransfer.selector;
        topics[1] = bytes32(uint256(uint160(ROOT_TOKEN)));
        topics[2] = bytes32(uint256(uint160(sender)));
        topics[3] = bytes32(uint256(uint160(friend)));
        return encodeLog(TOKEN, topics, abi.encode(words));
    }

    function honestWords() internal pure returns (uint256[7] memory) {
        return [AMOUNT, 100, 5, 70, 35, 4, 2];
    }

    function honestLogs() internal view returns (bytes[] memory logs) {
        logs = new bytes[](2);
        (logs[0], logs[1]) = (transferLog(AMOUNT), balanceLog(honestWords()));
    }

    /// @notice A checkpoint over one block with one transaction, whose receipt of type 2 has these logs.
    function checkpointed(bytes memory raw, uint8 status, bytes[] memory logs) internal returns (Span memory) {
        Sealed[] memory blocks = new Sealed[](1);
        bytes[] memory txs = new bytes[](1);
        txs[0] = raw;
        blocks[0] = sealBlock(keccak256("parent"), 1, GENESIS_TIME + 1, txs, producerKey);
        blocks[0].receipts[0] = encodeReceipt(2, status, 60_000, logs);
        blocks[0].gasUsed = 60_000;
        finishBlock(blocks[0], producerKey);
        return submit(1, blocks);
    }
}
