// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Facts of one side-chain.
struct ChainConfig {
    bytes32 nameHash;
    bytes32 genesisHash;
    address owner;
    uint64 genesisBlock;
    uint32 slotMs;
    uint16 openGapSlots;
    uint16 setGraceBlocks;
    uint16 targetInterval;
    uint8 rules;
    bool stateProofs;
    bool registered;
}

/// @notice Side-chains, their producers and their token mappings, as the other root contracts see them.
interface IKomaRegistry {
    function chainConfig(uint64 chainId) external view returns (ChainConfig memory);

    /// @notice Time of registration, seconds; 0 when the chain is unknown.
    function registeredAt(uint64 chainId) external view returns (uint40);

    /// @notice Ids of all registered chains, in order of registration.
    function chainIds() external view returns (uint64[] memory);

    /// @notice Child token of `rootToken` on `chainId`, zero when not mapped.
    function childTokenOf(uint64 chainId, address rootToken) external view returns (address);

    /// @notice Root token whose child is `childToken` on `chainId`, zero when not mapped.
    function rootTokenOf(uint64 chainId, address childToken) external view returns (address);

    /// @notice Producer keys in force at `timestamp` (seconds), ejected ones left out.
    function producersAt(uint64 chainId, uint64 timestamp) external view returns (address[] memory keys);

    /// @notice True when `key` was in some producer set of `chainId` in force between the two times (seconds, inclusive).
    function isAuthorizedProducer(uint64 chainId, address key, uint64 fromTime, uint64 toTime)
        external
        view
        returns (bool);

    /// @notice Takes a producer key out of the set in force from now on; only ChallengeManager.
    function ejectProducer(uint64 chainId, address key) external;

    /// @notice Appends an elected producer set, without the keys that were ejected on this chain; only ProducerElection,
    /// and only where the chain has no owner to name producers. Never fails for what the keys are.
    /// @param from seconds; the set holds from then on, or from as early as notice and the set before allow
    /// @return start when it holds; 0 when none of the keys may produce here, and nothing was appended
    function installProducers(uint64 chainId, uint40 from, address[] calldata keys) external returns (uint40 start);
}
