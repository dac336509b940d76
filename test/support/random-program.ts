import { type Address, type Bytes, concatBytes } from "../../src/primitives/index.ts";
import type { Prng } from "./prng.ts";

const push = (value: number): number[] => (value < 256 ? [0x60, value] : [0x61, value >> 8, value & 255]);
const pushAddress = (address: Address): number[] => [0x73, ...Buffer.from(address.slice(2), "hex")];

/** Instructions that take from the stack what a few pushes put there. */
const arithmetic = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b,
  0x1c, 0x1d,
];
const environment = [
  0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x58, 0x59, 0x5a,
];

type Piece = (random: Prng, places: readonly Address[]) => readonly number[];
const small = (random: Prng) => random.between(0, 4);
const offset = (random: Prng) => random.between(0, 96);

const pieces: readonly Piece[] = [
  (random) => [...push(random.between(0, 600)), ...push(random.between(0, 600)), random.pick(arithmetic) ?? 1],
  (random) => [random.pick(environment) ?? 0x30, ...push(small(random)), 0x55],
  (random) => [...push(random.between(0, 300)), ...push(small(random)), 0x55], // SSTORE
  (random) => [...push(small(random)), 0x54, ...push(offset(random)), 0x52], // SLOAD, MSTORE
  (random) => [...push(7), ...push(small(random)), 0x5d, ...push(small(random)), 0x5c, 0x50], // TSTORE, TLOAD
  (random) => [...push(offset(random)), ...push(offset(random)), 0x20, ...push(small(random)), 0x55], // KECCAK256
  (random) => [...push(offset(random)), ...push(offset(random)), ...push(offset(random)), 0x5e], // MCOPY
  (random) => {
    const topics = random.between(0, 4);
    const given = Array.from({ length: topics }, () => push(random.between(0, 500))).flat();
    return [...given, ...push(offset(random)), ...push(offset(random)), 0xa0 + topics];
  },
  (random, places) => {
    // CALL, CALLCODE, DELEGATECALL or STATICCALL, whose success goes into a slot.
    const op = random.pick([0xf1, 0xf2, 0xf4, 0xfa]) ?? 0xf1;
    const value = op === 0xf1 || op === 0xf2 ? push(random.between(0, 2)) : [];
    const memory = [offset(random), offset(random), offset(random), offset(random)].flatMap(push);
    const to = random.pick(places) as Address;
    return [
      ...memory,
      ...value,
      ...pushAddress(to),
      ...push(random.between(0, 60_000)),
      op,
      ...push(small(random)),
      0x55,
    ];
  },
  (random, places) => [...pushAddress(random.pick(places) as Address), random.pick([0x31, 0x3b, 0x3f]) ?? 0x31, 0x50],
  (random, places) => [
    ...[offset(random), offset(random), offset(random)].flatMap(push),
    ...pushAddress(random.pick(places) as Address),
    0x3c,
  ], // EXTCODECOPY
  (random) => [...push(offset(random)), ...push(offset(random)), ...push(random.between(0, 1)), 0xf0, ...push(9), 0x55], // CREATE
  (random) => [...push(small(random)), ...push(32), ...push(0), ...push(0), 0xf5, ...push(10), 0x55], // CREATE2
];

const ends: readonly Piece[] = [
  () => [0x00],
  (random) => [...push(offset(random)), ...push(offset(random)), 0xf3],
  (random) => [...push(offset(random)), ...push(offset(random)), 0xfd],
  (random, places) => [...pushAddress(random.pick(places) as Address), 0xff],
  () => [0xfe],
  () => [0x50, 0x50, 0x50],
];

/** Code that mostly does something, and sometimes what it must not. */
export function randomProgram(random: Prng, places: readonly Address[]): Bytes {
  const body = Array.from({ length: random.between(1, 12) }, () => random.pick(pieces)?.(random, places) ?? []);
  // Most programs end well; otherwise there would be few to look at.
  const end = random.next() < 0.6 ? [0x00] : (random.pick(ends)?.(random, places) ?? []);
  return Uint8Array.from([...body.flat(), ...end]);
}

/** Initcode that leaves this code: it copies what stands behind its own eleven bytes. */
export function initcodeOf(code: Bytes): Bytes {
  const length = [0x61, code.length >> 8, code.length & 255];
  return concatBytes(Uint8Array.from([...length, 0x80, 0x60, 0x0b, 0x5f, 0x39, 0x5f, 0xf3, 0x00]), code);
}
