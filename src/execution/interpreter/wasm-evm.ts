import { emptyCodeHash, emptyTrieRoot } from "../../chain/index.ts";
import { EnvironmentError } from "../../errors.ts";
import type { Address, Bytes } from "../../primitives/index.ts";
import { type BlockState, emptyAccount, isEmptyAccount } from "../block-state.ts";
import type { Pacer } from "../pacer.ts";
import { createdAddress, saltedAddress } from "./contract-address.ts";
import { failuresOf } from "./failures.ts";
import { type End, exception, type Frame, Frames, type Inherited, nothing, type Region } from "./frames.ts";
import * as gas from "./gas.ts";
import { Machine, roomFor } from "./machine.ts";
import type { Failure, InterpreterEnvironment, InterpreterMessage, InterpreterOutcome, Precompile } from "./message.ts";
import { nobodyRuns, stateHost } from "./state-host.ts";
import { Substate } from "./substate.ts";
import { writeEnvironment } from "./write-environment.ts";

const CALL = 0xf1;
const DELEGATECALL = 0xf4;
const CREATE2 = 0xf5;
const STATICCALL = 0xfa;
const MAX_WORD = (1n << 256n) - 1n;
const MAX_NONCE = (1n << 64n) - 1n;

interface Call extends Inherited {
  readonly kind: number;
  readonly address: Address;
  /** Account whose code it runs. */
  readonly code: Address;
  readonly value: bigint;
  /** Who pays the value; undefined where none moves. */
  readonly payer: Address | undefined;
}

/**
 * Runs messages in the interpreter of assembly/. What is not arithmetic – state, calls, creations – is here: where a frame calls,
 * the interpreter comes back, so that depth costs no stack of the process, and long work can pause.
 *
 * It runs one message at a time, and agrees with `@ethereumjs/evm` to the unit of gas.
 */
export class WasmEvm {
  readonly #machine: Machine;
  readonly #frames: Frames;
  readonly #precompiles: ReadonlyMap<Address, Precompile>;
  readonly #pacer: Pacer;
  readonly #failures: ReadonlyMap<number, Failure>;
  #state: BlockState | undefined;
  #environment: InterpreterEnvironment | undefined;
  #substate = new Substate();

  constructor(precompiles: ReadonlyMap<Address, Precompile>, pacer: Pacer) {
    this.#precompiles = precompiles;
    this.#pacer = pacer;
    this.#machine = new Machine(
      stateHost(() => ({
        machine: this.#machine,
        state: this.#state ?? nobodyRuns(),
        environment: this.#environment ?? nobodyRuns(),
        substate: this.#substate,
        address: this.#frames.newest?.address ?? nobodyRuns(),
      })),
    );
    this.#frames = new Frames(this.#machine);
    this.#failures = failuresOf(this.#machine);
  }

  attach(state: BlockState, environment: InterpreterEnvironment): void {
    this.#state = state;
    this.#environment = environment;
    writeEnvironment(this.#machine, environment);
  }

  /** Runs a message whose sender has paid and whose nonce is counted. */
  async run(message: InterpreterMessage): Promise<InterpreterOutcome> {
    const machine = this.#machine;
    const { layout } = machine;
    machine.tidyCodes();
    this.#frames.clear();
    this.#substate = new Substate();
    this.#touchFirst(message);
    machine.setAddress(layout.ORIGIN, message.from);
    machine.setWord(layout.GAS_PRICE, message.gasPrice);
    machine.setU32(layout.RETURNED_LENGTH, 0);
    const gasLimit = Number(message.gasLimit);
    const input = { at: layout.MEMORIES, length: message.data.length };
    const memory = layout.MEMORIES + ((input.length + 31) & ~31);
    this.#reserve(memory);
    machine.bytes.set(message.data, input.at);
    const inherited = { gasLimit, isStatic: false, input, output: nothing, memory, stack: layout.STACKS };
    const { from, to, value } = message;
    let contractAddress: Address | undefined;
    let first: End | undefined;
    if (to === undefined) {
      contractAddress = createdAddress(from, (this.#account(from).nonce || 1n) - 1n);
      this.#substate.touchAccount(contractAddress);
      first = this.#beginCreation(contractAddress, from, value, { ...inherited, input: nothing }, message.data);
    } else {
      const record = this.#frames.recordAt(0);
      machine.setAddress(record + layout.CALLER, from);
      machine.setWord(record + layout.CALL_WORD, value);
      const begun = this.#beginCall({ ...inherited, kind: CALL, address: to, code: to, value, payer: from });
      first = begun instanceof Promise ? await begun : begun;
    }
    const end = await this.#loop(first);
    const failed = end.failure !== undefined;
    return {
      gasUsed: BigInt(gasLimit - end.gasLeft),
      gasRefund: BigInt(failed ? 0 : this.#substate.refund),
      error: end.failure,
      returnData: machine.read(end.output.at, end.output.length),
      logs: this.#substate.logs,
      contractAddress: failed ? undefined : contractAddress,
      destroyed: this.#substate.vanishing,
      touchedEmpty: this.#substate.touchedEmpty,
    };
  }

  #touchFirst({ from, to, accessList }: InterpreterMessage): void {
    const substate = this.#substate;
    for (const address of this.#precompiles.keys()) substate.touchAccount(address);
    substate.touchAccount(from);
    substate.touchAccount((this.#environment as InterpreterEnvironment).coinbase);
    if (to !== undefined) substate.touchAccount(to);
    for (const { address, storageKeys } of accessList) {
      substate.touchAccount(address);
      for (const key of storageKeys) substate.touchSlot(address, key);
    }
  }

  /**
   * Runs the newest frame, and those it calls, until none is left.
   *
   * @param first  end of the newest frame where it ended before it ran
   */
  async #loop(first: End | undefined): Promise<End> {
    const machine = this.#machine;
    const { layout } = machine;
    let end = first;
    for (;;) {
      while (end !== undefined) {
        const frame = this.#frames.close();
        const last: End = frame.creates ? this.#leaveCode(frame, end) : end;
        if (last.failure === undefined) {
          this.#block.commit();
        } else {
          this.#block.revert();
          this.#substate.revert(frame.mark);
        }
        if (this.#frames.depth === 0) return last;
        this.#frames.resume(frame, last);
        end = undefined;
      }
      // Here after every call and every slice of gas: each of them may have taken long, a precompile's above all.
      const pause = this.#pacer.pause();
      if (pause !== undefined) await pause;
      const { record } = this.#frames.newest as Frame;
      const exit = machine.run(record);
      if (exit === layout.CALLING) {
        const begun = this.#call();
        end = begun instanceof Promise ? await begun : begun;
      } else if (exit === layout.CREATING) {
        end = this.#create();
      } else if (exit === layout.DESTROYING) {
        end = this.#destroy();
      } else if (exit === layout.NO_MEMORY) {
        throw noMemory();
      } else if (exit !== layout.PAUSED) {
        end = this.#endOf(record, this.#failures.get(exit));
      }
    }
  }

  #endOf(record: number, failure: Failure | undefined): End {
    if (failure !== undefined && failure !== "revert") return exception(failure);
    const machine = this.#machine;
    const { layout } = machine;
    return {
      failure,
      gasLeft: machine.long(record + layout.GAS),
      output: { at: machine.u32(layout.OUTPUT_AT), length: machine.u32(layout.OUTPUT_LENGTH) },
    };
  }

  /** The newest frame calls. */
  #call(): End | undefined | Promise<End | undefined> {
    const machine = this.#machine;
    const { layout } = machine;
    const { record, address } = this.#frames.newest as Frame;
    const kind = machine.u32(layout.CALL_KIND);
    const code = machine.address(layout.KEY);
    const carries = !machine.isZero(layout.CALL_VALUE);
    let cost = this.#substate.touchAccount(code) ? gas.COLD_ACCOUNT : gas.WARM_ACCESS;
    if (carries) cost += gas.CALL_VALUE;
    if (carries && kind === CALL && isEmptyAccount(this.#account(code))) cost += gas.NEW_ACCOUNT;
    const left = machine.long(record + layout.GAS) - cost;
    if (left < 0) return exception("out of gas");
    const passed = Math.min(machine.amount(layout.CALL_GAS), gas.mayBePassed(left));
    machine.setLong(record + layout.GAS, left - passed);
    machine.setU32(layout.RETURNED_LENGTH, 0);
    const gasLimit = passed + (carries ? gas.CALL_STIPEND : 0);
    const value = carries ? machine.word(layout.CALL_VALUE) : 0n;
    if (this.#frames.depth > gas.MAX_DEPTH || this.#account(address).balance < value) {
      this.#frames.answer(false, gasLimit);
      return undefined;
    }
    const called = this.#frames.recordAt(this.#frames.depth);
    if (kind === DELEGATECALL) {
      machine.copyWord(called + layout.CALLER, record + layout.CALLER);
      machine.copyWord(called + layout.CALL_WORD, record + layout.CALL_WORD);
    } else {
      machine.copyWord(called + layout.CALLER, record + layout.ADDRESS);
      machine.copyWord(called + layout.CALL_WORD, layout.CALL_VALUE);
    }
    return this.#beginCall({
      kind,
      address: kind === CALL || kind === STATICCALL ? code : address,
      code,
      value,
      payer: kind === CALL ? address : undefined,
      gasLimit,
      isStatic: kind === STATICCALL || machine.u32(record + layout.STATIC) === 1,
      input: { at: machine.u32(layout.INPUT_AT), length: machine.u32(layout.INPUT_LENGTH) },
      output: { at: machine.u32(layout.OUTPUT_AT), length: machine.u32(layout.OUTPUT_LENGTH) },
      memory: machine.u32(record + layout.MEMORY) + machine.u32(record + layout.MEMORY_SIZE),
      stack: machine.u32(record + layout.TOP),
    });
  }

  /** Opens a frame for a call; its end where there is nothing to run. */
  #beginCall(call: Call): End | undefined | Promise<End | undefined> {
    this.#open(call.address, false, call.output);
    const touched = this.#state?.account(call.address);
    if (touched !== undefined && isEmptyAccount(touched)) this.#substate.touchEmpty(call.address);
    const refused = call.payer === undefined ? undefined : this.#move(call.payer, call.address, call.value);
    if (refused !== undefined) return { failure: refused, gasLeft: call.gasLimit, output: nothing };
    const precompile = this.#precompiles.get(call.code);
    if (precompile !== undefined) return this.#runPrecompile(precompile, call);
    const { codeHash } = this.#account(call.code);
    if (codeHash === emptyCodeHash) return { failure: undefined, gasLeft: call.gasLimit, output: nothing };
    const code = this.#block.code(codeHash);
    const kept = this.#machine.keepCode(codeHash, code);
    if (kept) this.#frames.fill(call, kept);
    else this.#fillBehind(call, code);
    return undefined;
  }

  #runPrecompile(precompile: Precompile, { input, gasLimit, memory }: Call): End | Promise<End> {
    const settle = ({ gasUsed, output, error }: Awaited<ReturnType<Precompile>>): End => {
      if (error !== undefined) return exception(error);
      this.#reserve(memory + output.length);
      this.#machine.bytes.set(output, memory);
      return { failure: undefined, gasLeft: gasLimit - Number(gasUsed), output: { at: memory, length: output.length } };
    };
    const answer = precompile(this.#machine.read(input.at, input.length), BigInt(gasLimit));
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  }

  /** The newest frame makes a contract. */
  #create(): End | undefined {
    const machine = this.#machine;
    const { layout } = machine;
    const { record, address } = this.#frames.newest as Frame;
    const left = machine.long(record + layout.GAS);
    const gasLimit = gas.mayBePassed(left);
    machine.setU32(layout.RETURNED_LENGTH, 0);
    const value = machine.isZero(layout.CALL_VALUE) ? 0n : machine.word(layout.CALL_VALUE);
    const creator = this.#account(address);
    if (this.#frames.depth > gas.MAX_DEPTH || creator.balance < value || creator.nonce === MAX_NONCE) {
      this.#frames.answer(false, 0);
      return undefined;
    }
    machine.setLong(record + layout.GAS, left - gasLimit);
    const initcode = machine.read(machine.u32(layout.INPUT_AT), machine.u32(layout.INPUT_LENGTH));
    const created =
      machine.u32(layout.CALL_KIND) === CREATE2
        ? saltedAddress(address, machine.read(layout.KEY, 32), initcode)
        : createdAddress(address, creator.nonce);
    this.#block.setAccount(address, { ...creator, nonce: creator.nonce + 1n });
    this.#substate.touchAccount(created);
    const inherited = {
      gasLimit,
      isStatic: false,
      input: nothing,
      output: nothing,
      memory: machine.u32(record + layout.MEMORY) + machine.u32(record + layout.MEMORY_SIZE),
      stack: machine.u32(record + layout.TOP),
    };
    return this.#beginCreation(created, address, value, inherited, initcode);
  }

  /** Opens a frame for a creation; its end where there is nothing to run. */
  #beginCreation(
    created: Address,
    creator: Address,
    value: bigint,
    inherited: Inherited,
    initcode: Bytes,
  ): End | undefined {
    const machine = this.#machine;
    const { layout } = machine;
    const { record } = this.#open(created, true, nothing);
    const before = this.#account(created);
    // EIP-684, EIP-7610.
    if (before.nonce > 0n || before.codeHash !== emptyCodeHash || before.storageRoot !== emptyTrieRoot) {
      return exception("create collision");
    }
    this.#block.clearStorage(created);
    this.#block.setAccount(created, { ...before, nonce: 1n });
    this.#substate.create(created);
    const refused = this.#move(creator, created, value);
    if (refused !== undefined) return { failure: refused, gasLeft: inherited.gasLimit, output: nothing };
    if (initcode.length === 0) return { failure: undefined, gasLeft: inherited.gasLimit, output: nothing };
    machine.setAddress(record + layout.CALLER, creator);
    machine.setWord(record + layout.CALL_WORD, value);
    this.#fillBehind(inherited, initcode);
    return undefined;
  }

  /** What initcode gave back becomes the contract's code. */
  #leaveCode({ address }: Frame, end: End): End {
    if (end.failure !== undefined) return end;
    const { output } = end;
    if (output.length > gas.MAX_CODE_BYTES) return exception("code size to deposit exceeds maximum code size");
    const gasLeft = end.gasLeft - gas.CODE_BYTE * output.length;
    if (gasLeft < 0) return exception("out of gas");
    const code = this.#machine.read(output.at, output.length);
    if (code[0] === gas.RESERVED_CODE_PREFIX) return exception("invalid bytecode deployed");
    if (code.length > 0) this.#block.setCode(address, code);
    return { ...end, gasLeft };
  }

  /** The newest frame destroys its account (EIP-6780), which ends it. */
  #destroy(): End {
    const machine = this.#machine;
    const { layout } = machine;
    const { record, address } = this.#frames.newest as Frame;
    const heir = machine.address(layout.KEY);
    const { balance } = this.#account(address);
    const before = this.#account(heir);
    let left = machine.long(record + layout.GAS);
    if (this.#substate.touchAccount(heir)) left -= gas.COLD_ACCOUNT;
    if (balance > 0n && isEmptyAccount(before)) left -= gas.NEW_ACCOUNT;
    if (left < 0) return exception("out of gas");
    if (heir !== address) {
      if (balance === 0n && this.#block.account(heir) !== undefined && isEmptyAccount(before)) {
        this.#substate.touchEmpty(heir);
      }
      this.#move(address, heir, balance);
    } else if (this.#substate.isCreated(address)) {
      this.#block.setAccount(address, { ...this.#account(address), balance: 0n });
    }
    this.#substate.destroy(address);
    return { failure: undefined, gasLeft: left, output: nothing };
  }

  #open(address: Address, creates: boolean, output: Region): Frame {
    this.#block.checkpoint();
    return this.#frames.open(address, creates, this.#substate.mark(), output);
  }

  /** Puts code that is not kept before the frame's memory. */
  #fillBehind(inherited: Inherited, code: Bytes): void {
    const memory = inherited.memory + roomFor(code.length);
    this.#reserve(memory);
    this.#frames.fill({ ...inherited, memory }, this.#machine.placeCode(inherited.memory, code));
  }

  /** Moves an amount, or says why not. */
  #move(from: Address, to: Address, amount: bigint): Failure | undefined {
    if (amount === 0n) return undefined;
    const payer = this.#account(from);
    if (payer.balance < amount) return "insufficient balance";
    this.#block.setAccount(from, { ...payer, balance: payer.balance - amount });
    const payee = this.#account(to);
    if (payee.balance + amount > MAX_WORD) return "value overflow";
    this.#block.setAccount(to, { ...payee, balance: payee.balance + amount });
    return undefined;
  }

  #account(address: Address) {
    return this.#block.account(address) ?? emptyAccount;
  }

  get #block(): BlockState {
    return this.#state ?? nobodyRuns();
  }

  #reserve(end: number): void {
    if (!this.#machine.reserve(end)) throw noMemory();
  }
}

function noMemory(): EnvironmentError {
  return new EnvironmentError("KOMA_E_NO_MEMORY", "There is no memory left to run this transaction.", {
    fix: ["Give the node more memory."],
  });
}
