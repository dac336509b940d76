// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Tokens as they are found on main networks, and some that nobody should list.
contract PlainToken is ERC20 {
    constructor() ERC20("Plain", "PLN") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Fails in `transfer` in the way that is set; `transferFrom` always works.
contract FailingToken is PlainToken {
    enum Mode {
        Works,
        Reverts,
        ReturnsFalse,
        BurnsAllGas
    }

    Mode public mode;

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (mode == Mode.Reverts) revert("token is paused");
        if (mode == Mode.ReturnsFalse) return false;
        if (mode == Mode.BurnsAllGas) {
            while (true) {}
        }
        return super.transfer(to, amount);
    }
}

/// @notice Keeps one percent of every transfer.
contract FeeToken is PlainToken {
    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, amount);
        super._update(from, address(0xfee), amount / 100);
        super._update(from, to, amount - amount / 100);
    }
}

/// @notice Works, but answers nothing, like USDT.
contract SilentToken {
    string public constant name = "Silent";
    string public constant symbol = "SIL";
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

interface ITokenHook {
    function onToken() external;
}

/// @notice Calls one account before or after every transfer, as ERC-777 does.
contract HookToken is PlainToken {
    ITokenHook public hook;

    function setHook(ITokenHook hook_) external {
        hook = hook_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (address(hook) != address(0)) hook.onToken();
    }
}

/// @notice Balances grow by themselves.
contract RebasingToken is PlainToken {
    uint256 public percent = 100;

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) * percent / 100;
    }
}
