import {
  type Address,
  addressWord,
  type Bytes,
  bytesToBigint,
  bytesToHex,
  type Hash,
  hashFromBytes,
  parseAddress,
  wordOf,
} from "../primitives/index.ts";

/** A validator of the root chain with power in the current epoch. */
export interface RootSeat {
  /** 0 to 255. */
  readonly seat: number;
  readonly signer: Address;
  /** Wei of KMC, above zero. */
  readonly power: bigint;
  /** It is in the chain's producer list, with its signer key or another one. */
  readonly producer: boolean;
  /** Key that seals its blocks, when that is not its signer key. */
  readonly producerKey?: Address;
}

/** The set that a chain's `RootInfo` holds. */
export interface RecordedRootSet {
  /** Counts the sets; that of the genesis is 0. */
  readonly serial: bigint;
  /** Root-chain block as of which it holds; 0 for the genesis. */
  readonly rootBlock: bigint;
  /** With `serial` it names the set: no other one is recorded under both. */
  readonly rootBlockHash: Hash;
  /** In ascending order. */
  readonly seats: readonly RootSeat[];
}

/** Storage of `RootInfo`: serial, root block and total power share slot 0; the root block's hash is in slot 1. */
const HEAD_SLOT = 0;
const BLOCK_HASH_SLOT = 1;
const SEATS_SLOT = 2;
const PRODUCERS_SLOT = 3;
const FIRST_SEAT_SLOT = 4;
const SEATS = 256;
const FIRST_KEY_SLOT = FIRST_SEAT_SLOT + SEATS;
const KEYED_SLOT = FIRST_KEY_SLOT + SEATS;
const UINT64 = (1n << 64n) - 1n;
const ADDRESS_BITS = 160n;

/** What stands in `RootInfo` from the genesis on: every slot that is not zero. */
export function rootInfoStorage(seats: readonly RootSeat[]): Readonly<Record<Hash, Hash>> {
  if (seats.length === 0) return {};
  const total = seats.reduce((sum, { power }) => sum + power, 0n);
  const words: [number, bigint][] = [
    [HEAD_SLOT, total << 128n],
    [SEATS_SLOT, bitmapOf(seats)],
    [PRODUCERS_SLOT, bitmapOf(seats.filter(({ producer }) => producer))],
    ...seats.map((seat): [number, bigint] => [FIRST_SEAT_SLOT + seat.seat, seatWord(seat)]),
    [KEYED_SLOT, bitmapOf(seats.filter((seat) => producerKeyWord(seat) !== 0n))],
    ...seats.map((seat): [number, bigint] => [FIRST_KEY_SLOT + seat.seat, producerKeyWord(seat)]),
  ];
  return Object.fromEntries(
    words.filter(([, word]) => word !== 0n).map(([slot, word]) => [slotKey(slot), hashFromBytes(wordOf(word))]),
  );
}

/**
 * Reads the recorded set from a state.
 *
 * @param slot   storage of `RootInfo`, without leading zeros
 * @param known  a set that was read before: it saves a large committee a few hundred reads if it is still the one
 * @returns undefined on a chain without the contract, or whose genesis named nobody in it
 */
export function readRootSet(slot: (key: Hash) => Bytes, known?: RecordedRootSet): RecordedRootSet | undefined {
  const read = (index: number) => bytesToBigint(slot(slotKey(index)));
  const head = read(HEAD_SLOT);
  if (head >> 128n === 0n) return undefined;
  const serial = head & UINT64;
  const rootBlockHash = hashFromBytes(wordOf(read(BLOCK_HASH_SLOT)));
  if (known && isSameSet(known, { serial, rootBlockHash })) return known;
  const occupied = read(SEATS_SLOT);
  const producers = read(PRODUCERS_SLOT);
  const keyed = read(KEYED_SLOT);
  const seats: RootSeat[] = [];
  for (let seat = 0; seat < SEATS; seat++) {
    if (!hasBit(occupied, seat)) continue;
    const word = read(FIRST_SEAT_SLOT + seat);
    const producer = hasBit(producers, seat);
    const key = hasBit(keyed, seat) ? read(FIRST_KEY_SLOT + seat) : 0n;
    seats.push({
      seat,
      signer: addressOf(word),
      power: word >> ADDRESS_BITS,
      producer,
      ...(key === 0n ? {} : { producerKey: addressOf(key) }),
    });
  }
  return { serial, rootBlock: (head >> 64n) & UINT64, rootBlockHash, seats };
}

export function isSameSet(
  a: Pick<RecordedRootSet, "serial" | "rootBlockHash">,
  b: Pick<RecordedRootSet, "serial" | "rootBlockHash">,
): boolean {
  return a.serial === b.serial && a.rootBlockHash === b.rootBlockHash;
}

/** A seat as the contract stores it: the signer in the lower 160 bits, the power above. */
export function seatWord({ signer, power }: Pick<RootSeat, "signer" | "power">): bigint {
  return (power << ADDRESS_BITS) | bytesToBigint(addressWord(signer));
}

/** Producer key of a seat as the contract stores it: zero for the signer key, and for who is no producer. */
export function producerKeyWord({ producer, producerKey }: RootSeat): bigint {
  return producer && producerKey !== undefined ? bytesToBigint(addressWord(producerKey)) : 0n;
}

/** One bit per seat. */
export function bitmapOf(seats: readonly Pick<RootSeat, "seat">[]): bigint {
  return seats.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n);
}

function hasBit(bitmap: bigint, seat: number): boolean {
  return ((bitmap >> BigInt(seat)) & 1n) === 1n;
}

/** The lower 160 bits. */
function addressOf(word: bigint): Address {
  return parseAddress(bytesToHex(wordOf(word).subarray(12)));
}

function slotKey(index: number): Hash {
  return hashFromBytes(wordOf(index));
}
