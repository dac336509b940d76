// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ElectionParams, Member, Nominee, ReplaceReason} from "../../src/election/ElectionTypes.sol";
import {SlashOrder} from "../../src/staking/IStakeManager.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";

/// @dev Random acts of nominees, voters, accusers and time on an election with nine validators. Acts that the contract
/// refuses are part of it; an arithmetic panic never is.
contract ElectionHandler is ElectionFixture {
    bytes4 private constant PANIC = 0x4e487b71;
    uint256 private constant VALIDATORS = 9;
    uint256 private constant DELEGATORS = 4;

    /// @dev Ghosts, wei of KMC.
    uint256 public locked;
    uint256 public released;
    bytes32[] public offences;
    uint256 public paidOut;

    function start() external {
        setUp();
        nominate(0);
        nominate(1);
        nominate(2);
        for (uint256 k; k < DELEGATORS; ++k) {
            delegate(k, idOf(k / 2), 700e18);
        }
        locked = 3 * uint256(PRODUCER_STAKE);
    }

    function electionParams() internal pure override returns (ElectionParams memory p) {
        p = super.electionParams();
        p.maxPerRegion = 2;
    }

    function stand(uint256 who, uint16 region) external {
        uint256 i = who % VALIDATORS;
        fundFor(ownerOf(i), PRODUCER_STAKE);
        bytes memory call = abi.encodeCall(
            election.nominate, (idOf(i), criteria(region % 3), "", bytes32(0), signerOf(i), "")
        );
        if (attempt(ownerOf(i), call)) locked += PRODUCER_STAKE;
    }

    function raise(uint256 who, uint96 amount) external {
        uint256 i = who % VALIDATORS;
        amount = uint96(bound(amount, 1, PRODUCER_STAKE));
        fundFor(ownerOf(i), amount);
        if (attempt(ownerOf(i), abi.encodeCall(election.raiseNomination, (idOf(i), amount)))) locked += amount;
    }

    function withdraw(uint256 who) external {
        uint256 i = who % VALIDATORS;
        attempt(ownerOf(i), abi.encodeCall(election.withdrawNomination, (idOf(i))));
    }

    function claim(uint256 who) external {
        uint256 i = who % VALIDATORS;
        uint256 stake = election.nominee(idOf(i)).stake;
        if (attempt(ownerOf(i), abi.encodeCall(election.claimNomination, (idOf(i))))) released += stake;
    }

    function ballot(uint256 who, uint256 first, uint256 count) external {
        uint256 i = who % VALIDATORS;
        attempt(
            ownerOf(i),
            abi.encodeCall(election.vote, (idOf(i), chooseRange(first % VALIDATORS, count % 4 + 1)))
        );
    }

    function delegatorBallot(uint256 who, uint256 first, uint256 count) external {
        uint256 k = who % DELEGATORS;
        uint64[] memory choices = chooseRange(first % VALIDATORS, count % 4 + 1);
        attempt(delegatorOf(k), abi.encodeCall(election.voteAsDelegator, (idOf(k / 2), choices)));
    }

    function settle() external {
        attempt(anyone, abi.encodeCall(election.settle, ()));
    }

    function resign(uint256 which) external {
        Member[] memory list = members();
        Member memory member = list[which % list.length];
        address by = member.id == 0 ? member.key : election.nominee(member.id).owner;
        attempt(by, abi.encodeCall(election.replace, (member.key, ReplaceReason.Resigned, "")));
    }

    /// @dev A verdict; one that could fail would let the guilty go, so a refusal fails the run.
    function accuse(uint256 who, uint8 class, bool bySeat) external {
        // Rarely, else everybody is barred after a few steps.
        if (who % 4 != 0) return;
        uint256 i = (who / 4) % (VALIDATORS + 3);
        address key = i < VALIDATORS ? signerOf(i) : producers(3)[i - VALIDATORS];
        bytes32 offenceId = keccak256(abi.encode("election", offences.length));
        bool seat = bySeat && i < VALIDATORS;
        offences.push(offenceId);
        class = seat ? 3 : uint8(bound(class, 1, 4));
        uint256 bitmap = seat ? 1 << i : 0;
        SlashOrder memory o = SlashOrder(offenceId, class, bitmap, seat ? address(0) : key, anyone, ELECTED, 1);
        vm.startPrank(challenges);
        stakes.slash(o);
        if (!seat) registry.ejectProducer(ELECTED, key);
        election.slash(o);
        vm.stopPrank();
    }

    /// @dev Fills the seat of a member who may sit no more.
    function fill(uint256 which) external {
        Member[] memory list = members();
        address key = list[which % list.length].key;
        attempt(anyone, abi.encodeCall(election.replace, (key, ReplaceReason.Slashed, "")));
    }

    function assignBounty(uint256 which) external {
        if (offences.length == 0) return;
        attempt(challenges, abi.encodeCall(election.payBounty, (offences[which % offences.length], anyone)));
    }

    function withdrawOwed() external {
        uint256 amount = election.owed(anyone);
        if (attempt(anyone, abi.encodeCall(election.withdrawOwed, (treasury)))) paidOut += amount;
    }

    function leaveValidators(uint256 who) external {
        if (who % 8 != 0) return;
        vm.prank(ownerOf((who / 8) % VALIDATORS));
        try stakes.unstake(idOf((who / 8) % VALIDATORS)) {} catch {}
    }

    /// @dev To the next opening, closing or tenure, or a little on.
    function wait(uint256 how) external {
        (uint40 opens, uint40 closes, uint40 starts,) = election.timeline(election.tenureAt(time()) + 1);
        how %= 5;
        if (how == 0 && opens > time()) vm.warp(opens);
        else if (how == 1 && closes > time()) vm.warp(closes);
        else if (how == 2) vm.warp(starts);
        else if (how == 3) vm.warp(starts - 1);
        else pass(5);
    }

    // --- what must hold

    function stakesLocked() external view returns (uint256 sum) {
        for (uint256 i; i < VALIDATORS; ++i) {
            sum += election.nominee(idOf(i)).stake;
        }
    }

    function bountiesHeld() external view returns (uint256 sum) {
        for (uint256 i; i < offences.length; ++i) {
            sum += election.takenFor(offences[i]);
        }
        sum += election.owed(anyone);
    }

    function held() external view returns (uint256) {
        return kmc.balanceOf(address(election));
    }

    /// @dev The greatest sum of votes for a nominee, all ballots cast, and all power when voting opened.
    function votes() external view returns (uint256 most, uint256 cast, uint256 power) {
        uint64 tenure = election.tenureAt(time()) + 1;
        (uint40 opens,,,) = election.timeline(tenure);
        for (uint256 i; i < VALIDATORS; ++i) {
            uint256 count = election.votesOf(tenure, idOf(i));
            if (count > most) most = count;
            power += stakes.powerOfAt(idOf(i), opens - 1);
        }
        cast = election.votesCast(tenure);
    }

    function newest() external view returns (Member[] memory) {
        return members();
    }

    function standing() external view returns (uint64[] memory) {
        return election.standing();
    }

    /// @dev Set sizes on the chain now, and when the newest set holds.
    function producersOnChain() external view returns (uint256 count) {
        (uint40 from, address[] memory keys) = registry.producerSet(ELECTED, registry.producerSetCount(ELECTED) - 1);
        assertLe(from, uint256(newestFrom()) + 1);
        return keys.length;
    }

    function nomineeOf(uint64 id) external view returns (Nominee memory) {
        return election.nominee(id);
    }

    function attempt(address caller, bytes memory call) private returns (bool success) {
        bytes memory answer;
        vm.prank(caller);
        (success, answer) = address(election).call(call);
        if (!success) {
            assertGe(answer.length, 4, "every refusal has a name");
            assertTrue(bytes4(answer) != PANIC, "arithmetic never fails");
        }
    }
}
