// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SlashOrder} from "../../src/staking/IStakeManager.sol";
import {StakeParams, Validator, ValidatorStatus} from "../../src/staking/StakeStorage.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

/// @dev Random acts of owners, accusers and time on a small validator set, around epoch edges. Acts that the contract
/// refuses are part of it; an arithmetic panic never is.
contract StakeHandler is StakeFixture {
    bytes4 private constant PANIC = 0x4e487b71;

    /// @dev Ghosts, wei of KMC.
    uint256 public staked;
    uint256 public claimed;
    uint256 public withdrawn;
    uint256 public delegated;
    uint256 public undelegated;
    /// @dev What verdicts took of the stakes of validators themselves.
    uint256 public ownSlashed;
    bytes32[] public offences;
    uint256 private nextKey = 1;

    function stakeParams() internal pure override returns (StakeParams memory p) {
        p = super.stakeParams();
        p.maxValidators = 4;
        p.signerCooldown = 1;
        p.jailTime = 40;
    }

    function start() external {
        setUp();
    }

    function begin() external {
        attempt(governor, abi.encodeCall(stakes.begin, ()));
    }

    function stake(uint256 amount, bool displacing) external {
        uint256 key = nextKey++;
        amount = bound(amount, MIN_STAKE / 2, 10_000e18);
        fund(ownerOf(key), amount);
        bytes memory proof = proofOf(ownerOf(key), keyOf(key));
        bytes memory call = displacing
            ? abi.encodeCall(stakes.displace, (uint96(amount), signerOf(key), proof, 0, ""))
            : abi.encodeCall(stakes.stake, (uint96(amount), signerOf(key), proof, 0, ""));
        if (attempt(ownerOf(key), call)) staked += amount;
    }

    function addStake(uint256 who, uint256 amount) external {
        uint64 id = pick(who);
        if (id == 0) return;
        amount = bound(amount, 1, 5_000e18);
        address owner = stakes.validator(id).owner;
        fund(owner, amount);
        if (attempt(owner, abi.encodeCall(stakes.addStake, (id, uint96(amount))))) staked += amount;
    }

    function rotate(uint256 who) external {
        uint64 id = pick(who);
        if (id == 0) return;
        address owner = stakes.validator(id).owner;
        uint256 key = nextKey++;
        bytes memory proof = proofOf(owner, keyOf(key));
        attempt(owner, abi.encodeCall(stakes.rotateSigner, (id, signerOf(key), proof)));
    }

    function unstake(uint256 who) external {
        uint64 id = pick(who);
        if (id != 0) attempt(stakes.validator(id).owner, abi.encodeCall(stakes.unstake, (id)));
    }

    function unstakeClaim(uint256 who) external {
        uint64 id = pick(who);
        if (id == 0) return;
        Validator memory v = stakes.validator(id);
        if (attempt(v.owner, abi.encodeCall(stakes.unstakeClaim, (id)))) claimed += v.selfStake;
    }

    function unjail(uint256 who) external {
        uint64 id = pick(who);
        if (id != 0) attempt(stakes.validator(id).owner, abi.encodeCall(stakes.unjail, (id)));
    }

    function delegate(uint256 who, uint256 k, uint256 amount) external {
        uint64 id = pick(who);
        if (id == 0) return;
        amount = bound(amount, 1, 5_000e18);
        fund(delegatorOf(k % 3), amount);
        if (attempt(delegatorOf(k % 3), abi.encodeCall(stakes.delegate, (id, uint96(amount))))) delegated += amount;
    }

    /// @dev A part of somebody's shares out of one pool, to his account or to another validator.
    function undelegate(uint256 who, uint256 k, uint256 how) external {
        uint64 id = pick(who);
        if (id == 0) return;
        address account = delegatorOf(k % 3);
        (uint256 shares,) = stakes.delegationOf(id, account);
        shares = (shares * (1 + how % 4)) / 4;
        if (how % 3 == 0) attempt(account, abi.encodeCall(stakes.redelegate, (id, pick(how >> 8), shares)));
        else attempt(account, abi.encodeCall(stakes.undelegate, (id, shares)));
    }

    function claimUndelegated(uint256 which) external {
        uint64 nonce = uint64(which % 8) + 1;
        while (nonce > 1 && stakes.undelegation(nonce).account == address(0)) --nonce;
        address account = stakes.undelegation(nonce).account;
        uint256 before = kmc.balanceOf(account);
        uint40 readyAt = stakes.undelegation(nonce).readyAt;
        if (!attempt(anyone, abi.encodeCall(stakes.claimUndelegated, (nonce)))) return;
        assertGe(time(), readyAt, "nothing leaves early");
        undelegated += kmc.balanceOf(account) - before;
    }

    function setCommission(uint256 who, uint16 bps) external {
        uint64 id = pick(who);
        if (id != 0) attempt(stakes.validator(id).owner, abi.encodeCall(stakes.setCommission, (id, bps % 10_001)));
    }

    function orderSlash(uint8 class, uint256 bitmap) external {
        bytes32 offenceId = keccak256(abi.encode(offences.length));
        SlashOrder memory o =
            SlashOrder(offenceId, uint8(bound(class, 1, 4)), bitmap & 0xff, address(0), anyone, CHAIN, 1);
        if (attempt(challenges, abi.encodeCall(stakes.slash, (o)))) offences.push(offenceId);
    }

    function page(uint256 which, uint8 from, uint8 to) external {
        if (offences.length == 0) return;
        bytes32 offenceId = offences[which % offences.length];
        uint256 before = ownStakes();
        attempt(anyone, abi.encodeCall(stakes.executeSlash, (offenceId, from % 9, to % 9)));
        ownSlashed += before - ownStakes();
    }

    function assignBounty(uint256 which) external {
        if (offences.length == 0) return;
        attempt(challenges, abi.encodeCall(stakes.payBounty, (offences[which % offences.length], anyone)));
    }

    function withdrawOwed() external {
        uint256 amount = stakes.owed(anyone);
        if (attempt(anyone, abi.encodeCall(stakes.withdrawOwed, (treasury)))) withdrawn += amount;
    }

    /// @dev To just before, onto, or just after an epoch's edge, or far ahead.
    function wait(uint256 how) external {
        uint256 edge = uint256(stakes.genesisTime()) + (uint256(stakes.epoch()) + 1) * EPOCH;
        if (time() < stakes.genesisTime()) edge = time() + 5;
        how %= 5;
        if (how == 0 && edge - 1 > time()) vm.warp(edge - 1);
        else if (how == 1) vm.warp(edge);
        else if (how == 2) vm.warp(edge + 1);
        else if (how == 3) vm.warp(time() + 1);
        else vm.warp(edge + UNBONDING);
    }

    function roll() external {
        attempt(anyone, abi.encodeCall(stakes.roll, ()));
    }

    // --- what must hold

    function sumOfPowers() public view returns (uint256 sum) {
        for (uint256 seat; seat < 16; ++seat) {
            sum += stakes.powerAt(seat);
        }
    }

    function totalPower() external view returns (uint256) {
        return stakes.totalPower();
    }

    /// @return stakeLeft Σ of the stakes, own, delegated and leaving, wei
    /// @return power Σ of what active, unjailed validators and their delegators have staked, wei
    function sums() public view returns (uint256 stakeLeft, uint256 power) {
        for (uint64 id = 1; id <= stakes.validatorCount(); ++id) {
            Validator memory v = stakes.validator(id);
            stakeLeft += v.selfStake + v.delegated + stakes.poolOf(id).leaving;
            if (v.status == ValidatorStatus.Active && v.jailedUntil == 0) power += v.selfStake + v.delegated;
        }
    }

    /// @return Σ of what delegators could take out of the pool of a validator, wei
    /// @return what the pool holds, wei
    function poolSums(uint64 id) external view returns (uint256, uint256) {
        uint256 owned;
        for (uint256 k; k < 3; ++k) {
            (, uint256 amount) = stakes.delegationOf(id, delegatorOf(k));
            owned += amount;
        }
        return (owned, stakes.validator(id).delegated);
    }

    function ownStakes() private view returns (uint256 sum) {
        for (uint64 id = 1; id <= stakes.validatorCount(); ++id) {
            sum += stakes.validator(id).selfStake;
        }
    }

    function validatorCount() external view returns (uint64) {
        return stakes.validatorCount();
    }

    function slashedSums() public view returns (uint256 slashed, uint256 bounty, uint256 burned, uint256 insured) {
        for (uint256 i; i < offences.length; ++i) {
            slashed += stakes.slashOutcome(offences[i]).slashed;
            bounty += stakes.slashOutcome(offences[i]).bounty;
            burned += stakes.slashOutcome(offences[i]).burned;
            insured += stakes.slashOutcome(offences[i]).insured;
        }
    }

    function balances() external view returns (uint256 held, uint256 insurance_, uint256 supply) {
        return (kmc.balanceOf(address(stakes)), kmc.balanceOf(insurance), kmc.totalSupply());
    }

    function waitForNextEpoch() external {
        if (time() >= stakes.genesisTime()) nextEpoch();
    }

    function pick(uint256 who) private view returns (uint64) {
        uint64 count = stakes.validatorCount();
        return count == 0 ? 0 : uint64(who % count) + 1;
    }

    function attempt(address caller, bytes memory call) private returns (bool success) {
        bytes memory answer;
        vm.prank(caller);
        (success, answer) = address(stakes).call(call);
        if (!success) {
            assertGe(answer.length, 4, "every refusal has a name");
            assertTrue(bytes4(answer) != PANIC, "arithmetic never fails");
        }
    }
}
