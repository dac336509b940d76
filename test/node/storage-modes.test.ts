import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChainFileHead, createChainFile, type EndRecord, openChainFile } from "../../src/node/chain-file.ts";
import { exportChain } from "../../src/node/export-chain.ts";
import { importChain } from "../../src/node/import-chain.ts";
import { pruneNode } from "../../src/node/prune-node.ts";
import { verifyNode } from "../../src/node/verify-node.ts";
import { type LoneValidator, startLoneValidator } from "../support/lone-validator.ts";
import { alice, bob, type ClusterNode, coin, type NodeCluster, transfer } from "../support/node-cluster.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";

const EVERY = 16;
/** Of the root chain, in seconds. */
const LATE_SLASH = 40;

interface Status {
  readonly storage: { readonly mode: string; readonly statesFrom: string; readonly transactionsFrom: string };
}

const signal = new AbortController().signal;

describe("the past of a node", () => {
  let lone: LoneValidator;
  let cluster: NodeCluster;
  let node: ClusterNode;
  let clock: VirtualClock;
  let file: string;
  beforeAll(async () => {
    lone = await startLoneValidator({ eraMinBlocks: EVERY, checkpointEvery: EVERY });
    ({ cluster, node, clock } = lone);
    file = join(node.folder, "blocks.koma");
    cluster.rootChain.lateSlashS = LATE_SLASH;
  });
  afterAll(() => cluster.dispose());

  const passBlocks = (count: number) => lone.passBlocks(count);
  const emptyNode = (name: string) => lone.emptyNode(name);
  const storage = async () => (await node.rpc().request<Status>("koma_status")).storage;
  const request = (method: string, ...params: unknown[]) => node.rpc().request<unknown>(method, params);

  /** Lets time pass in which nothing happens but pruning. */
  async function prune(): Promise<void> {
    for (let slice = 0; slice < 40; slice++) {
      clock.advanceTo(clock.now() + 5);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it("is all there in an archive, can be checked, and be taken to another node", async () => {
    await node
      .rpc()
      .request("eth_sendRawTransaction", [
        `0x${Buffer.from(transfer(alice, { nonce: 0n, to: bob.address, value: coin }).raw).toString("hex")}`,
      ]);
    await passBlocks(220);
    await cluster.stop(0);
    const report = await verifyNode(node.folder, { signal });
    expect(report).toMatchObject({ ok: true, from: 0n, pruned: 1 });
    expect(report.transactions).toBeGreaterThanOrEqual(1);
    expect(report.to).toBeGreaterThanOrEqual(219n);
    expect(report.blocks).toBe(Number(report.to) + 1);
    expect(report.states).toBe(report.blocks);
    expect(report.proofs).toBeGreaterThan(10);

    const exported = await exportChain(node.folder, { out: file, signal });
    expect(exported).toMatchObject({ from: 1n, to: report.to });
    expect(report.to - exported.provenTo).toBeLessThanOrEqual(BigInt(EVERY + 2));
    await expect(exportChain(node.folder, { out: file, signal })).rejects.toMatchObject({ code: "KOMA_E_FILE_EXISTS" });
    const other = emptyNode("other");
    // Interrupted in the middle, it goes on where it was.
    const abort = new AbortController();
    const interrupt = () => abort.abort(new Error("interrupted"));
    const interrupted = importChain(other, { in: file, signal: abort.signal, report: interrupt });
    await expect(interrupted).rejects.toThrow("interrupted");
    const imported = await importChain(other, { in: file, signal });
    expect(imported.from).toBeGreaterThan(1n);
    expect(imported.wentOnAfter).toBe(imported.from - 1n);
    expect(imported).toMatchObject({ to: exported.provenTo, unproven: report.to - exported.provenTo });
    expect(await verifyNode(other, { signal })).toMatchObject({ ok: true, to: exported.provenTo, pruned: 1 });
    expect(await importChain(other, { in: file, signal })).toMatchObject({ blocks: 0n });
  });

  it("is not believed when somebody has touched it", async () => {
    const damaged = join(node.folder, "..", "damaged");
    const wrong = async (sql: string) => {
      rmSync(damaged, { recursive: true, force: true });
      cpSync(node.folder, damaged, { recursive: true });
      const database = new SqliteDatabase(join(damaged, "data", "chain.db"));
      expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
      database.close();
      return (await verifyNode(damaged, { signal })).mismatch;
    };
    const head = (await verifyNode(node.folder, { signal })).to;
    const swap = "substr(header, 1, 200) || x'ff' || substr(header, 202)";
    expect(await wrong(`UPDATE block SET header = ${swap} WHERE number = 70`)).toMatchObject({ block: 70n });
    expect(await wrong("UPDATE tx SET sender = randomblob(20)")).toMatchObject({
      problem: expect.stringMatching(/did not sign/),
    });
    expect(await wrong("UPDATE tx SET gas = 1, cumulative = 1")).toMatchObject({
      problem: expect.stringMatching(/receipts/),
    });
    expect(await wrong("DELETE FROM tx")).toMatchObject({ problem: "lacks transactions" });
    const poorer = "UPDATE account SET balance = x'01' WHERE id = (SELECT max(account) FROM undo_account)";
    expect(await wrong(poorer)).toMatchObject({ block: head, problem: expect.stringMatching(/state of root/) });
    const before = "UPDATE undo_account SET balance = x'01' WHERE block = (SELECT min(block) FROM undo_account)";
    expect(await wrong(before)).toMatchObject({ problem: expect.stringMatching(/state of root/) });
    const proof = `UPDATE era SET "end" = substr("end", 1, length("end") - 40) || x'00' || substr("end", length("end") - 38) WHERE number = 3`;
    expect(await wrong(proof)).toMatchObject({ problem: expect.stringMatching(/era 3/) });
    rmSync(damaged, { recursive: true });
  });

  it("is refused from a file that is damaged, cut off, or signed by nobody", async () => {
    const bytes = readFileSync(file);
    const bad = join(node.folder, "bad.koma");
    const refused = async (content: Uint8Array) => {
      writeFileSync(bad, content);
      const folder = emptyNode("victim");
      await expect(importChain(folder, { in: bad, signal })).rejects.toMatchObject({
        code: "KOMA_E_CHAIN_FILE_INVALID",
      });
      rmSync(folder, { recursive: true });
    };
    await refused(bytes.subarray(0, bytes.length - 100));
    await refused(bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1));
    await refused(new Uint8Array(0));
    await refused(new TextEncoder().encode('{"format":"koma-chain"}\n'));
    rmSync(bad);
  });

  it("is not believed from a well-made file either, beyond what two thirds have signed", async () => {
    const reader = openChainFile(file);
    const blocks: Uint8Array[] = [];
    for (let block = reader.next(); block; block = reader.next()) blocks.push(block);
    reader.close();
    const { head, ends } = reader;
    const made = join(node.folder, "made.koma");
    const take = async (change: {
      readonly head?: Partial<ChainFileHead>;
      readonly ends?: typeof ends;
      readonly blocks?: typeof blocks;
    }) => {
      rmSync(made, { force: true });
      const writer = createChainFile(made, { ...head, ...change.head });
      for (const end of change.ends ?? ends) writer.end(end);
      for (const block of change.blocks ?? blocks) writer.block(block);
      writer.finish();
      const folder = emptyNode("victim");
      try {
        return await importChain(folder, { in: made, signal });
      } finally {
        rmSync(folder, { recursive: true });
      }
    };
    const code = (name: string) => ({ code: `KOMA_E_CHAIN_FILE_${name}` });
    await expect(take({ head: { chainId: 1n } })).rejects.toMatchObject(code("FOREIGN"));
    await expect(take({ head: { from: 2n }, blocks: blocks.slice(1) })).rejects.toMatchObject(code("GAP"));
    await expect(take({ head: { to: 2n ** 50n } })).rejects.toMatchObject(code("INVALID"));
    // Nobody's signature, no block; one's signature in another's place, none either.
    expect(await take({ ends: [] })).toMatchObject({ blocks: 0n, unproven: head.to });
    const [first, second] = ends as [EndRecord, EndRecord];
    await expect(take({ ends: [{ ...first, end: second.end }] })).rejects.toMatchObject(code("INVALID"));
    await expect(take({ ends: [{ ...first, end: new Uint8Array(40) }] })).rejects.toMatchObject(code("INVALID"));
    // Two blocks of the first era change places; another one is no block at all; the last one of the era is missing.
    const [a, b] = [blocks[4], blocks[5]] as [Uint8Array, Uint8Array];
    await expect(take({ blocks: blocks.with(4, b).with(5, a) })).rejects.toMatchObject(code("INVALID"));
    await expect(take({ blocks: blocks.with(4, new Uint8Array(3)) })).rejects.toMatchObject(code("INVALID"));
    expect(await take({ head: { to: 9n }, blocks: blocks.slice(0, 9) })).toMatchObject({ blocks: 0n, unproven: 9n });
    expect(await take({ head: { to: 40n }, blocks: blocks.slice(0, 40) })).toMatchObject({ to: BigInt(2 * EVERY) });
    rmSync(made);
  });

  it("stays while fraud below it could still be punished", async () => {
    const config = join(node.folder, "config.json");
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, "utf8")), storage: "window" }));
    await lone.start();
    await lone.until(() => cluster.rootChain.taken.length >= 10);
    cluster.rootChain.finalize(5n, BigInt(Math.floor(clock.now() / 1000)));
    await passBlocks(LATE_SLASH / 2);
    await prune();
    expect(await storage()).toEqual({ mode: "window", statesFrom: "0x0", transactionsFrom: "0x0" });
    expect(await request("eth_getBlockByNumber", "0x1", false)).toMatchObject({ number: "0x1" });
  });

  it("is then forgotten below the last settled checkpoint, and RPC says so as go-ethereum does", async () => {
    const settled = cluster.rootChain.taken[4]?.checkpoint.end ?? 0n;
    await passBlocks(LATE_SLASH);
    for (let tries = 0; BigInt((await storage()).transactionsFrom) === 0n && tries < 50; tries++) {
      await passBlocks(1);
      await prune();
    }
    const kept = await storage();
    expect(kept).toMatchObject({
      statesFrom: `0x${settled.toString(16)}`,
      transactionsFrom: `0x${settled.toString(16)}`,
    });

    const pruned = { number: 4444, message: "pruned history unavailable", code: "KOMA_E_HISTORY_PRUNED" };
    const withPayment = await paymentBlock();
    await expect(request("eth_getBlockByNumber", withPayment, true)).rejects.toMatchObject(pruned);
    await expect(request("eth_getBlockReceipts", withPayment)).rejects.toMatchObject(pruned);
    await expect(request("eth_getLogs", { fromBlock: "0x1", toBlock: "0x20" })).rejects.toMatchObject(pruned);
    await expect(request("eth_getBalance", bob.address, withPayment)).rejects.toMatchObject({
      number: -32000,
      message: expect.stringContaining("missing trie node"),
      code: "KOMA_E_STATE_UNAVAILABLE",
    });
    await expect(request("eth_call", { to: bob.address }, withPayment)).rejects.toMatchObject({
      code: "KOMA_E_STATE_UNAVAILABLE",
    });
    const gone = { disabled: false, oldestBlock: kept.statesFrom };
    expect(await request("eth_capabilities")).toMatchObject({ state: gone, stateproofs: gone, tx: gone, blocks: gone });
    // Headers stay, and from the settled block on everything does.
    expect(await request("eth_getHeaderByNumber", withPayment)).toMatchObject({ number: withPayment });
    const first = `0x${settled.toString(16)}`;
    expect(await request("eth_getBlockByNumber", first, true)).toMatchObject({ number: first });
    expect(BigInt((await request("eth_getBalance", bob.address, first)) as string)).toBe(1_001n * coin);
    expect(await request("eth_getProof", bob.address, [], first)).toMatchObject({ address: bob.address });
  });

  it("can be pruned and checked while the node is stopped; then the node goes on", async () => {
    const before = await storage();
    const height = node.node().height();
    await cluster.stop(0);
    cluster.rootChain.lateSlashS = 0;
    const rootChain = cluster.rootChain.for(0);
    const pruned = await pruneNode(node.folder, { rootChain, signal });
    expect(pruned.statesFrom).toBe(BigInt(before.statesFrom));
    expect(pruned.freedBytes).toBeGreaterThan(0);
    await expect(exportChain(node.folder, { out: join(node.folder, "x"), from: 1n, signal })).rejects.toMatchObject({
      code: "KOMA_E_HISTORY_PRUNED",
    });
    expect(existsSync(join(node.folder, "x.partial"))).toBe(false);
    const report = await verifyNode(node.folder, { signal });
    expect(report.ok).toBe(true);
    // The genesis, and others: an empty block is whole without transactions.
    expect(report.pruned).toBeGreaterThan(1);
    expect(report.states).toBe(Number(report.to - pruned.statesFrom) + 1);
    await lone.start();
    await lone.until(() => node.node().height() > height);
    await passBlocks(3);
    expect(BigInt((await storage()).statesFrom)).toBeGreaterThanOrEqual(BigInt(before.statesFrom));
  });

  /** Block of the only payment, by the nonce of its sender in the headers' states that are left: it came first. */
  async function paymentBlock(): Promise<string> {
    for (let number = 1; number < 20; number++) {
      const header = (await request("eth_getHeaderByNumber", `0x${number.toString(16)}`)) as { gasUsed: string };
      if (BigInt(header.gasUsed) > 0n) return `0x${number.toString(16)}`;
    }
    throw new Error("no block carries the payment");
  }
});
