import { describe, expect, it } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { type ConsensusParams, createInstance, type Instance } from "./instance.ts";

const { committee } = drawDag({ alice: 1, bob: 2 }).instance;

function instanceWith(params: Partial<ConsensusParams>): Instance {
  return createInstance({
    chainId: 80401n,
    genesisHash: keccakHash(utf8("genesis")),
    generation: 0,
    era: 0,
    keyBlock: { hash: keccakHash(utf8("genesis")), height: 0 },
    eraStart: timestamp(0),
    seed: keccakHash(utf8("seed")),
    committee,
    params: {
      baseRoundMs: 1000,
      maxRoundExp: 4,
      eraMinBlocks: 0,
      eraMinMs: 0,
      weightScale: 1_000_000,
      maxLevel: 20,
      openGapSlots: 4,
      maxValidators: 150,
      ...params,
    },
  });
}

describe("an instance", () => {
  it("has endorsements on unless the genesis turns them off", () => {
    expect(instanceWith({}).params).toMatchObject({ lnc: true, endorseEvidenceLimit: 64 });
    expect(instanceWith({ lnc: false }).params.lnc).toBe(false);
  });

  it("has an id that covers their parameters by value, given or not", () => {
    const { id } = instanceWith({});
    expect(instanceWith({ lnc: true, endorseEvidenceLimit: 64 }).id).toBe(id);
    expect(instanceWith({ lnc: false }).id).not.toBe(id);
    expect(instanceWith({ endorseEvidenceLimit: 65 }).id).not.toBe(id);
    expect(() => instanceWith({ endorseEvidenceLimit: 0 })).toThrow("endorseEvidenceLimit is below 1");
  });
});
