import type { TraceOptions } from "../../chain/index.ts";
import {
  bigintToBytes,
  bigintToFixedBytes,
  bytesToBigint,
  bytesToHex,
  type Hash,
  hashFromBytes,
} from "../../primitives/index.ts";
import type { BlockState } from "../block-state.ts";
import type { SizeLimit } from "./size-limit.ts";
import { hexNumber, type TraceExit, type Tracer, type TraceStep } from "./tracer.ts";

/** About what a step takes in JSON beside its lists. */
const STEP_BYTES = 90;
const WORD_BYTES = 69;

interface StructLog {
  readonly pc: number;
  readonly op: string;
  readonly gas: number;
  readonly gasCost: number;
  readonly depth: number;
  readonly refund?: number;
  readonly stack?: readonly string[];
  readonly memory?: readonly string[];
  readonly storage?: Readonly<Record<string, string>>;
}

/** Every instruction, as go-ethereum's struct logger tells it. */
export function createStructTracer(
  options: Extract<TraceOptions, { kind: "struct" }>,
  state: () => BlockState,
  size: SizeLimit,
): Tracer {
  const logs: StructLog[] = [];
  const storage = new Map<string, Record<string, string>>();
  let last: TraceExit | undefined;

  /** The slots that a contract has used so far, told where it uses one. */
  function storageAt({ op, stack, address }: TraceStep): Readonly<Record<string, string>> | undefined {
    const top = stack.at(-1);
    if ((op !== "SLOAD" && op !== "SSTORE") || top === undefined) return undefined;
    const key = hashFromBytes(bigintToFixedBytes(top, 32));
    const value = op === "SSTORE" ? (stack.at(-2) ?? 0n) : bytesToBigint(state().slot(address, key));
    const known = storage.get(address) ?? {};
    known[plain(key)] = plain(bytesToHex(bigintToFixedBytes(value, 32)));
    storage.set(address, known);
    size.add(Object.keys(known).length * 2 * WORD_BYTES);
    return { ...known };
  }

  return {
    onStep(step) {
      if (options.limit > 0 && logs.length >= options.limit) return;
      const used = options.storage ? storageAt(step) : undefined;
      const words = options.memory ? memoryWords(step.memory) : undefined;
      size.add(STEP_BYTES + WORD_BYTES * (words?.length ?? 0) + (options.stack ? 24 * step.stack.length : 0));
      logs.push({
        pc: step.pc,
        op: step.op,
        gas: Number(step.gas),
        gasCost: Number(step.cost),
        depth: step.depth,
        ...(step.refund > 0n ? { refund: Number(step.refund) } : {}),
        ...(options.stack ? { stack: step.stack.map(hexNumber) } : {}),
        ...(words ? { memory: words } : {}),
        ...(used ? { storage: used } : {}),
      });
    },
    onExit(exit) {
      last = exit;
    },
    result: ({ gasUsed }) => ({
      gas: Number(gasUsed),
      failed: last?.error !== undefined,
      returnValue: bytesToHex(last?.output ?? bigintToBytes(0n)),
      structLogs: logs,
    }),
  };
}

function memoryWords(memory: Uint8Array): readonly string[] {
  const words: string[] = [];
  for (let at = 0; at < memory.length; at += 32) words.push(plain(bytesToHex(memory.subarray(at, at + 32))));
  return words;
}

function plain(hex: string | Hash): string {
  return hex.slice(2);
}
