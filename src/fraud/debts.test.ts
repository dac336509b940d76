import { describe, expect, it } from "vitest";
import { account } from "../../test/support/chain-fixture.ts";
import { type Address, type Hash, keccakHash, utf8, zeroAddress } from "../primitives/index.ts";
import type { OffenceRecord, RootChain, RootEvent } from "../rootchain/index.ts";
import { debtsTo, unsettledBounties } from "./debts.ts";

const bob = account("bob").address;
const carol = account("carol").address;
const offence = (name: string): Hash => keccakHash(utf8(name));

const record = (name: string, change: Partial<OffenceRecord> = {}): OffenceRecord => ({
  offenceId: offence(name),
  kind: 5,
  class: 1,
  chainId: 0n,
  number: 0n,
  challenger: bob,
  claimant: zeroAddress,
  provenInBlock: 100n,
  provenAt: 1_000,
  settled: false,
  ...change,
});

/** The groups of the client that a search for bounties asks, with these events and offences. */
function rootWith(events: Readonly<Record<string, readonly RootEvent["args"][]>>, offences: readonly OffenceRecord[]) {
  return {
    events: async ({ event }: { readonly event: string }) =>
      (events[event] ?? []).map((args) => ({ event, args }) as unknown as RootEvent),
    challenges: {
      windows: async () => ({ commitBlocks: 5n, lateSlash: 0, attach: 0 }),
      offence: async (id: Hash) => offences.find(({ offenceId }) => offenceId === id),
    },
    stakes: { slashOutcome: async () => ({ bounty: 50n }) },
  } as unknown as Pick<RootChain, "events" | "challenges" | "stakes">;
}

const challengedBy = (name: string, challenger: Address) => ({ offenceId: offence(name), challenger });

describe("bounties that are not assigned yet", () => {
  it("are those of what the account proved, until they are settled", async () => {
    const root = rootWith(
      { Challenged: ["open", "settled", "others"].map((name) => challengedBy(name, name === "others" ? carol : bob)) },
      [record("open"), record("settled", { settled: true }), record("others", { challenger: carol })],
    );
    expect(await unsettledBounties(root, bob, 0n)).toEqual([
      { offenceId: offence("open"), amount: 50n, untilBlock: 105n },
    ]);
  });

  it("are not the challenger's once an older commitment has claimed them, but the claimant's", async () => {
    const events = {
      Challenged: [challengedBy("copied", carol)],
      BountyClaimed: [{ offenceId: offence("copied"), claimant: bob }],
    };
    const root = rootWith(events, [record("copied", { challenger: carol, claimant: bob })]);
    expect(await unsettledBounties(root, carol, 0n)).toEqual([]);
    expect(await unsettledBounties(root, bob, 0n)).toHaveLength(1);
  });

  it("are those of whoever attached a producer to somebody else's offence", async () => {
    const root = rootWith({ ProducerAttached: [{ offenceId: offence("first"), attachedId: offence("attached") }] }, [
      record("attached"),
    ]);
    expect(await unsettledBounties(root, bob, 0n)).toHaveLength(1);
    expect(await unsettledBounties(root, carol, 0n)).toEqual([]);
  });
});

describe("what the root contracts owe", () => {
  it("is asked of each that holds something, and paid by the one that owes it", async () => {
    const paid: string[] = [];
    const holder = (name: string, amount: bigint) => ({
      owed: async () => amount,
      withdrawOwed: async (to: Address) => {
        paid.push(`${name} to ${to}`);
      },
    });
    const root = {
      contracts: { InteractiveFraud: zeroAddress },
      stakes: holder("stakes", 7n),
      elections: holder("elections", 3n),
      exits: holder("exits", 0n),
      interactive: () => holder("claims", 1n),
    } as unknown as RootChain;
    const debts = await debtsTo(root, bob);
    expect(debts.map(({ source, asset, amount }) => `${source} ${amount} ${asset}`)).toEqual([
      "bounty 7 KMC",
      "producer-bounty 3 KMC",
      "challenge-bond 1 ETH",
    ]);
    for (const debt of debts) await debt.pay(carol, AbortSignal.timeout(1_000));
    expect(paid).toEqual([`stakes to ${carol}`, `elections to ${carol}`, `claims to ${carol}`]);
  });

  it("leaves out what a network does not have", async () => {
    const nothing = { owed: async () => 0n };
    const root = { contracts: {}, stakes: nothing, elections: nothing, exits: nothing } as unknown as RootChain;
    expect(await debtsTo(root, bob)).toEqual([]);
  });
});
