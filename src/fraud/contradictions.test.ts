import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type EquivocationEvidence, encodeEvidence, type SignedHeader } from "../consensus/index.ts";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { bytesToHex, type Hash, type Hex, hexToBytes, keccakHash, utf8 } from "../primitives/index.ts";
import type { OffenceRecord, Verdict } from "../rootchain/index.ts";
import { searchContradictions } from "./contradictions.ts";

const vectors = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../test/vectors/consensus-evidence.json", import.meta.url)), "utf8"),
) as {
  readonly chainId: number;
  readonly instance: Hash;
  readonly creator: number;
  readonly units: Readonly<Record<"a" | "b", { seq: number; prev: Hex; bodyHash: Hash; signature: Hex }>>;
  readonly twoUnits: Hex;
};
const chainId = BigInt(vectors.chainId);
const header = ({ seq, prev, bodyHash, signature }: (typeof vectors.units)["a"], instance = vectors.instance) =>
  ({ instance, creator: vectors.creator, seq, prev, bodyHash, signature: hexToBytes(signature) }) as SignedHeader;
const evidenceOf = (instance?: Hash): EquivocationEvidence => ({
  kind: "equivocation",
  first: header(vectors.units.a, instance),
  second: header(vectors.units.b, instance),
});
const entry = (evidence = evidenceOf()) => ({ bytes: bytesToHex(encodeEvidence(evidence)), seq: 5 });

/** Nodes that know this of consensus, and nothing of checkpoints. */
const telling = (...evidence: readonly (() => Promise<unknown>)[]) =>
  evidence.map((ask) => ({ evidence: ask, doubleVotes: async () => [], doubleSeals: async () => [] }));

const offenceId = keccakHash(utf8("offence"));
const verdict = { offenceId, class: 3, chainId, number: 0n, signers: 8n } as Verdict;
const convict = { judge: async () => verdict, offence: async () => undefined };

describe("contradictions that nodes know of", () => {
  it("are judged once each, however many nodes tell them", async () => {
    const judged: [number, Hex][] = [];
    const search = await searchContradictions(
      chainId,
      telling(
        async () => [entry()],
        async () => [entry(), entry()],
      ),
      {
        judge: async (kind, evidence) => {
          judged.push([kind, evidence]);
          return verdict;
        },
        offence: async () => undefined,
      },
    );
    expect(judged).toEqual([[21, vectors.twoUnits]]);
    expect(search).toMatchObject({
      found: 1,
      proven: { verdict, fault: `validator ${vectors.creator} signed two units with number 5` },
    });
  });

  it("are passed over when they were charged before", async () => {
    const charged = { ...convict, offence: async () => ({ offenceId }) as OffenceRecord };
    expect(
      await searchContradictions(
        chainId,
        telling(async () => [entry()]),
        charged,
      ),
    ).toEqual({
      found: 0,
      proven: undefined,
      refused: [],
    });
  });

  it("do not keep the next one from being charged when the contracts refuse one", async () => {
    const other = entry(evidenceOf(keccakHash(utf8("another era"))));
    let asked = 0;
    const search = await searchContradictions(
      chainId,
      telling(async () => [other, entry()]),
      {
        ...convict,
        judge: async () => {
          if (asked++ === 0) throw new ProtocolError("KOMA_E_NOT_FRAUD", "The evidence shows no fraud.");
          return verdict;
        },
      },
    );
    expect(search).toMatchObject({ found: 2, proven: { verdict }, refused: [{ code: "KOMA_E_NOT_FRAUD" }] });
  });

  it("come from nodes that may be down, or answer anything", async () => {
    const garbage: unknown[] = [null, 7, {}, { bytes: "0x" }, { bytes: "0xc0" }, { bytes: "nonsense" }, []];
    const sources = [
      async () => Promise.reject(new Error("down")),
      async () => "garbage",
      async () => garbage,
      async () => [entry()],
    ];
    expect((await searchContradictions(chainId, telling(...sources), convict)).proven?.verdict).toBe(verdict);
  });

  it("are not called unprovable because the root chain is away", async () => {
    const away = {
      ...convict,
      judge: async () => {
        throw new EnvironmentError("KOMA_E_ROOTCHAIN_AWAY", "The root chain does not answer.");
      },
    };
    await expect(
      searchContradictions(
        chainId,
        telling(async () => [entry()]),
        away,
      ),
    ).rejects.toThrow(EnvironmentError);
  });
});
