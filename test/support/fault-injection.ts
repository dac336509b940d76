import { readFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import type { Hash } from "../../src/primitives/index.ts";
import { createRpcClient } from "../../src/rpc/index.ts";
import { blockAt, type DevnetNode } from "./devnet.ts";
import { eventually, processesOf } from "./koma.ts";
import type { Prng } from "./prng.ts";

/** Ends every process that names the folder with SIGKILL, in an order of the seed's choosing, and waits for their end. */
export async function killEverything(folder: string, prng: Prng): Promise<void> {
  await eventually(
    `no process of ${folder}`,
    async () => {
      const pids = (await processesOf(folder)).map((line) => Number(line.split(/\s/, 1)[0]));
      // One that is being started meanwhile is found by the next look.
      while (pids.length > 0) kill(pids.splice(prng.between(0, pids.length - 1), 1)[0] as number);
      return (await processesOf(folder)).length === 0;
    },
    20_000,
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Remembers what nodes have called final, and holds them to it. */
export interface FinalityRecord {
  /** Asks every node once; those that do not answer are left out. */
  look(nodes: readonly DevnetNode[]): Promise<void>;
  /** Highest block that any node has called final. */
  readonly height: number;
  /** Blocks of the node that are not the ones recorded, among those it has. */
  contradictions(node: DevnetNode): Promise<readonly string[]>;
}

export function createFinalityRecord(): FinalityRecord {
  const final = new Map<number, Hash>();
  let height = 0;
  const broken: string[] = [];
  return {
    async look(nodes) {
      await Promise.all(
        nodes.map(async ({ name, rpcUrl }) => {
          const block = await blockAt(rpcUrl, "finalized").catch(() => undefined);
          if (!block) return;
          const known = final.get(block.number);
          if (known !== undefined && known !== block.hash) broken.push(`${name}: ${block.number} is ${block.hash}`);
          final.set(block.number, known ?? block.hash);
          height = Math.max(height, block.number);
        }),
      );
    },
    get height() {
      return height;
    },
    async contradictions({ name, rpcUrl }) {
      const found = [...broken];
      const numbers = [...final.keys()];
      for (let from = 0; from < numbers.length; from += 50) {
        const wanted = numbers.slice(from, from + 50);
        const calls = wanted.map((number) => ({
          method: "eth_getBlockByNumber",
          params: [`0x${number.toString(16)}`, false],
        }));
        const answers = await createRpcClient(rpcUrl).batch(calls);
        for (const [i, number] of wanted.entries()) {
          const answer = answers[i];
          const hash = answer?.ok ? (answer.result as { hash: Hash } | null)?.hash : undefined;
          if (hash !== final.get(number)) found.push(`${name}: ${number} is ${hash}, was ${final.get(number)}`);
        }
      }
      return found;
    },
  };
}

/** A unit as a node stored it. */
interface UnitRow {
  readonly instance: string;
  readonly creator: number;
  readonly seq: number;
  readonly hash: string;
}

export interface ConsensusAudit {
  readonly units: number;
  /** Places in a validator's lane that hold two units, in one database or between two. */
  readonly equivocations: readonly string[];
  /** Validators that some node holds evidence against. */
  readonly evidence: readonly string[];
  /** Nodes whose own head is not their newest stored unit of an era that is kept, or whose own lane has gaps there. */
  readonly brokenLanes: readonly string[];
}

/** Reads the consensus databases of stopped nodes and looks for anything that was signed twice. */
export function auditConsensus(devnetDir: string, nodes: readonly Pick<DevnetNode, "name">[]): ConsensusAudit {
  const lanes = new Map<string, string>();
  const equivocations: string[] = [];
  const evidence: string[] = [];
  const brokenLanes: string[] = [];
  let units = 0;
  for (const { name } of nodes) {
    const file = join(devnetDir, "nodes", name, "data", "consensus.db");
    const database = new SqliteDatabase(file, { readonly: true });
    try {
      const rows = database
        .prepare<[], UnitRow>(
          `SELECT lower(hex(i.hash)) AS instance, u.creator, u.seq, lower(hex(u.hash)) AS hash
             FROM unit u JOIN instance i ON i.id = u.instance ORDER BY u.id`,
        )
        .all();
      units += rows.length;
      for (const { instance, creator, seq, hash } of rows) {
        const place = `${instance}/${creator}/${seq}`;
        const known = lanes.get(place);
        if (known !== undefined && known !== hash) equivocations.push(`${name}: ${place} is ${hash} and ${known}`);
        lanes.set(place, hash);
      }
      for (const row of database.prepare<[], { creator: number }>("SELECT creator FROM evidence").all())
        evidence.push(`${name}: validator ${row.creator}`);
      for (const head of database
        .prepare<[], { instance: string; seq: number; hash: string }>(
          // Of the last two eras: units of older ones are being deleted, and heads stay for good.
          `SELECT lower(hex(instance)) AS instance, seq, lower(hex(hash)) AS hash FROM own_head
            WHERE instance IN (SELECT hash FROM instance ORDER BY generation DESC, era DESC LIMIT 2)`,
        )
        .all()) {
        const own = rows.find(({ instance, hash }) => instance === head.instance && hash === head.hash);
        if (own?.seq !== head.seq) {
          brokenLanes.push(`${name}: head ${head.seq} is not stored`);
          continue;
        }
        const lane = rows.filter(({ instance, creator }) => instance === head.instance && creator === own.creator);
        if (lane.length !== head.seq + 1) brokenLanes.push(`${name}: ${lane.length} own units, head ${head.seq}`);
      }
    } finally {
      database.close();
    }
  }
  return { units, equivocations, evidence, brokenLanes };
}

/** Last lines of a node's log, for the report of a failure. */
export function logTail(devnetDir: string, node: string, lines = 15): string {
  try {
    return readFileSync(join(devnetDir, "nodes", node, "log", "node.ndjson"), "utf8")
      .trim()
      .split("\n")
      .slice(-lines)
      .join("\n");
  } catch {
    return `${node} has no log`;
  }
}
