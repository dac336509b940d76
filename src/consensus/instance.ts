import { BugError } from "../errors.ts";
import {
  type Address,
  type Bytes,
  concatBytes,
  encodeRlp,
  type Hash,
  hashFromBytes,
  hashToBytes,
  keccak256,
  numberToBytes,
  type RlpItem,
  recoverAddress,
  type Timestamp,
  utf8,
  wordOf,
} from "../primitives/index.ts";
import { type Committee, hashCommittee, type ValidatorIndex } from "./committee.ts";
import { consensusDomain, identifyUnit, type SignedUnit, type WireUnit } from "./unit.ts";

/** What every validator of an instance must agree on; from genesis, hashed into the instance id (KoMaBFT spec 2). */
export interface ConsensusParams {
  /** Length of a round at exponent 0 in ms, and of a slot. */
  readonly baseRoundMs: number;
  /** Greatest round exponent a unit may have. */
  readonly maxRoundExp: number;
  /** Least number of blocks before the era's last one; 0: the era has no last block. */
  readonly eraMinBlocks: number;
  /** Least time in ms between the era's start and its last block. */
  readonly eraMinMs: number;
  /** Sum to which stakes are scaled. */
  readonly weightScale: number;
  /** Highest summit level searched, at most 20 (more would leave the exact range of numbers). */
  readonly maxLevel: number;
  /** After so many empty slots any validator may lead; 0: only producers ever lead. */
  readonly openGapSlots: number;
  readonly maxValidators: number;
  /** Endorsements and the limited naivety criterion; default: on. */
  readonly lnc?: boolean;
  /** Most predecessors that evidence of conflicting endorsements may need; default: 64. */
  readonly endorseEvidenceLimit?: number;
}

const DEFAULT_ENDORSE_EVIDENCE_LIMIT = 64;

/** The block an era builds on: the last one of the era before, or genesis. */
export interface KeyBlock {
  /** Hash of the chain's block, not of a unit. */
  readonly hash: Hash;
  readonly height: number;
}

export interface InstanceConfig {
  readonly chainId: bigint;
  readonly genesisHash: Hash;
  /** Grows with every rollback ordered by the root chain. */
  readonly generation: number;
  readonly era: number;
  readonly keyBlock: KeyBlock;
  /** No unit may be older; a multiple of `baseRoundMs`. */
  readonly eraStart: Timestamp;
  /** Seed of the leader draw; see `nextEraSeed`. */
  readonly seed: Hash;
  readonly committee: Committee;
  /** Committee of the era after this one. No unit depends on it; bound, whoever signs in this era vouches for it. */
  readonly following?: Committee;
  readonly params: ConsensusParams;
  /** Producers that do not lead in this era (silent or banned in the last). */
  readonly excluded?: readonly ValidatorIndex[];
  /** Validators whose units are invalid in this era; their weight still counts. */
  readonly banned?: readonly ValidatorIndex[];
  /** Leaders of single slots in place of the drawn ones: for DAGs that are played by hand, never for a network. */
  readonly leadersUsed?: ReadonlyMap<Timestamp, ValidatorIndex>;
  /** Default: every answer is computed anew. */
  readonly checks?: UnitChecks;
}

/**
 * The two pure functions of bytes that judging units spends most of its time in. Many validators simulated in one process may
 * share their answers: each would compute the same from the same bytes.
 */
export interface UnitChecks {
  /** Adds hash and body hash to a unit from the wire. */
  identify(domain: Bytes, unit: WireUnit): SignedUnit;
  /** Who signed the digest; undefined: nobody. */
  recover(digest: Bytes, signature: Bytes): Address | undefined;
}

const freshChecks: UnitChecks = { identify: identifyUnit, recover: recoverAddress };

/** One run of KoMaBFT over one era: everything that judging a unit needs besides its citations. */
export interface Instance {
  readonly id: Hash;
  /** EIP-712 domain separator of the chain. */
  readonly domain: Bytes;
  readonly generation: number;
  readonly era: number;
  readonly keyBlock: KeyBlock;
  readonly eraStart: Timestamp;
  readonly seed: Hash;
  readonly committee: Committee;
  /** Number of validators, `n` of the specification. */
  readonly size: number;
  /** Weight of validator i. */
  readonly weights: readonly number[];
  readonly params: Required<ConsensusParams>;
  readonly excluded: ReadonlySet<ValidatorIndex>;
  readonly banned: ReadonlySet<ValidatorIndex>;
  readonly leadersUsed: ReadonlyMap<Timestamp, ValidatorIndex>;
  readonly checks: UnitChecks;
}

/** @throws {BugError} when parameters contradict each other; the shell reads them from a checked genesis */
export function createInstance(config: InstanceConfig): Instance {
  const { committee } = config;
  const params = completeParams(config.params);
  const size = committee.validators.length;
  if (!Number.isSafeInteger(params.baseRoundMs) || params.baseRoundMs < 1) throw new BugError("baseRoundMs is below 1");
  if (params.maxLevel < 1 || params.maxLevel > 20) throw new BugError("maxLevel is not in 1…20");
  if (params.maxRoundExp < 0 || params.maxRoundExp > 20) throw new BugError("maxRoundExp is not in 0…20");
  if (size > params.maxValidators) throw new BugError(`${size} validators, at most ${params.maxValidators} allowed`);
  if (config.eraStart % params.baseRoundMs !== 0) throw new BugError("the era does not start at a slot");
  const excluded = [...(config.excluded ?? [])].sort((a, b) => a - b);
  const banned = [...(config.banned ?? [])].sort((a, b) => a - b);
  return {
    id: instanceId(config, params, excluded, banned),
    domain: consensusDomain(config.chainId),
    generation: config.generation,
    era: config.era,
    keyBlock: config.keyBlock,
    eraStart: config.eraStart,
    seed: config.seed,
    committee,
    size,
    weights: committee.validators.map((validator) => validator.weight),
    params,
    excluded: new Set(excluded),
    banned: new Set(banned),
    leadersUsed: config.leadersUsed ?? new Map(),
    checks: config.checks ?? freshChecks,
  };
}

/** What a genesis leaves out, filled in: the instance id covers the values, wherever they come from. */
function completeParams(params: ConsensusParams): Required<ConsensusParams> {
  const { lnc = true, endorseEvidenceLimit = DEFAULT_ENDORSE_EVIDENCE_LIMIT } = params;
  if (!Number.isSafeInteger(endorseEvidenceLimit) || endorseEvidenceLimit < 1) {
    throw new BugError("endorseEvidenceLimit is below 1");
  }
  return { ...params, lnc, endorseEvidenceLimit };
}

/**
 * keccak256(abi.encode("KoMaBFT/1", chainId, genesisHash, generation, era, keyBlockHash, keccak256(rlp(validators)),
 * keccak256(rlp(params)))). The params include start, seed and exclusions, because validity depends on them too.
 *
 * @see KoMaBFT spec 3
 */
function instanceId(
  config: InstanceConfig,
  params: Required<ConsensusParams>,
  excluded: readonly number[],
  banned: readonly number[],
): Hash {
  const rlpParams: RlpItem = [
    numberToBytes(params.baseRoundMs),
    numberToBytes(params.maxRoundExp),
    numberToBytes(params.eraMinBlocks),
    numberToBytes(params.eraMinMs),
    numberToBytes(params.weightScale),
    numberToBytes(params.maxLevel),
    numberToBytes(params.openGapSlots),
    numberToBytes(params.maxValidators),
    numberToBytes(params.lnc ? 1 : 0),
    numberToBytes(params.endorseEvidenceLimit),
    numberToBytes(config.keyBlock.height),
    numberToBytes(config.eraStart),
    hashToBytes(config.seed),
    excluded.map(numberToBytes),
    banned.map(numberToBytes),
    ...(config.following ? [hashCommittee(config.following)] : []),
  ];
  const name = utf8("KoMaBFT/1");
  const paddedName = new Uint8Array(32);
  paddedName.set(name);
  return hashFromBytes(
    keccak256(
      concatBytes(
        wordOf(8 * 32),
        wordOf(config.chainId),
        hashToBytes(config.genesisHash),
        wordOf(config.generation),
        wordOf(config.era),
        hashToBytes(config.keyBlock.hash),
        hashCommittee(config.committee),
        keccak256(encodeRlp(rlpParams)),
        wordOf(name.length),
        paddedName,
      ),
    ),
  );
}

/** Seed of the era that starts two switch blocks after `switchBlock`: known an era ahead (KoMaBFT spec 8.2). */
export function nextEraSeed(seed: Hash, switchBlock: Hash): Hash {
  return hashFromBytes(keccak256(concatBytes(hashToBytes(seed), hashToBytes(switchBlock))));
}
