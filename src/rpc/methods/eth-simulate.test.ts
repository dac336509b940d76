import { describe, expect, it } from "vitest";
import {
  type BlockHeader,
  createBlock,
  emptyBloom,
  type SimulatedBlock,
  unsignedTransaction,
} from "../../chain/index.ts";
import { ProtocolError } from "../../errors.ts";
import { type Address, hexToBytes, zeroAddress, zeroHash } from "../../primitives/index.ts";
import { toErrorBody } from "../json-rpc-error.ts";
import { MethodTable } from "../method-table.ts";
import type { NodeApi, Simulation } from "../node-api.ts";
import { ethSimulateMethods } from "./eth-simulate.ts";

const ann = `0x${"a1".repeat(20)}` as Address;
const header: BlockHeader = {
  parentHash: zeroHash,
  coinbase: zeroAddress,
  stateRoot: zeroHash,
  transactionsRoot: zeroHash,
  receiptsRoot: zeroHash,
  logsBloom: emptyBloom(),
  number: 8n,
  gasLimit: 30_000_000n,
  gasUsed: 63_000n,
  timestamp: 9n,
  extraData: new Uint8Array(0),
  prevRandao: zeroHash,
  baseFeePerGas: 0n,
};
const fields = { chainId: 1n, gasLimit: 21_000n, maxFeePerGas: 0n, to: ann };
const transactions = [0n, 1n, 2n].map((nonce) => unsignedTransaction({ ...fields, nonce }, ann));
const block = createBlock(header, transactions);
const log = { address: ann, topics: [zeroHash], data: Uint8Array.of(7) };
const done = { gasUsed: 21_000n, maxUsedGas: 22_000n, returnData: new Uint8Array(0), logs: [] };
// Error(string) with "no".
const no = hexToBytes(`0x08c379a0${"20".padStart(64, "0")}${"2".padStart(64, "0")}${"6e6f".padEnd(64, "0")}`);
const outcome: SimulatedBlock = {
  block,
  calls: [
    { ...done, logs: [log, log] },
    { ...done, returnData: no, failure: { kind: "reverted" } },
    { ...done, logs: [log], failure: { kind: "failed", reason: "out of gas" } },
  ],
};

let asked: Simulation | undefined;
const api: Partial<NodeApi> = {
  header: () => ({ header, hash: zeroHash, canonical: true }),
  async simulate(simulation) {
    asked = simulation;
    return [outcome];
  },
};
const methods = new MethodTable(ethSimulateMethods(api as NodeApi));
const run = (...params: unknown[]) => methods.run("eth_simulateV1", params) as Promise<Record<string, unknown>[]>;

describe("eth_simulateV1", () => {
  it("answers blocks with their calls, each with its logs, its gas, and why it failed", async () => {
    const [answer] = await run({ blockStateCalls: [{}] }, "latest");
    expect(answer).toMatchObject({
      number: "0x8",
      hash: block.hash,
      transactions: transactions.map(({ hash }) => hash),
    });
    expect(answer?.["calls"]).toMatchObject([
      {
        status: "0x1",
        gasUsed: "0x5208",
        maxUsedGas: "0x55f0",
        returnData: "0x",
        logs: [{ logIndex: "0x0" }, { logIndex: "0x1" }],
      },
      {
        status: "0x0",
        error: { code: 3, message: "execution reverted: no", data: expect.stringMatching(/^0x08c379a0/) },
      },
      {
        status: "0x0",
        error: { code: -32015, message: "out of gas" },
        logs: [{ logIndex: "0x2", blockNumber: "0x8", data: "0x07" }],
      },
    ]);
    const [full] = await run({ blockStateCalls: [{}], returnFullTransactions: true });
    expect(full?.["transactions"]).toMatchObject([
      { from: ann, type: "0x2", r: "0x0" },
      { nonce: "0x1" },
      { nonce: "0x2" },
    ]);
  });

  it("hands overrides and calls on", async () => {
    const blockOverrides = { number: "0x20", time: "0x30", feeRecipient: ann, baseFeePerGas: "0x1", withdrawals: [] };
    const calls = [{ from: ann, to: ann, value: "0x5" }, {}];
    const stateOverrides = { [ann]: { balance: "0x9" } };
    await run({ blockStateCalls: [{ blockOverrides, stateOverrides, calls }], validation: true, traceTransfers: true });
    expect(asked).toMatchObject({
      validation: true,
      traceTransfers: true,
      blocks: [
        {
          block: { number: 32n, timestamp: 48n, coinbase: ann, baseFeePerGas: 1n },
          state: { [ann]: { balance: 9n } },
          calls: [{ from: ann, to: ann, value: 5n }, {}],
        },
      ],
    });
  });

  it.each([
    { why: "no blocks", payload: { blockStateCalls: [] } },
    { why: "no list of blocks", payload: {} },
    { why: "too many blocks", payload: { blockStateCalls: Array.from({ length: 257 }, () => ({})) } },
    {
      why: "a precompile to be moved",
      payload: { blockStateCalls: [{ stateOverrides: { [ann]: { movePrecompileToAddress: ann } } }] },
    },
    { why: "withdrawals", payload: { blockStateCalls: [{ blockOverrides: { withdrawals: [{}] } }] } },
    { why: "a flag that is none", payload: { blockStateCalls: [{}], validation: 1 } },
  ])("refuses $why", async ({ payload }) => {
    await expect(run(payload)).rejects.toMatchObject({ code: "KOMA_E_RPC_PARAMS_INVALID" });
  });

  it.each([
    ["NONCE_LOW", -38010],
    ["NONCE_HIGH", -38011],
    ["FEE", -38012],
    ["INTRINSIC_GAS", -38013],
    ["FUNDS", -38014],
    ["BLOCK_GAS", -38015],
    ["NUMBER", -38020],
    ["TIME", -38021],
    ["INITCODE", -38025],
    ["LIMIT", -38026],
  ])("numbers a refusal for %s as execution-apis does", (name, code) => {
    expect(toErrorBody(new ProtocolError(`KOMA_E_SIMULATION_${name}`, "no"))).toMatchObject({ code });
  });
});
