import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDocumented } from "../support/command-output.ts";
import type { DevnetData } from "../support/devnet.ts";
import { ask, blockAt, untilAllFinal } from "../support/devnet.ts";
import { createKoma, eventually, type Koma, launcher } from "../support/koma.ts";

interface Validator {
  readonly id: string;
  readonly address: string;
  readonly stakeWei: string;
  readonly state: string;
}

interface Member {
  readonly name: string | null;
  readonly producer: boolean;
  readonly ejected: boolean;
}

interface Claimed {
  readonly claimed: readonly { readonly amountWei: string; readonly tx: string | null }[];
  readonly settled: readonly string[];
  readonly held: readonly unknown[];
}

interface Verdict {
  readonly id?: string;
  readonly found?: number;
  readonly type?: string;
  readonly state?: string;
  readonly slashed?: readonly unknown[];
  readonly bountyWei?: string;
}

interface Built {
  readonly checkpoint: string | null;
  readonly offence: string | null;
  readonly bountyWei: string | null;
}

interface Scan {
  readonly found: readonly { readonly type: string; readonly offence: string | null }[];
}

interface Follower {
  /** Data of the lines so far. */
  readonly lines: () => readonly Record<string, unknown>[];
  /** Ends it as Ctrl-C does; answers its exit code and all that it printed. */
  readonly interrupt: () => Promise<{ exitCode: number | undefined; stdout: string }>;
}

/** A command that prints as things happen, with `--json`. */
function follow(home: string, ...command: readonly string[]): Follower {
  const env = { KOMA_HOME: home, CI: "true", NO_COLOR: "1" };
  const child = execa(process.execPath, [launcher, ...command, "--json"], { env, reject: false, stdin: "ignore" });
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    told += chunk;
  });
  const complete = () =>
    told
      .slice(0, told.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line !== "");
  return {
    lines: () => complete().map((line) => (JSON.parse(line) as { data: Record<string, unknown> }).data),
    async interrupt() {
      child.kill("SIGINT");
      const { exitCode } = await child;
      return { exitCode, stdout: told };
    },
  };
}

describe("a fraud on a running devnet", () => {
  let koma: Koma;
  let devnet: DevnetData;

  let watch: Follower;

  beforeAll(async () => {
    koma = createKoma();
    // Long enough to look around, short enough to see a checkpoint become final.
    devnet = await koma.json<DevnetData>("devnet", "up", "--challenge-period", "40s");
    watch = follow(koma.home, "checkpoint", "watch");
  });
  afterAll(() => koma.dispose());

  const generationOf = async (url: string) => (await ask<{ generation: number }>(url, "koma_consensus")).generation;

  it("is not found on an honest chain with the same traffic: every verifier refuses", async () => {
    for (let i = 0; i < 5; i++) await koma.json("tx", "send", "--from", "bob", "--to", "carol", "--value", "1");
    await eventually("a checkpoint over the traffic", async () => {
      const list = await koma.json<readonly unknown[]>("checkpoint", "list");
      return list.length > 0;
    });
    const scan = await koma.run<Verdict>("proof", "challenge", "--from", "dave");
    expect(scan.exitCode).toBe(6);
    expect(scan.envelope.data?.found ?? scan.envelope.error?.code).toBeDefined();
  });

  it("is proven and slashed, the challenger is paid, and the honest chain goes on without it", async () => {
    const stakes = await koma.json<Validator[]>("validator", "list");
    await koma.json("devnet", "fault", "behave", "validator-0", "bad-nonce", "--times", "1");

    const verdict = await eventually(
      "the fraud to be found and proven",
      async () => {
        const run = await koma.run<Verdict>("proof", "challenge", "--from", "dave");
        return run.exitCode === 0 && run.envelope.data;
      },
      90_000,
    );
    expect(verdict.type).toMatch(/nonce/);
    expect(verdict.state).toBe("accepted");
    expect(BigInt(verdict.bountyWei ?? 0)).toBeGreaterThan(0n);

    const after = await koma.json<Validator[]>("validator", "list");
    const poorer = after.filter(({ id, stakeWei }) => {
      const was = stakes.find((stake) => stake.id === id);
      return was !== undefined && BigInt(stakeWei) < BigInt(was.stakeWei);
    });
    expect(poorer.length).toBeGreaterThanOrEqual(3);

    // All four, the honest one that had refused the block included, go on together from the last good block.
    await eventually("generation 1 on every node", async () => {
      const generations = await Promise.all(devnet.nodes.map(({ rpcUrl }) => generationOf(rpcUrl)));
      return generations.every((generation) => generation === 1);
    });
    const { validators } = await koma.json<{ validators: Member[] }>("consensus", "status");
    expect(validators.find(({ name }) => name === "validator-0")).toMatchObject({ producer: false, ejected: true });
    expect(validators.filter(({ producer }) => producer).length).toBeGreaterThan(0);
    const height = (await koma.json<{ number: number }>("block", "show", "finalized")).number;
    // The supervisor hears of the rollback from the nodes; what it shows is no block that was taken back.
    await eventually("devnet status without rolled back blocks", async () => {
      const { chains } = await koma.json<{ chains: { finalized: number; hash: string }[] }>("devnet", "status");
      const [chain] = chains;
      if (!chain) return false;
      const block = await blockAt(devnet.nodes[0]?.rpcUrl as string, chain.finalized).catch(() => undefined);
      return block?.hash === chain.hash;
    });
    await untilAllFinal(devnet.nodes, Number(height) + 5);
    const paid = await koma.json<{ status: string }>("tx", "send", "--to", "bob", "--value", "1", "--finality", "1/3");
    expect(paid.status).toBe("final");

    // By now nobody can claim the bounty by an older commitment.
    const bounty = await koma.json<Claimed>("bridge", "claim", "--from", "dave", "--wait");
    expect(bounty).toMatchObject({ settled: [verdict.id], held: [] });
    expect(bounty.claimed.map(({ amountWei }) => amountWei)).toContain(verdict.bountyWei);
    const again = await koma.json<Claimed>("bridge", "claim", "--from", "dave");
    expect(again).toMatchObject({ claimed: [], settled: [], held: [] });
  }, 240_000);

  it("is proven of transactions, receipts and token logs too, each as its own kind", async () => {
    const cheats = ["tip-above-fee", "log-forge", "erc20-amount", "erc20-output"];
    const kinds = ["bad-transaction", "bad-receipt", "erc20-transfer", "erc20-log"];
    const latest = async () => Number((await koma.json<{ number: number }>("block", "show", "latest")).number);
    // All in one block of one producer, so that one verdict rolls all of it back.
    const at = (await latest()) + 8;
    for (const cheat of cheats) {
      await koma.json("devnet", "fault", "behave", "validator-1", cheat, "--times", "1", "--at", String(at));
    }
    await eventually("the first of their blocks", async () => (await latest()) >= at);
    const began = Date.now();
    const found = await eventually(
      "a scan that finds all four",
      async () => {
        const scan = await koma.run<Scan>("proof", "scan");
        return scan.exitCode === 6 && scan.envelope.data.found.length >= kinds.length && scan.envelope.data.found;
      },
      90_000,
    );
    expect(found.map(({ type }) => type).sort()).toEqual([...kinds].sort());
    // The root contracts would convict of every one of them, and a file of each holds by itself.
    expect(found.filter(({ offence }) => offence === null)).toEqual([]);
    const transfer = join(koma.home, "transfer.json");
    await koma.json("proof", "build", "erc20-transfer", "--out", transfer);
    expect(await koma.json("proof", "verify", transfer, "--onchain")).toMatchObject({ outcome: "holds" });

    // A proof that stands on a checkpoint's root alone is checked where there is no network.
    const tip = join(koma.home, "tip.json");
    const built = await koma.json<Built>("proof", "build", "bad-transaction", "--out", tip);
    const { root } = await koma.json<{ root: string }>("checkpoint", "show", built.checkpoint ?? "");
    const offline = createKoma();
    expect(await offline.json("proof", "verify", tip, "--root", root)).toMatchObject({ outcome: "holds" });
    await offline.dispose();

    const tried = await koma.json<{ valid: boolean; gas: string }>("proof", "simulate", "--evidence", tip);
    expect(tried.valid).toBe(true);
    const sent = await koma.json<Verdict & { commitTx: string }>("proof", "submit", tip, "--from", "dave");
    expect(sent).toMatchObject({ state: "accepted", id: built.offence, bountyWei: built.bountyWei });
    expect(sent.commitTx).toMatch(/^0x/);
    expect(sent.slashed?.length).toBeGreaterThanOrEqual(3);
    console.info(`four kinds proven and slashed ${((Date.now() - began) / 1000).toFixed(1)} s after the cheat`);
    await eventually("generation 2 on every node", async () => {
      const generations = await Promise.all(devnet.nodes.map(({ rpcUrl }) => generationOf(rpcUrl)));
      return generations.every((generation) => generation === 2);
    });
    const paid = await koma.json<{ status: string }>("tx", "send", "--to", "bob", "--value", "1", "--finality", "1/3");
    expect(paid.status).toBe("final");
  }, 240_000);

  it("is proven of checkpoints over forged and over banned blocks", async () => {
    const before = await generationOf(devnet.nodes[0]?.rpcUrl as string);
    const convicted = async (i: number, cheat: string, type: string) => {
      const began = Date.now();
      await koma.json("devnet", "fault", "behave", "validator-2", cheat, "--times", "1");
      const verdict = await eventually(
        `${type} to be proven`,
        async () => {
          // A forged block is two frauds: it stands on another one, and a stranger sealed it.
          const scan = i === 1 && (await koma.run<Scan>("proof", "scan"));
          if (scan && !forged.every((kind) => isProven(scan, kind))) return false;
          const run = await koma.run<Verdict>("proof", "challenge", type, "--from", "dave");
          return run.exitCode === 0 && run.envelope.data;
        },
        90_000,
      );
      expect(verdict).toMatchObject({ type, state: "accepted" });
      expect(verdict.slashed?.length).toBeGreaterThanOrEqual(3);
      console.info(`${type} proven and slashed ${((Date.now() - began) / 1000).toFixed(1)} s after the order`);
      await eventually("the next generation on every node", async () => {
        const generations = await Promise.all(devnet.nodes.map(({ rpcUrl }) => generationOf(rpcUrl)));
        return generations.every((generation) => generation === before + i);
      });
    };
    const forged = ["block-sequence", "block-producer"];
    const isProven = (scan: { readonly envelope: { readonly data?: Scan } }, kind: string) =>
      scan.envelope.data?.found?.some(({ type, offence }) => type === kind && offence !== null) === true;
    await convicted(1, "bad-parent", "block-producer");
    // What that verdict banned.
    await convicted(2, "banned-block", "banned-block");
    const paid = await koma.json<{ status: string }>("tx", "send", "--to", "bob", "--value", "1", "--finality", "1/3");
    expect(paid.status).toBe("final");
  }, 300_000);

  it("was seen by whoever watched the checkpoints", async () => {
    const rejected = () => watch.lines().filter(({ type }) => type === "rejected").length;
    const generation = await generationOf(devnet.nodes[0]?.rpcUrl as string);
    await eventually("the last rejection", async () => rejected() === generation);
    const { exitCode, stdout } = await watch.interrupt();
    expect(exitCode).toBe(0);
    expectDocumented(stdout);
    expect(stdout.trimEnd().split("\n").at(-1)).toContain('"kind":"end"');
    const types = watch.lines().map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(["watching", "submitted", "rejected"]));
    expect(types.filter((type) => type === "rejected")).toHaveLength(generation);
  });
});
