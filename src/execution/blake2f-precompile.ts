import type { ExecResult, PrecompileInput } from "@ethereumjs/evm";
import { EVMError } from "@ethereumjs/evm";
import { type Bytes, emptyBytes } from "../primitives/index.ts";
import { Machine } from "./interpreter/machine.ts";
import { noHost } from "./interpreter/state-host.ts";
import type { Pacer } from "./pacer.ts";

/** Rounds, state, message, offsets, whether it is the last block. */
const INPUT_BYTES = 213;
/** Rounds after which others may have the thread: some milliseconds. */
const SLICE = 250_000;

/** Initial values of BLAKE2b (RFC 7693, 2.6). */
const INITIAL = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];

/** One for all that calculates in this thread; nothing stays in it. */
let machine: Machine | undefined;

/**
 * Precompile 0x09, the compression function of BLAKE2b. A round costs one gas: in JavaScript, whose numbers have 53 bits, a
 * block full of them held every validator for ten seconds.
 *
 * @see EIP-152
 */
export function blake2fPrecompile(pacer: Pacer): (input: PrecompileInput) => ExecResult | Promise<ExecResult> {
  return ({ data, gasLimit }) => {
    const last = data[INPUT_BYTES - 1];
    if (data.length !== INPUT_BYTES) return failed(gasLimit, EVMError.errorMessages.OUT_OF_RANGE);
    if (last !== 0 && last !== 1) return failed(gasLimit, EVMError.errorMessages.OUT_OF_RANGE);
    const input = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const rounds = input.getUint32(0);
    if (gasLimit < BigInt(rounds)) return failed(gasLimit, EVMError.errorMessages.OUT_OF_GAS);
    const vector = new Uint8Array(256);
    const words = new DataView(vector.buffer);
    vector.set(data.subarray(4, 68));
    INITIAL.forEach((word, i) => void words.setBigUint64(64 + 8 * i, word, true));
    for (const [offset, at] of [
      [196, 96],
      [204, 104],
    ] as const) {
      words.setBigUint64(at, words.getBigUint64(at, true) ^ input.getBigUint64(offset, true), true);
    }
    if (last === 1) words.setBigUint64(112, ~words.getBigUint64(112, true), true);
    vector.set(data.subarray(68, 196), 128);
    const finished = (): ExecResult => ({ executionGasUsed: BigInt(rounds), returnValue: compressed(data, words) });
    if (rounds > SLICE) return mixSlowly(vector, rounds, pacer).then(finished);
    mix(vector, 0, rounds);
    return finished();
  };
}

function mix(vector: Bytes, first: number, count: number): void {
  machine ??= new Machine(noHost);
  machine.mixRounds(vector, first, count);
}

async function mixSlowly(vector: Bytes, rounds: number, pacer: Pacer): Promise<void> {
  for (let done = 0; done < rounds; done += SLICE) {
    mix(vector, done, Math.min(SLICE, rounds - done));
    await pacer.pause();
  }
}

/** h ⊕ v₀₋₇ ⊕ v₈₋₁₅. */
function compressed(data: Bytes, vector: DataView): Bytes {
  const result = data.slice(4, 68);
  for (let i = 0; i < 64; i++) {
    result[i] = (result[i] as number) ^ vector.getUint8(i) ^ vector.getUint8(64 + i);
  }
  return result;
}

function failed(
  gasLimit: bigint,
  error: (typeof EVMError.errorMessages)[keyof typeof EVMError.errorMessages],
): ExecResult {
  return { returnValue: emptyBytes, executionGasUsed: gasLimit, exceptionError: new EVMError(error) };
}
