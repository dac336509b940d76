import type { Log } from "../../chain/index.ts";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  bigintToFixedBytes,
  concatBytes,
  type Hash,
  hashFromBytes,
} from "../../primitives/index.ts";
import type { BlockState } from "../block-state.ts";
import { readLogStep } from "./log-step.ts";
import type { EvmObserver } from "./tracer.ts";

/** The address that execution-apis gives transfers of the coin. */
const coinAddress = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" as Address;
/** keccak256 of `Transfer(address,address,uint256)`. */
const transferTopic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef" as Hash;

interface Frame {
  readonly logs: Log[];
  /** Where a creation sends its value is known when it ends. */
  readonly creation?: { readonly from: Address; readonly value: bigint };
}

/** Collects logs in their order, with transfers of the coin among them as if it were a token; of failed frames none. */
export interface TransferLogs extends EvmObserver {
  /** Those of the message that ended last. */
  take(): readonly Log[];
}

/**
 * @param state  the state that the EVM works on
 * @see execution-apis, eth_simulateV1: traceTransfers
 */
export function collectTransferLogs(state: BlockState): TransferLogs {
  const open: Frame[] = [];
  let done: readonly Log[] = [];
  return {
    onStep(step) {
      const logs = open.at(-1)?.logs;
      const log = readLogStep(step);
      if (log) logs?.push(log);
      if (step.op !== "SELFDESTRUCT") return;
      const to = addressFromBytes(bigintToFixedBytes((step.stack.at(-1) ?? 0n) % 2n ** 160n, 20));
      const balance = state.account(step.address)?.balance ?? 0n;
      if (balance > 0n) logs?.push(transferLog(step.address, to, balance));
    },
    onEnter({ to, codeAddress, from, value }) {
      if (value === 0n) return void open.push({ logs: [] });
      if (to === undefined) return void open.push({ logs: [], creation: { from, value } });
      // A delegated call has the value of its caller and moves none; CALLCODE pays its own account.
      const moves = codeAddress === undefined || codeAddress === to;
      open.push({ logs: moves ? [transferLog(from, to, value)] : [] });
    },
    onExit({ error, created }) {
      const frame = open.pop();
      if (frame === undefined) return;
      const { creation } = frame;
      if (creation && created) frame.logs.unshift(transferLog(creation.from, created, creation.value));
      const logs = error === undefined ? frame.logs : [];
      const parent = open.at(-1);
      if (parent) parent.logs.push(...logs);
      else done = logs;
    },
    take() {
      const logs = done;
      done = [];
      return logs;
    },
  };
}

function transferLog(from: Address, to: Address, value: bigint): Log {
  const word = (address: Address) => hashFromBytes(concatBytes(new Uint8Array(12), addressToBytes(address)));
  return { address: coinAddress, topics: [transferTopic, word(from), word(to)], data: bigintToFixedBytes(value, 32) };
}
