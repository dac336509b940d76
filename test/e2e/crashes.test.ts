import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { signTransaction } from "../../src/chain/index.ts";
import {
  type Address,
  addressFromBytes,
  addressOfKey,
  bigintToBytes,
  bytesToHex,
  emptyBytes,
  type Hash,
  type Hex,
  parseAddress,
} from "../../src/primitives/index.ts";
import { depositKinds } from "../../src/rootchain/index.ts";
import {
  ask,
  balanceOf,
  blockAt,
  consensusOf,
  type DevnetData,
  type DevnetNode,
  isAlive,
  rootChainOf,
  seqOf,
  testKeys,
  untilAllFinal,
  untilFinal,
} from "../support/devnet.ts";
import { auditConsensus, createFinalityRecord, killEverything, logTail } from "../support/fault-injection.ts";
import { createKoma, eventually, launcher, processesOf } from "../support/koma.ts";
import { createPrng, type Prng } from "../support/prng.ts";

const koma = createKoma();
afterAll(() => koma.dispose());

// Quick root-chain blocks and short checkpoints: more of what can be interrupted fits into a second.
const shape = ["--set", "l1.blockTime=1s", "--set", "chains[0].checkpoint.every=8"];
const finality = createFinalityRecord();
let devnet: DevnetData;

beforeAll(async () => {
  devnet = await koma.json<DevnetData>("devnet", "up", ...shape);
});

function node(name: string): DevnetNode {
  const found = devnet.nodes.find((each) => each.name === name);
  if (!found) throw new Error(`no node ${name}`);
  return found;
}

async function finalHeight({ rpcUrl }: DevnetNode): Promise<number> {
  return (await blockAt(rpcUrl, "finalized")).number;
}

async function expectNoFork(nodes: readonly DevnetNode[]): Promise<void> {
  await finality.look(nodes);
  await untilAllFinal(nodes, finality.height);
  for (const each of nodes) expect(await finality.contradictions(each)).toEqual([]);
}

async function expectNobodyFaulty(nodes: readonly DevnetNode[]): Promise<void> {
  for (const { name, rpcUrl } of nodes) {
    const { faultyWeight, validators, finality: finals } = await consensusOf(rpcUrl);
    expect({ name, faultyWeight, faulty: validators.filter(({ faulty }) => faulty) }).toEqual({
      name,
      faultyWeight: 0,
      faulty: [],
    });
    expect(finals.filter(({ violated }) => violated)).toEqual([]);
  }
}

describe("one of four validators killed", () => {
  it("does not stop the others, and it signs again after its return", async () => {
    const [witness, victim] = [node("validator-0"), node("validator-2")];
    const others = devnet.nodes.filter(({ name }) => name !== victim.name);
    const [killed] = await koma.json<readonly { from: string; to: string }[]>("devnet", "kill", victim.name);
    expect(killed).toMatchObject({ node: victim.name, from: "ready", to: "killed" });
    expect(isAlive(victim.pid)).toBe(false);

    const height = await finalHeight(witness);
    await untilAllFinal(others, height + 4);
    const seq = await seqOf(witness.rpcUrl, victim.signer);

    await koma.json("devnet", "start", victim.name);
    await untilFinal(victim.rpcUrl, await finalHeight(witness));
    await eventually(
      "new units of the validator that was killed",
      async () => (await seqOf(witness.rpcUrl, victim.signer)) > seq + 2,
    );
    await expectNoFork(devnet.nodes);
    await expectNobodyFaulty(devnet.nodes);
  });

  it("is brought back by the supervisor when nobody asked for its end", async () => {
    const victim = node("validator-1");
    const status = () =>
      koma.json<{ nodes: { name: string; state: string; restarts: number; pid: number }[] }>("devnet", "status");
    const before = (await status()).nodes.find(({ name }) => name === victim.name);
    process.kill(before?.pid as number, "SIGKILL");
    const after = await eventually("the node's restart", async () => {
      const now = (await status()).nodes.find(({ name }) => name === victim.name);
      return now?.state === "ready" && now.restarts === (before?.restarts ?? 0) + 1 && now;
    });
    expect(after.pid).not.toBe(before?.pid);
    await untilFinal(victim.rpcUrl, (await finalHeight(node("validator-0"))) + 1);
    await expectNobodyFaulty(devnet.nodes);
  });
});

describe("two of four validators killed", () => {
  it("stop finality without a fork, and it goes on when they are back", async () => {
    const [one, two, three, four] = devnet.nodes as [DevnetNode, DevnetNode, DevnetNode, DevnetNode];
    await koma.json("devnet", "kill", three.name, four.name);
    // What the two had said before may still make a block final; a slot later everything they said has been counted.
    const slot = async () => (await ask<{ slot: number }>(one.rpcUrl, "koma_consensus")).slot;
    const untilSlot = (wanted: number) => eventually(`slot ${wanted}`, async () => (await slot()) >= wanted);
    const slotMs = 1_000;
    await untilSlot((await slot()) + 2 * slotMs);
    const stuck = await Promise.all([finalHeight(one), finalHeight(two)]);
    await untilSlot((await slot()) + 8 * slotMs);
    expect(await Promise.all([finalHeight(one), finalHeight(two)])).toEqual(stuck);
    await expectNoFork([one, two]);

    const seqs = await Promise.all([three, four].map(({ signer }) => seqOf(one.rpcUrl, signer)));
    await koma.json("devnet", "start", three.name, four.name);
    await untilAllFinal(devnet.nodes, Math.max(...stuck) + 3);
    for (const [i, { signer }] of [three, four].entries()) {
      await eventually(
        "units of those who came back",
        async () => (await seqOf(one.rpcUrl, signer)) > (seqs[i] as number),
      );
    }
    await expectNoFork(devnet.nodes);
    await expectNobodyFaulty(devnet.nodes);
  });
});

/** A transfer of bob's to an address that nothing else pays. */
interface Payment {
  readonly hash: Hash;
  readonly to: Address;
  readonly value: bigint;
}

/** A deposit of alice's for an address that nothing else pays. The root chain may never have seen it. */
interface AttemptedDeposit {
  readonly recipient: Address;
  readonly amount: bigint;
}

describe("everything killed at random moments", () => {
  const seeds = [101, 202, 303, 404, 505, 606, 707, 808, 909, 1010];
  const payments: Payment[] = [];
  const deposits: AttemptedDeposit[] = [];
  let strangers = 0;

  /** An address nobody has a key of. */
  const stranger = (kind: number): Address => {
    const bytes = new Uint8Array(20).fill(kind, 0, 4);
    bytes.set(bigintToBytes(BigInt(++strangers)), 20 - bigintToBytes(BigInt(strangers)).length);
    return addressFromBytes(bytes);
  };

  /** Sends transfers to whichever node is picked until told to stop; nodes that are gone are what this test is about. */
  async function pay(prng: Prng, stop: AbortSignal): Promise<void> {
    const payer = addressOfKey(testKeys.bob);
    let nonce: bigint | undefined;
    while (!stop.aborted) {
      const { rpcUrl } = prng.pick(devnet.nodes) as DevnetNode;
      try {
        nonce ??= BigInt(await ask<Hex>(rpcUrl, "eth_getTransactionCount", payer, "pending"));
        const to = stranger(0xbb);
        const value = BigInt(prng.between(1, 1_000_000_000));
        const signed = signTransaction(
          {
            chainId: 80401n,
            nonce,
            gasLimit: 21_000n,
            maxFeePerGas: 10n ** 10n,
            maxPriorityFeePerGas: 10n ** 9n,
            to,
            value,
            data: emptyBytes,
          },
          testKeys.bob,
        );
        payments.push({ hash: signed.hash, to, value });
        await ask(rpcUrl, "eth_sendRawTransaction", bytesToHex(signed.raw));
        nonce += 1n;
      } catch {
        // Refused or unreachable: another node may know better, or the end has come.
        nonce = undefined;
      }
      await tick(stop);
    }
  }

  async function deposit(prng: Prng, stop: AbortSignal): Promise<void> {
    const root = rootChainOf(devnet, testKeys.alice);
    const recipient = stranger(0xdd);
    const amount = BigInt(prng.between(1, 1_000_000)) * 10n ** 9n;
    deposits.push({ recipient, amount });
    // The root chain may die before it answers; then only the chain itself can say what became of the deposit.
    await root.deposits.depositKmc({ chainId: 80401n, recipient, amount }, stop).catch(() => {});
  }

  /** Kills everything, the command included, a while after it began. */
  async function killDuring(command: "up" | "down", ms: number, prng: Prng): Promise<void> {
    if (command === "up") await killEverything(devnet.dir, prng);
    const running = execa(process.execPath, [launcher, "devnet", command, "--json"], {
      env: { KOMA_HOME: koma.home, CI: "true" },
      reject: false,
      stdin: "ignore",
    });
    await moment(ms);
    await killEverything(koma.home, prng);
    await running;
  }

  it.each(seeds)("leave what was final as it was (seed %i)", async (seed) => {
    const prng = createPrng(seed);
    onTestFailed(() =>
      console.error([`seed ${seed}`, ...devnet.nodes.map(({ name }) => logTail(devnet.dir, name))].join("\n")),
    );

    // While it comes up.
    if (prng.next() < 0.4) await killDuring("up", prng.between(200, 5_000), prng);
    devnet = await koma.json<DevnetData>("devnet", "up");
    await untilAllFinal(devnet.nodes, finality.height + 1);
    await expectNoFork(devnet.nodes);
    await expectNobodyFaulty(devnet.nodes);

    const stop = new AbortController();
    const watch = async () => {
      while (!stop.signal.aborted) {
        await finality.look(devnet.nodes);
        await tick(stop.signal);
      }
    };
    const load = [pay(prng, stop.signal), deposit(prng, stop.signal), watch()];
    await moment(prng.between(500, 4_000));
    // While it goes down in order, or out of the blue.
    if (prng.next() < 0.3) await killDuring("down", prng.between(200, 2_000), prng);
    else await killEverything(devnet.dir, prng);
    stop.abort();
    await Promise.all(load);
    expect(await processesOf(koma.home)).toEqual([]);
  });

  it("lose and repeat nothing", async () => {
    devnet = await koma.json<DevnetData>("devnet", "up");
    const [first] = devnet.nodes as [DevnetNode];
    const root = rootChainOf(devnet, testKeys.alice);

    // What the root chain has is the truth; each of its deposits arrives once.
    const entries = await root.events({ contract: "DepositManager", event: "Deposited", fromBlock: 0n });
    const events = entries.filter(({ args }) => depositKinds[Number(args["kind"])] === "native");
    const accepted = new Map(
      events.map(({ args }) => [parseAddress(String(args["recipient"])), BigInt(args["amount"] as bigint)] as const),
    );
    expect(accepted.size).toBe(events.length);
    expect(accepted.size).toBeGreaterThan(0);
    for (const [recipient, amount] of accepted) {
      await eventually(
        `deposit of ${amount} for ${recipient}`,
        async () => (await balanceOf(first.rpcUrl, recipient, "finalized")) > 0n,
        90_000,
      );
    }
    await untilAllFinal(devnet.nodes, (await finalHeight(first)) + 2);
    for (const { name, rpcUrl } of devnet.nodes) {
      for (const { recipient } of deposits) {
        expect([name, recipient, await balanceOf(rpcUrl, recipient, "finalized")]).toEqual([
          name,
          recipient,
          accepted.get(recipient) ?? 0n,
        ]);
      }
    }

    // Every transfer happened once or not at all, and bob paid for exactly those that happened.
    const bob = devnet.accounts.find(({ name }) => name === "bob") as DevnetData["accounts"][number];
    let expected = BigInt(bob.kmcWei);
    let included = 0n;
    for (const { hash, to, value } of payments) {
      const receipt = await ask<{ status: Hex; gasUsed: Hex; effectiveGasPrice: Hex } | null>(
        first.rpcUrl,
        "eth_getTransactionReceipt",
        hash,
      );
      expect(receipt?.status ?? "0x1").toBe("0x1");
      expect([hash, await balanceOf(first.rpcUrl, to, "finalized")]).toEqual([hash, receipt ? value : 0n]);
      if (!receipt) continue;
      included += 1n;
      expected -= value + BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice);
    }
    expect(included).toBeGreaterThan(0n);
    for (const { rpcUrl } of devnet.nodes) {
      expect(await balanceOf(rpcUrl, bob.address, "finalized")).toBe(expected);
      expect(BigInt(await ask<Hex>(rpcUrl, "eth_getTransactionCount", bob.address, "finalized"))).toBe(included);
    }
    await expectNoFork(devnet.nodes);
    await expectNobodyFaulty(devnet.nodes);
  });

  it("never make a validator sign twice", async () => {
    await koma.json("devnet", "down");
    expect(await processesOf(koma.home)).toEqual([]);
    const audit = auditConsensus(devnet.dir, devnet.nodes);
    expect(audit.units).toBeGreaterThan(100);
    expect(audit).toMatchObject({ equivocations: [], evidence: [], brokenLanes: [] });
  });
});

/** Between two looks; ends early when told to. */
function tick(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, 100);
    function done(): void {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    }
    stop.addEventListener("abort", done, { once: true });
  });
}

/** The moment of the fault: nothing is waited for, any time is as good as another. */
function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
