// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {IDepositManager} from "../bridge/IDepositManager.sol";
import {Governed} from "./Governed.sol";
import {ChainConfig, IKomaRegistry} from "./IKomaRegistry.sol";
import {ProducerHistory, ProducerSet, RegistryStorage} from "./ProducerHistory.sol";

/// @title Side-chains, their producers and their tokens
/// @notice Chain ids are EIP-155 ids. Producer sets form a history that is only ever appended to, because a fraud proof
/// asks who was allowed to produce at the time of a block. Child tokens have computed addresses: mapping a token needs
/// no answer from the side-chain, and no mapping can ever change.
/// @dev Root contracts design, sections 1, 5.5 and 6.6. Once the election of producers is wired, it alone names those of
/// the chains that have no owner.
contract KomaRegistry is Governed, ProducerHistory {
    /// @notice Gateway of native KMC on every side-chain; stands for KMC in the token mapping.
    address public constant KOMA_NATIVE = 0x4B4F4d4100000000000000000000000000000002;
    /// @notice Deploys child tokens by CREATE2 on every side-chain.
    address public constant CHILD_TOKEN_FACTORY = 0x4b4f4d4100000000000000000000000000000006;
    uint256 public constant MAX_NAME = 64;
    uint256 public constant MAX_SYMBOL = 32;
    /// @notice Later rule sets than Cancun (1) make some fraud proofs unsound.
    uint8 public constant RULES_CANCUN = 1;

    event ChainRegistered(
        uint64 indexed chainId,
        bytes32 nameHash,
        bytes32 genesisHash,
        uint64 genesisBlock,
        uint16 targetInterval,
        address owner,
        bytes32 childTokenCodeHash
    );
    event TokenMapped(uint64 indexed chainId, address indexed rootToken, address indexed childToken, uint64 depositId);
    event TokenSupportChanged(address indexed rootToken, bool unsupported);
    event Wired(address depositManager, address challengeManager);
    event ElectionWired(address election);

    error ChainExists(uint64 chainId);
    error BadChainConfig(string field);
    error SetTooEarly(uint40 from, uint40 earliest);
    error NotChainOwner(address caller);
    error NotChallengeManager(address caller);
    error NotElection(address caller);
    error AlreadyMapped(uint64 chainId, address rootToken);
    error TokenUnsupported(address rootToken);
    error BadTokenMetadata(address rootToken);
    error AlreadyWired();

    /// @param owner_ registers chains; a timelock on a main network
    /// @param kmc_ KMC, mapped to `KOMA_NATIVE` on every chain
    /// @param minTargetInterval_ least target interval of a chain's checkpoints, seconds; CheckpointManager's minInterval
    /// @param replacementLead_ notice that a new producer set needs, seconds, so that every node sees it before it holds
    function initialize(address owner_, address kmc_, uint16 minTargetInterval_, uint40 replacementLead_)
        external
        initializer
    {
        __Governed_init(owner_, address(0), 0);
        if (kmc_ == address(0)) revert ZeroAddress();
        RegistryStorage storage $ = _state();
        $.kmc = kmc_;
        $.minTargetInterval = minTargetInterval_;
        $.replacementLead = replacementLead_;
    }

    /// @notice Names the contracts that carry mappings to the side-chains and eject producers. Works once.
    function wire(IDepositManager depositManager_, address challengeManager_) external onlyOwner {
        RegistryStorage storage $ = _state();
        if ($.challengeManager != address(0)) revert AlreadyWired();
        if (address(depositManager_) == address(0) || challengeManager_ == address(0)) revert ZeroAddress();
        $.depositManager = depositManager_;
        $.challengeManager = challengeManager_;
        emit Wired(address(depositManager_), challengeManager_);
    }

    /// @notice Names the election, which from then on chooses the producers of every chain without an owner. Works once.
    function wireElection(address election_) external onlyOwner {
        RegistryStorage storage $ = _state();
        if ($.election != address(0)) revert AlreadyWired();
        if (election_ == address(0)) revert ZeroAddress();
        $.election = election_;
        emit ElectionWired(election_);
    }

    /// @notice Registers a side-chain with its first producers, which count from its first block on.
    /// @param config facts of the chain; `registered` is set here. `targetInterval` is in seconds. `owner` may set
    /// producers beside this contract's owner; zero: nobody else may
    /// @param childTokenCodeHash_ hash of the init code that `CHILD_TOKEN_FACTORY` deploys on that chain
    /// @param producers keys that may seal blocks, 1 to 32
    function registerChain(
        uint64 chainId,
        ChainConfig calldata config,
        bytes32 childTokenCodeHash_,
        address[] calldata producers
    ) external onlyOwner {
        RegistryStorage storage $ = _state();
        if ($.chains[chainId].registered) revert ChainExists(chainId);
        if (chainId == 0 || chainId == block.chainid) revert BadChainConfig("chainId");
        if (config.genesisHash == 0) revert BadChainConfig("genesisHash");
        if (config.slotMs == 0) revert BadChainConfig("slotMs");
        // Twice the least era plus 64 blocks; the era is the chain's own affair, 64 is what can be asked here.
        if (config.setGraceBlocks < 64) revert BadChainConfig("setGraceBlocks");
        if (config.targetInterval == 0 || config.targetInterval < $.minTargetInterval) {
            revert BadChainConfig("targetInterval");
        }
        if (config.rules != RULES_CANCUN) revert BadChainConfig("rules");
        if (childTokenCodeHash_ == 0) revert BadChainConfig("childTokenCodeHash");
        $.chains[chainId] = config;
        $.chains[chainId].registered = true;
        $.registeredAt[chainId] = uint40(block.timestamp);
        $.childTokenCodeHash[chainId] = childTokenCodeHash_;
        $.ids.push(chainId);
        _pushSet(chainId, 0, producers);
        $.childOf[chainId][$.kmc] = KOMA_NATIVE;
        $.rootOf[chainId][KOMA_NATIVE] = $.kmc;
        emit ChainRegistered(
            chainId,
            config.nameHash,
            config.genesisHash,
            config.genesisBlock,
            config.targetInterval,
            config.owner,
            childTokenCodeHash_
        );
        emit TokenMapped(chainId, $.kmc, KOMA_NATIVE, 0);
    }

    /// @notice Appends a producer set. Only the chain's owner, or this contract's where no election decides.
    /// @param from seconds; at least `replacementLead` ahead and later than the last set's
    /// @param keys 1 to 32 distinct keys, none of which was ever ejected
    function setProducers(uint64 chainId, uint40 from, address[] calldata keys) external {
        RegistryStorage storage $ = _state();
        _known(chainId);
        address chainOwner = $.chains[chainId].owner;
        bool elected = $.election != address(0) && chainOwner == address(0);
        if ((elected || msg.sender != owner()) && msg.sender != chainOwner) revert NotChainOwner(msg.sender);
        uint40 earliest = _earliest(chainId);
        if (from < earliest) revert SetTooEarly(from, earliest);
        _pushSet(chainId, from, keys);
    }

    /// @inheritdoc IKomaRegistry
    function installProducers(uint64 chainId, uint40 from, address[] calldata keys) external returns (uint40 start) {
        RegistryStorage storage $ = _state();
        if (msg.sender != $.election || $.chains[chainId].owner != address(0)) revert NotElection(msg.sender);
        _known(chainId);
        address[] memory free = new address[](keys.length);
        uint256 count;
        for (uint256 i; i < keys.length; ++i) {
            if (_ejectedAt(chainId, keys[i]) == 0) free[count++] = keys[i];
        }
        if (count == 0) return 0;
        assembly {
            mstore(free, count)
        }
        uint40 earliest = _earliest(chainId);
        start = from < earliest ? earliest : from;
        _pushSet(chainId, start, free);
    }

    /// @inheritdoc IKomaRegistry
    function ejectProducer(uint64 chainId, address key) external {
        if (msg.sender != _state().challengeManager) revert NotChallengeManager(msg.sender);
        _known(chainId);
        _eject(chainId, key);
    }

    /// @notice Maps a main-chain token to its computed child on a side-chain and announces it there; anyone may.
    /// @dev A token that misbehaves can harm nobody but its own holders: escrow is kept per chain and token.
    function mapToken(uint64 chainId, address rootToken) external returns (address child) {
        RegistryStorage storage $ = _state();
        _known(chainId);
        if ($.unsupported[rootToken]) revert TokenUnsupported(rootToken);
        if ($.childOf[chainId][rootToken] != address(0)) revert AlreadyMapped(chainId, rootToken);
        (string memory name, string memory symbol, uint8 decimals) = _metadataOf(rootToken);
        child = childAddress(chainId, rootToken);
        $.childOf[chainId][rootToken] = child;
        $.rootOf[chainId][child] = rootToken;
        uint64 id = $.depositManager.enqueueMapToken(chainId, rootToken, name, symbol, decimals);
        emit TokenMapped(chainId, rootToken, child, id);
    }

    /// @notice Refuses a token at mapping, or admits it again. Existing mappings stay.
    function setUnsupported(address rootToken, bool unsupported_) external onlyOwner {
        _state().unsupported[rootToken] = unsupported_;
        emit TokenSupportChanged(rootToken, unsupported_);
    }

    /// @notice Address that the child of `rootToken` has, or would have, on a chain.
    function childAddress(uint64 chainId, address rootToken) public view returns (address) {
        RegistryStorage storage $ = _state();
        if (rootToken == $.kmc) return KOMA_NATIVE;
        return Create2.computeAddress(
            bytes32(uint256(uint160(rootToken))), $.childTokenCodeHash[chainId], CHILD_TOKEN_FACTORY
        );
    }

    /// @inheritdoc IKomaRegistry
    function chainConfig(uint64 chainId) external view returns (ChainConfig memory) {
        return _state().chains[chainId];
    }

    /// @inheritdoc IKomaRegistry
    function registeredAt(uint64 chainId) external view returns (uint40) {
        return _state().registeredAt[chainId];
    }

    /// @inheritdoc IKomaRegistry
    function chainIds() external view returns (uint64[] memory) {
        return _state().ids;
    }

    /// @inheritdoc IKomaRegistry
    function childTokenOf(uint64 chainId, address rootToken) external view returns (address) {
        return _state().childOf[chainId][rootToken];
    }

    /// @inheritdoc IKomaRegistry
    function rootTokenOf(uint64 chainId, address childToken) external view returns (address) {
        return _state().rootOf[chainId][childToken];
    }

    /// @notice Hash of the init code of child tokens on a chain.
    function childTokenCodeHash(uint64 chainId) external view returns (bytes32) {
        return _state().childTokenCodeHash[chainId];
    }

    function isUnsupported(address rootToken) external view returns (bool) {
        return _state().unsupported[rootToken];
    }

    function kmc() external view returns (address) {
        return _state().kmc;
    }

    function depositManager() external view returns (IDepositManager) {
        return _state().depositManager;
    }

    function challengeManager() external view returns (address) {
        return _state().challengeManager;
    }

    /// @notice The election of producers; zero before it is wired.
    function election() external view returns (address) {
        return _state().election;
    }

    /// @dev When the next set of a chain may begin to hold, seconds.
    function _earliest(uint64 chainId) private view returns (uint40 earliest) {
        RegistryStorage storage $ = _state();
        ProducerSet[] storage sets = $.producerSets[chainId];
        earliest = uint40(block.timestamp) + $.replacementLead;
        uint40 afterLast = sets[sets.length - 1].from + 1;
        if (afterLast > earliest) earliest = afterLast;
    }

    function _metadataOf(address rootToken)
        private
        view
        returns (string memory name, string memory symbol, uint8 decimals)
    {
        if (rootToken.code.length == 0) revert BadTokenMetadata(rootToken);
        name = IERC20Metadata(rootToken).name();
        symbol = IERC20Metadata(rootToken).symbol();
        decimals = IERC20Metadata(rootToken).decimals();
        // The message must fit into a delivery; long names are attacks, not names.
        if (bytes(name).length > MAX_NAME || bytes(symbol).length > MAX_SYMBOL) revert BadTokenMetadata(rootToken);
    }
}
