import { describe, expect, it } from "vitest";
import { decodeTransaction, signTransaction } from "../../chain/index.ts";
import { type Address, addressOfKey, bytesToHex, hexToBytes, zeroHash } from "../../primitives/index.ts";
import { MethodTable } from "../method-table.ts";
import type { CallRequest, EstimateOutcome, NodeApi } from "../node-api.ts";
import { ethFillMethods } from "./eth-fill.ts";

const key = hexToBytes(`0x${"11".repeat(32)}`);
const ann = addressOfKey(key);
const bob = `0x${"b0".repeat(20)}` as Address;

function methods(estimate: EstimateOutcome, asked: CallRequest[] = []) {
  const api: Partial<NodeApi> = {
    chainId: 80_401n,
    header: () => ({ header: {} as never, hash: zeroHash, canonical: true }),
    fees: () => ({ baseFeePerGas: 100n, maxPriorityFeePerGas: 3n }),
    pendingNonce: () => 7n,
    estimateGas: (request) => {
      asked.push(request);
      return estimate;
    },
  };
  return new MethodTable(ethFillMethods(api as NodeApi));
}

describe("eth_fillTransaction", () => {
  it("answers what a wallet has only to sign", async () => {
    const table = methods({ kind: "estimated", gas: 21_000n });
    const filled = await table.run("eth_fillTransaction", [{ from: ann, to: bob, value: "0x5" }]);
    expect(filled).toMatchObject({
      tx: {
        from: ann,
        to: bob,
        value: "0x5",
        nonce: "0x7",
        gas: "0x5208",
        maxFeePerGas: "0xcb",
        maxPriorityFeePerGas: "0x3",
      },
    });
    // Signed, it is a transaction of this chain with the same fields.
    const fields = { chainId: 80_401n, nonce: 7n, gasLimit: 21_000n, maxFeePerGas: 203n, maxPriorityFeePerGas: 3n };
    const signed = signTransaction({ ...fields, to: bob, value: 5n }, key);
    expect(decodeTransaction(signed.raw, 80_401n)).toMatchObject({ ok: true });
    const { raw } = filled as { raw: string };
    // Behind type and length the same items, and three empty ones for the signature.
    expect(raw.slice(-6)).toBe("808080");
    expect(bytesToHex(signed.raw).slice(8)).toContain(raw.slice(6, -6));
  });

  it("leaves what the request says as it is, and estimates no gas that is named", async () => {
    const asked: CallRequest[] = [];
    const request = {
      from: ann,
      to: bob,
      nonce: "0x1",
      gas: "0x7530",
      maxFeePerGas: "0x9",
      maxPriorityFeePerGas: "0x2",
    };
    const filled = await methods({ kind: "failed", reason: "no" }, asked).run("eth_fillTransaction", [request]);
    const { from: _, ...fields } = request;
    expect(filled).toMatchObject({ tx: fields });
    expect(asked).toEqual([]);
  });

  it("fails as the estimate does", async () => {
    const table = methods({ kind: "failed", reason: "out of gas" });
    await expect(table.run("eth_fillTransaction", [{ to: bob }])).rejects.toMatchObject({ message: "out of gas" });
  });
});
