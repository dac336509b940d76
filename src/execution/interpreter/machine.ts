import type { Address, Bytes, Hash, Hex } from "../../primitives/index.ts";
import { interpreterModule } from "./binary.ts";

/** What a frame asks while it runs; see assembly/host.ts. */
export interface MachineHost {
  readSlot(): number;
  writeSlot(): number;
  readTransient(): void;
  writeTransient(): void;
  readBalance(): number;
  readOwnBalance(): void;
  readCodeHash(): number;
  touchAccount(): number;
  codeLength(): number;
  copyCode(to: number, offset: number, length: number): void;
  readBlockHash(number: bigint): void;
  log(data: number, length: number, topics: number): void;
}

/** The constants of assembly/layout.ts and assembly/exits.ts that the host needs: there is one place where they are written. */
const NAMES = [
  ...["DONE", "REVERTED", "CALLING", "CREATING", "DESTROYING", "PAUSED", "OUT_OF_GAS", "STACK_UNDERFLOW"],
  ...["STACK_OVERFLOW", "INVALID_JUMP", "INVALID_OPCODE", "STATIC_STATE_CHANGE", "OUT_OF_RANGE", "INITCODE_TOO_LARGE"],
  ...[
    "NO_MEMORY",
    "SCRATCH",
    "KEY",
    "VALUE",
    "CALL_ADDRESS",
    "CALL_VALUE",
    "CALL_GAS",
    "CALL_KIND",
    "INPUT_AT",
    "INPUT_LENGTH",
  ],
  ...["OUTPUT_AT", "OUTPUT_LENGTH", "RETURNED_LENGTH", "ORIGIN", "GAS_PRICE", "COINBASE", "TIMESTAMP", "NUMBER"],
  ...["PREV_RANDAO", "GAS_LIMIT", "CHAIN_ID", "BASE_FEE", "BLOB_BASE_FEE", "FRAMES", "FRAME_SIZE", "MAX_FRAMES", "GAS"],
  ...["PC", "TOP", "STACK", "MEMORY", "MEMORY_SIZE", "CODE", "CODE_LENGTH", "JUMPS", "INPUT", "INPUT_SIZE", "STATIC"],
  ...["ADDRESS", "CALLER", "CALL_WORD", "CODES", "CODES_END", "RETURNED", "RETURNED_ROOM", "STACKS", "MEMORIES"],
] as const;
export type Layout = Readonly<Record<(typeof NAMES)[number], number>>;

/** Where a piece of code is in the memory. */
export interface PlacedCode {
  readonly at: number;
  readonly length: number;
  readonly jumps: number;
}

/** Instructions and operands may be read beyond the end of code: there have to be zeros. */
const PADDING = 64;
const PAGE = 65_536;
const LIMB = (1n << 64n) - 1n;

/** One interpreter with its memory, and ways to read and write it. */
export class Machine {
  readonly layout: Layout;
  readonly #memory: WebAssembly.Memory;
  readonly #run: (frame: number) => number;
  readonly #mixRounds: (at: number, first: number, count: number) => void;
  readonly #findJumps: (code: number, length: number, marks: number) => void;
  #bytes = new Uint8Array();
  #buffer = Buffer.alloc(0);
  #words = new Uint32Array();
  #longs = new BigInt64Array();
  #view = new DataView(new ArrayBuffer(0));
  readonly #codes = new Map<Hash, PlacedCode>();
  #codesEnd: number;

  constructor(host: MachineHost) {
    const imports = Object.fromEntries(
      Object.entries(host).map(([name, answer]) => [name, (answer as (...args: unknown[]) => unknown).bind(host)]),
    );
    const { exports } = new WebAssembly.Instance(interpreterModule(), { host: imports });
    this.layout = Object.fromEntries(
      NAMES.map((name) => [name, (exports[name] as WebAssembly.Global).value]),
    ) as Layout;
    this.#memory = exports["memory"] as WebAssembly.Memory;
    this.#run = exports["run"] as (frame: number) => number;
    this.#findJumps = exports["findJumps"] as (code: number, length: number, marks: number) => void;
    this.#mixRounds = exports["mixRounds"] as (at: number, first: number, count: number) => void;
    this.#codesEnd = this.layout.CODES;
    this.#look();
  }

  /** Runs the frame whose record is at `frame`; why it came back, as in assembly/exits.ts. */
  run(frame: number): number {
    const exit = this.#run(frame);
    this.#look();
    return exit;
  }

  /**
   * Rounds of BLAKE2b's mixing (RFC 7693), from the `first` one on.
   *
   * @param vector  32 words in little-endian order: the working vector, which is replaced, and the message
   */
  mixRounds(vector: Bytes, first: number, count: number): void {
    const at = this.layout.SCRATCH;
    this.bytes.set(vector, at);
    this.#mixRounds(at, first, count);
    vector.set(this.bytes.subarray(at, at + 128));
  }

  /** The memory's bytes; to be asked for again after every run. */
  get bytes(): Bytes {
    // A memory that has grown is another buffer; the host is asked in the middle of runs.
    if (this.#bytes.length === 0) this.#look();
    return this.#bytes;
  }

  /** Makes sure that there is memory up to `end`; false where the machine has none left. */
  reserve(end: number): boolean {
    const missing = end - this.bytes.length;
    if (missing <= 0) return true;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE) + 16);
    } catch {
      // RangeError is the only way in which this fails.
      return false;
    }
    this.#look();
    return true;
  }

  u32(at: number): number {
    return this.#words[at >>> 2] as number;
  }

  setU32(at: number, value: number): void {
    this.#words[at >>> 2] = value;
  }

  /** A signed number of 64 bits, which has to be a safe integer. */
  long(at: number): number {
    return Number(this.#longs[at >>> 3]);
  }

  setLong(at: number, value: number): void {
    this.#longs[at >>> 3] = BigInt(value);
  }

  /** A number of 64 bits, not below zero; large ones lose digits. */
  amount(at: number): number {
    return this.u32(at) + this.u32(at + 4) * 2 ** 32;
  }

  isZero(word: number): boolean {
    return this.#words.subarray(word >>> 2, (word >>> 2) + 8).every((part) => part === 0);
  }

  word(at: number): bigint {
    let value = 0n;
    for (let limb = 3; limb >= 0; limb--) {
      value = (value << 64n) | BigInt.asUintN(64, this.#longs[(at >>> 3) + limb] as bigint);
    }
    return value;
  }

  setWord(at: number, value: bigint): void {
    for (let limb = 0; limb < 4; limb++) {
      this.#longs[(at >>> 3) + limb] = BigInt.asIntN(64, (value >> BigInt(64 * limb)) & LIMB);
    }
  }

  /** Writes a number as 32 bytes in big-endian order. */
  setBigEndian(at: number, value: bigint): void {
    this.bytes;
    for (let limb = 0; limb < 4; limb++)
      this.#view.setBigUint64(at + 24 - 8 * limb, (value >> BigInt(64 * limb)) & LIMB);
  }

  /** Writes a value without leading zeros as 32 bytes. */
  setPadded(at: number, value: Bytes): void {
    const { bytes } = this;
    bytes.fill(0, at, at + 32 - value.length);
    bytes.set(value, at + 32 - value.length);
  }

  setHex(at: number, hex: Hex): void {
    this.bytes;
    this.#buffer.write(hex.slice(2), at, "hex");
  }

  /** An address as a word of the EVM. */
  setAddress(at: number, address: Address): void {
    this.setWord(at, BigInt(address));
  }

  copyWord(to: number, from: number): void {
    this.bytes.copyWithin(to, from, from + 32);
  }

  hash(at: number): Hash {
    this.bytes;
    return `0x${this.#buffer.toString("hex", at, at + 32)}` as Hash;
  }

  /** The address in the last 20 bytes of a word in big-endian order. */
  address(at: number): Address {
    this.bytes;
    return `0x${this.#buffer.toString("hex", at + 12, at + 32)}` as Address;
  }

  /** A copy. */
  read(at: number, length: number): Bytes {
    return length === 0 ? new Uint8Array() : this.bytes.slice(at, at + length);
  }

  /** Code of a contract, kept for its next calls; undefined where the room for that is used up. */
  keepCode(hash: Hash, code: Bytes): PlacedCode | undefined {
    const known = this.#codes.get(hash);
    if (known !== undefined) return known;
    if (this.#codesEnd + roomFor(code.length) > this.layout.CODES_END) return undefined;
    const placed = this.placeCode(this.#codesEnd, code);
    this.#codesEnd += roomFor(code.length);
    this.#codes.set(hash, placed);
    return placed;
  }

  /** Code at a place where there is room for it. */
  placeCode(at: number, code: Bytes): PlacedCode {
    const { bytes } = this;
    const jumps = at + code.length + PADDING;
    bytes.set(code, at);
    bytes.fill(0, at + code.length, at + roomFor(code.length));
    this.#findJumps(at, code.length, jumps);
    return { at, length: code.length, jumps };
  }

  /** Forgets code where little room is left. No frame may be running. */
  tidyCodes(): void {
    if (this.layout.CODES_END - this.#codesEnd > (this.layout.CODES_END - this.layout.CODES) / 4) return;
    this.#codes.clear();
    this.#codesEnd = this.layout.CODES;
  }

  #look(): void {
    const { buffer } = this.#memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#buffer = Buffer.from(buffer);
    this.#words = new Uint32Array(buffer);
    this.#longs = new BigInt64Array(buffer);
    this.#view = new DataView(buffer);
  }
}

/** Bytes that a piece of code takes with its padding and its jump destinations, a multiple of 32. */
export function roomFor(length: number): number {
  return (length + PADDING + (length >>> 3) + 1 + 31) & ~31;
}
