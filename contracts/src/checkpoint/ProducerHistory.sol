// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDepositManager} from "../bridge/IDepositManager.sol";
import {ChainConfig, IKomaRegistry} from "./IKomaRegistry.sol";

/// @notice Producer keys of a chain, in force from `from` (seconds) until the next set's `from`.
struct ProducerSet {
    uint40 from;
    address[] keys;
}

/// @notice The first chain that ejected a key, which nearly always is the only one.
/// @param at seconds; 0 = no chain did
/// @param elsewhere other chains did, too: their times are kept by chain
struct Ejection {
    uint64 chainId;
    uint40 at;
    bool elsewhere;
}

/// @custom:storage-location erc7201:koma.storage.KomaRegistry
struct RegistryStorage {
    address kmc;
    IDepositManager depositManager;
    address challengeManager;
    uint16 minTargetInterval;
    uint40 replacementLead;
    uint64[] ids;
    mapping(uint64 chainId => ChainConfig) chains;
    mapping(uint64 chainId => uint40) registeredAt;
    mapping(uint64 chainId => bytes32) childTokenCodeHash;
    mapping(uint64 chainId => ProducerSet[]) producerSets;
    mapping(address key => Ejection) ejections;
    mapping(uint64 chainId => mapping(address key => uint40)) laterEjections; // by chains that were not the first
    mapping(uint64 chainId => mapping(address rootToken => address)) childOf;
    mapping(uint64 chainId => mapping(address childToken => address)) rootOf;
    mapping(address rootToken => bool) unsupported;
    address election;
}

/// @title Who was allowed to produce, and when
/// @notice Per chain a list of sets, only ever appended to, and the times at which keys were ejected. A fraud proof asks
/// for the past, so neither is ever edited; an ejected key never comes back.
/// @dev Root contracts design, section 6.6.
abstract contract ProducerHistory is IKomaRegistry {
    // keccak256(abi.encode(uint256(keccak256("koma.storage.KomaRegistry")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant REGISTRY_SLOT = 0x593cbcbc7795ee5f900dcc95fcd5cd97f97b31a57826a3249ffda37d8e7a0500;

    uint256 public constant MAX_PRODUCERS = 32;

    event ProducersSet(uint64 indexed chainId, uint256 indexed setId, uint40 from, address[] keys);
    event ProducerEjected(uint64 indexed chainId, address indexed key, uint40 since);

    error UnknownChain(uint64 chainId);
    error BadProducers(uint256 count);
    error BadProducerKey(address key);
    error ProducerIsEjected(address key);

    /// @inheritdoc IKomaRegistry
    function producersAt(uint64 chainId, uint64 timestamp) external view returns (address[] memory keys) {
        RegistryStorage storage $ = _state();
        ProducerSet[] storage sets = $.producerSets[chainId];
        if (sets.length == 0) revert UnknownChain(chainId);
        address[] storage all = sets[_setIndexAt(sets, timestamp)].keys;
        keys = new address[](all.length);
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            uint40 ejected = _ejectedAt(chainId, all[i]);
            if (ejected == 0 || timestamp < ejected) keys[count++] = all[i];
        }
        assembly {
            mstore(keys, count)
        }
    }

    /// @notice One set of a chain's history, ejected keys included.
    function producerSet(uint64 chainId, uint256 setId) external view returns (uint40 from, address[] memory keys) {
        ProducerSet storage set = _state().producerSets[chainId][setId];
        return (set.from, set.keys);
    }

    function producerSetCount(uint64 chainId) external view returns (uint256) {
        return _state().producerSets[chainId].length;
    }

    /// @notice Time from which a key is no producer any more, seconds; 0 = never ejected.
    function ejectedAt(uint64 chainId, address key) external view returns (uint40) {
        return _ejectedAt(chainId, key);
    }

    /// @notice True when a key was ever ejected, on whatever chain.
    function isEjected(address key) external view returns (bool) {
        return _state().ejections[key].at != 0;
    }

    /// @inheritdoc IKomaRegistry
    function isAuthorizedProducer(uint64 chainId, address key, uint64 fromTime, uint64 toTime)
        external
        view
        returns (bool)
    {
        RegistryStorage storage $ = _state();
        ProducerSet[] storage sets = $.producerSets[chainId];
        if (sets.length == 0 || toTime < fromTime) return false;
        uint40 ejected = _ejectedAt(chainId, key);
        for (uint256 i = _setIndexAt(sets, toTime) + 1; i > 0; --i) {
            ProducerSet storage set = sets[i - 1];
            uint64 start = set.from > fromTime ? set.from : fromTime;
            if ((ejected == 0 || start < ejected) && _contains(set.keys, key)) return true;
            if (set.from <= fromTime) return false;
        }
        return false;
    }

    function _pushSet(uint64 chainId, uint40 from, address[] memory keys) internal {
        RegistryStorage storage $ = _state();
        if (keys.length == 0 || keys.length > MAX_PRODUCERS) revert BadProducers(keys.length);
        for (uint256 i; i < keys.length; ++i) {
            if (keys[i] == address(0)) revert BadProducerKey(keys[i]);
            if (_ejectedAt(chainId, keys[i]) != 0) revert ProducerIsEjected(keys[i]);
            for (uint256 j; j < i; ++j) {
                if (keys[i] == keys[j]) revert BadProducerKey(keys[i]);
            }
        }
        ProducerSet[] storage sets = $.producerSets[chainId];
        sets.push(ProducerSet(from, keys));
        emit ProducersSet(chainId, sets.length - 1, from, keys);
    }

    /// @dev The set in force at a time. The first one holds from 0 on, so there always is one.
    function _setIndexAt(ProducerSet[] storage sets, uint64 timestamp) private view returns (uint256 low) {
        uint256 high = sets.length;
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            if (sets[middle].from <= timestamp) low = middle;
            else high = middle;
        }
    }

    function _eject(uint64 chainId, address key) internal {
        RegistryStorage storage $ = _state();
        // A second conviction must not move the time: blocks between the two were unauthorized.
        if (_ejectedAt(chainId, key) != 0) return;
        if ($.ejections[key].at == 0) {
            $.ejections[key] = Ejection(chainId, uint40(block.timestamp), false);
        } else {
            $.ejections[key].elsewhere = true;
            $.laterEjections[chainId][key] = uint40(block.timestamp);
        }
        emit ProducerEjected(chainId, key, uint40(block.timestamp));
    }

    /// @dev Seconds; 0 when the chain did not eject the key.
    function _ejectedAt(uint64 chainId, address key) internal view returns (uint40) {
        RegistryStorage storage $ = _state();
        Ejection memory first = $.ejections[key];
        if (first.chainId == chainId) return first.at;
        return first.elsewhere ? $.laterEjections[chainId][key] : 0;
    }

    function _contains(address[] storage keys, address key) private view returns (bool) {
        uint256 count = keys.length;
        for (uint256 i; i < count; ++i) {
            if (keys[i] == key) return true;
        }
        return false;
    }

    function _known(uint64 chainId) internal view {
        if (!_state().chains[chainId].registered) revert UnknownChain(chainId);
    }

    function _state() internal pure returns (RegistryStorage storage $) {
        assembly {
            $.slot := REGISTRY_SLOT
        }
    }
}
