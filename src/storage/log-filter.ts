import type { Log } from "../chain/index.ts";
import { type Address, addressToBytes, type Hash, hashToBytes } from "../primitives/index.ts";
import { tailKey } from "./values.ts";

/** What `eth_getLogs` asks for. An absent or empty list of addresses and a `null` topic match everything. */
export interface LogFilter {
  /** First and last block, inclusive. */
  readonly from: bigint;
  readonly to: bigint;
  readonly addresses?: readonly Address[];
  /** By position; a list means any of them. */
  readonly topics?: readonly (null | Hash | readonly Hash[])[];
  /** Most logs to return. */
  readonly limit: number;
}

/** A log with its place in the chain. */
export interface LocatedLog extends Log {
  readonly blockNumber: bigint;
  readonly blockHash: Hash;
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  /** Position among all logs of the block. */
  readonly logIndex: number;
}

export interface LogPage {
  readonly logs: readonly LocatedLog[];
  /** False when the limit cut the answer off. */
  readonly complete: boolean;
}

export function matchesFilter(log: Log, filter: Pick<LogFilter, "addresses" | "topics">): boolean {
  const addresses = filter.addresses ?? [];
  if (addresses.length > 0 && !addresses.includes(log.address)) return false;
  return (filter.topics ?? []).every((wanted, position) => {
    if (wanted === null) return true;
    const found = log.topics[position];
    if (found === undefined) return false;
    return typeof wanted === "string" ? wanted === found : wanted.length === 0 || wanted.includes(found);
  });
}

/** Index keys of which a matching transaction has at least one, as a JSON list for `json_each`; undefined for "any". */
export function addressKeys(filter: LogFilter): string | undefined {
  const addresses = filter.addresses ?? [];
  return addresses.length === 0 ? undefined : JSON.stringify(addresses.map((a) => tailKey(addressToBytes(a))));
}

export function firstTopicKeys(filter: LogFilter): string | undefined {
  const first = filter.topics?.[0] ?? [];
  const topics = typeof first === "string" ? [first] : first;
  return topics.length === 0 ? undefined : JSON.stringify(topics.map((t) => tailKey(hashToBytes(t))));
}
