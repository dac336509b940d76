import { describe, expect, it } from "vitest";
import { type Address, zeroHash } from "../../primitives/index.ts";
import { defaultRpcLimits } from "../limits.ts";
import { MethodTable } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { ethStateMethods } from "./eth-state.ts";

const ann = `0x${"A1".repeat(20)}`;
const bob = `0x${"b0".repeat(20)}`;
const api: Partial<NodeApi> = {
  header: () => ({ header: {} as never, hash: zeroHash, canonical: true }),
  slot: (address: Address, key) => (address === ann.toLowerCase() ? Uint8Array.of(Number(key)) : new Uint8Array(0)),
};
const methods = new MethodTable(ethStateMethods(api as NodeApi, { ...defaultRpcLimits, maxProofSlots: 3 }));
const values = (...params: unknown[]) => methods.run("eth_getStorageValues", params);
const word = (digit: number) => `0x${digit.toString(16).padStart(64, "0")}`;

describe("eth_getStorageValues", () => {
  it("answers words under the names they were asked by", async () => {
    expect(await values({ [ann]: ["0x2", word(9)], [bob]: ["0x0"] })).toEqual({
      [ann]: [word(2), word(9)],
      [bob]: [word(0)],
    });
  });

  it.each([
    { why: "nothing", asked: {} },
    {
      why: "more slots than allowed, of all accounts together",
      asked: { [ann]: ["0x1", "0x2"], [bob]: ["0x1", "0x2"] },
    },
    { why: "what is no account", asked: { "0x12": ["0x1"] } },
    { why: "what is no slot", asked: { [ann]: ["1"] } },
    { why: "what is no list", asked: { [ann]: "0x1" } },
  ])("refuses to be asked for $why", async ({ asked }) => {
    await expect(values(asked)).rejects.toMatchObject({ code: "KOMA_E_RPC_PARAMS_INVALID" });
  });
});
