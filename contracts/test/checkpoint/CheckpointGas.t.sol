// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Checkpoint} from "../../src/checkpoint/ICheckpointManager.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// What a checkpoint costs its submitter: execution as measured, plus the intrinsic gas of the transaction (21,000, and
/// 4 or 16 per byte of calldata). Ceilings with slack: a real regression fails, a compiler's whim does not.
contract CheckpointGasTest is StakeFixture {
    function test_gas_4signers() public {
        measure(4, 4, 330_000);
    }

    function test_gas_105signers() public {
        measure(105, 105, 1_100_000);
    }

    function test_gas_71of105signers() public {
        measure(105, 71, 850_000);
    }

    /// @dev The second checkpoint of a chain, since the first also opens its slots.
    function measure(uint256 validators, uint256 signers, uint256 ceiling) private {
        beginWith(validators);
        submitNext(validators);
        pass(MIN_INTERVAL);
        Checkpoint memory c = nextCheckpoint(16);
        bytes memory call =
            abi.encodeCall(roots.submitCheckpoint, (c, firstSeats(signers), signedBy(firstSeats(signers), c)));
        uint256 intrinsic = 21_000;
        for (uint256 i; i < call.length; ++i) {
            intrinsic += call[i] == 0 ? 4 : 16;
        }
        cool();
        uint256 before = gasleft();
        (bool success,) = address(roots).call(call);
        uint256 used = before - gasleft() + intrinsic;
        assertTrue(success);
        emit log_named_uint("transaction gas", used);
        assertLt(used, ceiling);
    }

    /// @dev Makes every account and slot cold again, as at the start of a transaction.
    function cool() private {
        vm.cool(address(roots));
        vm.cool(address(stakes));
        vm.cool(address(registry));
        vm.cool(address(kmc));
    }
}
