import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AbiCoder } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKoma, eventually, type Koma } from "../support/koma.ts";

interface Challenge {
  readonly type: string | null;
  readonly state: string;
  readonly challenge: string | null;
  readonly bondWei: string;
  readonly checkpoint: string | null;
}

interface Status {
  readonly id: string;
  readonly state: string;
}

const BLOCK_PROOF =
  "tuple(uint64 chainId,uint64 checkpoint,uint64 number,uint64 timestamp,bytes32 txRoot,bytes32 receiptsRoot,bytes32 blockHash,bytes32[] siblings)";
const TX_PROOF = `tuple(${BLOCK_PROOF} b,uint32 txIndex,bytes[] txNodes)`;

describe("fraud with deposits and nonces on a running devnet", () => {
  let koma: Koma;

  beforeAll(async () => {
    koma = createKoma();
    await koma.json("devnet", "up", "--challenge-period", "60s");
  });
  afterAll(() => koma.dispose());

  const convict = (what: string, type: string) =>
    eventually(
      what,
      async () => {
        const run = await koma.run<Challenge>("proof", "challenge", type, "--from", "dave");
        return run.exitCode === 0 && run.envelope.data;
      },
      90_000,
    );
  const stateOf = async (id: string | null) => {
    const list = await koma.json<readonly Status[]>("proof", "status");
    return list.find((entry) => entry.id === id)?.state;
  };

  it("a delivery that nobody deposited is proven and slashed", async () => {
    const cheated = performance.now();
    await koma.json("devnet", "fault", "behave", "validator-0", "deposit-phantom", "--times", "1");
    const verdict = await convict("the phantom deposit to be proven", "deposit-mismatch");
    expect(verdict).toMatchObject({ type: "deposit-mismatch", state: "accepted", bondWei: "0" });
    process.stdout.write(
      `deposit-phantom: slashed ${Math.round((performance.now() - cheated) / 1000)} s after the order\n`,
    );
  }, 150_000);

  it("a false claim of a skipped nonce is answered by a validator, and costs the bond", async () => {
    const [first, second] = [
      await koma.json<{ hash: string }>("tx", "send", "--from", "erin", "--to", "bob", "--value", "1"),
      await koma.json<{ hash: string }>("tx", "send", "--from", "erin", "--to", "bob", "--value", "1"),
    ];
    expect(first.hash).not.toBe(second.hash);
    const file = join(koma.home, "second.json");
    await koma.json("proof", "tx", second.hash, "--wait", "--out", file);
    const { proof } = JSON.parse(await readFile(file, "utf8")) as {
      proof: { b: { chainId: string; checkpoint: string; number: string } };
    };
    // Nonce 0 stands a block before: it is said to be missing.
    const evidence = AbiCoder.defaultAbiCoder().encode([TX_PROOF, "uint64", `${TX_PROOF}[]`], [proof, 0n, []]);
    const { chainId, checkpoint, number } = proof.b;
    const claim = { version: 1, kind: 7, type: "nonce-gap", chainId, checkpoint, block: number, evidence };
    const slander = join(koma.home, "slander.json");
    await writeFile(slander, JSON.stringify(claim));
    const opened = await koma.json<Challenge>("proof", "challenge", "--evidence", slander, "--from", "dave");
    expect(opened.state).toBe("opened");
    expect(BigInt(opened.bondWei)).toBeGreaterThan(0n);
    await eventually("a validator to answer", async () => (await stateOf(opened.challenge)) === "answered");
    const late = await koma.run("proof", "conclude", opened.challenge as string, "--from", "dave");
    expect(late.envelope.error?.code).toBe("KOMA_E_CHALLENGE_CLOSED");
  }, 120_000);
});
