import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, consensusOf, type DevnetData, untilAllFinal } from "../support/devnet.ts";
import { createKoma, eventually, launcher } from "../support/koma.ts";

interface Committee {
  readonly era: number;
  readonly eraBlocks: number;
  readonly validators: readonly { readonly signer: string; readonly name: string | null; readonly weight: number }[];
  readonly following: readonly { readonly signer: string; readonly joining: boolean }[];
}

interface Registered {
  readonly id: string;
  readonly signer: string;
  readonly signerFile: string;
  readonly committeeFrom: { readonly era: number; readonly at: string } | null;
}

interface Listed {
  readonly id: string;
  readonly signer: string;
  readonly name: string | null;
  readonly committee: string | null;
}

const ERA_BLOCKS = 6;

const koma = createKoma();
let devnet: DevnetData;

beforeAll(async () => {
  devnet = await koma.json<DevnetData>(
    "devnet",
    "up",
    "--set",
    `chains[0].consensus.era=${ERA_BLOCKS}`,
    "--set",
    "staking.epoch=4s",
    "--set",
    "l1.blockTime=1s",
  );
});
afterAll(() => koma.dispose());

const status = () => koma.json<Committee>("consensus", "status");
const isIn = ({ validators }: Committee, signer: string) => validators.some((member) => member.signer === signer);
const listed = async (signer: string) =>
  (await koma.json<Listed[]>("validator", "list")).find((validator) => validator.signer === signer);

/** Milliseconds between a block and the next, over all of the chain. */
async function gaps(url: string): Promise<readonly number[]> {
  const timeOf = async (block: string) =>
    Number((await ask<{ timestamp: string }>(url, "eth_getBlockByNumber", block, false)).timestamp);
  const head = Number(await ask<string>(url, "eth_blockNumber"));
  const times = await Promise.all(Array.from({ length: head }, (_, i) => timeOf(`0x${(i + 1).toString(16)}`)));
  return times.slice(1).map((time, i) => (time - (times[i] as number)) * 1000);
}

describe("a validator that comes to a running devnet, and one that goes", () => {
  let registered: Registered;
  let folder: string;

  it("is told from which era on it signs, and its node only follows until then", async () => {
    registered = await koma.json<Registered>(
      "validator",
      "register",
      "--key",
      "dave",
      "--stake",
      "500",
      "--name",
      "dave",
    );
    const { era } = await status();
    expect(registered.committeeFrom?.era).toBeGreaterThanOrEqual(2);
    expect(registered.committeeFrom?.era).toBeLessThanOrEqual(era + 3);
    expect(Date.parse(registered.committeeFrom?.at ?? "")).toBeGreaterThan(0);
    folder = join(koma.home, "my-validator");
    await koma.json(
      "node",
      "init",
      "--dir",
      folder,
      "--signer-file",
      registered.signerFile,
      "--rpc-port",
      "0",
      "--p2p-port",
      "0",
    );
  }, 60_000);

  it("gets into the committee, makes units, and adds to the confidence of blocks", async () => {
    const running = execa(process.execPath, [launcher, "node", "start", "--dir", folder, "--json"], {
      env: { KOMA_HOME: koma.home, CI: "true", NO_COLOR: "1" },
      reject: false,
      stdin: "ignore",
    });
    try {
      const joined = await eventually(
        "a committee with it",
        async () => {
          const seen = await status();
          return isIn(seen, registered.signer) && seen;
        },
        60_000,
      );
      // 500 of 4,500 KMC.
      const weight = joined.validators.find(({ signer }) => signer === registered.signer)?.weight;
      expect(weight).toBe(111_111);
      expect(joined.era).toBeGreaterThanOrEqual(registered.committeeFrom?.era ?? Number.NaN);
      expect((await listed(registered.signer))?.committee).toBe("member");
      const url = devnet.nodes[0]?.rpcUrl as string;
      await eventually("its units", async () => {
        const { validators } = await consensusOf(url);
        return (validators.find(({ signer }) => signer === registered.signer)?.seq ?? -1) >= 2;
      });
      const paid = await koma.json<{ status: string; block: number }>(
        "tx",
        "send",
        "--to",
        "bob",
        "--value",
        "1",
        "--finality",
        "1/3",
      );
      expect(paid.status).toBe("final");
      // The other four are worth 0.78 at most: (2 · 888,889 − 1,000,000) of a million.
      await eventually("a confidence that takes all five", async () => {
        const hash = (await ask<{ hash: string }>(url, "eth_getBlockByNumber", "finalized", false)).hash;
        const { confidence } = await ask<{ confidence: number }>(url, "koma_getConfidence", hash);
        return confidence > 0.8;
      });
      await leaves();
    } finally {
      running.kill("SIGTERM");
    }
    expect((await running).exitCode).toBe(0);
  }, 150_000);

  async function leaves(): Promise<void> {
    const gone = devnet.nodes[3]?.signer.toLowerCase() as string;
    await koma.json("validator", "unstake", "validator-3");
    const left = await eventually(
      "a committee without it",
      async () => {
        const seen = await status();
        return !isIn(seen, gone) && seen;
      },
      60_000,
    );
    expect(left.validators).toHaveLength(4);
    expect((await listed(gone))?.committee).toBeNull();
    // The one that left follows on, and the newcomer keeps the chain going with the others.
    const { number } = await koma.json<{ number: number }>("block", "show", "finalized");
    await untilAllFinal(devnet.nodes, Number(number) + 3);
  }

  it("costs no block more than three seconds, or what a busy machine takes for any block", async () => {
    const all = await gaps(devnet.nodes[0]?.rpcUrl as string);
    // Between the last block of an era and the first of the next; block 1 is the first of all.
    const isBorder = (gap: number) => (gap + 1) % ERA_BLOCKS === 0;
    const borders = all.filter((_, gap) => isBorder(gap));
    const others = all.filter((_, gap) => !isBorder(gap));
    expect(borders.length).toBeGreaterThan(4);
    expect(Math.max(...borders)).toBeLessThanOrEqual(Math.max(3_000, ...others));
  });
});
