import {
  type AccountState,
  checkTransactionLimits,
  emptyTrieRoot,
  genesisAccountState,
  maxTransactionGas,
  readTransaction,
  Trie,
  trimZeros,
} from "../../src/chain/index.ts";
import { BlockRun } from "../../src/execution/block-run.ts";
import { BlockState } from "../../src/execution/block-state.ts";
import type { BlockEnvironment, EvmEngine } from "../../src/execution/evm-engine.ts";
import { finishBlockState } from "../../src/execution/finish-block-state.ts";
import type { StateTries } from "../../src/execution/state-tries.ts";
import type { StateView } from "../../src/execution/state-view.ts";
import {
  type Address,
  addressToBytes,
  emptyBytes,
  encodeRlp,
  type Hash,
  type Hex,
  hashToBytes,
  hexToBytes,
  keccakHash,
  utf8,
} from "../../src/primitives/index.ts";

// The format of ethereum/tests' GeneralStateTests: a state, a block's environment, one transaction with variants, and what
// each fork makes of each variant.

interface FixtureAccount {
  readonly balance: Hex;
  readonly nonce: Hex;
  readonly code: Hex;
  readonly storage: Readonly<Record<Hex, Hex>>;
}

/** One variant of the transaction and what comes of it. */
export interface FixturePost {
  /** Root of the state afterwards. */
  readonly hash: Hash;
  /** keccak256 of the RLP of the logs. */
  readonly logs: Hash;
  readonly txbytes: Hex;
  /** Set where the transaction must be refused. */
  readonly expectException?: string;
  readonly indexes: { readonly data: number; readonly gas: number; readonly value: number };
}

export interface StateTestFixture {
  readonly env: {
    readonly currentBaseFee: Hex;
    readonly currentCoinbase: Hex;
    readonly currentGasLimit: Hex;
    readonly currentNumber: Hex;
    readonly currentRandom: Hex;
    readonly currentTimestamp: Hex;
  };
  readonly pre: Readonly<Record<Hex, FixtureAccount>>;
  readonly post: Readonly<Record<string, readonly FixturePost[]>>;
}

/** How one variant went; `skipped` for transactions of types that this chain does not have. */
export type StateTestVerdict =
  | { readonly kind: "passed" | "skipped" }
  | { readonly kind: "failed"; readonly what: string; readonly expected: string; readonly found: string };

/** The chain id of ethereum/tests. */
const CHAIN_ID = 1n;

const nothing: StateView = { account: () => undefined, slot: () => emptyBytes, code: () => emptyBytes };
const noTries: StateTries = { accounts: Trie.empty, storage: () => Trie.empty };

/** Runs one variant through the transaction rules, the EVM and the tries that blocks use. */
export async function runStateTest(
  engine: EvmEngine,
  fixture: StateTestFixture,
  post: FixturePost,
): Promise<StateTestVerdict> {
  const raw = hexToBytes(post.txbytes);
  const decoded = readTransaction(raw, CHAIN_ID);
  if (!decoded.ok) {
    if (decoded.rejection.code === "UnsupportedType") return { kind: "skipped" };
    return post.expectException === undefined ? failed("transaction", "accepted", decoded.rejection.code) : passed;
  }
  const tx = decoded.value;
  const before = stateOf(fixture.pre);
  const run = new BlockRun(engine, {
    environment: environmentOf(fixture.env),
    parent: before.view,
    // This chain's own bounds of gas and data are not Ethereum's; Ethereum's are looked at here.
    rules: { ignoreLimits: true },
  });
  const gasLimit = tx.gasLimit < maxTransactionGas ? tx.gasLimit : maxTransactionGas;
  const broken = checkTransactionLimits({ ...tx, gasLimit });
  const added = broken?.code === "DataTooLarge" || broken === undefined ? await run.add(tx) : undefined;
  if (post.expectException !== undefined) {
    return added?.ok ? failed("transaction", post.expectException, "accepted") : passed;
  }
  if (!added?.ok) return failed("transaction", "accepted", broken?.code ?? added?.rejection.code ?? "refused");
  const outcome = run.finish(before.tries);
  const logs = keccakHash(
    encodeRlp(
      added.value.logs.map(({ address, topics, data }) => [addressToBytes(address), topics.map(hashToBytes), data]),
    ),
  );
  if (logs !== post.logs) return failed("logs", post.logs, logs);
  return outcome.root === post.hash ? passed : failed("state root", post.hash, outcome.root);
}

const passed: StateTestVerdict = { kind: "passed" };

function failed(what: string, expected: string, found: string): StateTestVerdict {
  return { kind: "failed", what, expected, found };
}

function environmentOf(env: StateTestFixture["env"]): BlockEnvironment {
  const number = BigInt(env.currentNumber);
  return {
    number,
    timestamp: BigInt(env.currentTimestamp),
    coinbase: env.currentCoinbase.toLowerCase() as Address,
    prevRandao: word(env.currentRandom),
    gasLimit: BigInt(env.currentGasLimit),
    baseFeePerGas: BigInt(env.currentBaseFee),
    // ethereum/tests: the hash of a block is that of its number in decimal.
    hashOf: (asked) => (asked < number ? keccakHash(utf8(asked.toString())) : undefined),
  };
}

function stateOf(pre: StateTestFixture["pre"]): { readonly view: StateView; readonly tries: StateTries } {
  const state = new BlockState(nothing);
  for (const [name, { balance, nonce, code, storage }] of Object.entries(pre)) {
    const address = name.toLowerCase() as Address;
    const account: AccountState = genesisAccountState({ balance: BigInt(balance), nonce: BigInt(nonce) });
    state.setAccount(address, { ...account, storageRoot: emptyTrieRoot });
    state.setCode(address, hexToBytes(code));
    for (const [key, value] of Object.entries(storage)) {
      state.setSlot(address, word(key as Hex), trimZeros(hashToBytes(word(value))));
    }
  }
  state.endTransaction();
  const { diff, tries } = finishBlockState(state, nothing, noTries);
  const view: StateView = {
    account: (address) => diff.accounts.get(address),
    slot: (address, key) => diff.storage.get(address)?.slots.get(key) ?? emptyBytes,
    code: (hash) => diff.code.get(hash) ?? emptyBytes,
  };
  return { view, tries };
}

function word(value: Hex): Hash {
  return `0x${value.slice(2).toLowerCase().padStart(64, "0")}` as Hash;
}
