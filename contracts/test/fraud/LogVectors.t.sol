// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {CheckpointRecord, CheckpointStatus, ICheckpointManager} from "../../src/checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../../src/checkpoint/IKomaRegistry.sol";
import {BridgeFraud} from "../../src/fraud/BridgeFraud.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {LogFraud} from "../../src/fraud/LogFraud.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {MockBridge} from "./BridgeFraudBase.sol";
import {MockCheckpointManager} from "./MockRoot.sol";

/// @notice The verifiers of kinds 10, 11 and 14 on evidence that the TypeScript finders crafted.
contract LogVectorsTest is Test {
    string private constant PATH = "../test/vectors/log-evidence.json";

    function test_everyCraftedChallengeConvicts() public {
        string memory json = vm.readFile(PATH);
        uint64 chainId = uint64(vm.parseJsonUint(json, ".chainId"));
        MockBridge bridge = new MockBridge();
        address[] memory pair = vm.parseJsonAddressArray(json, ".tokens[0]");
        bridge.map(chainId, pair[1], pair[0]);
        for (uint256 i; vm.keyExistsJson(json, _at(".deposits", i)); ++i) {
            string memory deposit = _at(".deposits", i);
            bridge.put(
                chainId,
                uint64(vm.parseJsonUint(json, string.concat(deposit, ".id"))),
                vm.parseJsonBytes32(json, string.concat(deposit, ".hash"))
            );
        }
        uint256 count;
        for (; vm.keyExistsJson(json, _at(".cases", count)); ++count) {
            _judge(json, _at(".cases", count), chainId, bridge);
        }
        assertGe(count, 9);
    }

    function _judge(string memory json, string memory path, uint64 chainId, MockBridge bridge) private {
        MockCheckpointManager roots = new MockCheckpointManager(31337, address(1));
        ICheckpointManager manager = ICheckpointManager(address(roots));
        IKomaRegistry registry = IKomaRegistry(address(bridge));
        for (uint256 i; i < 2; ++i) {
            string memory checkpoint = _at(string.concat(path, ".checkpoints"), i);
            CheckpointRecord memory record;
            record.start = uint64(vm.parseJsonUint(json, string.concat(checkpoint, ".start")));
            record.end = uint64(vm.parseJsonUint(json, string.concat(checkpoint, ".end")));
            record.rootHash = vm.parseJsonBytes32(json, string.concat(checkpoint, ".rootHash"));
            record.structHash = keccak256(abi.encode(i));
            record.status = CheckpointStatus.Pending;
            roots.put(chainId, uint64(vm.parseJsonUint(json, string.concat(checkpoint, ".number"))), record);
        }
        uint8 kind = uint8(vm.parseJsonUint(json, string.concat(path, ".kind")));
        IFraudVerifier verifier = kind == 14
            ? IFraudVerifier(new LogFraud(manager, registry))
            : IFraudVerifier(new BridgeFraud(manager, registry, IDepositManager(address(bridge))));
        Verdict memory v = verifier.verify(kind, vm.parseJsonBytes(json, string.concat(path, ".evidence")));
        bytes32 blockHash = vm.parseJsonBytes32(json, string.concat(path, ".blockHash"));
        uint32 txIndex = uint32(vm.parseJsonUint(json, string.concat(path, ".txIndex")));
        assertEq(v.number, 2);
        assertEq(v.blockHash, blockHash);
        assertEq(v.offenceId, keccak256(abi.encode("receipt", keccak256(abi.encode(uint256(1))), blockHash, txIndex)));
    }

    function _at(string memory path, uint256 index) private pure returns (string memory) {
        return string.concat(path, "[", vm.toString(index), "]");
    }
}
