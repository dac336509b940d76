// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Where the system contracts of every KOMA chain stand from genesis: "KOMA" in ASCII, 15 zero bytes, an index.
/// @dev Root contracts design, section 1. Indices 3 to 5 and 9 to c are kept for the contracts named there.
library Predeploys {
    address internal constant CHILD_BRIDGE = 0x4b4F4D4100000000000000000000000000000001;
    address internal constant KOMA_NATIVE = 0x4B4F4d4100000000000000000000000000000002;
    /// @notice Messages between side-chains; nothing stands there yet, its events are those of `ICrossBridgeEvents`.
    address internal constant CROSS_BRIDGE = 0x4b4f4d4100000000000000000000000000000003;
    address internal constant CHILD_TOKEN_FACTORY = 0x4b4f4d4100000000000000000000000000000006;
    address internal constant PRODUCER_STATS = 0x4b4f4D4100000000000000000000000000000007;
    address internal constant ROOT_INFO = 0x4b4F4D4100000000000000000000000000000008;
}
