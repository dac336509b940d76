// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {IDepositManager} from "../../src/bridge/IDepositManager.sol";
import {Governed} from "../../src/checkpoint/Governed.sol";
import {ChainConfig} from "../../src/checkpoint/IKomaRegistry.sol";
import {KomaRegistry} from "../../src/checkpoint/KomaRegistry.sol";
import {ProducerHistory} from "../../src/checkpoint/ProducerHistory.sol";
import {DemoToken} from "../../src/token/DemoToken.sol";
import {StakeFixture} from "../staking/StakeFixture.sol";

contract Named is ERC20 {
    constructor(string memory name, string memory symbol) ERC20(name, symbol) {}
}

contract Child {
    address public immutable rootToken;

    constructor() {
        rootToken = msg.sender;
    }
}

contract KomaRegistryTest is StakeFixture {
    uint64 private constant OTHER = 80402;
    DemoToken private usd;
    address private chainOwner = makeAddr("chain owner");

    function setUp() public override {
        super.setUp();
        usd = new DemoToken();
        vm.prank(governor);
        registry.wire(IDepositManager(deposits), challenges);
        vm.mockCall(deposits, abi.encodeWithSelector(IDepositManager.enqueueMapToken.selector), abi.encode(uint64(7)));
    }

    function key(uint256 i) private pure returns (address) {
        return vm.addr(keyOf(9_000 + i));
    }

    // --- chains

    function test_aChainIsRegisteredOnceByTheOwner() public {
        ChainConfig memory config = chainConfig();
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        vm.prank(anyone);
        registry.registerChain(OTHER, config, keccak256("code"), producers(1));

        vm.startPrank(governor);
        vm.expectEmit(address(registry));
        emit KomaRegistry.ChainRegistered(
            OTHER, config.nameHash, config.genesisHash, 0, TARGET_INTERVAL, governor, keccak256("code")
        );
        registry.registerChain(OTHER, config, keccak256("code"), producers(1));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.ChainExists.selector, OTHER));
        registry.registerChain(OTHER, config, keccak256("code"), producers(1));
        vm.stopPrank();
        assertTrue(registry.chainConfig(OTHER).registered);
        assertEq(registry.registeredAt(OTHER), time());
        assertEq(registry.chainIds().length, 2);
        assertEq(registry.chainIds()[1], OTHER);
        assertEq(registry.childTokenCodeHash(OTHER), keccak256("code"));
        assertFalse(registry.chainConfig(5).registered);
    }

    function test_aChainNeedsSoundFacts() public {
        ChainConfig memory config = chainConfig();
        refuseChain(0, config, keccak256("code"), "chainId");
        refuseChain(uint64(block.chainid), config, keccak256("code"), "chainId");
        refuseChain(OTHER, config, 0, "childTokenCodeHash");
        config.genesisHash = 0;
        refuseChain(OTHER, config, keccak256("code"), "genesisHash");
        config = chainConfig();
        config.slotMs = 0;
        refuseChain(OTHER, config, keccak256("code"), "slotMs");
        config = chainConfig();
        config.setGraceBlocks = 63;
        refuseChain(OTHER, config, keccak256("code"), "setGraceBlocks");
        config = chainConfig();
        config.targetInterval = uint16(MIN_INTERVAL) - 1;
        refuseChain(OTHER, config, keccak256("code"), "targetInterval");
        config = chainConfig();
        config.rules = 2;
        refuseChain(OTHER, config, keccak256("code"), "rules");
    }

    // --- producers

    function test_theFirstProducersCountFromTheBeginning() public view {
        assertEq(registry.producersAt(CHAIN, 0).length, 3);
        assertTrue(registry.isAuthorizedProducer(CHAIN, key(0), 0, 0));
        assertFalse(registry.isAuthorizedProducer(CHAIN, key(3), 0, type(uint64).max));
        assertFalse(registry.isAuthorizedProducer(5, key(0), 0, 0));
    }

    function test_aNewSetTakesOverAtItsTime() public {
        uint40 from = uint40(time()) + 8;
        address[] memory next = new address[](2);
        (next[0], next[1]) = (key(2), key(3));
        vm.expectEmit(address(registry));
        emit ProducerHistory.ProducersSet(CHAIN, 1, from, next);
        vm.prank(governor);
        registry.setProducers(CHAIN, from, next);

        assertEq(registry.producersAt(CHAIN, from - 1).length, 3);
        assertEq(registry.producersAt(CHAIN, from).length, 2);
        assertEq(registry.producersAt(CHAIN, from)[0], key(2));
        assertTrue(registry.isAuthorizedProducer(CHAIN, key(0), from - 1, from));
        assertFalse(registry.isAuthorizedProducer(CHAIN, key(0), from, from + 100));
        assertFalse(registry.isAuthorizedProducer(CHAIN, key(3), 0, from - 1));
        assertTrue(registry.isAuthorizedProducer(CHAIN, key(3), 0, from));
        assertTrue(registry.isAuthorizedProducer(CHAIN, key(2), from, from));
        assertFalse(registry.isAuthorizedProducer(CHAIN, key(2), from, from - 1), "an empty interval");
        (uint40 since, address[] memory keys) = registry.producerSet(CHAIN, 1);
        assertEq(since, from);
        assertEq(keys.length, 2);
        assertEq(registry.producerSetCount(CHAIN), 2);
    }

    function test_setsNeedNoticeAndOrder() public {
        vm.startPrank(governor);
        uint40 earliest = uint40(time()) + 8;
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.SetTooEarly.selector, earliest - 1, earliest));
        registry.setProducers(CHAIN, earliest - 1, producers(1));
        registry.setProducers(CHAIN, earliest + 100, producers(1));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.SetTooEarly.selector, earliest + 100, earliest + 101));
        registry.setProducers(CHAIN, earliest + 100, producers(2));
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.UnknownChain.selector, OTHER));
        registry.setProducers(OTHER, earliest, producers(2));
        vm.stopPrank();
    }

    function test_producersAreSetByTheOwnerOrTheChainsOwner() public {
        ChainConfig memory config = chainConfig();
        config.owner = chainOwner;
        vm.prank(governor);
        registry.registerChain(OTHER, config, keccak256("code"), producers(1));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.NotChainOwner.selector, anyone));
        vm.prank(anyone);
        registry.setProducers(OTHER, uint40(time()) + 8, producers(2));
        vm.prank(chainOwner);
        registry.setProducers(OTHER, uint40(time()) + 8, producers(2));
        vm.prank(governor);
        registry.setProducers(OTHER, uint40(time()) + 9, producers(3));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.NotChainOwner.selector, chainOwner));
        vm.prank(chainOwner);
        registry.setProducers(CHAIN, uint40(time()) + 8, producers(2));
    }

    function test_aSetHasDistinctKeys() public {
        uint40 from = uint40(time()) + 8;
        address[] memory keys = producers(3);
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.BadProducers.selector, 0));
        registry.setProducers(CHAIN, from, new address[](0));
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.BadProducers.selector, 33));
        registry.setProducers(CHAIN, from, producers(33));
        keys[2] = keys[0];
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.BadProducerKey.selector, keys[0]));
        registry.setProducers(CHAIN, from, keys);
        keys[2] = address(0);
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.BadProducerKey.selector, address(0)));
        registry.setProducers(CHAIN, from, keys);
        vm.stopPrank();
    }

    function test_anEjectedKeyIsOutFromThenOnAndForEver() public {
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.NotChallengeManager.selector, governor));
        vm.prank(governor);
        registry.ejectProducer(CHAIN, key(1));
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.UnknownChain.selector, OTHER));
        vm.prank(challenges);
        registry.ejectProducer(OTHER, key(1));

        uint64 since = uint64(time());
        vm.expectEmit(address(registry));
        emit ProducerHistory.ProducerEjected(CHAIN, key(1), uint40(since));
        vm.prank(challenges);
        registry.ejectProducer(CHAIN, key(1));
        pass(100);
        vm.prank(challenges);
        registry.ejectProducer(CHAIN, key(1));
        assertEq(registry.ejectedAt(CHAIN, key(1)), since, "the first time counts");

        assertEq(registry.producersAt(CHAIN, since - 1).length, 3);
        assertEq(registry.producersAt(CHAIN, since).length, 2);
        assertTrue(registry.isAuthorizedProducer(CHAIN, key(1), since - 1, since + 50));
        assertFalse(registry.isAuthorizedProducer(CHAIN, key(1), since, since + 50));
        assertTrue(registry.isAuthorizedProducer(CHAIN, key(0), since, since + 50));
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.ProducerIsEjected.selector, key(1)));
        vm.prank(governor);
        registry.setProducers(CHAIN, uint40(time()) + 8, producers(3));
    }

    function test_everyChainEjectsByItself() public {
        vm.startPrank(governor);
        registry.registerChain(OTHER, chainConfig(), keccak256("code"), producers(3));
        vm.stopPrank();
        uint40 first = uint40(time());
        assertFalse(registry.isEjected(key(1)));
        vm.prank(challenges);
        registry.ejectProducer(CHAIN, key(1));
        assertTrue(registry.isEjected(key(1)), "on any chain");
        assertEq(registry.ejectedAt(OTHER, key(1)), 0);
        assertEq(registry.producersAt(OTHER, first).length, 3);
        pass(100);
        vm.startPrank(challenges);
        registry.ejectProducer(OTHER, key(1));
        uint40 second = uint40(time());
        pass(100);
        registry.ejectProducer(OTHER, key(1));
        registry.ejectProducer(CHAIN, key(1));
        vm.stopPrank();
        assertEq(registry.ejectedAt(CHAIN, key(1)), first);
        assertEq(registry.ejectedAt(OTHER, key(1)), second);
        assertEq(registry.producersAt(OTHER, second - 1).length, 3);
        assertEq(registry.producersAt(OTHER, second).length, 2);
    }

    /// Against a plain walk over the history.
    function testFuzz_authorizationMatchesTheHistory(uint8[12] memory gaps, uint16 from, uint16 length, uint8 who)
        public
    {
        uint256 begin = time();
        uint40[] memory starts = new uint40[](13);
        uint40 start = uint40(begin) + 8;
        for (uint256 i; i < 12; ++i) {
            address[] memory keys = new address[](2);
            (keys[0], keys[1]) = (key(i % 5), key(5 + (i % 3)));
            vm.prank(governor);
            registry.setProducers(CHAIN, start, keys);
            starts[i + 1] = start;
            start += 1 + uint40(gaps[i]);
        }
        address wanted = key(who % 8);
        uint64 fromTime = uint64(begin) - 100 + from % 3_500;
        uint64 toTime = fromTime + length % 500;
        bool expected;
        for (uint256 i; i < 13; ++i) {
            uint256 until = i == 12 ? type(uint40).max : starts[i + 1];
            if (starts[i] > toTime || until <= fromTime) continue;
            (, address[] memory keys) = registry.producerSet(CHAIN, i);
            for (uint256 k; k < keys.length; ++k) {
                if (keys[k] == wanted) expected = true;
            }
        }
        assertEq(registry.isAuthorizedProducer(CHAIN, wanted, fromTime, toTime), expected);
    }

    // --- tokens

    function test_nativeKmcIsMappedToItsGateway() public view {
        assertEq(registry.childTokenOf(CHAIN, address(kmc)), 0x4B4F4d4100000000000000000000000000000002);
        assertEq(registry.rootTokenOf(CHAIN, 0x4B4F4d4100000000000000000000000000000002), address(kmc));
        assertEq(registry.childAddress(CHAIN, address(kmc)), registry.KOMA_NATIVE());
        // "KOMA", 15 zero bytes, the index
        assertEq(bytes20(registry.KOMA_NATIVE()), bytes20(abi.encodePacked("KOMA", bytes15(0), uint8(2))));
        assertEq(bytes20(registry.CHILD_TOKEN_FACTORY()), bytes20(abi.encodePacked("KOMA", bytes15(0), uint8(6))));
    }

    function test_anyoneMapsATokenToItsComputedChild() public {
        address expected = vm.computeCreate2Address(
            bytes32(uint256(uint160(address(usd)))),
            keccak256("child token init code"),
            0x4b4f4d4100000000000000000000000000000006
        );
        vm.expectCall(
            deposits,
            abi.encodeCall(IDepositManager.enqueueMapToken, (CHAIN, address(usd), "Demo USD", "dUSD", uint8(18)))
        );
        vm.expectEmit(address(registry));
        emit KomaRegistry.TokenMapped(CHAIN, address(usd), expected, 7);
        vm.prank(anyone);
        assertEq(registry.mapToken(CHAIN, address(usd)), expected);
        assertEq(registry.childTokenOf(CHAIN, address(usd)), expected);
        assertEq(registry.rootTokenOf(CHAIN, expected), address(usd));
        assertEq(registry.childTokenOf(OTHER, address(usd)), address(0));
    }

    /// The factory on the side-chain deploys with the root token as salt: here its stand-in does.
    function test_theComputedChildIsWhereTheFactoryDeploys() public {
        vm.prank(governor);
        registry.registerChain(OTHER, chainConfig(), keccak256(type(Child).creationCode), producers(1));
        address expected = registry.childAddress(OTHER, address(usd));
        bytes memory code = type(Child).creationCode;
        bytes32 salt = bytes32(uint256(uint160(address(usd))));
        address factory = registry.CHILD_TOKEN_FACTORY();
        vm.etch(factory, type(Create2Deployer).runtimeCode);
        assertEq(Create2Deployer(factory).deploy(code, salt), expected);
        assertEq(Child(expected).rootToken(), factory);
    }

    function test_aMappingNeverChanges() public {
        registry.mapToken(CHAIN, address(usd));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.AlreadyMapped.selector, CHAIN, address(usd)));
        registry.mapToken(CHAIN, address(usd));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.AlreadyMapped.selector, CHAIN, address(kmc)));
        registry.mapToken(CHAIN, address(kmc));
        vm.expectRevert(abi.encodeWithSelector(ProducerHistory.UnknownChain.selector, OTHER));
        registry.mapToken(OTHER, address(usd));
    }

    function test_unsupportedTokensAreRefusedAtMapping() public {
        vm.expectRevert(abi.encodeWithSelector(Governed.NotGovernor.selector, anyone));
        vm.prank(anyone);
        registry.setUnsupported(address(usd), true);
        vm.prank(governor);
        registry.setUnsupported(address(usd), true);
        assertTrue(registry.isUnsupported(address(usd)));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.TokenUnsupported.selector, address(usd)));
        registry.mapToken(CHAIN, address(usd));
        vm.prank(governor);
        registry.setUnsupported(address(usd), false);
        registry.mapToken(CHAIN, address(usd));
    }

    function test_whatHasNoSaneMetadataIsNoToken() public {
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.BadTokenMetadata.selector, anyone));
        registry.mapToken(CHAIN, anyone);
        Named long = new Named(string(new bytes(65)), "S");
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.BadTokenMetadata.selector, address(long)));
        registry.mapToken(CHAIN, address(long));
        long = new Named("N", string(new bytes(33)));
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.BadTokenMetadata.selector, address(long)));
        registry.mapToken(CHAIN, address(long));
        registry.mapToken(CHAIN, address(new Named(string(new bytes(64)), string(new bytes(32)))));
    }

    function test_wiringWorksOnce() public {
        vm.expectRevert(KomaRegistry.AlreadyWired.selector);
        vm.prank(governor);
        registry.wire(IDepositManager(anyone), anyone);
        assertEq(address(registry.depositManager()), deposits);
        assertEq(registry.challengeManager(), challenges);
    }

    function test_storageLivesAtItsNamespace() public view {
        bytes32 slot = SlotDerivation.erc7201Slot("koma.storage.KomaRegistry");
        assertEq(address(uint160(uint256(vm.load(address(registry), slot)))), address(kmc));
    }

    function refuseChain(uint64 chainId, ChainConfig memory config, bytes32 codeHash, string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(KomaRegistry.BadChainConfig.selector, field));
        vm.prank(governor);
        registry.registerChain(chainId, config, codeHash, producers(1));
    }
}

contract Create2Deployer {
    function deploy(bytes memory code, bytes32 salt) external returns (address child) {
        assembly {
            child := create2(0, add(code, 32), mload(code), salt)
        }
    }
}
