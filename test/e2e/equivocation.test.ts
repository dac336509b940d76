import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DevnetData, untilAllFinal } from "../support/devnet.ts";
import { createKoma, eventually } from "../support/koma.ts";

interface Verdict {
  readonly id: string | null;
  readonly type: string | null;
  readonly state: string;
  readonly fault: string | null;
  readonly checkpoint: string | null;
  readonly slashed: readonly { readonly name: string | null; readonly amountWei: string }[];
  readonly bountyWei: string | null;
}

interface Member {
  readonly name: string | null;
  readonly faulty: boolean;
}

const koma = createKoma();
let devnet: DevnetData;

beforeAll(async () => {
  // Two eras pass until the committee is without it.
  devnet = await koma.json<DevnetData>("devnet", "up", "--set", "chains[0].consensus.era=8");
});
afterAll(() => koma.dispose());

const challenge = () => koma.run<Verdict>("proof", "challenge", "consensus-equivocation", "--from", "dave");
const members = async () => (await koma.json<{ validators: Member[] }>("consensus", "status")).validators;

describe("a validator that signs two units with one number, each with a block of the same second", () => {
  it("is found out by the others, charged on the root chain, and leaves the committee", async () => {
    expect((await challenge()).exitCode).toBe(6);
    await koma.json("devnet", "fault", "behave", "validator-3", "double-seal", "--times", "1");

    const verdict = await eventually("the contradiction to be charged", async () => {
      const run = await challenge();
      return run.exitCode === 0 && run.envelope.data;
    });
    expect(verdict).toMatchObject({ type: "consensus-equivocation", state: "accepted", checkpoint: null });
    expect(verdict.fault).toMatch(/signed two units with number \d+/);
    expect(verdict.slashed.map(({ name }) => name)).toEqual(["validator-3"]);
    expect(BigInt(verdict.slashed[0]?.amountWei ?? 0)).toBeGreaterThan(0n);
    expect(BigInt(verdict.bountyWei ?? 0)).toBeGreaterThan(0n);

    // Its key was a producer's, which is another offence: no seat is charged for it.
    const second = await challenge();
    expect(second.envelope.data).toMatchObject({ type: "consensus-equivocation", state: "accepted", slashed: [] });
    expect(second.envelope.data.fault).toMatch(/sealed two blocks of second \d+/);

    // Once and for all: the same contradiction is no second offence.
    expect((await challenge()).envelope.data).toMatchObject({ state: "none" });

    // Three of four go on at once, and the era after the next has no place for it.
    const { number } = await koma.json<{ number: number }>("block", "show", "finalized");
    await untilAllFinal(devnet.nodes.slice(0, 3), Number(number) + 3);
    const left = await eventually(
      "a committee without it",
      async () => {
        const now = await members();
        return now.length === 3 && now;
      },
      120_000,
    );
    expect(left.map(({ name }) => name).sort()).toEqual(["validator-0", "validator-1", "validator-2"]);
    expect(left.some(({ faulty }) => faulty)).toBe(false);
    const paid = await koma.json<{ status: string }>("tx", "send", "--to", "bob", "--value", "1", "--finality", "1/3");
    expect(paid.status).toBe("final");
  }, 240_000);
});
