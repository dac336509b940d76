import { Interface } from "ethers";
import { describe, expect, it, test } from "vitest";
import type { Log } from "../chain/index.ts";
import { type Hash, type Hex, hexToBytes, keccakHash, parseAddress, utf8 } from "../primitives/index.ts";
import { crossBridgeAddress } from "../rootchain/index.ts";
import { crossReceivedTopic, endedMessage, faultOfMessages, type PlacedCrossLog, readCrossLog } from "./cross-logs.ts";

// As contracts/src/child/ICrossBridge.sol has them.
const events = new Interface([
  "event CrossSent(bytes32 indexed msgId, uint64 indexed dst, address indexed rootToken, address from, address recipient, uint256 amount, uint96 tip, uint64 nonce, uint40 deadline, bytes32 dataHash)",
  "event CrossReceived(bytes32 indexed msgId, uint64 indexed src, address indexed rootToken, address recipient, uint256 amount, bytes32 source)",
  "event CrossExpired(bytes32 indexed msgId)",
]);
const [HERE, THERE] = [7001n, 8888n];
const DEADLINE = 1_000n;
const token = `0x${"d0".repeat(20)}`;
const [ann, ben] = [`0x${"a1".repeat(20)}`, `0x${"be".repeat(20)}`];
const message = keccakHash(utf8("message"));

function logOf(event: string, values: readonly unknown[]): Log {
  const { topics, data } = events.encodeEventLog(event, [...values]);
  return { address: crossBridgeAddress, topics: topics as Hash[], data: hexToBytes(data as Hex) };
}

const sent = { msgId: message, dst: HERE, rootToken: token, recipient: ben, amount: 70n, deadline: DEADLINE };
const sentLog = (change: Partial<typeof sent> = {}) => {
  const { msgId, dst, rootToken, recipient, amount, deadline } = { ...sent, ...change };
  return logOf("CrossSent", [msgId, dst, rootToken, ann, recipient, amount, 1n, 3n, deadline, message]);
};
const received = { msgId: message, src: THERE, rootToken: token, recipient: ben, amount: 70n };
const receivedLog = (change: Partial<typeof received> = {}) => {
  const { msgId, src, rootToken, recipient, amount } = { ...received, ...change };
  return logOf("CrossReceived", [msgId, src, rootToken, recipient, amount, message]);
};
const expiredLog = (msgId: Hash = message) => logOf("CrossExpired", [msgId]);

const here = (log: Log, timestamp = DEADLINE - 1n): PlacedCrossLog => ({ log, chainId: HERE, timestamp });
const there = (log: Log): PlacedCrossLog => ({ log, chainId: THERE, timestamp: 1n });

describe("logs of messages between chains", () => {
  it("are read as the contract encodes them", () => {
    expect(events.getEvent("CrossReceived")?.topicHash).toBe(crossReceivedTopic);
    const common = { message, rootToken: BigInt(token), recipient: BigInt(ben), amount: 70n };
    expect(readCrossLog(sentLog())).toEqual({ what: "sent", ...common, to: HERE, deadline: DEADLINE });
    expect(readCrossLog(receivedLog())).toEqual({ what: "received", ...common, from: THERE });
    expect(readCrossLog(expiredLog())).toEqual({ what: "expired", message });
    expect([sentLog(), receivedLog(), expiredLog()].map(endedMessage)).toEqual([undefined, message, message]);
  });

  test.each([
    { what: "of another contract", log: { ...receivedLog(), address: parseAddress(`0x${"aa".repeat(20)}`) } },
    { what: "of another event", log: { ...receivedLog(), topics: [message, message, message, message] } },
    { what: "with a topic too few", log: { ...receivedLog(), topics: receivedLog().topics.slice(0, 3) } },
    { what: "without topics", log: { ...receivedLog(), topics: [] } },
    { what: "with a word too many", log: { ...receivedLog(), data: new Uint8Array(128) } },
    { what: "with half a word", log: { ...receivedLog(), data: new Uint8Array(80) } },
    { what: "expired with data", log: { ...expiredLog(), data: new Uint8Array(32) } },
  ])("$what are none", ({ log }) => {
    expect(readCrossLog(log)).toBeUndefined();
    expect(faultOfMessages(here(log), here(receivedLog()))).toBeUndefined();
  });
});

describe("two logs of one message", () => {
  it("contradict each other where it ends twice on a chain", () => {
    const ends = [receivedLog(), expiredLog()];
    for (const one of ends) for (const two of ends) expect(faultOfMessages(here(one), here(two))).toContain(message);
  });

  it("do not where it ends once, or another one does, or on another chain", () => {
    const other = keccakHash(utf8("another"));
    expect(faultOfMessages(here(receivedLog()), here(receivedLog({ msgId: other })))).toBeUndefined();
    expect(faultOfMessages(here(receivedLog()), there(receivedLog()))).toBeUndefined();
    expect(faultOfMessages(there(sentLog()), here(expiredLog()))).toBeUndefined();
    expect(faultOfMessages(there(sentLog()), there(sentLog()))).toBeUndefined();
  });

  it("agree where it is received as it was sent, in either order", () => {
    expect(faultOfMessages(there(sentLog()), here(receivedLog()))).toBeUndefined();
    expect(faultOfMessages(here(receivedLog()), there(sentLog()))).toBeUndefined();
  });

  test.each([
    { what: "the message", one: sentLog({ msgId: keccakHash(utf8("x")) }), two: receivedLog() },
    { what: "where it came from", one: sentLog(), two: receivedLog({ src: HERE }) },
    { what: "where it went", one: sentLog({ dst: THERE }), two: receivedLog() },
    { what: "the token", one: sentLog(), two: receivedLog({ rootToken: ann as string }) },
    { what: "the recipient", one: sentLog(), two: receivedLog({ recipient: ann as string }) },
    { what: "the amount", one: sentLog(), two: receivedLog({ amount: 71n }) },
  ])("contradict each other about $what", ({ one, two }) => {
    expect(faultOfMessages(there(one), here(two))).toBeDefined();
    expect(faultOfMessages(here(two), there(one))).toBeDefined();
  });

  it("contradict each other from the deadline on", () => {
    expect(faultOfMessages(there(sentLog()), here(receivedLog(), DEADLINE))).toBe("it was too old to be received");
  });
});
