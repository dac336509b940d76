import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAddress } from "../../src/primitives/index.ts";
import { findChromium, noBrowser } from "../../templates/payment-checkout/e2e/browser.ts";
import { balanceOf, type DevnetData } from "../support/devnet.ts";
import { createKoma, processesOf } from "../support/koma.ts";

/** The page opens with its first item in the basket: beans for 4.5. */
const PRICE_WEI = 45n * 10n ** 17n;

interface Scaffolded {
  readonly dir: string;
  readonly installed: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

const koma = createKoma();
afterAll(() => koma.dispose());

/** A developer's shell: nothing of the test runner, which would turn the build into one for tests. */
function shellOf(home: string): Record<string, string | undefined> {
  const runners = /^(NODE_ENV|NODE_OPTIONS|VITEST.*|VITE_.*|TEST|DEV|PROD|MODE|BASE_URL|SSR|npm_.*)$/;
  const kept = Object.entries(process.env).filter(([name]) => !runners.test(name));
  return { ...Object.fromEntries(kept), KOMA_HOME: home, CI: "true", NO_COLOR: "1" };
}

describe("a DApp from the template payment-checkout", () => {
  let devnet: DevnetData;
  let dapp: Scaffolded;
  const rpcUrl = () => devnet.chains[0]?.rpcUrl as string;

  function npm(signal: AbortSignal, ...args: readonly string[]) {
    return execa("npm", args, {
      cwd: dapp.dir,
      env: shellOf(koma.home),
      extendEnv: false,
      reject: false,
      all: true,
      stdin: "ignore",
      cancelSignal: signal,
    });
  }

  async function expectToPass(signal: AbortSignal, ...args: readonly string[]): Promise<string> {
    const { exitCode, all } = await npm(signal, ...args);
    expect(exitCode, `npm ${args.join(" ")}\n${all}`).toBe(0);
    return all;
  }

  beforeAll(async () => {
    devnet = await koma.json<DevnetData>("devnet", "up");
    const parent = join(koma.home, "work");
    mkdirSync(parent);
    dapp = await koma.json<Scaffolded>("init", "dapp", join(parent, "shop"), "--no-install", "--no-git");
  });

  it("is set up for the devnet", () => {
    expect(dapp.installed).toBe(false);
    expect(dapp.environment).toMatchObject({
      VITE_KOMA_RPC_URL: rpcUrl(),
      VITE_KOMA_CHAIN_ID: "80401",
      VITE_TOKEN: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
    });
  });

  it("installs from the npm registry, passes its own unit tests and builds", async ({ signal }) => {
    await expectToPass(signal, "install");
    expect(await expectToPass(signal, "test")).toMatch(/Tests +\d+ passed/);
    await expectToPass(signal, "run", "build");
  }, 600_000);

  it("says at once what to type when the account has no dUSD", async ({ signal }) => {
    const { exitCode, all } = await npm(signal, "run", "test:e2e");
    expect(all).toContain("koma bridge deposit --token dUSD --amount 100 --wait");
    expect(all).not.toContain("Timeout");
    expect(exitCode).toBe(1);
  });

  it("is paid in KMC and in dUSD, to the wei, in a real browser until final", async ({ signal, skip }) => {
    if (!findChromium(process.env)) {
      const required = process.env["KOMA_REQUIRE_BROWSER"] === "1";
      const why = noBrowser(process.env);
      expect(required, why).toBe(false);
      process.stderr.write(`skipped: the DApp's payment in a browser. ${why}\n`);
      skip(why);
    }
    const merchant = parseAddress(dapp.environment["VITE_MERCHANT"] as string);
    const dollars = async () =>
      BigInt((await koma.json<{ amountWei: string }>("token", "balance", "dUSD", merchant)).amountWei);
    await koma.json("bridge", "deposit", "--token", "dUSD", "--amount", "100", "--wait");
    const before = { coins: await balanceOf(rpcUrl(), merchant), dollars: await dollars() };

    const output = await expectToPass(signal, "run", "test:e2e");

    expect(output).toMatch(/paid in KMC: final at [\d.]+ %/);
    expect(output).toMatch(/paid in dUSD: final at [\d.]+ %/);
    expect(await balanceOf(rpcUrl(), merchant)).toBe(before.coins + PRICE_WEI);
    expect(await dollars()).toBe(before.dollars + PRICE_WEI);
    expect(await processesOf(dapp.dir), "the browser and its page are gone").toEqual([]);
  }, 600_000);
});
