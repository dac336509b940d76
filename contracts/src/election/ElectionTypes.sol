// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Parameters of the election. Times in seconds, amounts in wei of KMC. The four times are fixed for ever at
/// initialisation, since they define the tenures.
/// @param producerStake least stake of a nominee who is to be elected
/// @param tenureLength time for which a set is elected
/// @param voteOpenLead, voteCloseLead when voting opens and closes, before the tenure it is for
/// @param replacementLead notice of every new set, so that all nodes see it before it holds
/// @param minProducers below so many winners the set is filled up with incumbents, then with foundation producers
/// @param maxProducers most winners, and most choices on a ballot; at most 16
/// @param standbyCount most stand-bys; at most 16
/// @param maxPerRegion most winners of one region; 0 = any number
/// @param oddOnly an even number of winners above `minProducers` is reduced by one
struct ElectionParams {
    uint96 producerStake;
    uint40 tenureLength;
    uint40 voteOpenLead;
    uint40 voteCloseLead;
    uint40 replacementLead;
    uint8 minProducers;
    uint8 maxProducers;
    uint8 standbyCount;
    uint8 maxPerRegion;
    bool oddOnly;
}

/// @notice What a nominee declares of itself, for the voters' use only.
/// @param declaredUptimeBps basis points
/// @param country ISO 3166-1 alpha-2, zero when not given
/// @param regionM49 UN M49 region, what `maxPerRegion` counts; zero when not given
/// @param extraHash hash of whatever else it publishes
struct Criteria {
    uint16 declaredUptimeBps;
    uint16 cpuCores;
    uint32 ramGiB;
    uint32 diskGiB;
    uint32 bandwidthMbps;
    bytes2 country;
    uint16 regionM49;
    bool autoScaling;
    bytes32 extraHash;
}

enum NomineeStatus {
    None,
    Standing,
    Withdrawn,
    Ejected
}

/// @notice A validator that stands for producer. Its id is the validator's.
/// @param stake producer stake still locked, wei of KMC
/// @param key seals its blocks
/// @param releaseAt when the stake of one that withdrew or was ejected is free, seconds
/// @param tenuresServed tenures that it was elected or taken over for
/// @param slashes offences that cost it stake
/// @param replacements times that it lost its seat within a tenure
struct Nominee {
    address owner;
    uint96 stake;
    address key;
    uint40 releaseAt;
    NomineeStatus status;
    uint16 tenuresServed;
    uint16 slashes;
    uint16 replacements;
    Criteria criteria;
}

/// @notice One seat of a producer set. `id` is zero for a foundation producer.
struct Member {
    uint64 id;
    address key;
}

enum ReplaceReason {
    Slashed,
    Resigned,
    Offline
}

/// @notice The contracts that the election works with, and the account that takes the insurance share of charged stake.
struct ElectionWiring {
    address kmc;
    address stakes;
    address registry;
    address challengeManager;
    address insurance;
}

/// @notice What an Offline certificate says, and the signatures of more than two thirds of the power under it.
/// @param bitmap seats that signed
/// @param sigs one 64-byte compact signature (EIP-2098) of `offlineDigest` per set bit, in ascending seat order
struct OfflineCertificate {
    uint64 chainId;
    uint64 fromBlock;
    uint64 toBlock;
    uint64 missed;
    uint256 bitmap;
    bytes sigs;
}

/// @notice How often a producer was certified to be offline in a tenure.
struct Downtime {
    uint64 tenure;
    uint8 count;
}

/// @notice What one voter said in one election.
struct Ballot {
    uint96 weight;
    uint64[] choices;
}

/// @custom:storage-location erc7201:koma.storage.ProducerElection
struct ElectionStorage {
    ElectionWiring wiring;
    ElectionParams params;
    // Nominees
    uint64[] standing;
    mapping(uint64 id => uint256) standingPlace; // plus one
    mapping(uint64 id => Nominee) nominees;
    mapping(address key => uint64 id) nomineeOfKey;
    mapping(address key => bool) barred; // of convicted keys those that no chain has ejected
    // Ballots
    mapping(uint64 tenure => mapping(uint64 id => uint128)) votes;
    mapping(uint64 tenure => mapping(uint64 voter => Ballot)) ballots;
    mapping(uint64 tenure => uint128) cast;
    // The newest set, in force or about to be; the one before it; and who follows
    address[] foundation;
    Member[] members;
    Member[] outgoing;
    Member[] standby;
    uint40 setFrom;
    uint64 setTenure; // newest tenure that was settled; 0 = the seed stage
    uint64 setId;
    mapping(uint64 chainId => uint64) publishedSet;
    // Slashing
    mapping(bytes32 offenceId => uint256) taken; // until `payBounty` shares it out
    mapping(address => uint256) owed;
    // Ballots of delegators, and the power that they take out of their validators'
    mapping(uint64 tenure => mapping(uint64 id => mapping(address account => Ballot))) delegatorBallots;
    mapping(uint64 tenure => mapping(uint64 id => uint96)) delegatorsVoted;
    // Downtime
    mapping(address key => Downtime) downtimes; // in the newest tenure that had any
    mapping(uint64 chainId => mapping(address key => uint64)) certifiedUpTo; // last block of the newest certificate
}
