import { type Address, type Hash, type Hex, parseAddress, parseHash } from "../primitives/index.ts";
import { malformedAnswer, readQuantity, readRecord } from "./quantity.ts";

/** What to send. */
export interface RootCall {
  /** What it does, as in "stake 50 KMC": errors begin "Cannot stake 50 KMC". */
  readonly action: string;
  readonly to: Address;
  readonly data: Hex;
  /** Wei of Ether, default 0. */
  readonly value?: bigint;
  /** Default: estimated, with a margin. */
  readonly gasLimit?: bigint;
}

export interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly logIndex: number;
}

/** A transaction that is in a block and did what it should, or, from a dry run, would do it. */
export interface SentTransaction {
  /** Undefined for a dry run. */
  readonly hash: Hash | undefined;
  readonly blockNumber: bigint | undefined;
  readonly gasUsed: bigint;
  readonly logs: readonly RawLog[];
}

export function readReceipt(receipt: Readonly<Record<string, unknown>>): SentTransaction {
  const logs = receipt["logs"];
  if (!Array.isArray(logs) || typeof receipt["transactionHash"] !== "string") throw malformedAnswer("receipt");
  return {
    hash: parseHash(receipt["transactionHash"]),
    blockNumber: readQuantity(receipt["blockNumber"], "block number"),
    gasUsed: readQuantity(receipt["gasUsed"], "gas used"),
    logs: logs.map((log) => readLog(readRecord(log, "log"))),
  };
}

export function readLog(log: Readonly<Record<string, unknown>>): RawLog {
  const { address, topics, data } = log as { address?: unknown; topics?: unknown; data?: unknown };
  if (typeof address !== "string" || typeof data !== "string" || !Array.isArray(topics)) throw malformedAnswer("log");
  return {
    address: parseAddress(address.toLowerCase()),
    topics: topics as Hex[],
    data: data as Hex,
    logIndex: Number(readQuantity(log["logIndex"], "log index")),
  };
}
