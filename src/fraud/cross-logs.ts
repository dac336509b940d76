import type { Log } from "../chain/index.ts";
import { type Bytes, bytesToBigint, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import { crossBridgeAddress } from "../rootchain/index.ts";
import type { Scan } from "./find-faults.ts";
import { isIn, type LogPosition, logsOf } from "./find-log-history-faults.ts";

/** A message that ends on a chain a second time: received twice, or received and expired. */
export interface RepeatedEndFault {
  readonly type: "cross-receive";
  readonly first: LogPosition;
  readonly second: LogPosition;
  readonly message: Hash;
}

/** What the bridge between chains says of a message; words as they stand in the log. */
export type CrossLog =
  | {
      readonly what: "sent";
      readonly message: Hash;
      readonly to: bigint;
      readonly rootToken: bigint;
      readonly recipient: bigint;
      readonly amount: bigint;
      /** Seconds; from then on it cannot be received. */
      readonly deadline: bigint;
    }
  | {
      readonly what: "received";
      readonly message: Hash;
      readonly from: bigint;
      readonly rootToken: bigint;
      readonly recipient: bigint;
      readonly amount: bigint;
    }
  | { readonly what: "expired"; readonly message: Hash };

const topic = (signature: string): Hash => keccakHash(utf8(signature));
const SENT = topic("CrossSent(bytes32,uint64,address,address,address,uint256,uint96,uint64,uint40,bytes32)");
const SENT_WORDS = 7;
const EXPIRED = topic("CrossExpired(bytes32)");
const RECEIVED_WORDS = 3;

/** First topic of the log of a message that has arrived. */
export const crossReceivedTopic = topic("CrossReceived(bytes32,uint64,address,address,uint256,bytes32)");

/** Undefined for logs that are none of the bridge's. The twin of `CrossLog.read`. */
export function readCrossLog({ address, topics, data }: Log): CrossLog | undefined {
  const [name, message, peer, token] = topics;
  if (address !== crossBridgeAddress || name === undefined || message === undefined) return undefined;
  if (name === EXPIRED && topics.length === 2 && data.length === 0) return { what: "expired", message };
  if (topics.length !== 4 || peer === undefined || token === undefined) return undefined;
  const words = wordsOf(data);
  const common = { message, rootToken: BigInt(token) };
  if (name === SENT && words.length === SENT_WORDS) {
    const [, recipient = 0n, amount = 0n, , , deadline = 0n] = words;
    return { what: "sent", ...common, to: BigInt(peer), recipient, amount, deadline };
  }
  if (name !== crossReceivedTopic || words.length !== RECEIVED_WORDS) return undefined;
  const [recipient = 0n, amount = 0n] = words;
  return { what: "received", ...common, from: BigInt(peer), recipient, amount };
}

/** Word by word; nothing where the last one is cut. */
function wordsOf(data: Bytes): readonly bigint[] {
  if (data.length % 32 !== 0) return [];
  return Array.from({ length: data.length / 32 }, (_, i) => bytesToBigint(data.slice(32 * i, 32 * i + 32)));
}

/** Message that the log ends; undefined for other logs. */
export function endedMessage(log: Log): Hash | undefined {
  const read = readCrossLog(log);
  return read === undefined || read.what === "sent" ? undefined : read.message;
}

/**
 * Messages that end twice on the scanned chain. Whether something was received otherwise than it was sent shows only beside
 * the chain that it came from.
 */
export function findRepeatedEnds(scan: Scan): readonly RepeatedEndFault[] {
  const faults: RepeatedEndFault[] = [];
  const ended = new Map<Hash, LogPosition>();
  for (const { log, at } of logsOf(scan)) {
    const message = endedMessage(log);
    if (message === undefined) continue;
    const first = ended.get(message);
    if (!first) ended.set(message, at);
    else if (isIn(scan, at)) faults.push({ type: "cross-receive", first, second: at, message });
  }
  return faults;
}

/** Where a log stands in the evidence of kind 19. */
export interface PlacedCrossLog {
  readonly log: Log;
  readonly chainId: bigint;
  /** Of its block, seconds. */
  readonly timestamp: bigint;
}

/** Why two logs of messages contradict each other; undefined when they do not. The twin of kind 19. */
export function faultOfMessages(one: PlacedCrossLog, two: PlacedCrossLog): string | undefined {
  const [a, b] = [readCrossLog(one.log), readCrossLog(two.log)];
  if (!a || !b) return undefined;
  if (a.what === "sent") return b.what === "received" ? faultOfReceipt(b, two, a, one) : undefined;
  if (b.what === "sent") return a.what === "received" ? faultOfReceipt(a, one, b, two) : undefined;
  if (one.chainId !== two.chainId || a.message !== b.message) return undefined;
  return `message ${a.message} is ${a.what}, and then ${b.what}`;
}

function faultOfReceipt(
  received: Extract<CrossLog, { what: "received" }>,
  at: PlacedCrossLog,
  sent: Extract<CrossLog, { what: "sent" }>,
  origin: PlacedCrossLog,
): string | undefined {
  if (received.message !== sent.message) return "it is another message than the one that it names as its source";
  if (received.from !== origin.chainId || sent.to !== at.chainId) return "it was not sent from there to here";
  if (received.rootToken !== sent.rootToken) return "it was sent with another token";
  if (received.recipient !== sent.recipient) return "it was sent to somebody else";
  if (received.amount !== sent.amount) return `${sent.amount} were sent, ${received.amount} received`;
  return at.timestamp < sent.deadline ? undefined : "it was too old to be received";
}
