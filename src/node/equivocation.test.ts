import { expect, it } from "vitest";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { createEquivocationEvidence, type SignedUnit, signUnit, verifyEvidence } from "../consensus/index.ts";
import { keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { contradictionOf } from "./equivocation.ts";

const { instance } = drawDag({ alice: 1, bob: 1 });
const key = drawnKey(0);

function unitOf(blockHash: SignedUnit["body"]["blockHash"]): SignedUnit {
  return signUnit(
    instance.domain,
    {
      instance: instance.id,
      creator: 0,
      seq: 0,
      prev: undefined,
      body: {
        panoramaRoot: keccakHash(utf8("panorama")),
        observations: [0, 0],
        t: timestamp(5_000),
        roundExp: 0,
        blockHash,
        endorsed: [],
      },
      hashes: [],
    },
    key,
  );
}

it("a unit's contradiction is a second one with its number, and the two prove it", () => {
  const unit = unitOf(undefined);
  const message = { instance: instance.id, kind: "unit", unit, payload: undefined } as const;
  const second = contradictionOf(message, instance, key);
  if (second?.kind !== "unit") throw new Error("nothing contradicts the unit");
  const evidence = createEquivocationEvidence(instance.domain, unit, second.unit as SignedUnit);
  expect(verifyEvidence(evidence, instance)).toMatchObject({ ok: true });
});

it("proposals and other messages are not contradicted", () => {
  const unit = unitOf(keccakHash(utf8("block")));
  const proposal = { instance: instance.id, kind: "unit", unit, payload: utf8("block") } as const;
  expect(contradictionOf(proposal, instance, key)).toBeUndefined();
  expect(contradictionOf({ instance: instance.id, kind: "getEvidence", creator: 0 }, instance, key)).toBeUndefined();
});
