import { Interface } from "ethers";
import {
  type Address,
  addressWord,
  type Bytes,
  concatBytes,
  domainSeparator,
  type Hash,
  hashFromBytes,
  hashToBytes,
  hexToBytes,
  keccak256,
  structHash,
  typedDigest,
  wordOf,
  zeroAddress,
} from "../primitives/index.ts";
import { bitmapOf, predeployAddresses, type RecordedRootSet, type RootSeat, seatWord } from "../rootchain/index.ts";
import type { Quorum } from "./certificate.ts";

/** Who validates, as of one block of the root chain. */
export interface RootView {
  readonly rootBlock: bigint;
  readonly rootBlockHash: Hash;
  /** In ascending order, each with power. */
  readonly seats: readonly RootSeat[];
}

/** What `RootInfo.record` takes; fields as in the contract. */
export interface RootSetChange {
  readonly serial: bigint;
  readonly rootBlock: bigint;
  readonly rootBlockHash: Hash;
  readonly changed: bigint;
  readonly entries: readonly bigint[];
  readonly producers: bigint;
  /** Of each producer in ascending order of seats; the zero address: its signer key. */
  readonly producerKeys: readonly Address[];
}

const TYPE =
  "RootSetChange(uint64 serial,uint64 rootBlock,bytes32 rootBlockHash,uint256 changed,uint256[] entries,uint256 producers,address[] producerKeys)";

const ROOT_INFO = new Interface([
  "function record((uint64 serial,uint64 rootBlock,bytes32 rootBlockHash,uint256 changed,uint256[] entries,uint256 producers,address[] producerKeys) change, uint256 signers, bytes signatures)",
]);

export const rootInfoAddress: Address = predeployAddresses.RootInfo;

/**
 * What has to be recorded to come from one set to the other; undefined when there is nothing to record, or when nobody is
 * left who could sign the set after it.
 */
export function changeBetween(recorded: RecordedRootSet, view: RootView): RootSetChange | undefined {
  if (view.seats.length === 0 || view.rootBlock <= recorded.rootBlock) return undefined;
  const before = new Map(recorded.seats.map((entry) => [entry.seat, seatWord(entry)]));
  const after = new Map(view.seats.map((entry) => [entry.seat, seatWord(entry)]));
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .filter((seat) => before.get(seat) !== after.get(seat))
    .sort((a, b) => a - b);
  if (changed.length === 0 && hasSameOffices(view.seats, recorded.seats)) return undefined;
  const producers = producersOf(view.seats);
  return {
    serial: recorded.serial,
    rootBlock: view.rootBlock,
    rootBlockHash: view.rootBlockHash,
    changed: bitmapOf(changed.map((seat) => ({ seat }))),
    entries: changed.map((seat) => after.get(seat) ?? 0n),
    producers: bitmapOf(producers),
    producerKeys: producers.map(({ producerKey }) => producerKey ?? zeroAddress),
  };
}

function producersOf(seats: readonly RootSeat[]): readonly RootSeat[] {
  return seats.filter(({ producer }) => producer);
}

/** The same seats produce, with the same keys. */
function hasSameOffices(a: readonly RootSeat[], b: readonly RootSeat[]): boolean {
  const [ours, theirs] = [producersOf(a), producersOf(b)];
  return (
    ours.length === theirs.length &&
    ours.every((seat, i) => seat.seat === theirs[i]?.seat && seat.producerKey === theirs[i]?.producerKey)
  );
}

/** What a validator signs: the digest that `RootInfo.digestOf` answers. */
export function changeDigest(change: RootSetChange, chainId: bigint): Bytes {
  const domain = domainSeparator({
    name: "KOMA RootInfo",
    version: "1",
    chainId,
    verifyingContract: rootInfoAddress,
  });
  return typedDigest(
    domain,
    structHash(TYPE, [
      wordOf(change.serial),
      wordOf(change.rootBlock),
      hashToBytes(change.rootBlockHash),
      wordOf(change.changed),
      keccak256(concatBytes(...change.entries.map(wordOf))),
      wordOf(change.producers),
      keccak256(concatBytes(...change.producerKeys.map(addressWord))),
    ]),
  );
}

/** Identity of a change among the nodes of a chain. */
export function changeId(change: RootSetChange, chainId: bigint): Hash {
  return hashFromBytes(changeDigest(change, chainId));
}

/** A change with the signatures that it takes. */
export interface RootSetCertificate extends Quorum {
  readonly change: RootSetChange;
}

/** Call data of `RootInfo.record`. */
export function recordCalldata({ change, signers, signatures }: RootSetCertificate): Bytes {
  const { serial, rootBlock, rootBlockHash, changed, entries, producers, producerKeys } = change;
  const fields = [serial, rootBlock, rootBlockHash, changed, entries, producers, producerKeys];
  return hexToBytes(ROOT_INFO.encodeFunctionData("record", [fields, signers, concatBytes(...signatures)]));
}

/** Gas that recording takes beside its call data, with room: measured with 150 validators in `RootInfo.t.sol`. */
export function recordGas({ change, signatures }: RootSetCertificate): bigint {
  const slots = change.entries.length + change.producerKeys.length;
  return 200_000n + 9_000n * BigInt(signatures.length) + 26_000n * BigInt(slots);
}
