import type { Log } from "../../chain/index.ts";
import { bigintToFixedBytes, hashFromBytes } from "../../primitives/index.ts";
import type { TraceStep } from "./tracer.ts";

/** What a LOG instruction is about to write; undefined for every other, and for one that its gas does not pay for. */
export function readLogStep({ op, stack, memory, address, cost, gas }: TraceStep): Log | undefined {
  // Without the gas for it the memory is not there, and its length may be any number.
  if (!/^LOG[0-4]$/.test(op) || cost > gas) return undefined;
  const count = Number(op.slice(3));
  const [offset = 0n, length = 0n] = [stack.at(-1), stack.at(-2)];
  const data = new Uint8Array(Number(length));
  data.set(memory.subarray(Number(offset), Number(offset + length)));
  const topics = stack.slice(-2 - count, -2).reverse();
  return { address, topics: topics.map((topic) => hashFromBytes(bigintToFixedBytes(topic, 32))), data };
}
