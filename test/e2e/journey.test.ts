import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountOutput } from "../../commands/account/outputs.ts";
import { type Address, type Hash, type Hex, hexToBytes, recoverAddress } from "../../src/primitives/index.ts";
import { connectRootChain, digestOfCheckpoint, type RootChain, type RootContracts } from "../../src/rootchain/index.ts";
import { openChainClient } from "../../src/rpc/index.ts";
import type { DevnetData } from "../support/devnet.ts";
import { createKoma, eventually, type Koma } from "../support/koma.ts";

const KMC = 10n ** 18n;

interface Balance {
  readonly amountWei: string;
}

describe("a payment from the root chain to koma and back", () => {
  let koma: Koma;
  let devnet: DevnetData;
  let root: RootChain;
  let erin: Address;
  let frank: Address;

  beforeAll(async () => {
    koma = createKoma();
    devnet = await koma.json<DevnetData>("devnet", "up");
    root = connectRootChain({ url: devnet.l1.rpcUrl, contracts: devnet.contracts as unknown as RootContracts });
    const accounts = await koma.json<{ name: string; address: Address }[]>("devnet", "accounts");
    const addressOf = (name: string) =>
      accounts.find((account) => account.name === name)?.address.toLowerCase() as Address;
    erin = addressOf("erin");
    frank = addressOf("frank");
  });
  afterAll(() => koma.dispose());

  const balanceOf = async (token: string, who: Address, ...flags: string[]) =>
    BigInt((await koma.json<Balance>("token", "balance", token, who, ...flags)).amountWei);

  async function balanceAfter(who: Address, block: bigint): Promise<bigint> {
    const chain = await openChainClient(devnet.chains[0]?.rpcUrl as string);
    return BigInt(await chain.rpc.request<Hex>("eth_getBalance", [who, block]));
  }

  /** Wei that a transaction cost its sender beside what it sent. */
  async function feeOf(hash: Hash): Promise<bigint> {
    const chain = await openChainClient(devnet.chains[0]?.rpcUrl as string);
    const receipt = await chain.receipt(hash);
    if (!receipt) throw new Error(`${hash} has no receipt`);
    return receipt.gasUsed * receipt.effectiveGasPrice;
  }

  it("is credited once, moves, becomes final and checkpointed, burns, exits, and is paid to the wei", async () => {
    const before = {
      erinRoot: await balanceOf("KMC", erin, "--chain", "l1"),
      erin: await balanceOf("KMC", erin),
      frank: await balanceOf("KMC", frank),
      frankRoot: await balanceOf("KMC", frank, "--chain", "l1"),
      erinDollars: await balanceOf("dUSD", erin, "--chain", "l1"),
      frankDollarsRoot: await balanceOf("dUSD", frank, "--chain", "l1"),
      escrow: await root.deposits.escrow(80_401n, root.contracts.KMC),
    };

    // In: five KMC and ten dUSD.
    const deposit = await koma.json<{ depositId: string; state: string }>(
      ...["bridge", "deposit", "--token", "KMC", "--amount", "5", "--from", "erin", "--wait"],
    );
    expect(["credited", "final"]).toContain(deposit.state);
    expect(await balanceOf("KMC", erin)).toBe(before.erin + 5n * KMC);
    expect(await balanceOf("KMC", erin, "--chain", "l1")).toBe(before.erinRoot - 5n * KMC);
    await koma.json("bridge", "deposit", "--token", "dUSD", "--amount", "10", "--from", "erin", "--wait");
    expect(await balanceOf("dUSD", erin)).toBe(10n * KMC);
    expect(await balanceOf("dUSD", erin, "--chain", "l1")).toBe(before.erinDollars - 10n * KMC);

    // Across: native coins and the token, final at a third.
    const paid = await koma.json<{ hash: Hash; status: string }>(
      ...["tx", "send", "--from", "erin", "--to", "frank", "--value", "2", "--finality", "1/3"],
    );
    expect(paid.status).toBe("final");
    const moved = await koma.json<{ tx: Hash }>(
      ...["token", "transfer", "dUSD", "--from", "erin", "--to", "frank", "--amount", "4", "--finality", "1/3"],
    );
    expect(await balanceOf("KMC", frank)).toBe(before.frank + 2n * KMC);
    expect(await balanceOf("dUSD", frank)).toBe(4n * KMC);
    const fees = (await feeOf(paid.hash)) + (await feeOf(moved.tx));
    expect(await balanceOf("KMC", erin)).toBe(before.erin + 3n * KMC - fees);

    // What erin has is the output that her last payment made, of both.
    for (const token of ["KMC", "dUSD"] as const) {
      const outputs = await koma.json<readonly AccountOutput[]>("account", "outputs", "erin", "--token", token);
      expect(outputs[0]).toMatchObject({ outWei: String(await balanceOf(token, erin)), tx: moved.tx, spentBy: null });
      expect(outputs.map(({ ok }) => ok)).not.toContain(false);
      expect(outputs.length).toBeGreaterThan(1);
    }

    // Out: burned on koma, exited against a checkpoint, paid on the root chain.
    const burns = {
      KMC: await koma.json<{ burnTx: Hash }>(
        "bridge",
        "withdraw",
        "--token",
        "KMC",
        "--amount",
        "1",
        "--from",
        "frank",
      ),
      dUSD: await koma.json<{ burnTx: Hash }>(
        "bridge",
        "withdraw",
        "--token",
        "dUSD",
        "--amount",
        "3",
        "--from",
        "frank",
      ),
    };
    const burnFees = (await feeOf(burns.KMC.burnTx)) + (await feeOf(burns.dUSD.burnTx));
    expect(await balanceOf("KMC", frank)).toBe(before.frank + 1n * KMC - burnFees);
    expect(await balanceOf("dUSD", frank)).toBe(1n * KMC);
    for (const burn of Object.values(burns)) {
      await koma.json("bridge", "exit", burn.burnTx, "--from", "frank", "--wait");
    }
    // The same burn cannot leave twice.
    const again = await koma.run("bridge", "exit", burns.KMC.burnTx, "--from", "erin");
    expect(again.exitCode).toBe(5);
    expect(again.envelope.error?.code).toMatch(/^KOMA_E_/);

    for (const token of ["KMC", "dUSD"] as const) {
      await eventually(
        `the exit of ${token} to be paid`,
        async () => {
          await koma.run("bridge", "process", "--token", token, "--from", "carol");
          const status = await koma.json<{ state: string }>("bridge", "status", burns[token].burnTx);
          return status.state === "paid";
        },
        120_000,
      );
    }
    expect(await balanceOf("KMC", frank, "--chain", "l1")).toBe(before.frankRoot + 1n * KMC);
    expect(await balanceOf("dUSD", frank, "--chain", "l1")).toBe(before.frankDollarsRoot + 3n * KMC);
    expect(await root.deposits.escrow(80_401n, root.contracts.KMC)).toBe(before.escrow + 4n * KMC);

    const checkpoints = await koma.json<{ number: string; state: string }[]>("checkpoint", "list");
    expect(checkpoints.some(({ state }) => state === "final")).toBe(true);
    const verified = await koma.json<{ ok: boolean }>("checkpoint", "verify", String(checkpoints[0]?.number));
    expect(verified.ok).toBe(true);
  }, 300_000);

  it("shows every proof of a transaction and verifies it on the root chain", async () => {
    const sent = await koma.json<{ hash: Hash; block: string }>(
      "tx",
      "send",
      "--from",
      "erin",
      "--to",
      "frank",
      "--value",
      "1",
    );
    await koma.json("tx", "wait", sent.hash, "--checkpoint");
    for (const kind of ["tx", "receipt"]) {
      const proof = await koma.json<{ ok: boolean }>("proof", kind, sent.hash);
      expect(proof.ok).toBe(true);
    }
    const block = await koma.json<{ ok: boolean }>("proof", "block", sent.block);
    expect(block.ok).toBe(true);
    // The root contracts see no fraud in it.
    const honest = await koma.run("proof", "simulate", "bad-transaction", "--tx", sent.hash);
    expect(honest).toMatchObject({ exitCode: 6, envelope: { data: { revert: { code: "KOMA_E_NOT_FRAUD" } } } });
    const account = await koma.json<Record<string, unknown>>("proof", "account", "frank", "--block", sent.block);
    expect(account).toMatchObject({ ok: true, balanceWei: String(await balanceAfter(frank, BigInt(sent.block))) });
  }, 120_000);

  it("signs a checkpoint by hand, and has what is final written down", async () => {
    const made = await koma.json<{ number: string; signer: Address; signature: Hex }>(
      ...["checkpoint", "sign", "latest", "--key", "validator-0"],
    );
    const record = await root.checkpoints.checkpoint(80_401n, BigInt(made.number));
    const domain = { rootChainId: 31_337n, contract: root.checkpoints.address };
    const digest = record && digestOfCheckpoint(record.structHash, domain);
    expect(digest && recoverAddress(digest, hexToBytes(made.signature))).toBe(made.signer);
    // Its node signed in time, so that there is nothing to add.
    const again = await koma.json("checkpoint", "attest", made.number, "--signature", made.signature);
    expect(again).toMatchObject({ added: [], tx: null, abstained: [{ why: "signed it before" }] });

    await koma.json("checkpoint", "finalize", "1", "--wait");
    expect((await root.checkpoints.head(80_401n)).finalizedUpTo).toBeGreaterThanOrEqual(1n);
    const early = await koma.run("checkpoint", "finalize", "latest");
    expect([early.exitCode, early.envelope.error?.code]).toEqual([5, "KOMA_E_CHECKPOINT_NOT_FINAL"]);
  });

  it("gives the bonds of both exits back, once", async () => {
    const { exitBondWei } = await root.exits.params();
    const bonds = { source: "exit-bond", token: "ETH", amountWei: String(2n * exitBondWei), tx: null };
    expect(await koma.json("bridge", "claim", "--from", "frank", "--dry-run")).toMatchObject({ claimed: [bonds] });
    await koma.json("bridge", "claim", "--from", "frank");
    expect(await root.exits.owed(frank)).toBe(0n);
    expect(await koma.json("bridge", "claim", "--from", "frank")).toMatchObject({ claimed: [], settled: [], held: [] });
    const unknown = await koma.run("bridge", "claim", `0x${"11".repeat(32)}`, "--from", "frank");
    expect([unknown.exitCode, unknown.envelope.error?.code]).toEqual([3, "KOMA_E_EXIT_NOT_FOUND"]);
  });

  it("backs a validator, earns with it, and leaves it again", async () => {
    const before = await balanceOf("KMC", frank, "--chain", "l1");
    const delegated = await koma.json<{ delegatedWei: string; tx: string }>(
      ...["validator", "delegate", "validator-0", "--amount", "500", "--from", "frank"],
    );
    expect(BigInt(delegated.delegatedWei)).toBe(500n * KMC);
    expect(await balanceOf("KMC", frank, "--chain", "l1")).toBe(before - 500n * KMC);
    const commission = ["validator", "update", "validator-0", "--commission", "7.5"];
    expect(await koma.json("validator", "list")).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "validator-0", delegatedWei: `${500n * KMC}` })]),
    );
    const updated = await koma.json<{ changed: { commissionBps: number } }>(...commission);
    expect(updated.changed).toEqual({ commissionBps: 750 });

    const earned = await eventually("a final checkpoint that pays the delegator", async () => {
      const rewards = await koma.json<{ earnedWei: string }>(
        "validator",
        "rewards",
        "validator-0",
        "--delegator",
        "frank",
      );
      return BigInt(rewards.earnedWei) > 0n ? BigInt(rewards.earnedWei) : undefined;
    });
    const claim = ["validator", "rewards", "validator-0", "--delegator", "frank", "--claim", "--from", "erin"];
    expect(BigInt((await koma.json<{ claimedWei: string }>(...claim)).claimedWei)).toBeGreaterThanOrEqual(earned);
    const own = await koma.json<{ claimedWei: string; tx: string | null; work: { openWei: string; paidWei: string } }>(
      ...["validator", "rewards", "validator-0", "--claim"],
    );
    expect(own.tx).not.toBeNull();
    expect(own.work.paidWei).toBe(own.work.openWei);
    expect(await balanceOf("KMC", frank, "--chain", "l1")).toBeGreaterThanOrEqual(before - 500n * KMC + earned);

    const all = await koma.json<{ abstained: unknown[] }>("checkpoint", "attest", "latest");
    expect(all.abstained.length).toBeGreaterThan(0);
    const leaving = await koma.json<{ amountWei: string; undelegations: string[] }>(
      ...["validator", "undelegate", "validator-0", "--amount", "200", "--from", "frank"],
    );
    expect(BigInt(leaving.amountWei)).toBe(200n * KMC);
    const early = await koma.run("validator", "undelegate", "validator-0", "--claim", "--from", "frank");
    expect(early.envelope.error?.code).toBe("KOMA_E_STILL_BONDED");
  });
});
