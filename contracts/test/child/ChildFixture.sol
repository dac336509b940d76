// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

import {DepositKind} from "../../src/bridge/IDepositManager.sol";
import {ChildBridge} from "../../src/child/ChildBridge.sol";
import {ChildERC20} from "../../src/child/ChildERC20.sol";
import {ChildTokenFactory} from "../../src/child/ChildTokenFactory.sol";
import {KomaNative} from "../../src/child/KomaNative.sol";
import {Predeploys} from "../../src/child/Predeploys.sol";

/// @notice A KOMA chain's system contracts as genesis places them: code and storage, never constructed.
abstract contract ChildFixture is Test {
    uint256 internal constant POOL = 1_000_000 ether;

    address internal kmc = makeAddr("kmc on the root chain");
    address internal rootToken = makeAddr("token on the root chain");
    address internal producer = makeAddr("producer");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");

    ChildBridge internal bridge = ChildBridge(Predeploys.CHILD_BRIDGE);
    KomaNative internal native = KomaNative(Predeploys.KOMA_NATIVE);
    ChildTokenFactory internal factory = ChildTokenFactory(Predeploys.CHILD_TOKEN_FACTORY);

    function setUp() public virtual {
        vm.chainId(80401);
        vm.warp(1_700_000_000);
        vm.coinbase(producer);
        vm.etch(Predeploys.CHILD_BRIDGE, vm.getDeployedCode("src/child/ChildBridge.sol:ChildBridge"));
        vm.etch(Predeploys.KOMA_NATIVE, vm.getDeployedCode("src/child/KomaNative.sol:KomaNative"));
        vm.etch(Predeploys.CHILD_TOKEN_FACTORY, vm.getDeployedCode("src/child/ChildTokenFactory.sol:ChildTokenFactory"));
        vm.store(Predeploys.KOMA_NATIVE, bytes32(0), bytes32(uint256(uint160(kmc))));
        vm.deal(Predeploys.KOMA_NATIVE, POOL);
    }

    function _deliver(DepositKind kind, address token, address recipient, uint256 amount, bytes memory data) internal {
        uint64 id = bridge.lastId() + 1;
        vm.prank(producer);
        bridge.deliver(id, kind, token, recipient, amount, data, uint40(block.timestamp));
    }

    function _mapToken() internal returns (ChildERC20) {
        _deliver(DepositKind.MapToken, rootToken, address(0), 0, abi.encode("Plain", "PLN", uint8(6)));
        return ChildERC20(factory.childOf(rootToken));
    }
}
