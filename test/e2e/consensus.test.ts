import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGenesisBlock, parseGenesis } from "../../src/chain/index.ts";
import { systemClock } from "../../src/clock.ts";
import {
  createEquivocationEvidence,
  encodeEvidence,
  encodeMessage,
  headerDigest,
  type UnitHeader,
} from "../../src/consensus/index.ts";
import { silentLogger } from "../../src/logger.ts";
import { createNetwork } from "../../src/network/index.ts";
import {
  bytesToHex,
  domainSeparator,
  type Hash,
  hexToBytes,
  keccak256,
  keccakHash,
  signDigest,
  utf8,
} from "../../src/primitives/index.ts";
import { ask, consensusOf, type DevnetData, untilAllFinal } from "../support/devnet.ts";
import { createKoma, eventually, type Koma } from "../support/koma.ts";

interface ShownUnit {
  readonly hash: string;
  readonly sender: string;
  readonly seq: number;
  readonly round: string;
  readonly citations: readonly (string | null)[];
  readonly block?: { readonly height: number; readonly parent: string | null };
  readonly vote: string | null;
}

interface Replay {
  readonly units: number;
  readonly compared: number;
  readonly comparedWith: string;
  readonly ok: boolean;
  readonly firstDiff?: {
    readonly kind: string;
    readonly unit?: string;
    readonly height?: number;
    readonly problem: string;
  };
  readonly instances: readonly { readonly faulty: number; readonly units: number }[];
}

describe("koma consensus on a running devnet", () => {
  let koma: Koma;
  let devnet: DevnetData;
  let folder: string;

  beforeAll(async () => {
    koma = createKoma();
    folder = mkdtempSync(join(tmpdir(), "koma-consensus-"));
    devnet = await koma.json<DevnetData>("devnet", "up");
    await untilAllFinal(devnet.nodes, 5);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await koma.dispose();
  });

  const nodeFolder = (name: string) => join(devnet.dir, "nodes", name);

  /** A copy of a node's data as it is at this moment, as somebody with `cp` makes it. */
  async function copyOf(name: string, as: string): Promise<string> {
    const copy = join(folder, as);
    const live = (file: string) => join(nodeFolder(name), "data", file);
    copyDatabase(live("chain.db"), join(copy, "chain.db"));
    // What made its last blocks final may wait in memory for 50 ms: the next write takes all of it along.
    const lastWrite = () => statSync(live("consensus.db-wal")).mtimeMs;
    const before = lastWrite();
    await eventually(`${name} to write its next units`, async () => lastWrite() > before);
    copyDatabase(live("consensus.db"), join(copy, "consensus.db"));
    return copy;
  }

  /** The node writes on. A copy is whole unless the log was moved into the database meanwhile, or begun anew. */
  function copyDatabase(from: string, to: string): void {
    const logBegin = () => readFileSync(`${from}-wal`).subarray(0, 32).toString("hex");
    for (let attempt = 0; attempt < 20; attempt++) {
      const [changedAt, begin] = [statSync(from).mtimeMs, logBegin()];
      cpSync(from, to);
      cpSync(`${from}-wal`, `${to}-wal`);
      if (statSync(from).mtimeMs === changedAt && logBegin() === begin) return;
    }
    throw new Error(`${from} is never quiet long enough to be copied`);
  }

  describe("units", () => {
    it("shows the last rounds: who cites whom, blocks and votes", async () => {
      const units = await koma.json<ShownUnit[]>("consensus", "units", "--rounds", "3");
      const byHash = new Map(units.map((unit) => [unit.hash, unit]));
      expect(byHash.size).toBe(units.length);
      expect(new Set(units.map(({ sender }) => sender))).toEqual(new Set(devnet.nodes.map(({ name }) => name)));
      expect(new Set(units.map(({ round }) => round)).size).toBeLessThanOrEqual(3);
      for (const unit of units) {
        expect(unit.citations).toHaveLength(devnet.nodes.length);
        // What is cited comes first, and its creator's next unit has the next number.
        const own = unit.citations
          .map((cited) => cited && byHash.get(cited))
          .find((cited) => cited && cited.sender === unit.sender);
        if (own) expect(own.seq).toBe(unit.seq - 1);
        for (const cited of unit.citations) {
          const other = cited === null ? undefined : byHash.get(cited);
          if (other) expect(units.indexOf(other)).toBeLessThan(units.indexOf(unit));
        }
        if (unit.block) expect(unit.vote).toBe(unit.hash);
      }
      expect(units.some(({ block }) => block !== undefined)).toBe(true);
    });

    it("of one sender only, and refuses one that is nobody's", async () => {
      const units = await koma.json<ShownUnit[]>("consensus", "units", "--sender", "validator-2", "--rounds", "4");
      expect(units.length).toBeGreaterThan(2);
      expect(new Set(units.map(({ sender }) => sender))).toEqual(new Set(["validator-2"]));
      const nobody = await koma.run("consensus", "units", "--sender", "validator-9");
      expect([nobody.exitCode, nobody.envelope.error?.code]).toEqual([3, "KOMA_E_NODE_NOT_FOUND"]);
    });

    it.each([
      { format: "text", begins: /^round \d+ ms\n {2}[0-9a-f]{6,} {2}validator-\d#\d+/ },
      { format: "dot", begins: /^digraph units \{[\s\S]*->[\s\S]*\}$/ },
      { format: "mermaid", begins: /^flowchart RL\n {2}subgraph v0\["validator-\d"\][\s\S]*-->/ },
    ])("as $format", async ({ format, begins }) => {
      const { stdout, exitCode } = await koma.plain("consensus", "units", "--graph", format);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(begins);
    });

    it.each([[{ rounds: 65 }], [{ limit: 0 }], [{ limit: 1.5 }], [{ since: 1 }], [[]], ["all"]])(
      "are asked for within bounds: %j is refused by the node",
      async (asked) => {
        const [{ rpcUrl }] = devnet.nodes as [DevnetData["nodes"][number]];
        await expect(ask(rpcUrl, "koma_getUnits", asked)).rejects.toMatchObject({ code: "KOMA_E_RPC_PARAMS_INVALID" });
      },
    );
  });

  describe("play", () => {
    const vector = (name: string) => join("test/vectors/consensus", name);

    it("plays a script, draws it, and says which expectation fails", async () => {
      const played = await koma.json<{ passed: number; failed: number }>(
        "consensus",
        "play",
        vector("15-first-summit.json"),
      );
      expect(played).toMatchObject({ id: "first-summit", passed: 12, failed: 0, skipped: 0 });
      const drawn = await koma.plain("consensus", "play", vector("11-equivocation.json"), "--graph", "text");
      expect(drawn.stdout).toContain("b1     B#1  votes a0bis  sees b0, c0, A faulty");

      const wrong = join(folder, "wrong.json");
      const script = JSON.parse(readFileSync(vector("15-first-summit.json"), "utf8")) as {
        steps: { expect?: unknown }[];
      };
      (script.steps.at(-1) as { expect: unknown }).expect = { X: "3" };
      writeFileSync(wrong, JSON.stringify(script));
      const failed = await koma.run<{ failed: number }>("consensus", "play", wrong);
      expect([failed.exitCode, failed.envelope.ok, failed.envelope.data.failed]).toEqual([6, true, 1]);
      expect((await koma.plain("consensus", "play", wrong)).stdout).toMatch(
        /✖ step 11 confidence: .*expected \{"X":"3"\}/,
      );
    });

    it.each([
      { what: "no JSON", text: '{\n  "schemaVersion": 1,\n  oops', details: { pointer: "", line: "3" } },
      { what: "no script", text: '{"schemaVersion":1,"id":"x"}', details: { pointer: "/validators" } },
    ])("refuses a file that is $what with the place", async ({ text, details }) => {
      const file = join(folder, "malformed.json");
      writeFileSync(file, text);
      const { exitCode, envelope } = await koma.run("consensus", "play", file);
      expect([exitCode, envelope.error?.code]).toEqual([2, "KOMA_E_SCRIPT_INVALID"]);
      expect(envelope.error?.details).toMatchObject(details);
    });

    it("reads no more than a script may have, and says so when there is no file", async () => {
      const file = join(folder, "large.json");
      writeFileSync(file, " ".repeat(5 * 1024 * 1024));
      const large = await koma.run("consensus", "play", file);
      expect([large.exitCode, large.envelope.error?.code]).toEqual([2, "KOMA_E_FILE_TOO_LARGE"]);
      const none = await koma.run("consensus", "play", join(folder, "none.json"));
      expect([none.exitCode, none.envelope.error?.code]).toEqual([8, "KOMA_E_FILE_UNREADABLE"]);
    });
  });

  describe("replay", () => {
    it("agrees with a running node, whose blocks it asks for", async () => {
      const replay = await koma.json<Replay>("consensus", "replay", "--node", "validator-1");
      expect(replay).toMatchObject({ ok: true, comparedWith: "the running node" });
      expect(replay.units).toBeGreaterThan(20);
      expect(replay.compared).toBeGreaterThanOrEqual(4);
    });

    it("agrees with a copy of a running node's databases, and leaves the original alone", async () => {
      const copy = await copyOf("validator-2", "copy");
      const replay = await koma.json<Replay>("consensus", "replay", "--dir", nodeFolder("validator-2"), "--data", copy);
      expect(replay).toMatchObject({ ok: true, comparedWith: "chain.db" });
      expect(replay.compared).toBeGreaterThanOrEqual(4);
    });

    it("finds a unit whose signature was changed, one that is gone, and a final block that is another", async () => {
      const broken = async (
        as: string,
        change: (databases: Record<"consensus" | "chain", SqliteDatabase.Database>) => void,
      ) => {
        const copy = await copyOf("validator-3", as);
        const databases = {
          consensus: new SqliteDatabase(join(copy, "consensus.db")),
          chain: new SqliteDatabase(join(copy, "chain.db")),
        };
        change(databases);
        databases.consensus.close();
        databases.chain.close();
        const run = await koma.run<Replay>("consensus", "replay", "--dir", nodeFolder("validator-3"), "--data", copy);
        expect([run.exitCode, run.envelope.ok, run.envelope.data.ok]).toEqual([6, true, false]);
        return run.envelope.data.firstDiff;
      };

      const signed = await broken("signature", ({ consensus }) => {
        const row = consensus
          .prepare<[], { id: number; bytes: Buffer }>("SELECT id, bytes FROM unit WHERE id = 7")
          .get();
        const { id, bytes } = row as { id: number; bytes: Buffer };
        const changed = Buffer.from(bytes);
        // The signature's v and the list of hashes follow it at the end: this is inside r or s.
        const at = signatureAt(changed) + 10;
        changed[at] = (changed[at] as number) ^ 1;
        consensus.prepare("UPDATE unit SET bytes = ? WHERE id = ?").run(changed, id);
      });
      expect(signed).toMatchObject({ kind: "unit", problem: "breaks rule Signature" });

      const missing = await broken("missing", ({ consensus }) => {
        consensus.prepare("DELETE FROM unit WHERE id = 7").run();
      });
      expect(missing).toMatchObject({ kind: "unit", problem: "waits for a unit or evidence that is not stored" });

      const other = await broken("other", ({ chain }) => {
        chain.prepare("UPDATE block SET hash = ? WHERE number = 3").run(Buffer.alloc(32, 7));
      });
      expect(other).toMatchObject({ kind: "final", height: 3 });
    });

    it("says what it lacks: a folder that is no node's, a copy without databases", async () => {
      const none = await koma.run("consensus", "replay", "--dir", folder);
      expect([none.exitCode, none.envelope.error?.code]).toEqual([8, "KOMA_E_FILE_UNREADABLE"]);
      const empty = join(folder, "empty");
      mkdirSync(empty);
      const data = await koma.run("consensus", "replay", "--dir", nodeFolder("validator-0"), "--data", empty);
      expect([data.exitCode, data.envelope.error?.code]).toEqual([1, "KOMA_E_STORE_IO"]);
    });
  });

  // Last: afterwards validator-3 signs nothing more.
  describe("evidence", () => {
    it("lists nothing while nobody has cheated", async () => {
      expect(await koma.json("consensus", "evidence")).toEqual([]);
      expect((await koma.plain("consensus", "evidence")).stdout).toBe("No fault is proven.");
    });

    it("lists an equivocation on every node, with bytes that prove it, and a replay finds it, too", async () => {
      const culprit = devnet.nodes.find(({ name }) => name === "validator-3") as DevnetData["nodes"][number];
      const key = hexToBytes(readFileSync(join(devnet.dir, "keys", "validator-3.signer"), "utf8").trim());
      const genesis = parseGenesis(JSON.parse(readFileSync(join(devnet.dir, "genesis/genesis.json"), "utf8")));
      const domain = domainSeparator({ name: "KoMaBFT", version: "1", chainId: genesis.chainId });
      /** Two signed headers with one number, of the instance that runs now. */
      const equivocation = async () => {
        const { instance } = await ask<{ instance: Hash }>(culprit.rpcUrl, "koma_consensus");
        const creator = await positionOf(culprit);
        const signed = (body: string) => {
          const header: UnitHeader = { instance, creator, seq: 999, prev: undefined, bodyHash: keccakHash(utf8(body)) };
          return { ...header, signature: signDigest(headerDigest(domain, header), key) };
        };
        return { instance, evidence: createEquivocationEvidence(domain, signed("one"), signed("another")) };
      };
      const planted: string[] = [];

      const { p2p } = JSON.parse(readFileSync(join(nodeFolder("validator-1"), "config.json"), "utf8")) as {
        p2p: { peers: string[] };
      };
      const stranger = createNetwork({
        privateKey: keccak256(utf8("an honest stranger")),
        networkId: createGenesisBlock(genesis).hash,
        peers: [p2p.peers[0] as string],
        logger: silentLogger,
        clock: systemClock,
      });
      await stranger.start();
      try {
        await eventually("the stranger to be connected", async () => stranger.peers().length === 1);
        const evidenceOf = (name: string) =>
          koma.json<Record<string, unknown>[]>("consensus", "evidence", "--node", name);
        await eventually("validator-0 to know of it", async () => {
          // Again, should the instance have been over when it came.
          const { instance, evidence } = await equivocation();
          planted.push(bytesToHex(encodeEvidence(evidence)));
          stranger.broadcast("consensus", encodeMessage({ instance, kind: "evidence", evidence }));
          return (await evidenceOf("validator-0")).length > 0;
        });
        for (const { name } of devnet.nodes.filter((node) => node !== culprit)) {
          const listed = await eventually(`${name} to know of it`, async () => {
            const list = await evidenceOf(name);
            return list.length > 0 && list;
          });
          expect(listed[0]).toMatchObject({
            kind: "equivocation",
            by: "validator-3",
            signer: culprit.signer.toLowerCase(),
            seq: 999,
          });
          expect(planted).toContain(listed[0]?.["bytes"]);
        }
      } finally {
        await stranger.stop();
      }
      const replay = await koma.json<Replay>("consensus", "replay", "--node", "validator-0");
      expect(replay.ok).toBe(true);
      expect(replay.instances.some(({ faulty }) => faulty === 1)).toBe(true);
    });
  });
});

/** Position of a node's validator in the committee that runs now. */
async function positionOf({ rpcUrl, signer }: DevnetData["nodes"][number]): Promise<number> {
  const { validators } = await consensusOf(rpcUrl);
  return validators.findIndex((validator) => validator.signer.toLowerCase() === signer.toLowerCase());
}

/** Where the 65 bytes of a unit's signature begin: RLP writes them as b8 41 and the bytes. */
function signatureAt(unit: Buffer): number {
  const at = unit.lastIndexOf(Buffer.from([0xb8, 0x41]));
  expect(at).toBeGreaterThan(0);
  return at + 2;
}
