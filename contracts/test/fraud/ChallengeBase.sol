// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ICheckpointManager} from "../../src/checkpoint/ICheckpointManager.sol";
import {BlockFraud} from "../../src/fraud/BlockFraud.sol";
import {ChallengeManager} from "../../src/fraud/ChallengeManager.sol";
import {ConsensusFraud} from "../../src/fraud/ConsensusFraud.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {ReceiptFraud} from "../../src/fraud/ReceiptFraud.sol";
import {SignerFraud} from "../../src/fraud/SignerFraud.sol";
import {TxFraud} from "../../src/fraud/TxFraud.sol";
import {ChainBuilder} from "./ChainBuilder.sol";

/// @notice ChallengeManager and its verifiers over the stand-ins.
abstract contract ChallengeBase is ChainBuilder {
    uint64 internal constant COMMIT_WINDOW = 3;
    uint40 internal constant LATE_WINDOW = 30;
    uint40 internal constant ATTACH_WINDOW = 30 days;

    ChallengeManager internal manager;
    BlockFraud internal blockFraud;
    TxFraud internal txFraud;
    ReceiptFraud internal receiptFraud;
    SignerFraud internal signerFraud;
    ConsensusFraud internal consensusFraud;
    address internal challenger = makeAddr("challenger");
    address internal copycat = makeAddr("copycat");

    function setUp() public virtual override {
        super.setUp();
        ICheckpointManager root = checkpointsAsInterface();
        blockFraud = new BlockFraud(root, registryAsInterface(), stakesAsInterface());
        txFraud = new TxFraud(root);
        receiptFraud = new ReceiptFraud(root, registryAsInterface());
        signerFraud = new SignerFraud(root, stakesAsInterface());
        consensusFraud = new ConsensusFraud(registryAsInterface(), stakesAsInterface());
        bytes memory init = abi.encodeCall(
            ChallengeManager.initialize,
            (address(this), root, stakesAsInterface(), registryAsInterface(), COMMIT_WINDOW, LATE_WINDOW, ATTACH_WINDOW)
        );
        manager = ChallengeManager(address(new ERC1967Proxy(address(new ChallengeManager()), init)));
        for (uint8 kind = 1; kind <= 4; ++kind) {
            manager.registerVerifier(kind, blockFraud);
        }
        manager.registerVerifier(5, txFraud);
        manager.registerVerifier(6, txFraud);
        manager.registerVerifier(8, txFraud);
        manager.registerVerifier(9, receiptFraud);
        manager.registerVerifier(12, receiptFraud);
        manager.registerVerifier(13, receiptFraud);
        manager.registerVerifier(20, signerFraud);
        manager.registerVerifier(21, consensusFraud);
    }

    function notFraud(string memory why) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IFraudVerifier.NotFraud.selector, why);
    }

    /// @notice Three blocks, the last of which repeats alice's nonce 2 of the first at its position 1.
    function replayedNonce() internal view returns (Sealed[] memory blocks) {
        blocks = honestBlocks(keccak256("genesis"), 1, 3);
        blocks[2].txs[1] = dynamicFeeTx(alice, 2);
        finishBlock(blocks[2], producerKey);
    }

    /// @notice Evidence of kind 5 for `replayedNonce`, with the header of the later block.
    function replayEvidence(Span memory span) internal pure returns (bytes memory) {
        return abi.encode(txProofOf(span, 0, 0), txProofOf(span, 2, 1), span.blocks[2].header);
    }

    function replayOffence(Span memory span) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                "nonce", checkpoints.checkpointAt(CHAIN, span.checkpoint).structHash, span.blocks[2].hash, uint32(1)
            )
        );
    }
}
