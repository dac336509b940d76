// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title The claim to an exit's payment, as a transferable token
/// @notice Whoever holds it when the exit is processed is paid. The token id is the exit id.
/// @dev Root contracts design, 8.1.
contract ExitNFT is ERC721 {
    /// @notice The only account that mints and burns.
    address public immutable withdrawManager;

    error NotWithdrawManager(address caller);

    constructor(address withdrawManager_) ERC721("KOMA Exit", "KEXIT") {
        withdrawManager = withdrawManager_;
    }

    /// @dev Without the receiver's hook: an exit may not depend on what its recipient answers.
    function mint(address to, bytes32 exitId) external {
        if (msg.sender != withdrawManager) revert NotWithdrawManager(msg.sender);
        _mint(to, uint256(exitId));
    }

    function burn(bytes32 exitId) external {
        if (msg.sender != withdrawManager) revert NotWithdrawManager(msg.sender);
        _burn(uint256(exitId));
    }
}
