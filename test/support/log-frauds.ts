import { Interface, id } from "ethers";
import type { Log } from "../../src/chain/index.ts";
import { createNetworkArchive } from "../../src/checkpoint/index.ts";
import { type CheckpointLookup, type FraudCase, systemEvents } from "../../src/fraud/index.ts";
import { type Address, emptyBytes, type Hash, type Hex, hexToBytes } from "../../src/primitives/index.ts";
import { type DepositFields, depositHashOf, predeployAddresses } from "../../src/rootchain/index.ts";
import { type BlockContent, chainOf, submit } from "./archived-blocks.ts";
import { account, producer, sign, testChainId } from "./chain-fixture.ts";

export const ann = account("alice");
export const bob = account("bob");
export const token = `0x${id("a child token").slice(26)}` as Address;
export const rootToken = `0x${id("a root token").slice(26)}` as Address;
const fees = { maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n, gasLimit: 500_000n };
const tokenEvents = new Interface(systemEvents.token);
const bridgeEvents = new Interface(systemEvents.bridge);
const bridgeCalls = new Interface([
  "function deliver(uint64 id, uint8 kind, address rootToken, address recipient, uint256 amount, bytes data, uint40 createdAt)",
]);

function logOf(address: Address, events: Interface, event: string, values: readonly unknown[]): Log {
  const { topics, data } = events.encodeEventLog(event, values);
  return { address, topics: topics.map((topic) => topic as Hash), data: hexToBytes(data as Hex) };
}

/** Ann pays bob one unit; her balance and number before, his are nought and hers. */
export const paid = (input: bigint, seq: bigint, from = token): Log =>
  logOf(from, tokenEvents, "LogTransfer", [
    rootToken,
    ann.address,
    bob.address,
    1n,
    input,
    seq - 1n,
    input - 1n,
    seq,
    seq,
    seq,
  ]);

export const deposit = (number: bigint, change: Partial<DepositFields> = {}): DepositFields => ({
  chainId: testChainId,
  id: number,
  kind: 2,
  rootToken,
  recipient: account(`holder ${number}`).address,
  amount: 50n,
  data: emptyBytes,
  createdAt: 1_700_000_000n,
  ...change,
});
/** Deposits that the root chain holds. */
export const held = new Map([1n, 2n, 3n].map((number) => [number, depositHashOf(deposit(number))]));

const credited = (d: DepositFields): Log =>
  logOf(token, tokenEvents, "LogDeposit", [d.rootToken, d.recipient, d.amount, 0n, d.amount, 1n]);
export const delivered = (d: DepositFields, childToken: Address = token, done = true): Log =>
  logOf(predeployAddresses.ChildBridge, bridgeEvents, "DepositDelivered", [
    d.id,
    d.rootToken,
    d.recipient,
    childToken,
    d.amount,
    depositHashOf(d),
    done,
  ]);
/** A block that delivers a deposit. */
export function delivery(d: DepositFields, logs: readonly Log[] = [credited(d), delivered(d)]): BlockContent {
  const args = [d.id, d.kind, d.rootToken, d.recipient, d.amount, d.data, d.createdAt];
  const data = hexToBytes(bridgeCalls.encodeFunctionData("deliver", args) as Hex);
  return {
    transactions: [sign(producer, { nonce: d.id, to: predeployAddresses.ChildBridge, data, ...fees })],
    logs: [logs],
  };
}
/** A block with a payment that leaves these logs. */
export const payment = (nonce: bigint, logs: readonly Log[]): BlockContent => ({
  transactions: [sign(ann, { nonce, to: bob.address, value: 1n, ...fees })],
  logs: [logs],
});

/** A chain of eight blocks with these contents, under two checkpoints. */
export function openLogCase(contents: Readonly<Record<number, BlockContent>>) {
  const blocks = chainOf(8, "main", contents);
  const checkpoints = [submit(blocks, 1n, 0n, 3n), submit(blocks, 2n, 4n, 7n)];
  const archive = createNetworkArchive([{ name: "node", block: async (number) => blocks[Number(number)] }], {
    checkpoint: async (number) => checkpoints[Number(number) - 1],
    checkpointCovering: async (block) => checkpoints[block < 4n ? 0 : 1],
  });
  const rootTokenOf = (child: Address) => (child === token ? rootToken : undefined);
  const childTokenOf = (root: Address) => (root === rootToken ? token : undefined);
  const depositHash = (number: bigint) => held.get(number);
  const rules = { chainId: testChainId, banned: () => false, rootTokenOf, bridge: { depositHash, childTokenOf } };
  const fraud: FraudCase = { chainId: testChainId, archive, rules, graceBlocks: 64n };
  const lookup: CheckpointLookup = {
    live: async (number) => checkpoints[Number(number) - 1],
    rolledBack: async () => [],
    rootTokenOf: async (child) => rootTokenOf(child),
    childTokenOf: async (root) => childTokenOf(root),
    depositHash: async (number) => depositHash(number),
  };
  return { fraud, lookup, checkpoints };
}

const wrongAmount = deposit(2n, { amount: 51n });
/** Frauds in what the bridge and tokens log, by the kind that convicts them; all lie in checkpoint 2. */
export const logFrauds: readonly {
  readonly kind: string;
  readonly what: string;
  readonly contents: Readonly<Record<number, BlockContent>>;
}[] = [
  {
    kind: "deposit-mismatch",
    what: "another amount",
    contents: { 2: delivery(deposit(1n)), 5: delivery(wrongAmount) },
  },
  { kind: "deposit-mismatch", what: "a deposit that was never made", contents: { 5: delivery(deposit(9n)) } },
  {
    kind: "deposit-mismatch",
    what: "a log with another recipient than the call's",
    contents: { 5: delivery(deposit(2n), [credited(deposit(2n)), delivered(deposit(2n, { recipient: ann.address }))]) },
  },
  {
    kind: "deposit-mismatch",
    what: "a credit without its log",
    contents: { 5: delivery(deposit(2n), [delivered(deposit(2n))]) },
  },
  {
    kind: "deposit-mismatch",
    what: "a log of a payment",
    contents: { 5: payment(0n, [delivered(deposit(2n))]) },
  },
  {
    kind: "deposit-duplicate",
    what: "one id in two checkpoints",
    contents: { 2: delivery(deposit(2n)), 5: delivery(deposit(2n)) },
  },
  {
    kind: "deposit-duplicate",
    what: "ids that descend",
    contents: { 5: delivery(deposit(2n)), 6: delivery(deposit(1n)) },
  },
  {
    kind: "utxo-continuity",
    what: "an input that is not the last output",
    contents: { 2: payment(0n, [paid(10n, 1n)]), 5: payment(1n, [paid(8n, 2n)]) },
  },
  {
    kind: "utxo-continuity",
    what: "a number that is used twice",
    contents: { 5: payment(0n, [paid(10n, 4n)]), 6: payment(1n, [paid(9n, 4n)]) },
  },
];
