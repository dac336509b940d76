import { describe, expect, it } from "vitest";
import type { Hash, Hex } from "../../../src/primitives/index.ts";
import { createRpcClient } from "../../../src/rpc/index.ts";
import { ask } from "../../support/devnet.ts";
import { eventually } from "../../support/koma.ts";
import type { ToolsDevnet } from "./tools-devnet.ts";

/** Methods that other chains do not have. */
export function describeKomaMethods(tools: () => ToolsDevnet): void {
  describe("what only KOMA knows", () => {
    it("says how sure a block is", async () => {
      const final = await ask<{ hash: Hash; number: Hex }>(tools().rpcUrl, "eth_getBlockByNumber", "finalized", false);
      const confidence = await ask<{ confidence: number; maxT: number; N: number }>(
        tools().rpcUrl,
        "koma_getConfidence",
        final.hash,
      );
      expect(confidence.confidence).toBeGreaterThan(1 / 3);
      expect(confidence.N).toBe(1_000_000);
      await expect(ask(tools().rpcUrl, "koma_getConfidence", `0x${"1".repeat(64)}`)).rejects.toMatchObject({
        code: "KOMA_E_BLOCK_UNKNOWN",
      });
    });

    it("tells everything about a node at once", async () => {
      const status = await ask<Record<string, unknown>>(tools().rpcUrl, "koma_status");
      expect(status).toMatchObject({
        name: "validator-0",
        chainId: "0x13a11",
        signer: tools().devnet.nodes[0]?.signer,
        peers: 1,
        consensus: { faultyWeight: 0, totalWeight: 1_000_000, synced: true },
      });
    });

    it("announces each final block once, in order", async () => {
      const client = createRpcClient(tools().wsUrl);
      try {
        const heard: { number: Hex; hash: Hash; confidence: { confidence: number } }[] = [];
        await client.subscribe("koma", ["finality", { alpha: 1 / 3 }], (result) =>
          heard.push(result as (typeof heard)[number]),
        );
        await eventually("three final blocks", async () => heard.length >= 3);
        const numbers = heard.map(({ number }) => Number(number));
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
        for (const { number, hash, confidence } of heard) {
          expect(confidence.confidence).toBeGreaterThan(1 / 3);
          expect(await ask(tools().rpcUrl, "eth_getBlockByNumber", number, false)).toMatchObject({ hash });
        }
        await expect(client.subscribe("koma", ["finality", { alpha: 2 }], () => {})).rejects.toMatchObject({
          code: "KOMA_E_RPC_PARAMS_INVALID",
        });
      } finally {
        await client.close();
      }
    });
  });
}
