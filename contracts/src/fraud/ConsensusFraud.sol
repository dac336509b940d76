// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IKomaRegistry} from "../checkpoint/IKomaRegistry.sol";
import {IStakeManager} from "../staking/IStakeManager.sol";
import {IFraudVerifier} from "./IFraudVerifier.sol";
import {OffenceClass} from "./OffenceClass.sol";
import {Verdict} from "./ProofTypes.sol";
import {Header, HeaderDecoder} from "./proofs/HeaderDecoder.sol";
import {Seal} from "./proofs/Seal.sol";
import {Signatures} from "./proofs/Signatures.sol";

/// @notice Header of a consensus unit without what both units of a pair share: all that its hash commits to.
/// @param prev the creator's unit before it, zero for its first one
struct UnitHeader {
    uint64 seq;
    bytes32 prev;
    bytes32 bodyHash;
}

/// @notice What a finality signature names.
/// @param unit the consensus unit that carries the block: what it observed decides who is in the next era
struct SignedBlock {
    bytes32 blockHash;
    bytes32 unit;
}

/// @title Contradictions that one validator or one producer signed
/// @notice Kind 21. Only the double signer is charged: consensus itself bears equivocators up to its threshold, so
/// nothing is rolled back. The recovered signer names the offender, never the index that the unit claims.
/// @dev KOMA root contracts, section 10.21; KoMaBFT specification, sections 3 and 7.
contract ConsensusFraud is IFraudVerifier {
    uint8 public constant CONSENSUS_EQUIVOCATION = 21;

    /// @notice E1: two units of one sequence number.
    uint8 public constant TWO_UNITS = 1;
    /// @notice E2: two endorsements of units of one creator, neither of which sees the other.
    uint8 public constant TWO_ENDORSEMENTS = 2;
    /// @notice E3: two finality signatures for one height, over different blocks or over different units of one block.
    uint8 public constant TWO_FINALITY_SIGNATURES = 3;
    /// @notice Two headers of one time, sealed with one producer's key.
    uint8 public constant TWO_SEALED_HEADERS = 4;

    /// @notice A key counts as a producer's for so long after its tenure, seconds: blocks that begin in a tenure may be
    /// sealed a little after it, and no further back is searched.
    uint64 public constant PRODUCER_WINDOW = 1 days;

    /// @notice Most units between two conflicting endorsements; the chain's own limit is never higher.
    uint256 public constant MAX_LANE = 1024;

    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId)");
    bytes32 private constant UNIT_TYPE =
        keccak256("KomaUnit(bytes32 instance,uint32 creator,uint64 seq,bytes32 prev,bytes32 bodyHash)");
    bytes32 private constant ENDORSEMENT_TYPE = keccak256("KomaEndorsement(bytes32 instance,uint32 endorser,bytes32 unit)");
    bytes32 private constant FINALITY_TYPE =
        keccak256("KomaFinality(bytes32 instance,uint64 height,bytes32 blockHash,bytes32 unit)");

    IKomaRegistry public immutable registry;
    IStakeManager public immutable stakes;

    /// @notice Nobody made this signature (1 or 2), or it is not r ‖ s ‖ v with a low s and a v of 27 or 28; of headers:
    /// these bytes are none, or not sealed by their `coinbase`.
    error BadSignature(uint256 which);
    /// @notice No such type of evidence.
    error UnknownEvidence(uint8 evidenceType);

    constructor(IKomaRegistry registry_, IStakeManager stakes_) {
        registry = registry_;
        stakes = stakes_;
    }

    /// @inheritdoc IFraudVerifier
    /// @param evidence abi.encode(uint8 type, bytes evidence), see `validateConsensusEquivocation`
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory) {
        if (kind != CONSENSUS_EQUIVOCATION) revert UnknownKind(kind);
        (uint8 evidenceType, bytes memory inner) = abi.decode(evidence, (uint8, bytes));
        return _judge(evidenceType, inner);
    }

    /// @notice Kind 21. `evidence` is abi.encode of, by type:
    /// 1: uint64 chainId, bytes32 instance, uint32 creator, UnitHeader a, bytes sigA, UnitHeader b, bytes sigB;
    /// 2: uint64 chainId, bytes32 instance, uint32 endorser, uint32 creator, UnitHeader unit, bytes sigUnit,
    ///    UnitHeader[] lane, bytes sigLane, where `lane` begins with the other endorsed unit and goes down by `prev` to
    ///    the sequence number of `unit`;
    /// 3: uint64 chainId, bytes32 instance, uint64 height, SignedBlock a, bytes sigA, SignedBlock b, bytes sigB.
    /// 4: uint64 chainId, bytes headerA, bytes headerB, RLP with their seals.
    /// Signatures are 65 bytes over the EIP-712 digest.
    function validateConsensusEquivocation(uint8 evidenceType, bytes memory evidence)
        external
        view
        returns (Verdict memory)
    {
        return _judge(evidenceType, evidence);
    }

    function _judge(uint8 evidenceType, bytes memory evidence) private view returns (Verdict memory) {
        if (evidenceType == TWO_UNITS) return _twoUnits(evidence);
        if (evidenceType == TWO_ENDORSEMENTS) return _twoEndorsements(evidence);
        if (evidenceType == TWO_FINALITY_SIGNATURES) return _twoFinalitySignatures(evidence);
        if (evidenceType == TWO_SEALED_HEADERS) return _twoSealedHeaders(evidence);
        revert UnknownEvidence(evidenceType);
    }

    function _twoUnits(bytes memory evidence) private view returns (Verdict memory) {
        (
            uint64 chainId,
            bytes32 instance,
            uint32 creator,
            UnitHeader memory a,
            bytes memory sigA,
            UnitHeader memory b,
            bytes memory sigB
        ) = abi.decode(evidence, (uint64, bytes32, uint32, UnitHeader, bytes, UnitHeader, bytes));
        if (a.seq != b.seq) revert NotFraud("different sequence numbers");
        bytes32 domain = _domain(chainId);
        bytes32 digestA = _unit(domain, instance, creator, a);
        bytes32 digestB = _unit(domain, instance, creator, b);
        if (digestA == digestB) revert NotFraud("same unit");
        return _convict("unit", chainId, instance, _sameSigner(digestA, sigA, digestB, sigB));
    }

    function _twoEndorsements(bytes memory evidence) private view returns (Verdict memory) {
        (
            uint64 chainId,
            bytes32 instance,
            uint32 endorser,
            uint32 creator,
            UnitHeader memory unit,
            bytes memory sigUnit,
            UnitHeader[] memory lane,
            bytes memory sigLane
        ) = abi.decode(evidence, (uint64, bytes32, uint32, uint32, UnitHeader, bytes, UnitHeader[], bytes));
        if (lane.length == 0 || lane.length > MAX_LANE) revert NotFraud("lane too long");
        bytes32 domain = _domain(chainId);
        bytes32 first = _unit(domain, instance, creator, unit);
        bytes32 second = _unit(domain, instance, creator, lane[0]);
        bytes32 bottom = second;
        for (uint256 i = 1; i < lane.length; ++i) {
            if (lane[i].seq + 1 != lane[i - 1].seq) revert NotFraud("lane has a gap");
            bottom = _unit(domain, instance, creator, lane[i]);
            if (bottom != lane[i - 1].prev) revert NotFraud("lane has a gap");
        }
        if (lane[lane.length - 1].seq != unit.seq) revert NotFraud("lane ends elsewhere");
        if (bottom == first) revert NotFraud("one lane");
        address signer = _sameSigner(
            _endorsement(domain, instance, endorser, first),
            sigUnit,
            _endorsement(domain, instance, endorser, second),
            sigLane
        );
        return _convict("endorsement", chainId, instance, signer);
    }

    function _twoFinalitySignatures(bytes memory evidence) private view returns (Verdict memory) {
        (
            uint64 chainId,
            bytes32 instance,
            uint64 height,
            SignedBlock memory a,
            bytes memory sigA,
            SignedBlock memory b,
            bytes memory sigB
        ) = abi.decode(evidence, (uint64, bytes32, uint64, SignedBlock, bytes, SignedBlock, bytes));
        if (a.blockHash == b.blockHash && a.unit == b.unit) revert NotFraud("same block");
        bytes32 domain = _domain(chainId);
        address signer =
            _sameSigner(_finality(domain, instance, height, a), sigA, _finality(domain, instance, height, b), sigB);
        return _convict("finality", chainId, instance, signer);
    }

    /// @dev A producer has one block a second, whatever it stands on. Its key is charged once for each chain, and not the
    /// seat of whoever holds it: what a validator signs in consensus is another matter.
    function _twoSealedHeaders(bytes memory evidence) private view returns (Verdict memory verdict) {
        (uint64 chainId, bytes memory a, bytes memory b) = abi.decode(evidence, (uint64, bytes, bytes));
        if (registry.registeredAt(chainId) == 0) revert NotFraud("unknown chain");
        (address producer, uint64 time) = _sealed(1, a, chainId);
        (address other, uint64 otherTime) = _sealed(2, b, chainId);
        if (producer != other) revert NotFraud("different signers");
        if (time != otherTime) revert NotFraud("different times");
        if (keccak256(a) == keccak256(b)) revert NotFraud("same header");
        uint64 from = time > PRODUCER_WINDOW ? time - PRODUCER_WINDOW : 0;
        if (!registry.isAuthorizedProducer(chainId, producer, from, time)) revert NotFraud("no producer");
        verdict.offenceId = keccak256(abi.encode("producer equivocation", chainId, producer));
        verdict.class = OffenceClass.C_EQUIVOCATION;
        verdict.chainId = chainId;
        verdict.producer = producer;
    }

    function _sealed(uint256 which, bytes memory raw, uint64 chainId) private pure returns (address, uint64) {
        (bool ok, Header memory header) = HeaderDecoder.tryDecode(raw);
        address producer = ok ? Seal.producerOf(header, raw, chainId) : address(0);
        if (producer == address(0)) revert BadSignature(which);
        return (producer, header.timestamp);
    }

    /// @dev One offence for each validator, instance and way to contradict oneself: whoever forks all of an era's units
    /// is charged for it once.
    function _convict(string memory what, uint64 chainId, bytes32 instance, address signer)
        private
        view
        returns (Verdict memory verdict)
    {
        if (registry.registeredAt(chainId) == 0) revert NotFraud("unknown chain");
        (bool found, uint256 seat) = stakes.seatOfSigner(signer);
        if (!found) revert NotFraud("unknown signer");
        verdict.offenceId = keccak256(abi.encode("consensus equivocation", what, chainId, instance, signer));
        verdict.class = OffenceClass.C_EQUIVOCATION;
        verdict.chainId = chainId;
        verdict.signers = 1 << seat;
    }

    function _sameSigner(bytes32 digestA, bytes memory sigA, bytes32 digestB, bytes memory sigB)
        private
        pure
        returns (address signer)
    {
        signer = Signatures.recoverLong(digestA, sigA);
        if (signer == address(0)) revert BadSignature(1);
        address other = Signatures.recoverLong(digestB, sigB);
        if (other == address(0)) revert BadSignature(2);
        if (signer != other) revert NotFraud("different signers");
    }

    function _domain(uint64 chainId) private pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256("KoMaBFT"), keccak256("1"), uint256(chainId)));
    }

    function _unit(bytes32 domain, bytes32 instance, uint32 creator, UnitHeader memory u) private pure returns (bytes32) {
        return _digest(domain, keccak256(abi.encode(UNIT_TYPE, instance, creator, u.seq, u.prev, u.bodyHash)));
    }

    function _endorsement(bytes32 domain, bytes32 instance, uint32 endorser, bytes32 unit)
        private
        pure
        returns (bytes32)
    {
        return _digest(domain, keccak256(abi.encode(ENDORSEMENT_TYPE, instance, endorser, unit)));
    }

    function _finality(bytes32 domain, bytes32 instance, uint64 height, SignedBlock memory b)
        private
        pure
        returns (bytes32)
    {
        return _digest(domain, keccak256(abi.encode(FINALITY_TYPE, instance, height, b.blockHash, b.unit)));
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
