// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ConsensusFraud, SignedBlock, UnitHeader} from "../../src/fraud/ConsensusFraud.sol";
import {IFraudVerifier} from "../../src/fraud/IFraudVerifier.sol";
import {Verdict} from "../../src/fraud/ProofTypes.sol";
import {ChallengeBase} from "./ChallengeBase.sol";

contract ConsensusFraudTest is ChallengeBase {
    string private constant PATH = "../test/vectors/consensus-evidence.json";

    uint64 private constant KOMA = 7001;
    bytes32 private constant INSTANCE = keccak256("era");

    /// @dev All that a pair of units is made of, so that tests can bend one thing at a time.
    struct Pair {
        uint64 chainId;
        bytes32 instance;
        uint32 creator;
        UnitHeader a;
        uint256 keyA;
        UnitHeader b;
        uint256 keyB;
    }

    function setUp() public override {
        super.setUp();
        stakes.seatSigner(vm.addr(alice), 7);
        stakes.seatSigner(vm.addr(bob), 8);
    }

    function test_evidenceOfAnotherImplementationConvicts() public {
        string memory json = vm.readFile(PATH);
        address signer = vm.parseJsonAddress(json, ".signer");
        stakes.seatSigner(signer, 3);
        string[4] memory names = ["twoUnits", "twoEndorsements", "twoFinalitySignatures", "twoFinalUnits"];
        string[4] memory what = ["unit", "endorsement", "finality", "finality"];
        for (uint256 i; i < 4; ++i) {
            bytes memory evidence = vm.parseJsonBytes(json, string.concat(".", names[i]));
            Verdict memory v = manager.judge(21, evidence);
            assertEq(v.signers, 1 << 3);
            assertEq(v.class, 3);
            assertEq(v.chainId, KOMA);
            assertEq(v.blockHash, 0);
            assertEq(v.leaf, 0);
            assertEq(
                v.offenceId,
                keccak256(
                    abi.encode("consensus equivocation", what[i], KOMA, vm.parseJsonBytes32(json, ".instance"), signer)
                )
            );
        }
    }

    function test_twoUnitsConvictTheirSignerOncePerInstance() public {
        bytes32 offence = manager.challenge(21, _evidence(_pair()));
        assertEq(manager.offenceOf(offence).class, 3);

        // Other units of the same era are the same offence, also in the other order.
        Pair memory again = _pair();
        (again.a.seq, again.b.seq) = (9, 9);
        (again.a, again.b) = (again.b, again.a);
        bytes memory evidence = _evidence(again);
        vm.expectRevert(abi.encodeWithSignature("AlreadyPunished(bytes32)", offence));
        manager.challenge(21, evidence);

        Pair memory later = _pair();
        later.instance = keccak256("next era");
        assertNotEq(manager.challenge(21, _evidence(later)), offence);
    }

    function testFuzz_anyTwoBodiesOfOneNumberConvict(uint64 seq, bytes32 prevA, bytes32 prevB, bytes32 bodyA, bytes32 bodyB)
        public
        view
    {
        vm.assume(prevA != prevB || bodyA != bodyB);
        Pair memory p = _pair();
        p.a = UnitHeader(seq, prevA, bodyA);
        p.b = UnitHeader(seq, prevB, bodyB);
        assertEq(consensusFraud.verify(21, _evidence(p)).signers, 1 << 7);
    }

    // AT-38: evidence that only looks like one

    function test_AT38_oneUnitIsNoFraudHoweverOftenItIsSigned() public {
        Pair memory p = _pair();
        p.b = p.a;
        _expectNotFraud("same unit", p);
        // The second signature of the same key over the same unit, with s mirrored: no signature at all.
        p = _pair();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice, _digest(p, p.b));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory mirrored = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        bytes memory evidence = _encode(p, _sign(alice, _digest(p, p.a)), mirrored);
        vm.expectRevert(abi.encodeWithSelector(ConsensusFraud.BadSignature.selector, 2));
        consensusFraud.verify(21, evidence);
    }

    function test_AT38_unitsOfTwoErasChainsOrCreatorsAreNoFraud() public {
        // Whatever the second unit was really signed for, under the first one's words it is somebody else's signature.
        for (uint256 field; field < 3; ++field) {
            Pair memory p = _pair();
            Pair memory other = _pair();
            if (field == 0) other.instance = keccak256("next era");
            if (field == 1) other.chainId = KOMA + 1;
            if (field == 2) other.creator = 3;
            bytes memory evidence = _encode(p, _sign(alice, _digest(p, p.a)), _sign(alice, _digest(other, other.b)));
            vm.expectRevert(notFraud("different signers"));
            consensusFraud.verify(21, evidence);
        }
    }

    function test_AT38_differentSequenceNumbersAreNoFraud() public {
        Pair memory p = _pair();
        p.b.seq = 6;
        _expectNotFraud("different sequence numbers", p);
    }

    function test_AT38_unitsOfTwoSignersAreNoFraud() public {
        Pair memory p = _pair();
        p.keyB = bob;
        _expectNotFraud("different signers", p);
    }

    function test_AT38_strangersAndStrangeChainsHaveNothingToLose() public {
        Pair memory p = _pair();
        (p.keyA, p.keyB) = (uint256(keccak256("stranger")), uint256(keccak256("stranger")));
        _expectNotFraud("unknown signer", p);
        p = _pair();
        p.chainId = 5;
        _expectNotFraud("unknown chain", p);
    }

    function test_AT38_signatureThatNobodyMadeIsRefused() public {
        Pair memory p = _pair();
        bytes memory good = _sign(alice, _digest(p, p.a));
        bytes[4] memory bad = [bytes(""), new bytes(65), bytes.concat(good, hex"00"), new bytes(64)];
        for (uint256 i; i < bad.length; ++i) {
            bytes memory evidence = _encode(p, bad[i], good);
            vm.expectRevert(abi.encodeWithSelector(ConsensusFraud.BadSignature.selector, 1));
            consensusFraud.verify(21, evidence);
        }
    }

    function test_AT38_endorsementsOnOneLaneAreNoFraud() public {
        UnitHeader memory low = UnitHeader(5, keccak256("4"), keccak256("five"));
        UnitHeader[] memory lane = new UnitHeader[](2);
        lane[1] = low;
        lane[0] = UnitHeader(6, _unitDigest(low), keccak256("six"));
        bytes memory evidence = _endorsements(low, lane);
        vm.expectRevert(notFraud("one lane"));
        consensusFraud.verify(21, evidence);
        // The same unit endorsed twice.
        lane = new UnitHeader[](1);
        lane[0] = low;
        evidence = _endorsements(low, lane);
        vm.expectRevert(notFraud("one lane"));
        consensusFraud.verify(21, evidence);
    }

    function test_AT38_laneMustReachTheOtherUnitWithoutAGap() public {
        UnitHeader memory low = UnitHeader(5, keccak256("4"), keccak256("five"));
        UnitHeader[] memory lane = new UnitHeader[](1);
        lane[0] = UnitHeader(6, keccak256("not given"), keccak256("six"));
        _expectEndorsements("lane ends elsewhere", low, lane);
        lane = new UnitHeader[](2);
        lane[0] = UnitHeader(6, keccak256("not the next"), keccak256("six"));
        lane[1] = UnitHeader(5, keccak256("4"), keccak256("other five"));
        _expectEndorsements("lane has a gap", low, lane);
        lane[0].prev = _unitDigest(lane[1]);
        lane[0].seq = 7;
        _expectEndorsements("lane has a gap", low, lane);
        _expectEndorsements("lane too long", low, new UnitHeader[](0));
        _expectEndorsements("lane too long", low, new UnitHeader[](1025));
    }

    function test_AT38_finalityOfOneBlockIsNoFraud() public {
        SignedBlock memory one = SignedBlock(keccak256("block"), keccak256("unit"));
        bytes memory evidence =
            abi.encode(uint8(3), abi.encode(KOMA, INSTANCE, uint64(9), one, new bytes(65), one, new bytes(65)));
        vm.expectRevert(notFraud("same block"));
        consensusFraud.verify(21, evidence);
    }

    function test_otherKindsAndTypesAreUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IFraudVerifier.UnknownKind.selector, 20));
        consensusFraud.verify(20, "");
        vm.expectRevert(abi.encodeWithSelector(ConsensusFraud.UnknownEvidence.selector, 5));
        consensusFraud.verify(21, abi.encode(uint8(5), bytes("")));
    }

    function _pair() private view returns (Pair memory) {
        UnitHeader memory a = UnitHeader(5, keccak256("4"), keccak256("a"));
        UnitHeader memory b = UnitHeader(5, keccak256("4"), keccak256("b"));
        return Pair(KOMA, INSTANCE, 2, a, alice, b, alice);
    }

    function _evidence(Pair memory p) private pure returns (bytes memory) {
        return _encode(p, _sign(p.keyA, _digest(p, p.a)), _sign(p.keyB, _digest(p, p.b)));
    }

    function _encode(Pair memory p, bytes memory sigA, bytes memory sigB) private pure returns (bytes memory) {
        return abi.encode(uint8(1), abi.encode(p.chainId, p.instance, p.creator, p.a, sigA, p.b, sigB));
    }

    function _expectNotFraud(string memory why, Pair memory p) private {
        bytes memory evidence = _evidence(p);
        vm.expectRevert(notFraud(why));
        consensusFraud.verify(21, evidence);
    }

    function _expectEndorsements(string memory why, UnitHeader memory low, UnitHeader[] memory lane) private {
        bytes memory evidence = _endorsements(low, lane);
        vm.expectRevert(notFraud(why));
        consensusFraud.verify(21, evidence);
    }

    function _endorsements(UnitHeader memory low, UnitHeader[] memory lane) private view returns (bytes memory) {
        bytes32 top = lane.length == 0 ? bytes32(0) : _unitDigest(lane[0]);
        bytes memory sigLow = _endorse(_unitDigest(low));
        return abi.encode(uint8(2), abi.encode(KOMA, INSTANCE, uint32(4), uint32(2), low, sigLow, lane, _endorse(top)));
    }

    function _endorse(bytes32 unit) private view returns (bytes memory) {
        bytes32 typeHash = keccak256("KomaEndorsement(bytes32 instance,uint32 endorser,bytes32 unit)");
        return _sign(alice, _typed(KOMA, keccak256(abi.encode(typeHash, INSTANCE, uint32(4), unit))));
    }

    function _unitDigest(UnitHeader memory u) private view returns (bytes32) {
        return _digest(_pair(), u);
    }

    function _digest(Pair memory p, UnitHeader memory u) private pure returns (bytes32) {
        bytes32 typeHash =
            keccak256("KomaUnit(bytes32 instance,uint32 creator,uint64 seq,bytes32 prev,bytes32 bodyHash)");
        return
            _typed(p.chainId, keccak256(abi.encode(typeHash, p.instance, p.creator, u.seq, u.prev, u.bodyHash)));
    }

    function _typed(uint64 chainId, bytes32 structHash) private pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId)"),
                keccak256("KoMaBFT"),
                keccak256("1"),
                uint256(chainId)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
