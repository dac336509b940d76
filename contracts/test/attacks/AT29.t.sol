// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ProducerElection} from "../../src/election/ProducerElection.sol";
import {ElectionEvents} from "../../src/election/ElectionEvents.sol";
import {StakeEvents} from "../../src/staking/StakeEvents.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";

/// AT-29: a sender that is read from the end of the calldata (ERC-2771), together with calls that a contract makes to
/// itself (CVE-2023-49145). No contract trusts a forwarder, and none runs a list of calls.
contract AT29 is ElectionFixture {
    function test_AT29_nobodyTrustsAForwarderOrRunsListsOfCalls() public {
        string[6] memory names = [
            "isTrustedForwarder(address)",
            "trustedForwarder()",
            "multicall(bytes[])",
            "multicall(uint256,bytes[])",
            "aggregate((address,bytes)[])",
            "execute(address,uint256,bytes)"
        ];
        address[5] memory targets =
            [address(stakes), address(roots), address(registry), address(kmc), address(election)];
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

    function test_AT29_anAppendedSenderIsNobody() public {
        nominate(1);
        bytes memory owner = abi.encodePacked(ownerOf(1));
        vm.startPrank(anyone);
        (bool success, bytes memory answer) =
            address(stakes).call(bytes.concat(abi.encodeCall(stakes.unstake, (idOf(1))), owner));
        assertFalse(success);
        assertEq(answer, abi.encodeWithSelector(StakeEvents.NotOwner.selector, idOf(1)));
        (success, answer) =
            address(election).call(bytes.concat(abi.encodeCall(ProducerElection.withdrawNomination, (idOf(1))), owner));
        assertFalse(success);
        assertEq(answer, abi.encodeWithSelector(ElectionEvents.NotOwner.selector, idOf(1)));
        (success,) = address(kmc).call(
            bytes.concat(abi.encodeCall(kmc.transfer, (anyone, 1)), abi.encodePacked(treasury))
        );
        assertFalse(success, "anyone has nothing to transfer");
        vm.stopPrank();
    }
}
