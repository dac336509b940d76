// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Governed} from "../checkpoint/Governed.sol";
import {ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {WorkTotals} from "../child/ProducerStats.sol";
import {Member} from "../election/ElectionTypes.sol";
import {KMC} from "../token/KMC.sol";
import {IPayees} from "./IPayees.sol";
import {IStandbys} from "./IStandbys.sol";
import {StatsProof, WorkProof} from "./WorkProof.sol";

/// @notice What work is worth, wei of KMC.
/// @param perBlock for a block, the part of the stand-bys included
/// @param perRound for a round with a block, shared by weight among those whose unit came; whoever's did not leaves its part
/// @param standbyBps of `perBlock`, for the stand-bys of the tenure
struct WorkRates {
    uint96 perBlock;
    uint96 perRound;
    uint16 standbyBps;
}

/// @notice What a chain's pool has, wei of KMC.
struct WorkPool {
    uint128 free;
    uint128 standby;
}

/// @title Pay for making blocks and for taking part in their finality
/// @notice Every side-chain has a pool that anybody may fill. A producer shows with a proof against a final checkpoint how
/// many blocks the chain has recorded for it, and is paid for those it has not been paid for yet; so is a
/// validator for the rounds that it took part in. Stand-bys are paid once a tenure, by rank.
/// @dev Root contracts design, sections 6.2 and 6.7, and decision 35. One pool per chain, because a chain's genesis may
/// claim any work of anybody: whoever fills a pool trusts that chain and no other. Nothing here can mint.
contract ProducerRewards is Governed, ReentrancyGuardTransient {
    using SafeERC20 for KMC;

    uint256 private constant BPS = 10_000;
    /// @dev Weight shares in `WorkTotals.credit` are billionths.
    uint256 private constant WHOLE_WEIGHT = 1e9;

    /// @custom:storage-location erc7201:koma.storage.ProducerRewards
    struct RewardsStorage {
        KMC kmc;
        IPayees stakes;
        ICheckpointManager checkpoints;
        IStandbys election;
        WorkRates rates;
        mapping(uint64 chainId => WorkPool) pools;
        mapping(uint64 chainId => mapping(address signer => WorkTotals)) paid;
        mapping(uint64 chainId => uint64) standbyTenure; // newest one that was paid, plus one
    }

    // keccak256(abi.encode(uint256(keccak256("koma.storage.ProducerRewards")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant REWARDS_SLOT = 0x627bf2ac12f7d403cb1e1385b7235dd4f55734a61af8b763249555295f41d100;

    event PoolFilled(uint64 indexed chainId, address indexed from, uint256 amount);
    /// @param totals what was proven, for voters too: blocks and rounds in which the signer was missing are in it
    event WorkPaid(
        uint64 indexed chainId, uint64 indexed validatorId, address indexed signer, WorkTotals totals, uint256 amount
    );
    event StandbyPaid(uint64 indexed chainId, uint64 indexed tenure, uint64 indexed validatorId, uint256 amount);
    event RatesChanged(WorkRates rates);

    error BadRates();
    error NotFinal(uint64 chainId, uint64 number);
    error UnknownSigner(address signer);
    /// @notice More has been paid for already than the checkpoint shows.
    error NothingNew(address signer);
    error PoolShort(uint256 wanted, uint256 left);
    error TooEarly(uint40 from);
    error StandbysPaid(uint64 tenure);
    error NoStandbys();

    /// @notice Sets a fresh proxy up. The owner sets rates and upgrades (a timelock on a main network); there is nothing to
    /// pause, as nothing but what was put in can come out.
    function initialize(
        address owner_,
        KMC kmc_,
        IPayees stakes,
        ICheckpointManager checkpoints,
        IStandbys election,
        WorkRates calldata rates_
    ) external initializer {
        __Governed_init(owner_, address(0), 0);
        if (address(kmc_) == address(0) || address(stakes) == address(0)) revert ZeroAddress();
        if (address(checkpoints) == address(0) || address(election) == address(0)) revert ZeroAddress();
        RewardsStorage storage $ = _state();
        $.kmc = kmc_;
        $.stakes = stakes;
        $.checkpoints = checkpoints;
        $.election = election;
        _setRates(rates_);
    }

    /// @notice Changes what work is worth from the next claim on, work of the past that nobody claimed included; owner.
    function setRates(WorkRates calldata rates_) external onlyOwner {
        _setRates(rates_);
    }

    /// @notice Adds to a chain's pool; anyone. Nobody can take it out but by work.
    /// @param amount wei of KMC, approved before
    function fill(uint64 chainId, uint128 amount) external nonReentrant {
        RewardsStorage storage $ = _state();
        $.pools[chainId].free += amount;
        $.kmc.safeTransferFrom(msg.sender, address(this), amount);
        emit PoolFilled(chainId, msg.sender, amount);
    }

    /// @notice Pays a validator for what a final checkpoint shows of one of its keys; anyone may, the pay goes to its reward
    /// account. All of it or nothing: work that a short pool cannot pay is paid when it is filled.
    /// @param number checkpoint after whose last block the state is
    /// @return amount wei of KMC
    function claimWork(uint64 chainId, uint64 number, address signer, StatsProof calldata proof)
        external
        nonReentrant
        returns (uint256 amount)
    {
        RewardsStorage storage $ = _state();
        if (!$.checkpoints.isFinal(chainId, number)) revert NotFinal(chainId, number);
        uint64 id = $.stakes.validatorOfSigner(signer);
        if (id == 0) revert UnknownSigner(signer);
        WorkTotals memory totals =
            WorkProof.totalsIn($.checkpoints.checkpointAt(chainId, number).lastBlockHash, signer, proof);
        uint256 forStandbys;
        (amount, forStandbys) = _worth(totals, $.paid[chainId][signer], signer);
        WorkPool storage pool = $.pools[chainId];
        if (amount + forStandbys > pool.free) revert PoolShort(amount + forStandbys, pool.free);
        pool.free -= uint128(amount + forStandbys);
        pool.standby += uint128(forStandbys);
        $.paid[chainId][signer] = totals;
        emit WorkPaid(chainId, id, signer, totals, amount);
        $.kmc.safeTransfer($.stakes.validator(id).rewardTo, amount);
    }

    /// @notice Shares out what claims have set aside for stand-bys among those of the present tenure, the first most: of n
    /// the one at rank r (from 0) gets n − r parts. Anyone, once a tenure, after voting for the next one has opened.
    /// @return amount wei of KMC
    function payStandbys(uint64 chainId) external nonReentrant returns (uint256 amount) {
        RewardsStorage storage $ = _state();
        uint64 tenure = $.election.tenureAt(block.timestamp);
        if ($.standbyTenure[chainId] > tenure) revert StandbysPaid(tenure);
        (uint40 opens,,,) = $.election.timeline(tenure + 1);
        if (block.timestamp < opens) revert TooEarly(opens);
        (, uint64 settled,,, Member[] memory standby) = $.election.newestSet();
        // After the settlement these are the stand-bys of the next tenure.
        if (settled > tenure || standby.length == 0) revert NoStandbys();
        WorkPool storage pool = $.pools[chainId];
        uint256 whole = pool.standby;
        uint256 parts = (standby.length * (standby.length + 1)) / 2;
        $.standbyTenure[chainId] = tenure + 1;
        for (uint256 rank; rank < standby.length; ++rank) {
            uint256 share = (whole * (standby.length - rank)) / parts;
            amount += share;
            emit StandbyPaid(chainId, tenure, standby[rank].id, share);
            $.kmc.safeTransfer($.stakes.validator(standby[rank].id).rewardTo, share);
        }
        pool.standby -= uint128(amount);
    }

    /// @notice What a claim of these totals would pay a signer now, wei of KMC; zero when it has been paid for more.
    function payFor(uint64 chainId, address signer, WorkTotals calldata totals) external view returns (uint256 amount) {
        WorkTotals memory before = _state().paid[chainId][signer];
        if (totals.made < before.made || totals.credit < before.credit) return 0;
        (amount,) = _pay(totals.made - before.made, totals.credit - before.credit);
    }

    /// @notice The newest record of a signer that it was paid for: the measured side of its nomination.
    function paidOf(uint64 chainId, address signer) external view returns (WorkTotals memory) {
        return _state().paid[chainId][signer];
    }

    /// @notice First tenure whose stand-bys a chain has not paid; earlier ones that nobody called for are past.
    function unpaidTenure(uint64 chainId) external view returns (uint64) {
        return _state().standbyTenure[chainId];
    }

    function poolOf(uint64 chainId) external view returns (WorkPool memory) {
        return _state().pools[chainId];
    }

    function rates() external view returns (WorkRates memory) {
        return _state().rates;
    }

    function _worth(WorkTotals memory totals, WorkTotals memory before, address signer)
        private
        view
        returns (uint256 amount, uint256 forStandbys)
    {
        // Both only ever grow on a chain; a checkpoint before the one paid for shows less.
        if (totals.made < before.made || totals.credit < before.credit) revert NothingNew(signer);
        if (totals.made == before.made && totals.credit == before.credit) revert NothingNew(signer);
        return _pay(totals.made - before.made, totals.credit - before.credit);
    }

    function _pay(uint256 made, uint256 credit) private view returns (uint256 amount, uint256 forStandbys) {
        WorkRates memory r = _state().rates;
        uint256 forBlocks = made * r.perBlock;
        forStandbys = (forBlocks * r.standbyBps) / BPS;
        amount = forBlocks - forStandbys + (credit * r.perRound) / WHOLE_WEIGHT;
    }

    function _setRates(WorkRates calldata r) private {
        if (r.standbyBps > BPS) revert BadRates();
        _state().rates = r;
        emit RatesChanged(r);
    }

    function _state() private pure returns (RewardsStorage storage $) {
        assembly {
            $.slot := REWARDS_SLOT
        }
    }
}
