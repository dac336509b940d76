import { type Address, type Bytes, bigintToFixedBytes, concatBytes, hexToBytes } from "../../src/primitives/index.ts";
import type { Prng } from "./prng.ts";

const op = (...codes: number[]): Bytes => new Uint8Array(codes);

function push(value: bigint): Bytes {
  let size = 1;
  while (size < 32 && value >> BigInt(8 * size) !== 0n) size++;
  return concatBytes(op(0x5f + size), bigintToFixedBytes(value, size));
}

/** Initcodes of at most 32 bytes, which random programs hand to CREATE: what may come of one. */
const initcodes = [
  // Code of one byte, STOP; code of 0xef, which nobody may leave; nothing; a revert with a word; an invalid instruction.
  "0x600160006000f0600160005360016000f3",
  "0x60ef60005360016000f3",
  "0x",
  "0x602a60005260206000fd",
  "0xfe",
  // A slot written, then two bytes of code; the new contract's end before it has begun; 24,577 bytes of code.
  "0x600760015560616000526002601ef3",
  "0x33ff",
  "0x6160016000f3",
].map((hex) => hexToBytes(hex));

const binaries = [
  ...[0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b],
  ...[0x1c, 0x1d],
];
/** Instructions without operands that push a word. */
const nullaries = [
  ...[0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x58, 0x59],
  0x5a,
];

/**
 * Programs that seldom end at once, unlike random bytes: they calculate, write, call each other and make contracts, and show every
 * word that they get by adding it to their output.
 */
export class EvmProgram {
  readonly #prng: Prng;
  readonly #others: readonly Address[];
  readonly #parts: Bytes[] = [];
  #length = 0;

  /** @param others  accounts that programs look at, call and pay */
  constructor(prng: Prng, others: readonly Address[]) {
    this.#prng = prng;
    this.#others = others;
  }

  code(statements: number): Bytes {
    for (let i = 0; i < statements; i++) this.#statement();
    // Everything that was noted, and the rest of the gas.
    if (this.#prng.next() < 0.8) {
      this.#put(op(0x5a), push(0x100n), op(0x52), push(0x120n), push(0n), op(this.#prng.next() < 0.85 ? 0xf3 : 0xfd));
    }
    return concatBytes(...this.#parts);
  }

  #put(...parts: Bytes[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.#length += part.length;
    }
  }

  /** Adds the topmost word into one of eight that are given back. */
  #note(): void {
    const at = push(BigInt(32 * this.#prng.between(0, 7)));
    this.#put(at, op(0x51, 0x01), at, op(0x52));
  }

  #statement(): void {
    const prng = this.#prng;
    const kind = prng.next();
    if (kind < 0.25) {
      const opcode = prng.pick(binaries) as number;
      this.#put(push(this.#word()), push(prng.next() < 0.4 ? BigInt(prng.between(0, 260)) : this.#word()), op(opcode));
      this.#note();
    } else if (kind < 0.28) {
      this.#put(push(this.#word()), push(this.#word()), push(this.#word()), op(prng.next() < 0.5 ? 0x08 : 0x09));
      this.#note();
    } else if (kind < 0.36) {
      this.#put(op(prng.pick(nullaries) as number));
      this.#note();
    } else if (kind < 0.44) {
      this.#memory();
    } else if (kind < 0.58) {
      this.#slots();
    } else if (kind < 0.66) {
      this.#put(push(BigInt(this.#account())), op(prng.pick([0x31, 0x3b, 0x3f]) as number));
      this.#note();
    } else if (kind < 0.82) {
      this.#call();
    } else if (kind < 0.88) {
      this.#create();
    } else if (kind < 0.92) {
      this.#log();
    } else if (kind < 0.97) {
      this.#branch();
    } else if (kind < 0.98) {
      this.#put(push(BigInt(this.#account())), op(0xff));
    } else {
      // Anything at all.
      this.#put(op(prng.between(0, 255)));
    }
  }

  #memory(): void {
    const prng = this.#prng;
    const place = () => push(BigInt(prng.next() < 0.95 ? prng.between(0, 700) : prng.between(0, 100_000)));
    const length = () => push(BigInt(prng.between(0, 80)));
    const statements: readonly (() => void)[] = [
      () => this.#put(push(this.#word()), place(), op(0x52)),
      () => this.#put(push(this.#word()), place(), op(0x53)),
      () => this.#put(length(), place(), place(), op(0x5e)),
      () => this.#put(length(), place(), place(), op(0x37)),
      () => this.#put(length(), place(), place(), op(0x39)),
      () => this.#put(length(), place(), place(), push(BigInt(this.#account())), op(0x3c)),
      () => {
        this.#put(length(), place(), op(0x20));
        this.#note();
      },
      () => {
        this.#put(place(), op(prng.next() < 0.5 ? 0x35 : 0x51));
        this.#note();
      },
      () => {
        this.#put(push(BigInt(prng.between(0, 320))), op(0x40));
        this.#note();
      },
    ];
    (prng.pick(statements) as () => void)();
  }

  #slots(): void {
    const prng = this.#prng;
    const key = push(BigInt(prng.between(0, 4)));
    const value = push(prng.next() < 0.7 ? BigInt(prng.between(0, 3)) : this.#word());
    const transient = prng.next() < 0.2;
    if (prng.next() < 0.65) {
      this.#put(value, key, op(transient ? 0x5d : 0x55));
    } else {
      this.#put(key, op(transient ? 0x5c : 0x54));
      this.#note();
    }
  }

  #call(): void {
    const prng = this.#prng;
    const kind = prng.pick([0xf1, 0xf1, 0xf2, 0xf4, 0xfa]) as number;
    const carries = kind === 0xf1 || kind === 0xf2;
    const value = prng.next() < 0.6 ? 0n : prng.next() < 0.9 ? BigInt(prng.between(1, 20)) : this.#word();
    const region = () => [push(BigInt(prng.between(0, 100))), push(BigInt(prng.between(0, 400)))];
    this.#put(...region(), ...region(), ...(carries ? [push(value)] : []), push(BigInt(this.#account())));
    this.#put(prng.next() < 0.5 ? op(0x5a) : push(BigInt(prng.between(0, 60_000))), op(kind));
    this.#note();
    if (prng.next() < 0.5) {
      this.#put(op(0x3d));
      this.#note();
    }
    // Sometimes more than there is, which ends the frame.
    if (prng.next() < 0.4) this.#put(prng.next() < 0.9 ? op(0x3d) : push(33n), push(0n), push(0x140n), op(0x3e));
  }

  #create(): void {
    const prng = this.#prng;
    const initcode = prng.pick(initcodes) as Bytes;
    const padded = new Uint8Array(32);
    padded.set(initcode);
    this.#put(concatBytes(op(0x7f), padded), push(0x200n), op(0x52));
    const salted = prng.next() < 0.5;
    if (salted) this.#put(push(BigInt(prng.between(0, 2))));
    this.#put(push(BigInt(initcode.length)), push(0x200n), push(BigInt(prng.between(0, 3))), op(salted ? 0xf5 : 0xf0));
    this.#note();
  }

  #log(): void {
    const topics = this.#prng.between(0, 4);
    for (let i = 0; i < topics; i++) this.#put(push(this.#word()));
    this.#put(push(BigInt(this.#prng.between(0, 70))), push(BigInt(this.#prng.between(0, 200))), op(0xa0 + topics));
  }

  /** Over one statement, or through it several times. */
  #branch(): void {
    const prng = this.#prng;
    if (prng.next() < 0.5) {
      const condition = push(prng.next() < 0.5 ? 0n : 1n);
      const inner = new EvmProgram(prng, this.#others);
      inner.#length = this.#length + condition.length + 4;
      inner.#statement();
      const target = inner.#length;
      this.#put(condition, op(0x61, target >> 8, target & 255, 0x57), ...inner.#parts, op(0x5b));
      return;
    }
    this.#put(push(BigInt(prng.between(1, 6))));
    const target = this.#length;
    this.#put(op(0x5b));
    this.#statement();
    this.#put(push(1n), op(0x90, 0x03, 0x80, 0x61, target >> 8, target & 255, 0x57, 0x50));
  }

  #account(): Address {
    return this.#prng.pick(this.#others) as Address;
  }

  #word(): bigint {
    const prng = this.#prng;
    const kind = prng.next();
    if (kind < 0.3) return BigInt(prng.between(0, 40));
    const shift = BigInt(prng.between(0, 256));
    if (kind < 0.6) return BigInt.asUintN(256, (1n << shift) + BigInt(prng.between(0, 3)) - 1n);
    let word = 0n;
    for (let i = 0; i < 8; i++) word = (word << 32n) | BigInt(prng.between(0, 2 ** 32 - 1));
    return word >> shift;
  }
}
