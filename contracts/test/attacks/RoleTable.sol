// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Test} from "forge-std/Test.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";

/// @dev Which account may call what of one contract, in full. The selectors are read out of the deployed byte code, so that
/// a new function without a line in the table fails the test.
abstract contract RoleTable is Test {
    enum Role {
        Anyone, // bound by its own checks: signatures, ownership of a validator, time
        Owner,
        Guardian,
        GuardianOrOwner,
        ChallengeManager,
        ValidatorOwner,
        StakeManager,
        WithdrawManager,
        Court, // the contract that hears an interactive challenge
        Nobody // used up at deployment
    }

    struct Row {
        bytes4 selector;
        Role role;
    }

    Row[] private table;
    mapping(bytes4 => bool) private listed;
    uint256 private listedCount;

    function callers() internal view virtual returns (address[] memory);

    function holds(address caller, Role role) internal view virtual returns (bool);

    /// @dev Whether an error says that the caller may not.
    function isRefusal(bytes4 answer) internal pure virtual returns (bool);

    /// @dev The same, of somebody who may: errors that can also mean something else are not.
    function isDenied(bytes4 answer) internal pure virtual returns (bool) {
        return isRefusal(answer);
    }

    function write(bytes4 selector, Role role) internal {
        table.push(Row(selector, role));
        read(selector);
    }

    function write(string memory signature, Role role) internal {
        write(bytes4(keccak256(bytes(signature))), role);
    }

    function read(bytes4 selector) internal {
        if (!listed[selector]) ++listedCount;
        listed[selector] = true;
    }

    function read(string memory signature) internal {
        read(bytes4(keccak256(bytes(signature))));
    }

    /// @param pausable false: there is no guardian
    function governed(bool pausable) internal {
        write(Governed.transferOwnership.selector, Role.Owner);
        write(Governed.setGuardian.selector, Role.Owner);
        write(UUPSUpgradeable.upgradeToAndCall.selector, Role.Owner);
        write(Governed.pause.selector, pausable ? Role.Guardian : Role.Nobody);
        write(Governed.unpause.selector, pausable ? Role.GuardianOrOwner : Role.Owner);
        write(Governed.acceptOwnership.selector, Role.Owner); // of the account that was offered it
        read(Governed.owner.selector);
        read(Governed.pendingOwner.selector);
        read(Governed.guardian.selector);
        read(Governed.pausedUntil.selector);
        read(UUPSUpgradeable.proxiableUUID.selector);
        read("UPGRADE_INTERFACE_VERSION()");
    }

    /// @dev Every selector that the code compares with must be in the table.
    function checkDoors(address code) internal view {
        bytes memory b = code.code;
        uint256 found;
        for (uint256 i; i + 6 < b.length; ++i) {
            uint8 op = uint8(b[i]);
            if (op < 0x60 || op > 0x7f) continue;
            // PUSH4 selector EQ, as the dispatcher has it; a selector that begins with zeros is pushed shorter.
            uint256 width = op - 0x5f;
            if (width <= 4 && b[i + width + 1] == 0x14) {
                uint32 value;
                for (uint256 k = 1; k <= width; ++k) {
                    value = (value << 8) | uint8(b[i + k]);
                }
                if (width >= 3) {
                    assertTrue(listed[bytes4(value)], string.concat("not in the table: ", vm.toString(bytes4(value))));
                    ++found;
                }
            }
            i += width;
        }
        assertGt(found, listedCount / 2, "the dispatcher was found");
    }

    /// @dev Calls everything that changes state from every account, with empty arguments: whoever may not is refused, and
    /// whoever may is not, whatever else is wrong with the call.
    function checkRoles(address target) internal {
        address[] memory accounts = callers();
        for (uint256 i; i < table.length; ++i) {
            Row memory row = table[i];
            if (row.role == Role.Anyone) continue;
            for (uint256 k; k < accounts.length; ++k) {
                bool may = holds(accounts[k], row.role);
                // An offer of ownership is what this one asks for, not a role.
                if (may && row.selector == Governed.acceptOwnership.selector) continue;
                uint256 before = vm.snapshotState();
                vm.prank(accounts[k]);
                (bool success, bytes memory answer) = target.call(bytes.concat(row.selector, new bytes(1_024)));
                vm.revertToStateAndDelete(before);
                if (may) {
                    assertTrue(success || !isDenied(bytes4(answer)), string.concat("may: ", vm.toString(row.selector)));
                    continue;
                }
                assertFalse(success, vm.toString(row.selector));
                assertTrue(isRefusal(bytes4(answer)), string.concat(vm.toString(row.selector), vm.toString(answer)));
            }
        }
    }

    function implementationOf(address proxy) internal view returns (address) {
        return address(uint160(uint256(vm.load(proxy, ERC1967Utils.IMPLEMENTATION_SLOT))));
    }
}
