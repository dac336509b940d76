import {
  createEVM,
  type EVM,
  EVMError,
  type EVMMockBlockchainInterface,
  type EVMResult,
  type PrecompileFunc,
} from "@ethereumjs/evm";
import { Address as EvmAddress } from "@ethereumjs/util";
import type { AccessListEntry, Log } from "../chain/index.ts";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  type Bytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
  zeroHash,
} from "../primitives/index.ts";
import { blake2fPrecompile } from "./blake2f-precompile.ts";
import type { BlockState } from "./block-state.ts";
import { isEmptyAccount } from "./block-state.ts";
import { chainCommon } from "./chain-common.ts";
import { ecrecoverPrecompile } from "./ecrecover-precompile.ts";
import { EvmStateManager } from "./evm-state-manager.ts";
import { MAX_MESSAGE_GAS, type Precompile } from "./interpreter/message.ts";
import { WasmEvm } from "./interpreter/wasm-evm.ts";
import { cacheJumpAnalysis } from "./jump-analysis.ts";
import { observeEvm } from "./observe-evm.ts";
import type { Pacer } from "./pacer.ts";
import type { EvmObserver } from "./tracing/tracer.ts";

/** What the instructions about the block answer. */
export interface BlockEnvironment {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly coinbase: Address;
  readonly prevRandao: Hash;
  readonly gasLimit: bigint;
  readonly baseFeePerGas: bigint;
  /** Hash of an ancestor of the block, for BLOCKHASH; undefined when there is none. */
  hashOf(number: bigint): Hash | undefined;
}

/** The outermost call or creation of a transaction. */
export interface EvmMessage {
  readonly from: Address;
  /** Undefined creates a contract with `data` as its initcode. */
  readonly to: Address | undefined;
  readonly value: bigint;
  readonly data: Bytes;
  /** Without the intrinsic gas. */
  readonly gasLimit: bigint;
  readonly gasPrice: bigint;
  readonly accessList: readonly AccessListEntry[];
}

export interface EvmOutcome {
  /** Without the intrinsic gas and before the refund. */
  readonly gasUsed: bigint;
  readonly gasRefund: bigint;
  /** Name of the exception that ended the message; undefined when it succeeded. */
  readonly error: string | undefined;
  readonly returnData: Bytes;
  readonly logs: readonly Log[];
  readonly contractAddress: Address | undefined;
  /** Contracts created and destroyed by this transaction, which vanish with it (EIP-6780). */
  readonly destroyed: readonly Address[];
}

/** Touched addresses and slots, as an access list. */
export type AccessReport = ReadonlyMap<Address, ReadonlySet<Hash>>;

const BLOB_BASE_FEE = 1n;

/** Name under which a REVERT instruction is reported. */
export const revertError: string = EVMError.errorMessages.REVERT;

/** Which interpreter runs messages that nobody looks into; the other one is `@ethereumjs/evm`. */
export type Interpreter = "wasm" | "reference";

/**
 * One `@ethereumjs/evm` with everything around it that is ours: rules, state, precompile and pace; and our own interpreter,
 * which takes the messages that nobody looks into, at a fraction of the cost. It runs one message at a time; whoever needs two
 * at once makes two.
 */
export class EvmEngine {
  readonly pacer: Pacer;
  readonly precompiles: ReadonlySet<Address>;
  readonly #evm: EVM;
  readonly #states: EvmStateManager;
  readonly #precompileNames: readonly string[];
  readonly #wasm: WasmEvm | undefined;
  readonly #chainId: bigint;
  #environment: BlockEnvironment | undefined;
  #observers = 0;
  /** Accounts that the last message of our own interpreter touched and that had nothing; undefined after one of the reference. */
  #touchedEmpty: readonly Address[] | undefined;

  private constructor(
    { chainId, interpreter }: { readonly chainId: bigint; readonly interpreter: Interpreter },
    evm: EVM,
    states: EvmStateManager,
    pacer: Pacer,
    blockchain: { hashOf: (n: number) => Bytes },
  ) {
    this.#chainId = chainId;
    this.#wasm = interpreter === "wasm" ? new WasmEvm(precompilesOf(evm), pacer) : undefined;
    this.#evm = evm;
    this.#states = states;
    this.pacer = pacer;
    this.#precompileNames = [...evm.precompiles.keys()];
    this.precompiles = new Set(this.#precompileNames.map((name) => `0x${name}` as Address));
    blockchain.hashOf = (number) => hashToBytes(this.#environment?.hashOf(BigInt(number)) ?? zeroHash);
  }

  static async create(chainId: bigint, pacer: Pacer, interpreter: Interpreter = "wasm"): Promise<EvmEngine> {
    const states = new EvmStateManager();
    const look = new Look(pacer);
    const chain = { hashOf: (_: number): Bytes => new Uint8Array(32) };
    const evm = await createEVM({
      common: chainCommon(chainId),
      stateManager: states,
      blockchain: blockHashes((number) => chain.hashOf(number)),
      customPrecompiles: [
        { address: "0x0000000000000000000000000000000000000001", function: ecrecoverPrecompile },
        { address: "0x0000000000000000000000000000000000000009", function: blake2fPrecompile(pacer) },
      ],
      customOpcodes: [
        {
          // Every loop passes a JUMPDEST: with calls, which may nest without one, the places where long work can let the
          // process breathe, or be ended.
          opcode: 0x5b,
          opcodeName: "JUMPDEST",
          baseFee: 1,
          logicFunction: (runState) => {
            cacheJumpAnalysis(runState.interpreter);
            return look.now(runState.gasLeft);
          },
        },
      ],
    });
    const runCall = evm.runCall.bind(evm);
    evm.runCall = async (options) => {
      if (options.message !== undefined) await look.now(options.message.gasLimit);
      return runCall(options);
    };
    return new EvmEngine({ chainId, interpreter }, evm, states, pacer, chain);
  }

  get state(): BlockState {
    return this.#states.state;
  }

  attach(state: BlockState, environment: BlockEnvironment): void {
    this.#states.attach(state);
    this.#environment = environment;
    this.#wasm?.attach(state, { ...evmFields(environment), chainId: this.#chainId, blobBaseFee: BLOB_BASE_FEE });
  }

  /** The environment of the block that runs. */
  get environment(): BlockEnvironment | undefined {
    return this.#environment;
  }

  /**
   * Runs a message whose sender has paid and whose nonce is counted. What it changes stays in the attached state unless it
   * failed; accounts it touched and left empty are gone afterwards (EIP-161).
   *
   * @param report  collects what the message touched, without what is always warm
   */
  async run(message: EvmMessage, report?: (accesses: AccessReport) => void): Promise<EvmOutcome> {
    if (
      this.#wasm !== undefined &&
      report === undefined &&
      this.#observers === 0 &&
      message.gasLimit <= MAX_MESSAGE_GAS
    ) {
      const outcome = await this.#wasm.run(message);
      this.#touchedEmpty = outcome.touchedEmpty;
      return outcome;
    }
    this.#touchedEmpty = undefined;
    const { journal } = this.#evm;
    const environment = this.#environment as BlockEnvironment;
    journal.cleanJournal();
    if (report) journal.startReportingAccessList();
    for (const name of this.#precompileNames) journal.addAlwaysWarmAddress(name);
    journal.addAlwaysWarmAddress(message.from);
    journal.addAlwaysWarmAddress(environment.coinbase);
    if (message.to !== undefined) journal.addAlwaysWarmAddress(message.to);
    for (const { address, storageKeys } of message.accessList) {
      journal.addAlwaysWarmAddress(address, true);
      for (const key of storageKeys) journal.addAlwaysWarmSlot(address, key, true);
    }
    const result = await this.#evm.runCall({
      block: { header: evmHeader(environment) },
      gasPrice: message.gasPrice,
      caller: evmAddress(message.from),
      gasLimit: message.gasLimit,
      ...(message.to === undefined ? {} : { to: evmAddress(message.to) }),
      value: message.value,
      data: message.data,
      skipNonceIncrement: true,
    });
    report?.(accessReport(journal.accessList));
    return outcome(result);
  }

  /** Tells an observer what messages do, until the answer is called. */
  observe(observer: EvmObserver): () => void {
    const stop = observeEvm(this.#evm, observer);
    this.#observers++;
    return () => {
      this.#observers--;
      stop();
    };
  }

  /** Removes the contracts that vanish with their transaction, and accounts it touched and left empty (EIP-161). */
  async clean(destroyed: readonly Address[], touched: readonly Address[]): Promise<void> {
    if (this.#touchedEmpty !== undefined) {
      for (const address of destroyed) this.state.deleteAccount(address);
      for (const address of [...this.#touchedEmpty, ...touched]) {
        const account = this.state.account(address);
        if (account !== undefined && isEmptyAccount(account)) this.state.deleteAccount(address);
      }
      return;
    }
    const { journal } = this.#evm;
    for (const address of destroyed) await journal.deleteAccount(evmAddress(address));
    for (const address of touched) {
      const account = await this.#states.getAccount(evmAddress(address));
      if (account !== undefined) await journal.putAccount(evmAddress(address), account);
    }
    await journal.cleanup();
  }

  /** After a message was ended by a throw: nothing of it may be left for the next one. */
  reset(): void {
    this.#evm.journal.cleanJournal();
    this.#evm.transientStorage.clear();
  }
}

/** The reference's precompiled contracts, and ours among them, for our own interpreter. */
function precompilesOf(evm: EVM): ReadonlyMap<Address, Precompile> {
  const settle = (result: Awaited<ReturnType<PrecompileFunc>>) => ({
    gasUsed: result.executionGasUsed,
    output: result.returnValue,
    error: result.exceptionError?.error,
  });
  return new Map(
    [...evm.precompiles].map(([name, run]) => {
      const call: Precompile = (data, gasLimit) => {
        const result = run({ data, gasLimit, common: evm.common, _EVM: evm });
        return result instanceof Promise ? result.then(settle) : settle(result);
      };
      return [`0x${name}` as Address, call];
    }),
  );
}

function evmFields(environment: BlockEnvironment) {
  const { number, timestamp, coinbase, prevRandao, gasLimit, baseFeePerGas } = environment;
  const hashOf = (wanted: bigint) => environment.hashOf(wanted);
  return { number, timestamp, coinbase, prevRandao, gasLimit, baseFeePerGas, hashOf };
}

/** Gas that is burnt in well under a millisecond. */
const GAS_PER_LOOK = 3_000n;

/**
 * When to look at the clock: doing so at every JUMPDEST would cost as much as the instruction, and counting them says
 * nothing, because between two there may be 24 kB of other instructions.
 */
class Look {
  readonly #pacer: Pacer;
  #gas = 0n;

  constructor(pacer: Pacer) {
    this.#pacer = pacer;
  }

  /** @param gas  what is left of the frame's; another frame has another amount, which only means a look too many */
  now(gas: bigint): Promise<void> | undefined {
    const burnt = this.#gas - gas;
    if (burnt >= 0n && burnt < GAS_PER_LOOK) return undefined;
    this.#gas = gas;
    return this.#pacer.pause();
  }
}

function evmHeader(environment: BlockEnvironment) {
  return {
    number: environment.number,
    coinbase: evmAddress(environment.coinbase),
    timestamp: environment.timestamp,
    difficulty: 0n,
    prevRandao: hashToBytes(environment.prevRandao),
    gasLimit: environment.gasLimit,
    baseFeePerGas: environment.baseFeePerGas,
    getBlobGasPrice: () => BLOB_BASE_FEE,
  };
}

function blockHashes(hashOf: (number: number) => Bytes): EVMMockBlockchainInterface {
  const chain: EVMMockBlockchainInterface = {
    getBlock: async (number) => ({ hash: () => hashOf(number) }),
    putBlock: async () => {},
    shallowCopy: () => chain,
  };
  return chain;
}

function outcome({ execResult, createdAddress }: EVMResult): EvmOutcome {
  const error = execResult.exceptionError?.error;
  const created = execResult.createdAddresses ?? new Set<string>();
  return {
    gasUsed: execResult.executionGasUsed,
    gasRefund: execResult.gasRefund ?? 0n,
    error,
    returnData: execResult.returnValue,
    logs: (execResult.logs ?? []).map(([address, topics, data]) => ({
      address: addressFromBytes(address),
      topics: topics.map(hashFromBytes),
      data,
    })),
    contractAddress:
      createdAddress === undefined || error !== undefined ? undefined : addressFromBytes(createdAddress.bytes),
    // Addresses of ethereumjs are lower-case hex as ours are.
    destroyed: [...(execResult.selfdestruct?.keys() ?? [])].filter((address) => created.has(address)) as Address[],
  };
}

function accessReport(accesses: Map<string, Set<string>> | undefined): AccessReport {
  const report = new Map<Address, Set<Hash>>();
  for (const [address, slots] of accesses ?? []) {
    report.set(`0x${address}` as Address, new Set([...slots].map((slot) => `0x${slot}` as Hash)));
  }
  return report;
}

function evmAddress(address: Address): EvmAddress {
  return new EvmAddress(addressToBytes(address));
}
