import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeEraEnd } from "../../src/consensus/index.ts";
import type { EraParticipationView } from "../../src/node/era-participation.ts";
import type { NodeEvent } from "../../src/node/events.ts";
import {
  blockHash,
  type ClusterNode,
  eventsOf,
  finalHeight,
  type NodeCluster,
  startCluster,
} from "../support/node-cluster.ts";

const BLOCKS = 4;

interface ConsensusView {
  readonly instance: string;
  readonly era: number;
  readonly keyBlock: number;
  readonly units: number;
}

const consensusOf = (node: ClusterNode) => node.rpc().request<ConsensusView>("koma_consensus");
const eraOf = async (node: ClusterNode) => (await consensusOf(node)).era;

describe("eras of four blocks", () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startCluster({ eraMinBlocks: BLOCKS });
  });
  afterAll(() => cluster.dispose());

  it("follow each other on every node, with one instance each", async () => {
    await cluster.until("everybody is in the fifth era", async () =>
      (await Promise.all(cluster.nodes.map(eraOf))).every((era) => era >= 4),
    );
    for (const node of cluster.nodes) {
      const opened = node.log.filter(({ sentence }) => sentence === "consensus instance opened");
      expect(opened.slice(0, 5).map(({ facts }) => [facts["era"], facts["keyBlock"]])).toEqual(
        [0, 1, 2, 3, 4].map((era) => [era, era * BLOCKS]),
      );
      const ids = opened.slice(0, 5).map(({ facts }) => facts["instance"]);
      expect(new Set(ids).size).toBe(5);
      expect(ids).toEqual(
        cluster
          .at(0)
          .log.filter(({ sentence }) => sentence === "consensus instance opened")
          .slice(0, 5)
          .map(({ facts }) => facts["instance"]),
      );
    }
  });

  it("leave no gap between the blocks at their borders", async () => {
    const [node] = cluster.nodes as [ClusterNode];
    const head = await finalHeight(node);
    const times: number[] = [];
    for (let number = 1n; number <= head; number++) {
      const block = await node.rpc().request<{ timestamp: string }>("eth_getBlockByNumber", [number, false]);
      times.push(Number(block.timestamp));
    }
    const gaps = times
      .slice(1)
      .map((time, i) => ({ border: (i + 1) % BLOCKS === 0, gap: time - (times[i] as number) }));
    for (const { border, gap } of gaps) if (border) expect(gap).toBeLessThanOrEqual(2);
  });

  it("report every block once at every threshold", () => {
    for (const node of cluster.nodes) {
      const finals = eventsOf(node, "blockFinalized").map(
        (event: Extract<NodeEvent, { type: "blockFinalized" }>) => event.number,
      );
      expect(finals).toEqual(finals.map((_, i) => BigInt(i + 1)));
    }
  });

  it("are proven by the signatures of more than two thirds", async () => {
    const [node] = cluster.nodes as [ClusterNode];
    const { era } = await consensusOf(node);
    await cluster.until("every node has stored the proof of every ended era", () =>
      cluster.nodes.every((one) => {
        const ends = storedEnds(one, era);
        return ends.length === era && ends.every((end) => end.proof.signatures.length >= 3);
      }),
    );
    for (const one of cluster.nodes) {
      expect(storedEnds(one, era).map(({ proof }) => proof.height)).toEqual(
        Array.from({ length: era }, (_, i) => (i + 1) * BLOCKS),
      );
    }
  });

  it("have one record of who took part, the same on every node", async () => {
    for (const era of [0, 1, 2, 3]) {
      const [first, ...others] = await Promise.all(cluster.nodes.map((node) => participationIn(node, era)));
      for (const other of others) expect(other).toEqual(first);
      // Of the switch block's own round nothing can be seen in its unit.
      expect([first?.from, first?.to]).toEqual([era * BLOCKS + 1, era * BLOCKS + BLOCKS - 1]);
      for (const { assigned, participated, marks } of first?.validators ?? []) {
        expect(marks).toHaveLength(BLOCKS - 1);
        expect(assigned).toBe(BLOCKS - 1);
        // Who started last may have missed the first round, and at the last one its unit may be on its way.
        expect(participated).toBeGreaterThanOrEqual(BLOCKS - 2);
      }
    }
    const running = await consensusOf(cluster.at(0));
    await expect(participationIn(cluster.at(0), running.era + 7)).rejects.toMatchObject({ code: "KOMA_E_ERA_UNKNOWN" });
  });

  it("let a node in that was away while several of them ended", async () => {
    const away = cluster.at(3);
    await cluster.stop(3);
    const left = await eraOf(cluster.at(0));
    await cluster.until("the others are four eras further", async () => (await eraOf(cluster.at(0))) >= left + 4);
    await cluster.start(3);
    await cluster.until("it is in the era of the others", async () => {
      const [theirs, its] = await Promise.all([consensusOf(cluster.at(0)), consensusOf(away)]);
      return theirs.instance === its.instance;
    });
    const missed = await participationIn(cluster.at(0), left + 2);
    expect(missed.validators.map(({ participated }) => participated > 0)).toEqual(
      missed.validators.map(({ signer }) => signer !== away.signer.address),
    );
    // Nobody keeps the units of that time: it cannot know who made them.
    await expect(participationIn(away, left + 2)).rejects.toMatchObject({ code: "KOMA_E_ERA_UNKNOWN" });
    const head = await finalHeight(cluster.at(0));
    await cluster.until("it has their final blocks, and makes units again", async () => {
      if ((await finalHeight(away)) <= head) return false;
      const { validators } = await cluster
        .at(0)
        .rpc()
        .request<{ validators: { signer: string; seq?: number }[] }>("koma_consensus");
      return validators.some(({ signer, seq }) => signer === away.signer.address && seq !== undefined);
    });
    for (let number = 1n; number <= head; number++) {
      expect(await blockHash(away, number)).toBe(await blockHash(cluster.at(0), number));
    }
  });

  it("let a node in that comes with nothing but its genesis", async () => {
    await cluster.stop(2);
    rmSync(cluster.at(2).dataDir, { recursive: true });
    await cluster.start(2);
    await cluster.until("it is in the era of the others", async () => {
      const [theirs, its] = await Promise.all([consensusOf(cluster.at(0)), consensusOf(cluster.at(2))]);
      return theirs.instance === its.instance;
    });
    const head = await finalHeight(cluster.at(0));
    await cluster.until("it has their final blocks", async () => (await finalHeight(cluster.at(2))) > head);
  });

  it("survive crashes at any moment of their borders", async () => {
    for (let round = 0; round < 6; round++) {
      const victim = round % 4;
      const node = cluster.at(victim);
      // From the switch block's proposal on: before it is final, while the next era opens, after its first units.
      await cluster.until("a switch block comes", () => Number(node.node().height()) % BLOCKS === 0);
      const started = Date.now();
      await cluster.until("some of the border has passed", () => Date.now() - started >= round * 200);
      await cluster.crash(victim);
      await cluster.start(victim);
      const height = cluster
        .at((victim + 1) % 4)
        .node()
        .height();
      await cluster.until("it goes on with the others", () => node.node().height() > height + 1n);
    }
  });

  it("have seen no validator contradict itself", () => {
    for (const node of cluster.nodes) expect(eventsOf(node, "faultDetected")).toEqual([]);
  });

  it("leave only two of them whole on the disk", async () => {
    const [node] = cluster.nodes as [ClusterNode];
    await cluster.until("older units are deleted", () => unitsPerEra(node).length <= 3);
    const { era } = await consensusOf(node);
    for (const { era: kept } of unitsPerEra(node)) expect(kept).toBeGreaterThanOrEqual(era - 2);
  });
});

function participationIn(node: ClusterNode, era: number): Promise<EraParticipationView> {
  return node.rpc().request<EraParticipationView>("koma_getParticipation", [`0x${era.toString(16)}`]);
}

/** What a node has stored of the ends of the first eras. */
function storedEnds(node: ClusterNode, eras: number) {
  return read(node, "chain.db", 'SELECT "end" FROM era WHERE "end" IS NOT NULL ORDER BY number LIMIT ?', eras).map(
    (row) => {
      const end = decodeEraEnd(new Uint8Array(row["end"] as Buffer));
      if (!end) throw new Error("a stored end of an era does not decode");
      return end;
    },
  );
}

function unitsPerEra(node: ClusterNode): readonly { readonly era: number }[] {
  return read(
    node,
    "consensus.db",
    "SELECT DISTINCT instance.era AS era FROM unit JOIN instance ON instance.id = unit.instance",
  ) as { era: number }[];
}

/** From a copy: `chain.db` is locked by the node that runs on it. */
function read(node: ClusterNode, file: string, sql: string, ...parameters: readonly number[]) {
  const folder = mkdtempSync(join(tmpdir(), "koma-eras-"));
  try {
    cpSync(node.dataDir, folder, { recursive: true });
    const database = new SqliteDatabase(join(folder, file));
    try {
      return database.prepare<unknown[], Record<string, unknown>>(sql).all(...parameters);
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
