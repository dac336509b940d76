import { Interface, id } from "ethers";
import { describe, expect, it, test } from "vitest";
import { type BlockContent, chainOf, submit } from "../../test/support/archived-blocks.ts";
import { account, sign, testChainId } from "../../test/support/chain-fixture.ts";
import { bloomOf, type Log, type Receipt } from "../chain/index.ts";
import { createNetworkArchive } from "../checkpoint/index.ts";
import { type Address, type Hash, type Hex, hexToBytes } from "../primitives/index.ts";
import { type FraudCase, findFraud } from "./case.ts";
import { type CheckpointLookup, checkChallenge } from "./check-file.ts";
import { systemEvents } from "./event-shapes.ts";
import { craftChallenge, describeFault } from "./finders.ts";
import { fraudKindOf } from "./kinds.ts";
import { parseChallenge, serializeChallenge } from "./proof-file.ts";

const ann = account("alice");
const bob = account("bob");
const token = `0x${id("a child token").slice(26)}` as Address;
const rootToken = `0x${id("a root token").slice(26)}` as Address;
const rootTokenOf = (child: Address) => (child === token ? rootToken : undefined);

const calls = new Interface(["function transfer(address to, uint256 amount) returns (bool)"]);
const events = new Interface(systemEvents.token);

/** Fee cap above the base fee of the test's blocks. */
const fees = { maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n, gasLimit: 100_000n };
const pay = sign(ann, { nonce: 0n, to: bob.address, value: 1n, ...fees });
const tipTooHigh = sign(ann, { ...fees, nonce: 0n, to: bob.address, maxPriorityFeePerGas: fees.maxFeePerGas + 1n });
const data = hexToBytes(calls.encodeFunctionData("transfer", [bob.address, 30n]) as Hex);
const transfer = sign(ann, { nonce: 1n, to: token, data, ...fees });

function logOf(event: string, values: readonly unknown[]): Log {
  const { topics, data: bytes } = events.encodeEventLog(event, values);
  return { address: token, topics: topics.map((topic) => topic as Hash), data: hexToBytes(bytes as Hex) };
}
const moved = logOf("Transfer", [ann.address, bob.address, 30n]);
const balances = (output2: bigint) =>
  logOf("LogTransfer", [rootToken, ann.address, bob.address, 30n, 100n, 5n, 70n, output2, 4n, 2n]);
/** What honest balances are after that, and after a payment more. */
const continued = logOf("LogTransfer", [rootToken, ann.address, bob.address, 30n, 70n, 35n, 40n, 65n, 5n, 3n]);
const honestLogs = [moved, balances(35n)];
const withLogs = (logs: readonly Log[]) => (receipts: readonly Receipt[]) =>
  receipts.map((receipt) => ({ ...receipt, logs, logsBloom: bloomOf([...logs]) }));

function openCase(contents: Readonly<Record<number, BlockContent>>) {
  const blocks = chainOf(8, "main", contents);
  const checkpoint = submit(blocks, 1n, 0n, 7n);
  const archive = createNetworkArchive([{ name: "node", block: async (number) => blocks[Number(number)] }], {
    checkpoint: async () => checkpoint,
    checkpointCovering: async () => checkpoint,
  });
  const rules = { chainId: testChainId, banned: () => false, rootTokenOf };
  const fraud: FraudCase = { chainId: testChainId, archive, rules, graceBlocks: 64n };
  const lookup: CheckpointLookup = {
    live: async () => checkpoint,
    rolledBack: async () => [],
    rootTokenOf: async (child) => rootTokenOf(child),
    childTokenOf: async () => undefined,
    depositHash: async () => undefined,
  };
  return { fraud, lookup, checkpoint };
}

const cases: readonly { kind: string; found: readonly string[]; contents: Readonly<Record<number, BlockContent>> }[] = [
  { kind: "bad-transaction", found: ["bad-transaction"], contents: { 3: { transactions: [tipTooHigh] } } },
  {
    kind: "bad-receipt",
    found: ["bad-receipt"],
    contents: {
      3: { transactions: [pay], forge: ([only]) => [{ ...(only as Receipt), logsBloom: bloomOf([moved]) }] },
    },
  },
  {
    kind: "erc20-transfer",
    found: ["erc20-transfer"],
    contents: { 5: { transactions: [transfer], forge: withLogs([moved]) } },
  },
  {
    kind: "erc20-transfer",
    found: ["erc20-transfer"],
    // Nothing is left of the transfer: what shows that there was a token stands in an earlier block.
    contents: { 2: { transactions: [pay], logs: [honestLogs] }, 5: { transactions: [transfer], forge: withLogs([]) } },
  },
  {
    kind: "erc20-log",
    found: ["erc20-log"],
    contents: { 5: { transactions: [pay], logs: [[moved, balances(36n)]] } },
  },
];

describe("fraud in transactions and receipts", () => {
  test.each(cases)("is found as $kind, crafted, and holds as a file without the root contracts", async (given) => {
    const { fraud, lookup, checkpoint } = openCase(given.contents);
    const { found } = await findFraud(fraud, [checkpoint]);
    expect(found.map(({ fault }) => fault.type)).toEqual(given.found);
    for (const { fault } of found) {
      expect(describeFault(fault)).toMatch(/block [35]/);
      const challenge = await craftChallenge(fraud.archive, fault, 64n);
      expect(challenge.kind).toBe(fraudKindOf(fault.type)?.kind);
      const { outcome, checks } = await checkChallenge(parseChallenge(serializeChallenge(challenge)), lookup);
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(outcome).toBe("holds");
    }
  });

  it("does not hold as a file for a token that is not mapped", async () => {
    const { fraud, lookup, checkpoint } = openCase(cases[2]?.contents ?? {});
    const [found] = (await findFraud(fraud, [checkpoint])).found;
    if (!found) throw new Error("the chain of this test has a fault");
    const challenge = await craftChallenge(fraud.archive, found.fault, 64n);
    const elsewhere = { ...lookup, rootTokenOf: async () => undefined };
    expect((await checkChallenge(challenge, elsewhere)).outcome).toBe("does-not-hold");
  });

  it("is not found where a transfer of a token that may not exist yet left nothing", async () => {
    const { fraud, checkpoint } = openCase({ 5: { transactions: [transfer], forge: withLogs([]) } });
    expect((await findFraud(fraud, [checkpoint])).found).toEqual([]);
  });

  it("is not found on honest transfers, whoever made them", async () => {
    const { fraud, checkpoint } = openCase({
      2: { transactions: [pay], logs: [[moved, balances(35n), { ...moved, address: bob.address }]] },
      5: { transactions: [transfer], logs: [[moved, continued]] },
      6: { transactions: [sign(ann, { nonce: 2n, to: token, data, ...fees })], forge: withLogs([]) },
    });
    const faults = (await findFraud(fraud, [checkpoint])).found;
    // The last one is no honest one: it left nothing though there was a token.
    expect(faults.map(({ fault }) => [fault.type, fault.type === "erc20-transfer" && fault.block])).toEqual([
      ["erc20-transfer", 6n],
    ]);
  });
});
