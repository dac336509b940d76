// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {ExitNFT} from "../../src/bridge/ExitNFT.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {InteractiveFraud} from "../../src/fraud/InteractiveFraud.sol";
import {IPayees} from "../../src/rewards/IPayees.sol";
import {IStandbys} from "../../src/rewards/IStandbys.sol";
import {ProducerRewards, WorkRates} from "../../src/rewards/ProducerRewards.sol";
import {ElectionFixture} from "../election/ElectionFixture.sol";
import {RoleTable} from "./RoleTable.sol";

/// AT-30: who may call what of the contracts that pay for work, hold bonds, and stand for exits.
contract AT30Work is ElectionFixture, RoleTable {
    address private withdraws = makeAddr("withdraws");

    function rewardsTable() private {
        governed(false);
        write(ProducerRewards.initialize.selector, Role.Nobody);
        write(ProducerRewards.setRates.selector, Role.Owner);
        write(ProducerRewards.fill.selector, Role.Anyone); // gives, and takes nothing
        write(ProducerRewards.claimWork.selector, Role.Anyone); // with a proof, to the validator's reward account
        write(ProducerRewards.payStandbys.selector, Role.Anyone); // once a tenure
        read(ProducerRewards.payFor.selector);
        read(ProducerRewards.paidOf.selector);
        read(ProducerRewards.unpaidTenure.selector);
        read(ProducerRewards.poolOf.selector);
        read(ProducerRewards.rates.selector);
    }

    function exitTable() private {
        write(ExitNFT.mint.selector, Role.WithdrawManager);
        write(ExitNFT.burn.selector, Role.WithdrawManager);
        write(IERC721.approve.selector, Role.Anyone); // its holder
        write(IERC721.setApprovalForAll.selector, Role.Anyone); // for what is one's own
        write(IERC721.transferFrom.selector, Role.Anyone); // its holder
        write("safeTransferFrom(address,address,uint256)", Role.Anyone);
        write("safeTransferFrom(address,address,uint256,bytes)", Role.Anyone);
        read("withdrawManager()");
        read(IERC721.balanceOf.selector);
        read(IERC721.ownerOf.selector);
        read(IERC721.getApproved.selector);
        read(IERC721.isApprovedForAll.selector);
        read(IERC721Metadata.name.selector);
        read(IERC721Metadata.symbol.selector);
        read(IERC721Metadata.tokenURI.selector);
        read("supportsInterface(bytes4)");
        // What it answers to that question by.
        read(type(IERC721).interfaceId);
        read(type(IERC721Metadata).interfaceId);
        read(bytes4(0x01ffc9a7));
    }

    function courtTable() private {
        write(InteractiveFraud.openChallenge.selector, Role.Anyone); // with evidence and a bond
        write(InteractiveFraud.respond.selector, Role.Anyone); // with evidence
        write(InteractiveFraud.conclude.selector, Role.Anyone); // after the deadline
        write(InteractiveFraud.withdrawOwed.selector, Role.Anyone); // what is owed to the sender
        read(InteractiveFraud.bondFor.selector);
        read(InteractiveFraud.stateOf.selector);
        read("manager()");
        read("claims()");
        read("checkpoints()");
        read("challengeBond()");
        read("answerWindow()");
        read("depositWindow()");
        read("count()");
        read("owed(address)");
    }

    function test_AT30_rewardsHaveNoOtherDoor() public {
        address rewards = proxyOf(
            deployCode("ProducerRewards.sol:ProducerRewards"),
            abi.encodeCall(
                ProducerRewards.initialize,
                (
                    governor,
                    kmc,
                    IPayees(address(stakes)),
                    roots,
                    IStandbys(address(election)),
                    WorkRates(1e18, 0.5e18, 1_000)
                )
            )
        );
        rewardsTable();
        checkDoors(implementationOf(rewards));
        checkRoles(rewards);
    }

    function test_AT30_exitTokenHasNoOtherDoor() public {
        address token = deployCode("ExitNFT.sol:ExitNFT", abi.encode(withdraws));
        exitTable();
        checkDoors(token);
        checkRoles(token);
    }

    function test_AT30_courtHasNoOtherDoor() public {
        address claims =
            deployCode("MissingClaims.sol:MissingClaims", abi.encode(roots, registry, deposits, uint40(30)));
        address court = deployCode(
            "InteractiveFraud.sol:InteractiveFraud",
            abi.encode(challenges, claims, uint96(1 ether), uint40(15), uint40(20))
        );
        courtTable();
        checkDoors(court);
        checkRoles(court);
    }

    function callers() internal view override returns (address[] memory accounts) {
        accounts = new address[](6);
        (accounts[0], accounts[1], accounts[2], accounts[3]) = (anyone, governor, guardian, challenges);
        (accounts[4], accounts[5]) = (withdraws, ownerOf(0));
    }

    function holds(address caller, Role role) internal view override returns (bool) {
        if (role == Role.Owner) return caller == governor;
        if (role == Role.WithdrawManager) return caller == withdraws;
        return false; // there is no guardian
    }

    function isRefusal(bytes4 answer) internal pure override returns (bool) {
        return answer == Governed.NotGovernor.selector || answer == Governed.NotGuardian.selector
            || answer == ExitNFT.NotWithdrawManager.selector || answer == bytes4(keccak256("InvalidInitialization()"));
    }
}
