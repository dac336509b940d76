import { describe, expect, it } from "vitest";
import { type BlockHeader, createBlock, emptyBloom, encodeBlock, type TraceOptions } from "../../chain/index.ts";
import { type Bytes, bytesToHex, type Hash, zeroAddress, zeroHash } from "../../primitives/index.ts";
import type { JsonText } from "../json-text.ts";
import { MethodTable } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { debugMethods } from "./debug.ts";

const parent = `0x${"9".repeat(64)}` as Hash;
const header = (number: bigint, parentHash: Hash): BlockHeader => ({
  parentHash,
  coinbase: zeroAddress,
  stateRoot: zeroHash,
  transactionsRoot: zeroHash,
  receiptsRoot: zeroHash,
  logsBloom: emptyBloom(),
  number,
  gasLimit: 1n,
  gasUsed: 0n,
  timestamp: 1n,
  extraData: new Uint8Array(0),
  prevRandao: zeroHash,
  baseFeePerGas: 7n,
});
const traced: { block: Bytes; parent: Hash; options: TraceOptions }[] = [];
const api: Partial<NodeApi> = {
  header: (at) =>
    at.kind === "hash" && at.hash === parent
      ? { header: header(4n, zeroHash), hash: parent, canonical: true }
      : undefined,
  trace: {
    call: () => Promise.reject(new Error("not asked for")),
    async block(block, on, options) {
      traced.push({ block, parent: on, options });
      return "[]";
    },
  },
};
const methods = new MethodTable(debugMethods(api as NodeApi));
const trace = (...params: unknown[]) => methods.run("debug_traceBlock", params) as Promise<JsonText>;

describe("debug_traceBlock", () => {
  it("runs the given block on its parent's state", async () => {
    const block = encodeBlock(createBlock(header(5n, parent), []));
    expect(await trace(bytesToHex(block), { tracer: "callTracer" })).toMatchObject({ text: "[]" });
    expect(traced).toEqual([{ block, parent, options: { kind: "calls", onlyTop: false, logs: false } }]);
  });

  it.each([
    { why: "whose parent the node does not have", number: 5n, on: zeroHash, code: "KOMA_E_BLOCK_UNKNOWN" },
    { why: "that does not follow its parent", number: 6n, on: parent, code: "KOMA_E_RPC_PARAMS_INVALID" },
  ])("refuses a block $why", async ({ number, on, code }) => {
    await expect(trace(bytesToHex(encodeBlock(createBlock(header(number, on), []))))).rejects.toMatchObject({ code });
  });

  it.each(["0x", "0xc0", "0x1234", 7])("refuses %s, which is no block", async (bytes) => {
    await expect(trace(bytes)).rejects.toMatchObject({ code: "KOMA_E_RPC_PARAMS_INVALID" });
  });
});
