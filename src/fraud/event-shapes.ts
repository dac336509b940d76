import { EventFragment } from "ethers";
import { type Log, wordAt } from "../chain/index.ts";
import { type Address, bytesToBigint, type Hash, hashToBytes } from "../primitives/index.ts";
import { predeployAddresses } from "../rootchain/index.ts";

/** Events by what emits them: all that the contracts of every KOMA chain can emit. */
export const systemEvents = {
  token: [
    "event Transfer(address indexed from, address indexed to, uint256 value)",
    "event Approval(address indexed owner, address indexed spender, uint256 value)",
    "event LogTransfer(address indexed rootToken, address indexed from, address indexed to, uint256 amount, uint256 input1, uint256 input2, uint256 output1, uint256 output2, uint64 fromSeq, uint64 toSeq)",
    "event LogDeposit(address indexed rootToken, address indexed account, uint256 amount, uint256 input1, uint256 output1, uint64 seq)",
    "event Withdraw(address indexed rootToken, address indexed account, address indexed recipient, uint256 amount, uint256 input1, uint256 output1, uint64 seq)",
  ],
  native: [
    "event LogDeposit(address indexed rootToken, address indexed account, uint256 amount, uint256 input1, uint256 output1, uint64 seq)",
    "event Withdraw(address indexed rootToken, address indexed account, address indexed recipient, uint256 amount, uint256 input1, uint256 output1, uint64 seq)",
  ],
  bridge: [
    "event DepositDelivered(uint64 indexed id, address indexed rootToken, address indexed recipient, address childToken, uint256 amount, bytes32 depositHash, bool credited)",
    "event DepositClaimed(uint64 indexed id, address indexed rootToken, address indexed recipient, address childToken)",
  ],
  factory: [
    "event ChildTokenCreated(address indexed rootToken, address indexed childToken, string name, string symbol, uint8 decimals)",
  ],
  rootInfo: [
    "event RootSetRecorded(uint64 indexed serial, uint64 indexed rootBlock, bytes32 rootBlockHash, uint256 changed, uint256 producers)",
  ],
} as const;

type Emitter = keyof typeof systemEvents;

interface Shape {
  readonly topics: readonly string[];
  readonly words: readonly string[];
  /** Strings: only the frame of the data is looked at. */
  readonly dynamic: boolean;
}

const shapes = Object.fromEntries(
  Object.entries(systemEvents).map(([emitter, events]) => [emitter, new Map(events.map(shapeOf))]),
) as unknown as Readonly<Record<Emitter, ReadonlyMap<string, Shape>>>;

function shapeOf(text: string): [string, Shape] {
  const fragment = EventFragment.from(text);
  const typesOf = (indexed: boolean) =>
    fragment.inputs.filter((input) => (input.indexed ?? false) === indexed).map(({ type }) => type);
  const words = typesOf(false);
  return [fragment.topicHash, { topics: typesOf(true), words, dynamic: words.includes("string") }];
}

const systemEmitters: ReadonlyMap<Address, Emitter> = new Map([
  [predeployAddresses.ChildBridge, "bridge"],
  [predeployAddresses.KomaNative, "native"],
  [predeployAddresses.ChildTokenFactory, "factory"],
  [predeployAddresses.RootInfo, "rootInfo"],
]);

/** Widest value of a type, in bits; what is not listed fills its word. */
const BITS: Readonly<Record<string, bigint>> = { address: 160n, uint64: 64n, bool: 1n };

/**
 * True when a contract of every KOMA chain stands at the log's address and its code cannot have emitted the log. The
 * twin of `EventShapes` of the root contracts.
 *
 * @param isToken whether a standard child token stands there
 * @see KOMA root contracts 10.12
 */
export function isForgedEvent(log: Log, isToken: boolean): boolean {
  const emitter = systemEmitters.get(log.address) ?? (isToken ? "token" : undefined);
  if (!emitter) return false;
  const [name, ...topics] = log.topics;
  const shape = name === undefined ? undefined : shapes[emitter].get(name);
  if (!shape || topics.length !== shape.topics.length) return true;
  if (topics.some((topic, i) => overflows(bytesToBigint(hashToBytes(topic as Hash)), shape.topics[i]))) return true;
  const { data } = log;
  // Two offsets, the decimals, two lengths.
  if (shape.dynamic) return data.length % 32 !== 0 || data.length < 5 * 32;
  if (data.length !== 32 * shape.words.length) return true;
  return shape.words.some((type, i) => overflows(wordAt(log, i), type));
}

function overflows(word: bigint, type: string | undefined): boolean {
  const bits = BITS[type ?? ""];
  return bits !== undefined && word >> bits !== 0n;
}
