// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {LogProof, TxReceipt} from "../../src/fraud/ProofTypes.sol";
import {ChallengeBase} from "../fraud/ChallengeBase.sol";
import {OrderedTrie} from "../fraud/OrderedTrie.sol";

/// @notice Kinds 8, 9, 12 and 13 on transactions and receipts that another implementation made: each convicts exactly what
/// the vectors say, as its TypeScript twin does (src/fraud/receipt-vectors.test.ts).
contract ReceiptVectorsTest is ChallengeBase {
    string private constant PATH = "../test/vectors/receipt-fraud.json";

    function setUp() public override {
        super.setUp();
        string memory json = vm.readFile(PATH);
        for (uint256 i; i < 2; ++i) {
            address[] memory pair = vm.parseJsonAddressArray(json, string.concat(".tokens[", vm.toString(i), "]"));
            registry.mapToken(CHAIN, pair[0], pair[1]);
        }
    }

    function test_everyVectorIsConvictedByItsKindsAndNoOther() public {
        string memory json = vm.readFile(PATH);
        uint256 count;
        for (; vm.keyExistsJson(json, _path(count, "")); ++count) {
            // A call of its own for each: what they use of the memory is free again.
            this.check(json, count);
        }
        assertGt(count, 100);
    }

    function check(string memory json, uint256 i) external {
        Sealed[] memory blocks = new Sealed[](1);
        blocks[0] = sealBlock(keccak256("parent"), 1, GENESIS_TIME + 1, new bytes[](0), producerKey);
        blocks[0].txs = vm.parseJsonBytesArray(json, _path(i, ".transactions"));
        blocks[0].receipts = vm.parseJsonBytesArray(json, _path(i, ".receipts"));
        finishBlock(blocks[0], producerKey);
        Span memory span = submit(uint64(i + 1), blocks);
        string memory name = vm.parseJsonString(json, _path(i, ".name"));
        uint256[] memory convicts = vm.parseJsonUintArray(json, _path(i, ".convicts"));
        uint32 index = uint32(vm.parseJsonUint(json, _path(i, ".index")));
        uint256 logs = vm.parseJsonUint(json, _path(i, ".logs"));

        TxReceipt memory r = txReceiptOf(span, 0, index);
        bytes[] memory previous = index == 0 ? new bytes[](0) : OrderedTrie.prove(blocks[0].receipts, index - 1);
        bool honest = convicts.length == 0;
        _expect(name, convicts, 8, _convicts(8, abi.encode(txProofOf(span, 0, index), ""), honest));
        _expect(name, convicts, 9, _convicts(9, abi.encode(r, previous, ""), honest));
        _expect(name, convicts, 12, _convicts(12, abi.encode(r, new LogProof[](0), ""), honest));
        bool impossible;
        for (uint32 l; l < logs; ++l) {
            if (_convicts(13, abi.encode(logProofOf(span, 0, index, l), ""), honest)) impossible = true;
        }
        _expect(name, convicts, 13, impossible);
    }

    /// @dev Against the honest nothing but `NotFraud` will do; what is malformed may be refused for its form.
    function _convicts(uint8 kind, bytes memory evidence, bool honest) private view returns (bool) {
        IFraudVerifier verifier = manager.verifierOf(kind);
        (bool ok, bytes memory answer) = address(verifier).staticcall(abi.encodeCall(verifier.verify, (kind, evidence)));
        if (!ok && honest) assertEq(bytes4(answer), IFraudVerifier.NotFraud.selector);
        return ok;
    }

    function _expect(string memory name, uint256[] memory convicts, uint256 kind, bool found) private pure {
        bool expected;
        for (uint256 i; i < convicts.length; ++i) {
            if (convicts[i] == kind) expected = true;
        }
        assertEq(found, expected, string.concat(name, ", kind ", vm.toString(kind)));
    }

    function _path(uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(i), "]", field);
    }
}
