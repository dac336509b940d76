// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StakeParams} from "./StakeStorage.sol";

/// @title Events and errors of staking
/// @notice In one place, because StakeManager and the module it delegates to share them: whatever the module says must
/// be in the ABI of the address that clients talk to.
abstract contract StakeEvents {
    event Staked(
        uint64 indexed id,
        uint256 indexed seat,
        address indexed owner,
        address signer,
        uint96 amount,
        uint64 activationEpoch
    );
    event StakeAdded(uint64 indexed id, uint96 amount, uint96 selfStake, uint64 epoch);
    event SignerRotated(uint64 indexed id, address indexed oldSigner, address indexed newSigner, uint64 epoch);
    event PeerAnnounced(uint64 indexed id, bytes peerId);
    event RewardAccountChanged(uint64 indexed id, address indexed rewardTo);
    event UnstakeStarted(uint64 indexed id, uint64 exitEpoch, uint40 unbondAt);
    event Displaced(uint64 indexed id, uint96 stake, uint96 by);
    event Unstaked(uint64 indexed id, uint96 amount);
    event SeatsRolled(uint64 indexed epoch, uint256 changedSeats, uint96 totalPower);
    event Jailed(uint64 indexed id, uint40 until);
    event Unjailed(uint64 indexed id, uint64 epoch);
    event ParamsChanged(StakeParams params);
    event Wired(address checkpointManager, address challengeManager);
    event GenesisBegun(uint40 genesisTime);

    event SlashOrdered(
        bytes32 indexed offenceId,
        uint8 class,
        uint256 bitmap,
        address indexed producerKey,
        address indexed challenger,
        uint64 chainId,
        uint64 number
    );
    event SlashedSeat(bytes32 indexed offenceId, uint256 indexed seat, uint64 indexed validatorId, uint96 amount);
    event SlashPaid(
        bytes32 indexed offenceId, address indexed challenger, uint96 bounty, uint96 burned, uint96 insurance
    );
    event BountyAssigned(bytes32 indexed offenceId, address indexed beneficiary, uint256 credited);
    event OwedWithdrawn(address indexed account, address indexed to, uint256 amount);

    event CommissionChanged(uint64 indexed id, uint16 commissionBps, uint64 epoch);
    event Delegated(uint64 indexed id, address indexed account, uint96 amount, uint256 shares, uint64 epoch);
    event Undelegated(
        uint64 indexed id,
        address indexed account,
        uint64 indexed nonce,
        uint96 amount,
        uint256 shares,
        uint64 toId,
        uint40 readyAt
    );
    event UndelegationPaid(uint64 indexed nonce, address indexed account, uint96 amount, uint64 toId);
    event DelegatorRewardsClaimed(
        uint64 indexed id, address indexed account, uint64 indexed chainId, uint64 from, uint64 to, uint256 amount
    );
    event RewardsClaimed(uint64 indexed id, uint64 indexed chainId, uint64 from, uint64 to, uint256 amount);

    error StakeTooSmall(uint256 got, uint256 min);
    error NoFreeSeat();
    error SignerTaken(address signer);
    error BadSignerProof();
    error NotOwner(uint64 id);
    error NotActive(uint64 id);
    error NotUnbonding(uint64 id);
    error StillBonded(uint40 until);
    error CooldownActive(uint64 untilEpoch);
    error SlashPending(bytes32 offenceId);
    error StillJailed(uint40 until);
    error NotJailed(uint64 id);
    error PeerIdTooLong(uint256 length);

    error BountyTooHigh(uint256 bps);
    error BadShare(uint256 bps);
    error UnbondingTooShort(uint256 got, uint256 min);
    error BadParameter(string name, uint256 value);
    error EpochLengthFixed(uint40 epochLength);
    error AlreadyWired();
    error GenesisOver(uint40 genesisTime);

    error NotChallengeManager(address caller);
    error AlreadySlashed(bytes32 offenceId);
    error UnknownOffence(bytes32 offenceId);
    error NothingToSlash(bytes32 offenceId);
    error BadClass(uint8 class);
    error BountyTaken(bytes32 offenceId, address beneficiary);
    error NothingOwed(address account);
    error ZeroBeneficiary();
    error NotEnoughShares(uint256 asked, uint256 held);
    error AmountTooSmall(uint256 amount);
    error PoolExhausted(uint64 id);
    error NoUndelegation(uint64 nonce);
    error SameValidator(uint64 id);
    error BadClaimRange(uint64 from, uint64 to, uint256 max);
    error UnknownValidator(uint64 id);
}
