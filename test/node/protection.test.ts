import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { exportProtection, importProtection } from "../../src/node/protection.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { openStore } from "../../src/storage/index.ts";
import { type ClusterNode, eventsOf, type NodeCluster, startCluster } from "../support/node-cluster.ts";

const BLOCKS = 8;

interface ConsensusView {
  readonly instance: Hash;
  readonly era: number;
  readonly observing: boolean;
  readonly validators: readonly { readonly signer: string; readonly seq?: number }[];
}

const consensusOf = (node: ClusterNode) => node.rpc().request<ConsensusView>("koma_consensus");

/** Number of the latest unit that `witness` has of a validator in the era that runs; -1: none. */
async function seqOf(witness: ClusterNode, validator: ClusterNode): Promise<number> {
  const { validators } = await consensusOf(witness);
  return validators.find(({ signer }) => signer === validator.signer.address)?.seq ?? -1;
}

/** Fails when any two stores, or two lives of one, hold different units for one number of one validator. */
function expectOneUnitPerNumber(cluster: NodeCluster): void {
  const units = new Map<string, Hash>();
  for (const node of cluster.nodes) {
    const store = openStore(node.dataDir, { chainId: cluster.genesis.chainId, logger: silentLogger });
    try {
      for (const { hash: instance } of store.instances.list()) {
        expect(store.units.evidence(instance)).toEqual([]);
        for (const { creator, seq, hash } of store.units.units(instance)) {
          const place = `${instance} ${creator} ${seq}`;
          expect(units.get(place) ?? hash, place).toBe(hash);
          units.set(place, hash);
        }
      }
    } finally {
      store.close();
    }
  }
  expect(units.size).toBeGreaterThan(50);
}

function expectNoFault(cluster: NodeCluster): void {
  for (const node of cluster.nodes) expect(eventsOf(node, "faultDetected")).toEqual([]);
}

describe("a validator that has lost its database in the middle of an era", () => {
  let cluster: NodeCluster;
  let file: string;
  beforeAll(async () => {
    cluster = await startCluster({ eraMinBlocks: 1_000 });
    file = join(cluster.at(3).folder, "protection.json");
  });
  afterAll(() => cluster.dispose());

  it("gives no record away while it runs", async () => {
    await cluster.until("it has signed", async () => (await seqOf(cluster.at(0), cluster.at(3))) >= 4);
    await expect(exportProtection(cluster.at(3).folder, file)).rejects.toMatchObject({ code: "KOMA_E_STORE_LOCKED" });
    await expect(importProtection(cluster.at(3).folder, "{}")).rejects.toMatchObject({
      code: "KOMA_E_PROTECTION_INVALID",
    });
  });

  it("leaves a private file behind that names its last unit, and never a second one in its place", async () => {
    await cluster.stop(3);
    const record = await exportProtection(cluster.at(3).folder, file);
    const { instance } = await consensusOf(cluster.at(0));
    expect(record.heads.map((head) => head.instance)).toEqual([instance]);
    expect(record.heads[0]?.seq).toBeGreaterThanOrEqual(await seqOf(cluster.at(0), cluster.at(3)));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(exportProtection(cluster.at(3).folder, file)).rejects.toMatchObject({ code: "KOMA_E_FILE_EXISTS" });
  });

  it("takes in no file of another validator, another chain, or another truth", async () => {
    await cluster.stop(2);
    const text = readFileSync(file, "utf8");
    const json = JSON.parse(text);
    const { folder } = cluster.at(3);
    const code = (wanted: string) => expect.objectContaining({ code: wanted });
    await expect(importProtection(cluster.at(2).folder, text)).rejects.toEqual(code("KOMA_E_PROTECTION_FOREIGN"));
    for (const other of [{ chainId: "1" }, { genesisHash: `0x${"00".repeat(32)}` }]) {
      const foreign = JSON.stringify({ ...json, ...other });
      await expect(importProtection(folder, foreign)).rejects.toEqual(code("KOMA_E_PROTECTION_FOREIGN"));
    }
    const [head] = json.heads;
    const lie = JSON.stringify({ ...json, heads: [{ ...head, hash: `0x${"11".repeat(32)}` }] });
    await expect(importProtection(folder, lie)).rejects.toEqual(code("KOMA_E_PROTECTION_CONFLICT"));
    const older = JSON.stringify({ ...json, heads: [{ ...head, seq: head.seq - 1 }] });
    expect(await importProtection(folder, older)).toEqual([]);
    await cluster.start(2);
  });

  it("goes on after its last unit when it is told of it", async () => {
    const before = await seqOf(cluster.at(0), cluster.at(3));
    rmSync(cluster.at(3).dataDir, { recursive: true });
    expect(await importProtection(cluster.at(3).folder, readFileSync(file, "utf8"))).toHaveLength(1);
    await cluster.start(3);
    await cluster.until("others have new units of it", async () => {
      return (await seqOf(cluster.at(0), cluster.at(3))) > before + 3;
    });
    expectNoFault(cluster);
  });

  it("signs nothing more in the chain's first era when it is not, because its peers know its units", async () => {
    await cluster.crash(3);
    rmSync(cluster.at(3).dataDir, { recursive: true });
    const before = await seqOf(cluster.at(0), cluster.at(3));
    await cluster.start(3);
    await cluster.until("it has noticed", () =>
      cluster.at(3).log.some(({ sentence }) => sentence === "consensus alarm"),
    );
    const height = cluster.at(0).node().height();
    await cluster.until("others have built on", () => cluster.at(0).node().height() >= height + 4n);
    expect(await seqOf(cluster.at(0), cluster.at(3))).toBe(before);
    expectNoFault(cluster);
    await cluster.stop(0, 1, 2, 3);
    expectOneUnitPerNumber(cluster);
  });
});

describe("a validator that has lost its database, eras after the first", () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startCluster({ eraMinBlocks: BLOCKS });
  });
  afterAll(() => cluster.dispose());

  it("observes for the rest of the era in which it comes back, and signs in the next", async () => {
    const [witness, victim] = [cluster.at(0), cluster.at(3)];
    await cluster.until("the second era runs and it has signed in it", async () => {
      return (await consensusOf(witness)).era >= 1 && (await seqOf(witness, victim)) >= 2;
    });
    await cluster.crash(3);
    rmSync(victim.dataDir, { recursive: true });
    await cluster.start(3);
    await cluster.until("it is in the era of the others, without signing", async () => {
      const [theirs, its] = await Promise.all([consensusOf(witness), consensusOf(victim)]);
      return its.era >= 1 && theirs.instance === its.instance && its.observing;
    });
    const { instance, era } = await consensusOf(victim);
    await cluster.until("it signs again", async () => {
      const view = await consensusOf(victim);
      if (view.instance === instance) expect(view.observing).toBe(true);
      return !view.observing && view.era > era && (await seqOf(witness, victim)) >= 2;
    });
    expect((await consensusOf(victim)).era).toBe(era + 1);
    expectNoFault(cluster);
    await cluster.stop(0, 1, 2, 3);
    expectOneUnitPerNumber(cluster);
    // The units of the era it came back in are on its disk: none of them is newer than its loss.
    const store = openStore(victim.dataDir, { chainId: cluster.genesis.chainId, logger: silentLogger });
    expect(store.units.ownHead(instance)).toBeUndefined();
    store.close();
  });
});
