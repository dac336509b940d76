import { describe, expect, it } from "vitest";
import { ProtocolError } from "../errors.ts";
import { type Address, addressOfKey, keccak256, keccakHash, utf8 } from "../primitives/index.ts";
import type { RootChain, SentTransaction } from "../rootchain/index.ts";
import { carryOut } from "./punish.ts";

const [honest, guilty, quick] = ["honest", "guilty", "quick"].map((name) => addressOfKey(keccak256(utf8(name))));
const offenceId = keccakHash(utf8("offence"));
const sent = {
  hash: keccakHash(utf8("challenge")),
  blockNumber: 7n,
  gasUsed: 1n,
  offenceId,
} as unknown as SentTransaction & {
  readonly offenceId: typeof offenceId;
};

/** A root chain on which everybody but the honest one is convicted and no stake is left to take. */
function rootWith(fillSeat: (key: Address) => Promise<unknown>): RootChain {
  return {
    events: async () => [],
    stakes: { openOffences: async () => [] },
    elections: {
      newestSet: async () => ({
        members: [honest, guilty, quick].map((key, index) => ({ id: BigInt(index + 1), key })),
      }),
      // One by its key, the other by another key of its nominee's.
      isBarred: async (key: Address) => key === guilty,
      nominee: async (id: bigint) => ({ status: id === 3n ? "ejected" : "standing" }),
      fillSeat,
    },
  } as unknown as RootChain;
}

describe("carrying a sentence out", () => {
  it("fills the seats of all who are convicted, and of nobody else", async () => {
    const filled: Address[] = [];
    await carryOut(
      rootWith(async (key) => filled.push(key)),
      sent,
      AbortSignal.timeout(1_000),
    );
    expect(filled).toEqual([guilty, quick]);
  });

  it.each(["KOMA_E_NOMINEE_STATE", "KOMA_E_PRODUCER_POOL_EMPTY"])(
    "leaves a seat for which there is nothing to do: %s",
    async (code) => {
      const filled: Address[] = [];
      const fill = async (key: Address) => {
        if (key === guilty) throw new ProtocolError(code, "refused");
        filled.push(key);
      };
      await carryOut(rootWith(fill), sent, AbortSignal.timeout(1_000));
      expect(filled).toEqual([quick]);
    },
  );

  it("passes any other refusal on", async () => {
    const fill = async () => {
      throw new ProtocolError("KOMA_E_ROOTCHAIN_UNCONFIRMED", "nobody mines");
    };
    await expect(carryOut(rootWith(fill), sent, AbortSignal.timeout(1_000))).rejects.toMatchObject({
      code: "KOMA_E_ROOTCHAIN_UNCONFIRMED",
    });
  });
});
