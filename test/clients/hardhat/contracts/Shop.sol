// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

contract Points is ERC20, ERC20Permit, Ownable {
    constructor(address owner) ERC20("Points", "PTS") ERC20Permit("Points") Ownable(owner) {}

    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}

/// Pays with a permit in one transaction, and gives a receipt.
contract Till is ERC721 {
    ERC20Permit public immutable points;
    uint256 public sold;

    constructor(ERC20Permit points_) ERC721("Receipt", "RCT") {
        points = points_;
    }

    function buy(uint256 price, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        points.permit(msg.sender, address(this), price, deadline, v, r, s);
        require(points.transferFrom(msg.sender, address(this), price));
        _mint(msg.sender, ++sold);
    }
}

contract Counter {
    uint256 public count;

    function increment() external {
        count += 1;
    }
}

contract CounterProxy is TransparentUpgradeableProxy {
    constructor(address logic, address owner) TransparentUpgradeableProxy(logic, owner, abi.encodeCall(Counter.increment, ())) {}
}
