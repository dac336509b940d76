// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {ChallengeManager} from "./ChallengeManager.sol";
import {Claim, ClaimState, IInteractiveFraudEvents, InteractiveKind} from "./IInteractiveFraud.sol";
import {MissingClaims} from "./MissingClaims.sol";
import {OffenceClass} from "./OffenceClass.sol";
import {Verdict} from "./ProofTypes.sol";
import {BlockTree} from "./proofs/BlockTree.sol";
import {Header, HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Seal} from "./proofs/Seal.sol";

/// @title Challenges that are decided by an answer or its absence
/// @notice Whoever says that something is missing below a checkpoint puts a bond beside the claim. While the challenge is
/// open the checkpoint cannot become final. Who shows that the thing is there takes the bond; if nobody does by the
/// deadline, the checkpoint falls, its signers and the producer are charged (class B), and the bond returns.
///
/// Challenges can be opened until the checkpoint's challenge period ends, at most 16 at a time, each for twice the bond
/// of the one before: finality is put off by one response window at most.
/// @dev KOMA root contracts, sections 5.4, 10.10, 10.16 and 10.19. Bonds are paid out by withdrawal, so that nobody's refusal to
/// be paid holds up a verdict. No owner: what is at stake between two strangers is nobody else's.
contract InteractiveFraud is ReentrancyGuardTransient, IInteractiveFraudEvents {
    ChallengeManager public immutable manager;
    /// @notice Judge of what evidence claims and of what disproves a claim.
    MissingClaims public immutable claims;
    ICheckpointManager public immutable checkpoints;
    /// @notice Bond of the first challenge on a checkpoint, wei.
    uint96 public immutable challengeBond;
    /// @notice Seconds in which a transaction or log has to be shown, and in which a delivery has to.
    uint40 public immutable answerWindow;
    uint40 public immutable depositWindow;

    /// @notice Number of challenges so far; ids begin with 1.
    uint256 public count;
    /// @dev Hash of an open challenge's claim, or how it ended: no claim hashes to a number that small.
    mapping(uint256 id => bytes32) private _challenges;
    /// @notice Wei that an account can withdraw.
    mapping(address account => uint256) public owed;

    error BadBond(uint256 want, uint256 got);
    /// @notice The challenge is not open, or its claim is another one.
    error NotOpen(uint256 id, ClaimState state);
    error WindowOver(uint256 id, uint40 deadline);
    error WindowOpen(uint256 id, uint40 deadline);
    /// @notice The checkpoint is gone: there is nothing left to answer for.
    error ClaimVoid(uint256 id);
    error NothingOwed(address account);
    error PaymentFailed(address to);

    constructor(
        ChallengeManager manager_,
        MissingClaims claims_,
        uint96 challengeBond_,
        uint40 answerWindow_,
        uint40 depositWindow_
    ) {
        manager = manager_;
        claims = claims_;
        checkpoints = claims_.checkpoints();
        challengeBond = challengeBond_;
        answerWindow = answerWindow_;
        depositWindow = depositWindow_;
    }

    /// @notice Opens a challenge and pauses the checkpoint. What is sent above the bond can be withdrawn.
    /// @param evidence as `MissingClaims.claimOf` takes it
    function openChallenge(uint8 kind, bytes calldata evidence) external payable nonReentrant returns (uint256 id) {
        Claim memory claim = claims.claimOf(kind, evidence);
        uint256 bond = bondFor(claim.chainId, claim.number);
        if (msg.value < bond) revert BadBond(bond, msg.value);
        if (msg.value > bond) owed[msg.sender] += msg.value - bond;
        claim.challenger = msg.sender;
        claim.bond = uint96(bond);
        claim.deadline = uint40(block.timestamp) + (kind == InteractiveKind.OMITTED_DEPOSIT ? depositWindow : answerWindow);
        id = ++count;
        _challenges[id] = keccak256(abi.encode(claim));
        emit ChallengeOpened(id, kind, claim.chainId, claim);
        manager.pauseCheckpoint(kind, claim.chainId, claim.number, claim.structHash);
    }

    /// @notice Shows what is said to be missing; anyone. The bond is the sender's to withdraw.
    /// @param evidence as `MissingClaims.checkAnswer` takes it
    function respond(uint256 id, Claim calldata claim, bytes calldata evidence) external nonReentrant {
        _requireOpen(id, claim);
        if (block.timestamp > claim.deadline) revert WindowOver(id, claim.deadline);
        if (_isVoid(claim)) revert ClaimVoid(id);
        claims.checkAnswer(claim, evidence);
        _challenges[id] = bytes32(uint256(ClaimState.Answered));
        owed[msg.sender] += claim.bond;
        emit ChallengeAnswered(id, msg.sender);
        manager.resumeCheckpoint(claim.chainId, claim.number, claim.structHash);
    }

    /// @notice Ends a challenge that nobody answered in time, with a conviction; or one whose checkpoint is gone, with
    /// nothing. Anyone; the bond is the challenger's to withdraw.
    /// @param header RLP header of the accused block, so that its producer is charged and the block banned at once; may be
    /// empty, then only the signers are, and the producer by `ChallengeManager.attachProducer`
    function conclude(uint256 id, Claim calldata claim, bytes calldata header) external nonReentrant {
        _requireOpen(id, claim);
        bool isVoid = _isVoid(claim);
        if (!isVoid && block.timestamp <= claim.deadline) revert WindowOpen(id, claim.deadline);
        ClaimState state = isVoid ? ClaimState.Void : ClaimState.Convicted;
        _challenges[id] = bytes32(uint256(state));
        owed[claim.challenger] += claim.bond;
        emit ChallengeConcluded(id, state, isVoid ? bytes32(0) : claim.offenceId);
        if (isVoid) manager.resumeCheckpoint(claim.chainId, claim.number, claim.structHash);
        else manager.convict(claim.kind, claim.structHash, abi.encode(_verdictOn(claim, header)), claim.challenger);
    }

    /// @notice Pays what is owed to the sender out to `to`.
    function withdrawOwed(address payable to) external nonReentrant {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        owed[msg.sender] = 0;
        emit OwedWithdrawn(msg.sender, to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed(to);
    }

    /// @notice Bond of the next challenge on a checkpoint: twice as much for each that is open.
    function bondFor(uint64 chainId, uint64 number) public view returns (uint256) {
        return uint256(challengeBond) << checkpoints.checkpointAt(chainId, number).openChallenges;
    }

    function stateOf(uint256 id) public view returns (ClaimState) {
        uint256 word = uint256(_challenges[id]);
        return word > uint256(type(ClaimState).max) ? ClaimState.Open : ClaimState(word);
    }

    function _requireOpen(uint256 id, Claim calldata claim) private view {
        if (_challenges[id] != keccak256(abi.encode(claim))) revert NotOpen(id, stateOf(id));
    }

    /// @dev The checkpoint was rejected for something else, or this contract is not heard any more.
    function _isVoid(Claim calldata claim) private view returns (bool) {
        return !checkpoints.isLive(claim.chainId, claim.number)
            || checkpoints.checkpointAt(claim.chainId, claim.number).structHash != claim.structHash
            || address(manager.verifierOf(claim.kind)) != address(this);
    }

    function _verdictOn(Claim calldata claim, bytes calldata header) private pure returns (Verdict memory verdict) {
        verdict.offenceId = claim.offenceId;
        verdict.class = OffenceClass.B_WITHHELD;
        verdict.chainId = claim.chainId;
        verdict.number = claim.number;
        verdict.leaf = claim.leaf;
        if (header.length == 0) return verdict;
        (bool ok, Header memory h) = HeaderDecoder.tryDecode(header);
        if (!ok) revert HeaderDecoder.HeaderMismatch("rlp");
        bytes32 leaf = BlockTree.leafOf(h.number, h.timestamp, h.txRoot, h.receiptsRoot, keccak256(header));
        if (leaf != claim.leaf) revert HeaderDecoder.HeaderMismatch("leaf");
        verdict.producer = Seal.producerOf(h, header, claim.chainId);
        verdict.blockHash = claim.blockHash;
    }
}
