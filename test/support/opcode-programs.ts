import { type Bytes, bigintToFixedBytes, concatBytes } from "../../src/primitives/index.ts";
import type { Prng } from "./prng.ts";

/** An instruction of Cancun: what it takes from the stack, and whether it leaves a word there. */
export interface Opcode {
  readonly byte: number;
  readonly takes: number;
  readonly gives: 0 | 1;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
const each = (bytes: readonly number[], takes: number, gives: 0 | 1): readonly Opcode[] =>
  bytes.map((byte) => ({ byte, takes, gives }));

/** What the block's own identity answers, which two chains cannot have alike: BLOCKHASH, BASEFEE, GASPRICE. */
export const ownToEachChain: readonly number[] = [0x40, 0x48, 0x3a];

/** Every other byte; those that Cancun does not know fail on every chain. */
export const opcodes: readonly Opcode[] = fillGaps([
  ...each([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, ...range(0x10, 0x14), 0x16, 0x17, 0x18], 2, 1),
  ...each([0x1a, 0x1b, 0x1c, 0x1d, 0x20], 2, 1),
  ...each([0x08, 0x09], 3, 1),
  ...each([0x15, 0x19, 0x31, 0x35, 0x3b, 0x3f, 0x49, 0x51, 0x54, 0x5c], 1, 1),
  ...each([0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x4a], 0, 1),
  ...each([0x58, 0x59, 0x5a, 0x5f], 0, 1),
  ...each([0x37, 0x39, 0x3e, 0x5e], 3, 0),
  ...each([0x3c], 4, 0),
  ...each([0x50, 0x56, 0xff], 1, 0),
  ...each([0x52, 0x53, 0x55, 0x57, 0x5d, 0xa0, 0xf3, 0xfd], 2, 0),
  ...each([0x5b, 0x00, 0xfe], 0, 0),
  ...each(range(0x60, 0x7f), 0, 1),
  ...range(0x80, 0x8f).map((byte) => ({ byte, takes: byte - 0x7f, gives: 1 as const })),
  ...range(0x90, 0x9f).map((byte) => ({ byte, takes: byte - 0x8e, gives: 0 as const })),
  ...range(0xa1, 0xa4).map((byte) => ({ byte, takes: byte - 0x9e, gives: 0 as const })),
  ...each([0xf0], 3, 1),
  ...each([0xf5], 4, 1),
  ...each([0xf1, 0xf2], 7, 1),
  ...each([0xf4, 0xfa], 6, 1),
]);

function fillGaps(known: readonly Opcode[]): readonly Opcode[] {
  const bytes = new Set([...known.map(({ byte }) => byte), ...ownToEachChain]);
  const unknown = range(0, 0xff).filter((byte) => !bytes.has(byte));
  return [...known, ...each(unknown, 0, 0)].sort((a, b) => a.byte - b.byte);
}

const MAX = 2n ** 256n - 1n;
/** Borders of arithmetic, lengths and offsets that memory can have, precompiles and other addresses. */
const words: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 5n, 9n, 10n, 31n, 32n, 33n, 64n, 95n, 96n, 255n, 256n, 257n, 1_024n, 0xc0de_c0den],
  ...[2n ** 64n, 2n ** 128n, 2n ** 160n - 1n, 2n ** 255n - 1n, 2n ** 255n, MAX - 1n, MAX],
];

const PUSH32 = 0x7f;
const push = (value: bigint): Bytes => Uint8Array.of(PUSH32, ...bigintToFixedBytes(value, 32));

/** Where a program keeps what it found: behind the memory that its instruction may touch. */
const FOUND = 0x800n;

/**
 * Code that runs one instruction on random words and returns the memory it left, the word it answered, and the gas before
 * and after it.
 */
export function programOf({ byte, takes, gives }: Opcode, random: Prng): Bytes {
  const operands = Array.from({ length: takes }, () => random.pick(words) as bigint);
  // Words of its code, as the operand of PUSH1 to PUSH32.
  const inline = byte >= 0x60 && byte <= PUSH32 ? bigintToFixedBytes(MAX / 3n, 32).subarray(0, byte - 0x5f) : [];
  const store = (slot: bigint) => concatBytes(push(FOUND + 32n * slot), Uint8Array.of(0x52));
  return concatBytes(
    // Something to read: memory, a slot, a transient slot.
    concatBytes(push(MAX / 7n), push(0n), Uint8Array.of(0x52)),
    concatBytes(push(77n), push(1n), Uint8Array.of(0x55), push(78n), push(2n), Uint8Array.of(0x5d)),
    Uint8Array.of(0x5a),
    ...operands.map(push),
    Uint8Array.of(byte, ...inline, 0x5a),
    store(0n),
    ...(gives === 1 ? [store(1n)] : []),
    // Whatever is on top now: the gas before, or what a SWAP or DUP left there.
    store(2n),
    concatBytes(push(FOUND + 96n), push(0n), Uint8Array.of(0xf3)),
  );
}

/** Code that gives its input to a precompile and returns what came of it: success, gas before and after, the answer. */
export function precompileProgram(address: number): Bytes {
  return Uint8Array.of(
    ...[0x36, 0x5f, 0x5f, 0x37], // CALLDATACOPY(0, 0, CALLDATASIZE)
    ...[0x5a, 0x5f, 0x52], // MSTORE(0, GAS) comes after the input was copied, so copy it again
    ...[0x36, 0x5f, 0x60, 0x20, 0x37], // CALLDATACOPY(32, 0, CALLDATASIZE)
    ...[0x5f, 0x5f, 0x36, 0x60, 0x20, 0x60, address, 0x5a, 0xfa], // STATICCALL(GAS, address, 32, CALLDATASIZE, 0, 0)
    ...[0x60, 0x20, 0x52, 0x5a, 0x60, 0x40, 0x52], // success at 32, GAS at 64
    ...[0x3d, 0x5f, 0x60, 0x60, 0x3e], // RETURNDATACOPY(96, 0, RETURNDATASIZE)
    ...[0x3d, 0x60, 0x60, 0x01, 0x5f, 0xf3], // RETURN(0, 96 + RETURNDATASIZE)
  );
}
