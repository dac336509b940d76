import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlockHeader,
  type Genesis,
  type GenesisAccount,
  sealHeader,
  signTransaction,
  type Transaction,
  type TransactionFields,
} from "../../src/chain/index.ts";
import { type BuildParameters, type BuiltBlock, createExecutor, type Executor } from "../../src/execution/index.ts";
import { silentLogger } from "../../src/logger.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  bigintToFixedBytes,
  type Hash,
  keccak256,
  utf8,
} from "../../src/primitives/index.ts";
import { openStore, type Store, type StoreOptions } from "../../src/storage/index.ts";

export const testChainId = 80_401n;

export interface TestAccount {
  readonly key: Bytes;
  readonly address: Address;
}

/** A funded account, the same for the same name. */
export function account(name: string): TestAccount {
  const key = keccak256(utf8(`koma test account ${name}`));
  return { key, address: addressOfKey(key) };
}

export const producer = account("producer");
export const alice = account("alice");
export const bob = account("bob");
export const carol = account("carol");

const RICH = 10n ** 24n;

export function testGenesis(alloc: Readonly<Record<Address, GenesisAccount>> = {}): Genesis {
  return {
    version: 1,
    chainId: testChainId,
    name: "test",
    timestamp: 1_700_000_000n,
    gasLimit: 30_000_000n,
    baseFeePerGas: 1_000_000_000n,
    alloc: {
      [alice.address]: { balance: RICH },
      [bob.address]: { balance: RICH },
      [carol.address]: { balance: RICH },
      ...alloc,
    },
    validators: [{ name: "producer", signer: producer.address, stake: 10n ** 20n, producer: true }],
    consensus: {
      baseRoundMs: 1_000,
      maxRoundExp: 3,
      eraMinBlocks: 100,
      eraMinMs: 60_000,
      weightScale: 1_000_000,
      maxLevel: 10,
      openGapSlots: 4,
      maxValidators: 150,
    },
    checkpoint: { every: 16, proposerTimeoutMs: 10_000 },
    rootChain: { chainId: 31_337n, confirmations: 2, contracts: {}, startBlock: 0n },
    devnet: true,
  };
}

/** Signs with fields that fit unless the test says otherwise. */
export function sign(from: TestAccount, fields: Partial<TransactionFields> & { readonly nonce: bigint }): Transaction {
  const defaults = { chainId: testChainId, gasLimit: 21_000n, maxFeePerGas: 10n ** 11n };
  // Types 0 and 1 have one gas price, so no tip beside it.
  const tip = (fields.type ?? 2) === 2 ? { maxPriorityFeePerGas: 10n ** 9n } : {};
  return signTransaction({ ...defaults, ...tip, ...fields }, from.key);
}

export interface TestChain {
  readonly directory: string;
  readonly genesis: Genesis;
  readonly store: Store;
  readonly executor: Executor;
  /** Builds a block of these transactions, on the final head unless told otherwise. */
  build(transactions: readonly Transaction[], parameters?: Partial<BuildParameters>): Promise<BuiltBlock>;
  /** Builds and makes final. */
  extend(transactions: readonly Transaction[]): Promise<BuiltBlock>;
  close(): void;
}

export interface TestChainOptions {
  readonly directory: string;
  readonly genesis?: Genesis;
  readonly executor?: Partial<Parameters<typeof createExecutor>[0]>;
  readonly store?: Partial<StoreOptions>;
}

export async function openTestChain({
  directory,
  genesis = testGenesis(),
  executor: extra,
  store: storeOptions,
}: TestChainOptions) {
  const store = openStore(directory, { chainId: genesis.chainId, logger: silentLogger, ...storeOptions });
  const executor = await createExecutor({ store: store.state, chainId: genesis.chainId, ...extra });
  await executor.init(genesis);
  const seal = (header: BlockHeader) => sealHeader(header, genesis.chainId, producer.key);
  const chain: TestChain = {
    directory,
    genesis,
    store,
    executor,
    build(transactions, parameters = {}) {
      const parent = parameters.parent ?? executor.finalHead.hash;
      const header = executor.headerAt(parent);
      return executor.buildBlock({
        parent,
        timestamp: header.timestamp + 1n,
        coinbase: producer.address,
        prevRandao: randao(header.number + 1n),
        transactions,
        systemTransactions: [],
        gasLimit: genesis.gasLimit,
        seal,
        ...parameters,
      });
    },
    async extend(transactions) {
      const built = await chain.build(transactions);
      await executor.finalize(built.block.hash);
      return built;
    },
    close: () => store.close(),
  };
  return chain;
}

export function randao(number: bigint): Hash {
  return `0x${Buffer.from(keccak256(bigintToFixedBytes(number, 32))).toString("hex")}` as Hash;
}

/** Temporary directories of one test file, removed by `cleanUp` (give it to `afterEach`). */
export function temporaryDirectories() {
  const made: string[] = [];
  return {
    create(): string {
      const directory = mkdtempSync(join(tmpdir(), "koma-test-"));
      made.push(directory);
      return directory;
    },
    cleanUp(): void {
      for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
    },
  };
}
