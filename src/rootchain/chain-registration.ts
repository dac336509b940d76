import { UserError } from "../errors.ts";
import {
  type Address,
  type Hash,
  hashFromBytes,
  hexToBytes,
  keccak256,
  utf8,
  zeroAddress,
} from "../primitives/index.ts";
import type { Artifacts } from "./artifacts.ts";
import type { RootParameters } from "./parameters.ts";

/** A side-chain as it is entered in the registry. */
export interface ChainRegistration {
  readonly chainId: bigint;
  readonly name: string;
  readonly genesisHash: Hash;
  /** First block that checkpoint 1 covers, default 0. */
  readonly genesisBlock?: bigint;
  /** May name producers beside the registry's owner; default: nobody. */
  readonly owner?: Address;
  readonly slotMs: number;
  readonly openGapSlots: number;
  /** Blocks for which a key stays acceptable after its set has ended; at least 2 · eraMinBlocks + 64. */
  readonly setGraceBlocks: number;
  /** Seconds between checkpoints. */
  readonly targetInterval: number;
  /** Keys that seal blocks from the first one on, 1 to 32. */
  readonly producers: readonly Address[];
  /** Wei of KMC that the genesis allocates on the chain; that much is put into its escrow. Default 0. */
  readonly genesisSupplyWei?: bigint;
}

/** Cancun, the only rules that every proof is sound for. */
const RULES_CANCUN = 1;

/**
 * Arguments of `KomaRegistry.registerChain`.
 *
 * @throws {UserError} KOMA_E_PARAMETERS_INVALID
 */
export function registrationArguments(
  chain: ChainRegistration,
  params: RootParameters,
  artifacts: Artifacts,
): readonly unknown[] {
  if (chain.targetInterval < params.minInterval) {
    throw new UserError("KOMA_E_PARAMETERS_INVALID", "Checkpoints cannot be closer than the root chain accepts them.", {
      facts: { targetInterval: chain.targetInterval, minInterval: params.minInterval },
    });
  }
  if (chain.setGraceBlocks < 64 || chain.producers.length === 0) {
    throw new UserError("KOMA_E_PARAMETERS_INVALID", `Chain ${chain.chainId} cannot be registered as it is.`, {
      facts: { setGraceBlocks: chain.setGraceBlocks, producers: chain.producers.length },
      fix: ["A chain has at least one producer, and keys stay acceptable for at least 64 blocks."],
    });
  }
  const config = {
    nameHash: hashFromBytes(keccak256(utf8(chain.name))),
    genesisHash: chain.genesisHash,
    owner: chain.owner ?? zeroAddress,
    genesisBlock: chain.genesisBlock ?? 0n,
    slotMs: chain.slotMs,
    openGapSlots: chain.openGapSlots,
    setGraceBlocks: chain.setGraceBlocks,
    targetInterval: chain.targetInterval,
    rules: RULES_CANCUN,
    stateProofs: false,
    registered: false,
  };
  return [chain.chainId, config, childTokenCodeHash(artifacts), chain.producers];
}

/** Hash of the init code that every KOMA chain's factory deploys child tokens with (CREATE2, EIP-1014). */
export function childTokenCodeHash(artifacts: Artifacts): Hash {
  return hashFromBytes(keccak256(hexToBytes(artifacts.of("ChildERC20").bytecode)));
}
