import { emptyCodeHash, trimZeros } from "../../chain/index.ts";
import { BugError } from "../../errors.ts";
import { type Address, type Bytes, equalBytes, zeroHash } from "../../primitives/index.ts";
import { type BlockState, isEmptyAccount } from "../block-state.ts";
import { COLD_SLOT, priceOfWrite } from "./gas.ts";
import type { Machine, MachineHost } from "./machine.ts";
import type { InterpreterEnvironment } from "./message.ts";
import type { Substate } from "./substate.ts";

/** Whom and what the frame that runs belongs to. */
export interface RunningFrame {
  readonly machine: Machine;
  readonly state: BlockState;
  readonly environment: InterpreterEnvironment;
  readonly substate: Substate;
  /** Account whose storage, balance and logs are meant. */
  readonly address: Address;
}

/** The host's side of assembly/host.ts. */
export function stateHost(running: () => RunningFrame): MachineHost {
  const codeOf = ({ state }: RunningFrame, address: Address): Bytes =>
    state.code(state.account(address)?.codeHash ?? emptyCodeHash);
  return {
    readSlot() {
      const { machine, state, substate, address } = running();
      const key = machine.hash(machine.layout.KEY);
      machine.setPadded(machine.layout.VALUE, state.slot(address, key));
      return substate.touchSlot(address, key) ? 1 : 0;
    },
    writeSlot() {
      const { machine, state, substate, address } = running();
      const key = machine.hash(machine.layout.KEY);
      const next = trimZeros(machine.read(machine.layout.VALUE, 32));
      const current = state.slot(address, key);
      const original = state.originalSlot(address, key);
      const { gas, refund } = priceOfWrite({
        originalIsZero: original.length === 0,
        currentIsZero: current.length === 0,
        nextIsZero: next.length === 0,
        originalIsCurrent: equalBytes(original, current),
        originalIsNext: equalBytes(original, next),
        currentIsNext: equalBytes(current, next),
      });
      const cold = substate.touchSlot(address, key) ? COLD_SLOT : 0;
      if (refund !== 0) substate.addRefund(refund);
      // Where the gas does not suffice, the frame fails and takes this back.
      if (!equalBytes(current, next)) state.setSlot(address, key, next);
      return gas + cold;
    },
    readTransient() {
      const { machine, substate, address } = running();
      const key = machine.hash(machine.layout.KEY);
      machine.setPadded(machine.layout.VALUE, substate.transient(address, key));
    },
    writeTransient() {
      const { machine, substate, address } = running();
      const key = machine.hash(machine.layout.KEY);
      substate.setTransient(address, key, trimZeros(machine.read(machine.layout.VALUE, 32)));
    },
    readBalance() {
      const { machine, state, substate } = running();
      const address = machine.address(machine.layout.KEY);
      machine.setBigEndian(machine.layout.VALUE, state.account(address)?.balance ?? 0n);
      return substate.touchAccount(address) ? 1 : 0;
    },
    readOwnBalance() {
      const { machine, state, address } = running();
      machine.setBigEndian(machine.layout.VALUE, state.account(address)?.balance ?? 0n);
    },
    readCodeHash() {
      const { machine, state, substate } = running();
      const address = machine.address(machine.layout.KEY);
      const account = state.account(address);
      const isDead = account === undefined || isEmptyAccount(account);
      machine.setHex(machine.layout.VALUE, isDead ? zeroHash : account.codeHash);
      return substate.touchAccount(address) ? 1 : 0;
    },
    touchAccount() {
      const { machine, substate } = running();
      return substate.touchAccount(machine.address(machine.layout.KEY)) ? 1 : 0;
    },
    codeLength() {
      const frame = running();
      return codeOf(frame, frame.machine.address(frame.machine.layout.KEY)).length;
    },
    copyCode(to, offset, length) {
      const frame = running();
      // Numbers of 32 bits come with a sign.
      const [start, from, count] = [to >>> 0, offset >>> 0, length >>> 0];
      const part = codeOf(frame, frame.machine.address(frame.machine.layout.KEY)).subarray(from, from + count);
      const { bytes } = frame.machine;
      bytes.set(part, start);
      bytes.fill(0, start + part.length, start + count);
    },
    readBlockHash(number) {
      const { machine, environment } = running();
      machine.setHex(machine.layout.VALUE, environment.hashOf(BigInt.asUintN(64, number)) ?? zeroHash);
    },
    log(data, length, topics) {
      const { machine, substate, address } = running();
      substate.addLog({
        address,
        topics: Array.from({ length: topics }, (_, i) => machine.hash(machine.layout.KEY + 32 * i)),
        data: machine.read(data >>> 0, length >>> 0),
      });
    },
  };
}

/** For a machine that only calculates. */
export const noHost: MachineHost = {
  readSlot: nobodyRuns,
  writeSlot: nobodyRuns,
  readTransient: nobodyRuns,
  writeTransient: nobodyRuns,
  readBalance: nobodyRuns,
  readOwnBalance: nobodyRuns,
  readCodeHash: nobodyRuns,
  touchAccount: nobodyRuns,
  codeLength: nobodyRuns,
  copyCode: nobodyRuns,
  readBlockHash: nobodyRuns,
  log: nobodyRuns,
};

/** Before anything runs. */
export function nobodyRuns(): never {
  throw new BugError("the interpreter asked for the state of a frame while none ran");
}
