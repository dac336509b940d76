// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governed} from "../checkpoint/Governed.sol";
import {LiveCheckpoint, ICheckpointManager} from "../checkpoint/ICheckpointManager.sol";
import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {IProducerElection} from "../election/IProducerElection.sol";
import {IStakeManager, SlashOrder} from "../staking/IStakeManager.sol";
import {BasicProofs} from "./BasicProofs.sol";
import {BountyLedger} from "./BountyLedger.sol";
import {Offence} from "./ChallengeState.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {OffenceClass} from "./OffenceClass.sol";
import {Verdict} from "./ProofTypes.sol";
import {BlockTree} from "./proofs/BlockTree.sol";
import {Header, HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Proofs} from "./proofs/Proofs.sol";
import {Seal} from "./proofs/Seal.sol";

/// @title The one entry for fraud proofs
/// @notice Whoever proves a fraud here has it judged in the same transaction: the checkpoint and all later pending ones
/// are rolled back, its signers and the producer of the bad block are charged, and a share of what they lose goes to
/// whoever found it. A challenge that proves nothing reverts and costs its sender the gas.
///
/// A verdict never waits. Commitments concern the bounty only: it is held for `commitWindow` blocks, and the oldest
/// commitment to the offence that is older than the challenge takes it, so that copying a challenge earns nothing.
/// @dev KOMA root contracts, section 10. Not pausable.
contract ChallengeManager is Governed, BasicProofs, BountyLedger {
    /// @dev Kinds decided by an answer or its absence within a window: missing nonce, legacy continuity, withheld data,
    /// omitted deposit, tournament, forced inclusion. They need a bond and go through contracts of their own, which
    /// report their verdicts here; a call of `challenge` cannot decide them.
    uint256 private constant INTERACTIVE_KINDS = 1 << 7 | 1 << 15 | 1 << 17 | 1 << 18 | 1 << 23 | 1 << 27;

    event VerifierRegistered(uint8 indexed kind, address verifier);
    event ElectionWired(address election);
    event Challenged(
        bytes32 indexed offenceId,
        uint8 indexed kind,
        uint64 indexed chainId,
        uint64 number,
        bytes32 blockHash,
        uint256 signers,
        address producer,
        address challenger
    );
    /// @notice The checkpoint was final: stake is charged, nothing is rolled back.
    event LateFraud(bytes32 indexed offenceId, uint64 indexed chainId, uint64 indexed number);
    event ProducerAttached(bytes32 indexed offenceId, bytes32 indexed attachedId, address indexed producer);

    /// @notice No verifier is registered for the kind.
    error UnknownKind(uint8 kind);
    error InteractiveKind(uint8 kind);
    /// @notice The caller is not the contract that hears challenges of this kind.
    error NotCourt(address caller);
    /// @notice The caller has no challenge open on the checkpoint.
    error NotPaused(bytes32 structHash);
    /// @notice The offence was proven before, or everybody whom it concerns has been charged for its checkpoint and block.
    error AlreadyPunished(bytes32 offenceId);
    /// @notice The checkpoint has been final for longer than the late-slash window.
    error TooLate(uint64 number);
    error NoProducerToCharge(bytes32 offenceId);
    error AttachWindowOver(bytes32 offenceId);
    /// @notice The header's seal is not by its coinbase: it convicts nobody.
    error BadSeal();
    error AlreadyWired();

    /// @param owner_ registers verifiers and upgrades; a timelock on a main network
    /// @param commitWindow_ root-chain blocks for which a bounty is held
    /// @param lateSlashWindow_ seconds after a checkpoint's challenge period in which fraud still costs stake
    /// @param attachWindow_ seconds after a verdict in which the producer can be charged too
    function initialize(
        address owner_,
        ICheckpointManager checkpoints_,
        IStakeManager stakes_,
        IKomaRegistry registry_,
        uint64 commitWindow_,
        uint40 lateSlashWindow_,
        uint40 attachWindow_
    ) external initializer {
        // No guardian: what protects users from a bad checkpoint must not be pausable.
        __Governed_init(owner_, address(0), 0);
        ChallengeStorage storage $ = _storage();
        $.checkpoints = checkpoints_;
        $.stakes = stakes_;
        $.registry = registry_;
        $.commitWindow = commitWindow_;
        $.lateSlashWindow = lateSlashWindow_;
        $.attachWindow = attachWindow_;
    }

    /// @notice Names the contract that judges a kind; zero switches the kind off (a verifier found to be wrong can be
    /// stopped, but never made to convict somebody).
    function registerVerifier(uint8 kind, IFraudVerifier verifier) external onlyOwner {
        _storage().verifiers[kind] = verifier;
        emit VerifierRegistered(kind, address(verifier));
    }

    /// @notice Names the election, whose producers' stakes verdicts charge. Works once.
    function wireElection(IProducerElection election_) external onlyOwner {
        ChallengeStorage storage $ = _storage();
        if (address($.election) != address(0)) revert AlreadyWired();
        if (address(election_) == address(0)) revert ZeroAddress();
        $.election = election_;
        emit ElectionWired(address(election_));
    }

    /// @notice Judges the evidence and executes the verdict.
    /// @param evidence abi.encode of the arguments of the kind's function, see its verifier
    /// @return offenceId under which bounty and slashing are settled
    function challenge(uint8 kind, bytes calldata evidence) external nonReentrant returns (bytes32 offenceId) {
        ChallengeStorage storage $ = _storage();
        return _execute($, kind, _judge($, kind, evidence), msg.sender);
    }

    /// @notice Keeps a pending checkpoint from becoming final while a challenge of an interactive kind is open; only the
    /// contract that is registered for the kind.
    /// @dev Reverts as `CheckpointManager.openChallenge` does: `ChallengePeriodOver`, `TooManyChallenges`, `NotLive`.
    function pauseCheckpoint(uint8 kind, uint64 chainId, uint64 number, bytes32 structHash) external {
        ChallengeStorage storage $ = _storage();
        if (msg.sender != address($.verifiers[kind])) revert NotCourt(msg.sender);
        $.pauses[msg.sender][structHash] += 1;
        $.checkpoints.openChallenge(chainId, number);
    }

    /// @notice Ends one pause; whoever began it, also when it judges the kind no more.
    function resumeCheckpoint(uint64 chainId, uint64 number, bytes32 structHash) external {
        _endPause(structHash);
        _storage().checkpoints.closeChallenge(chainId, number, structHash);
    }

    /// @notice Executes the verdict of an interactive challenge; only the contract that is registered for its kind, on a
    /// checkpoint that it has paused.
    /// @param structHash checkpoint that is paused; the caller sees to it that it is the one that the verdict names
    /// @param verdict abi.encode of a `Verdict`
    /// @param challenger whoever opened the challenge, to whom the bounty goes as in `challenge`
    function convict(uint8 kind, bytes32 structHash, bytes memory verdict, address challenger) external nonReentrant {
        ChallengeStorage storage $ = _storage();
        if (msg.sender != address($.verifiers[kind])) revert NotCourt(msg.sender);
        _endPause(structHash);
        _execute($, kind, abi.decode(verdict, (Verdict)), challenger);
    }

    /// @notice Charges the producer of a proven offence's block, for whose challenge no header was at hand.
    /// @param header RLP header that the offending leaf opens to, sealed by its coinbase
    /// @return attachedId offence of its own, with a bounty of its own
    function attachProducer(bytes32 offenceId, bytes calldata header)
        external
        nonReentrant
        returns (bytes32 attachedId)
    {
        ChallengeStorage storage $ = _storage();
        Offence storage offence = _known(offenceId);
        attachedId = keccak256(abi.encode("attached", offenceId));
        if ($.offences[attachedId].provenInBlock != 0) revert AlreadyPunished(attachedId);
        if (offence.leaf == bytes32(0)) revert NoProducerToCharge(offenceId);
        if (block.timestamp > uint256(offence.provenAt) + $.attachWindow) revert AttachWindowOver(offenceId);

        Verdict memory verdict = Verdict({
            offenceId: attachedId,
            class: offence.class,
            chainId: offence.chainId,
            number: offence.number,
            blockHash: keccak256(header),
            signers: 0,
            producer: _sealerOf(header, offence.leaf, offence.chainId),
            leaf: offence.leaf
        });
        if (verdict.producer == address(0)) revert BadSeal();
        if (!_noteProducer($, verdict)) revert AlreadyPunished(attachedId);
        _record($, verdict, offence.kind, bytes32(0), msg.sender);
        emit ProducerAttached(offenceId, attachedId, verdict.producer);
        _order($, verdict, 0, verdict.producer, msg.sender);
    }

    /// @notice The verdict that `challenge` would execute now; reverts as it would for want of fraud.
    function judge(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        return _judge(_storage(), kind, evidence);
    }

    function _execute(ChallengeStorage storage $, uint8 kind, Verdict memory verdict, address challenger)
        private
        returns (bytes32 offenceId)
    {
        offenceId = verdict.offenceId;
        if ($.offences[offenceId].provenInBlock != 0) revert AlreadyPunished(offenceId);

        // Who contradicts itself is charged alone; no block falls with it.
        uint256 signers = verdict.signers;
        address producer = verdict.producer;
        bool late;
        if (verdict.class != OffenceClass.C_EQUIVOCATION) {
            late = $.checkpoints.isFinal(verdict.chainId, verdict.number);
            (signers, producer) = late ? _chargeFinal($, verdict) : _chargePending($, verdict);
            if (signers == 0 && producer == address(0)) revert AlreadyPunished(offenceId);
        }
        // Once its sealer is charged, a leaf has nobody left to attach.
        _record($, verdict, kind, producer == address(0) ? verdict.leaf : bytes32(0), challenger);
        emit Challenged(
            offenceId, kind, verdict.chainId, verdict.number, verdict.blockHash, signers, producer, challenger
        );

        if (late) emit LateFraud(offenceId, verdict.chainId, verdict.number);
        _order($, verdict, signers, producer, challenger);
    }

    function _endPause(bytes32 structHash) private {
        ChallengeStorage storage $ = _storage();
        uint256 pauses = $.pauses[msg.sender][structHash];
        if (pauses == 0) revert NotPaused(structHash);
        $.pauses[msg.sender][structHash] = pauses - 1;
    }

    function _judge(ChallengeStorage storage $, uint8 kind, bytes calldata evidence)
        private
        view
        returns (Verdict memory)
    {
        if ((INTERACTIVE_KINDS >> kind) & 1 != 0) revert InteractiveKind(kind);
        IFraudVerifier verifier = $.verifiers[kind];
        if (address(verifier) == address(0)) revert UnknownKind(kind);
        return verifier.verify(kind, evidence);
    }

    /// @dev Whom a verdict on a pending checkpoint charges: its signers, and the producer once per block. Nothing needs to
    /// be noted of either. The checkpoint is rolled back here, and its struct hash, which holds the chain's generation,
    /// never comes back; and the block is banned, which happens to no block whose producer is not charged with it.
    function _chargePending(ChallengeStorage storage $, Verdict memory verdict)
        private
        returns (uint256 signers, address producer)
    {
        bool bannedBefore;
        (signers, bannedBefore) =
            $.checkpoints.reject(verdict.chainId, verdict.number, verdict.offenceId, verdict.blockHash);
        mapping(bytes32 => bool) storage charged = $.producerCharged[verdict.chainId];
        if (verdict.producer == address(0) || bannedBefore || charged[verdict.leaf]) return (signers, address(0));
        // An omitted deposit has no block to ban.
        if (verdict.blockHash == bytes32(0)) charged[verdict.leaf] = true;
        producer = verdict.producer;
    }

    /// @dev Whom a verdict on a final checkpoint charges: its signers once, and the producer once per block.
    function _chargeFinal(ChallengeStorage storage $, Verdict memory verdict)
        private
        returns (uint256 signers, address producer)
    {
        LiveCheckpoint memory checkpoint = Proofs.requireLive($.checkpoints, verdict.chainId, verdict.number);
        if (block.timestamp > uint256(checkpoint.challengeEnd) + $.lateSlashWindow) revert TooLate(verdict.number);
        if (!$.signersCharged[checkpoint.structHash]) {
            $.signersCharged[checkpoint.structHash] = true;
            signers = $.checkpoints.rewardBasis(verdict.chainId, verdict.number).bitmap;
        }
        if (verdict.producer != address(0) && _noteProducer($, verdict)) producer = verdict.producer;
    }

    /// @dev Notes that the producer of a block is charged that is not banned now. The note is by leaf, which opens to one
    /// header alone.
    /// @return first false when it was charged before, by a note or by a ban
    function _noteProducer(ChallengeStorage storage $, Verdict memory verdict) private returns (bool first) {
        mapping(bytes32 => bool) storage charged = $.producerCharged[verdict.chainId];
        if (charged[verdict.leaf] || $.checkpoints.bannedBlock(verdict.chainId, verdict.blockHash)) return false;
        charged[verdict.leaf] = true;
        return true;
    }

    /// @dev Key that sealed the header, which must be the one that `leaf` commits to; zero when the seal is not by its
    /// coinbase.
    function _sealerOf(bytes calldata raw, bytes32 leaf, uint64 chainId) private pure returns (address) {
        (bool ok, Header memory header) = HeaderDecoder.tryDecode(raw);
        if (!ok) revert HeaderDecoder.HeaderMismatch("rlp");
        bytes32 found =
            BlockTree.leafOf(header.number, header.timestamp, header.txRoot, header.receiptsRoot, keccak256(raw));
        if (found != leaf) revert HeaderDecoder.HeaderMismatch("leaf");
        return Seal.producerOf(header, raw, chainId);
    }

    function _record(ChallengeStorage storage $, Verdict memory verdict, uint8 kind, bytes32 leaf, address challenger)
        private
    {
        Offence storage offence = $.offences[verdict.offenceId];
        offence.challenger = challenger;
        offence.provenInBlock = uint40(block.number);
        offence.provenAt = uint40(block.timestamp);
        offence.kind = kind;
        offence.class = verdict.class;
        if (leaf == bytes32(0)) return;
        offence.leaf = leaf;
        offence.chainId = verdict.chainId;
        offence.number = verdict.number;
    }

    function _order(
        ChallengeStorage storage $,
        Verdict memory verdict,
        uint256 signers,
        address producer,
        address challenger
    ) private {
        SlashOrder memory order = SlashOrder({
            offenceId: verdict.offenceId,
            class: verdict.class,
            signerBitmap: signers,
            producerKey: producer,
            challenger: challenger,
            chainId: verdict.chainId,
            number: verdict.number
        });
        $.stakes.slash(order);
        if (producer != address(0)) $.registry.ejectProducer(verdict.chainId, producer);
        // After the ejection, so that the key is out of the set that follows.
        if (address($.election) != address(0)) $.election.slash(order);
    }
}
