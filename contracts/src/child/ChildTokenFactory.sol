// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

import {ChildERC20} from "./ChildERC20.sol";
import {Predeploys} from "./Predeploys.sol";

/// @title Makes the child tokens that the root chain's registry has mapped
/// @notice The address of a child token is a function of its root token, so both chains can name it before it exists.
contract ChildTokenFactory {
    event ChildTokenCreated(
        address indexed rootToken, address indexed childToken, string name, string symbol, uint8 decimals
    );

    error OnlyBridge(address caller);
    error AlreadyCreated(address rootToken);

    /// @notice Child token of `rootToken`, zero when there is none yet.
    mapping(address rootToken => address) public childOf;

    /// @notice Creates the child token of `rootToken`; only the bridge, once per root token.
    function create(address rootToken, string calldata name, string calldata symbol, uint8 decimals)
        external
        returns (address childToken)
    {
        if (msg.sender != Predeploys.CHILD_BRIDGE) revert OnlyBridge(msg.sender);
        if (childOf[rootToken] != address(0)) revert AlreadyCreated(rootToken);
        ChildERC20 token = new ChildERC20{salt: _salt(rootToken)}();
        childToken = address(token);
        childOf[rootToken] = childToken;
        token.initialize(rootToken, name, symbol, decimals);
        emit ChildTokenCreated(rootToken, childToken, name, symbol, decimals);
    }

    /// @notice Where the child token of `rootToken` stands or will stand.
    function childTokenAddress(address rootToken) external view returns (address) {
        return Create2.computeAddress(_salt(rootToken), initCodeHash());
    }

    /// @notice Hash of every child token's init code (CREATE2, EIP-1014).
    function initCodeHash() public pure returns (bytes32) {
        return keccak256(type(ChildERC20).creationCode);
    }

    function _salt(address rootToken) private pure returns (bytes32) {
        return bytes32(uint256(uint160(rootToken)));
    }
}
