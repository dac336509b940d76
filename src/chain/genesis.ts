import type { Address, Bytes, Hash } from "../primitives/index.ts";

/** An account that exists before the first block. */
export interface GenesisAccount {
  /** Wei of KMC. */
  readonly balance: bigint;
  /** Transactions sent so far; default 0. */
  readonly nonce?: bigint;
  /** Runtime bytecode of a contract; default none. */
  readonly code?: Bytes;
  /** Words of a contract that are not zero, by slot; default none. */
  readonly storage?: Readonly<Record<Hash, Hash>>;
}

/** A member of the first committee. */
export interface GenesisValidator {
  /** Name in logs, 1 to 64 characters. */
  readonly name: string;
  /** Address of the key that signs units, checkpoints and, if it produces, blocks. */
  readonly signer: Address;
  /** Wei of KMC. */
  readonly stake: bigint;
  /** Whether it leads slots in the first tenure. */
  readonly producer: boolean;
  /** libp2p peer id, if the node's address book should start with it. */
  readonly peerId?: string;
}

/** Where the root contracts are. */
export interface RootChainConfig {
  /** EIP-155 id of the root chain. */
  readonly chainId: bigint;
  /** Blocks on top of one before its events count. */
  readonly confirmations: number;
  /** Address of each root contract, by the contract's name. */
  readonly contracts: Readonly<Record<string, Address>>;
  /** Block in which the contracts were deployed: no event is older. */
  readonly startBlock: bigint;
}

/** Parameters every validator must share (KoMaBFT spec 2). */
export interface ConsensusConfig {
  /** Length of a round at exponent 0, milliseconds; at least 1000, because block timestamps are whole seconds and must grow. */
  readonly baseRoundMs: number;
  /** Greatest round exponent, 0 to 20: rounds grow to baseRoundMs · 2^maxRoundExp. */
  readonly maxRoundExp: number;
  /** Least number of blocks of an era. */
  readonly eraMinBlocks: number;
  /** Least duration of an era, milliseconds. */
  readonly eraMinMs: number;
  /** Sum to which stakes are scaled, so that weights are exact numbers. */
  readonly weightScale: number;
  /** Highest summit level searched, 1 to 20. */
  readonly maxLevel: number;
  /** Empty slots after which any validator may lead; 0 turns it off. */
  readonly openGapSlots: number;
  /** Most members of a committee, 1 to 1000. */
  readonly maxValidators: number;
  /** Endorsements and the limited naivety criterion; default on. */
  readonly lnc?: boolean;
  /** Most predecessor units in endorsement evidence. */
  readonly endorseEvidenceLimit?: number;
  /** From a rejected checkpoint's root-chain block to the recovery era, milliseconds; default 5000. */
  readonly recoveryDelayMs?: number;
  /** Fractions of the weight, between 0 and 1, to report finality at; a node's own config.json has the say. Default none. */
  readonly thresholds?: readonly number[];
}

/** When checkpoints are made. */
export interface CheckpointConfig {
  /** Blocks of one checkpoint, 1 to 4096. */
  readonly every: number;
  /** Time after which the next staker proposes the checkpoint, milliseconds. */
  readonly proposerTimeoutMs: number;
}

/** Everything the nodes of a chain must agree on before its first block. */
export interface Genesis {
  /** Of the file format. */
  readonly version: 1;
  /** EIP-155 id. */
  readonly chainId: bigint;
  /** Name of the chain, for people. */
  readonly name: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** Gas limit of every block. */
  readonly gasLimit: bigint;
  /** Wei per gas in the genesis block. */
  readonly baseFeePerGas: bigint;
  /** Accounts that exist before the first block. */
  readonly alloc: Readonly<Record<Address, GenesisAccount>>;
  /** The first committee. */
  readonly validators: readonly GenesisValidator[];
  /** Parameters of KoMaBFT. */
  readonly consensus: ConsensusConfig;
  /** When checkpoints are made. */
  readonly checkpoint: CheckpointConfig;
  /** Where the root contracts are. */
  readonly rootChain: RootChainConfig;
  /** True allows faults on request and funded well-known keys. */
  readonly devnet: boolean;
}

/** What the rules of blocks need to know of the chain. */
export type ChainConfig = Pick<Genesis, "chainId" | "gasLimit">;

/** Gas limit of a block unless a genesis says otherwise. */
export const defaultBlockGasLimit = 30_000_000n;

/** EIP-155 id of a KOMA chain unless a genesis says otherwise. */
export const defaultChainId = 80_401n;
