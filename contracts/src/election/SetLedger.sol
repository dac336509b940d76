// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {ElectionBase} from "./ElectionBase.sol";
import {ElectionStorage, Member} from "./ElectionTypes.sol";

/// @title The newest set, the one before it, and the side-chains that are told
/// @notice There is always a set. Sets are only ever followed by others, and each is published `replacementLead` before it
/// holds. A set that is published but does not hold yet is not taken back: what happens to it meanwhile makes one more set
/// right after it.
/// @dev Root contracts design, section 6.6.
abstract contract SetLedger is ElectionBase {
    /// @dev Chains that a change reaches in its own transaction; `publish` brings it to any others.
    uint256 private constant CHAINS_AT_ONCE = 4;

    /// @dev Puts a new set into office.
    /// @param from seconds; later when notice or the set before ask for it
    function _install(Member[] memory members, Member[] memory standby, uint40 from) internal {
        ElectionStorage storage $ = _state();
        uint40 earliest = uint40(block.timestamp) + $.params.replacementLead;
        if (from < earliest) from = earliest;
        if (from <= $.setFrom) from = $.setFrom + 1;
        // Of two sets announced one after the other, the one in force until the first of them is what goes out.
        if (block.timestamp >= $.setFrom) _store($.outgoing, $.members);
        _store($.members, members);
        _store($.standby, standby);
        $.setFrom = from;
        $.setId += 1;
        emit SetChosen($.setId, $.setTenure, from, members, standby);
        uint64[] memory chains = _registry().chainIds();
        uint256 told;
        for (uint256 i; i < chains.length && told < CHAINS_AT_ONCE; ++i) {
            if (!_isServed(chains[i])) continue;
            _publishTo(chains[i]);
            ++told;
        }
    }

    /// @dev Appends the newest set to a chain's history.
    function _publishTo(uint64 chainId) internal returns (uint40 from) {
        ElectionStorage storage $ = _state();
        uint256 seats = $.members.length;
        address[] memory keys = new address[](seats);
        uint256 count;
        for (uint256 i; i < seats; ++i) {
            Member memory member = $.members[i];
            // A convicted one stays on the list until somebody has its seat filled.
            if (!_isConvicted(member)) keys[count++] = member.key;
        }
        assembly ("memory-safe") {
            mstore(keys, count)
        }
        $.publishedSet[chainId] = $.setId;
        from = _registry().installProducers(chainId, $.setFrom, keys);
        emit SetPublished(chainId, $.setId, from);
    }

    /// @dev Chains whose owner names their producers are none of the election's business.
    function _isServed(uint64 chainId) internal view returns (bool) {
        return _registry().registeredAt(chainId) != 0 && _registry().chainConfig(chainId).owner == address(0);
    }

    function _registry() private view returns (IKomaRegistry) {
        return IKomaRegistry(_state().wiring.registry);
    }

    function _store(Member[] storage list, Member[] memory members) private {
        while (list.length > members.length) list.pop();
        for (uint256 i; i < members.length; ++i) {
            if (i < list.length) list[i] = members[i];
            else list.push(members[i]);
        }
    }
}
