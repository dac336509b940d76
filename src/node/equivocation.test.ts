import { expect, it } from "vitest";
import { alice, testGenesis } from "../../test/support/chain-fixture.ts";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { createBlock, createGenesisBlock, encodeBlock, sealHeader } from "../chain/index.ts";
import {
  createEquivocationEvidence,
  type Instance,
  type SignedUnit,
  signUnit,
  verifyEvidence,
} from "../consensus/index.ts";
import { silentLogger } from "../logger.ts";
import { type Address, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { contradictionOf, secondProposalOf } from "./equivocation.ts";
import { createNodeEventBus } from "./events.ts";
import { createHeardSeals } from "./heard-seals.ts";

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

it("a proposal's contradiction is a second block of the same second, sealed by the same key, and both prove it", () => {
  const { chainId } = testGenesis();
  const header = { ...createGenesisBlock(testGenesis()).header, coinbase: alice.address, timestamp: 5n };
  const payload = encodeBlock(
    createBlock(sealHeader({ ...header, extraData: new Uint8Array(0) }, chainId, alice.key), []),
  );
  const proposal = { instance: instance.id, kind: "unit", unit: unitOf(keccakHash(payload)), payload } as const;
  const keyOf = (address: Address) => (address === alice.address ? alice : undefined);
  const second = secondProposalOf(proposal, instance, chainId, key, keyOf);
  if (second?.kind !== "unit" || !second.payload) throw new Error("nothing contradicts the proposal");
  expect((second.unit as SignedUnit).body.blockHash).toBe(keccakHash(second.payload));

  const seals = createHeardSeals(chainId, { events: createNodeEventBus(), logger: silentLogger });
  // The producer key of a validator is its signer key where it names none.
  const member = { ...instance.committee.validators[0], producerKey: alice.address };
  const era = { ...instance, committee: { ...instance.committee, validators: [member] } } as Instance;
  seals.hear(proposal, era);
  seals.hear(second, era);
  expect(seals.found()).toMatchObject([{ producer: alice.address, time: 5n }]);

  const deaf = createHeardSeals(chainId, { events: createNodeEventBus(), logger: silentLogger });
  deaf.hear(proposal, instance);
  deaf.hear(second, instance);
  expect(deaf.found(), "nobody of this era has the key").toEqual([]);
  expect(secondProposalOf(proposal, instance, chainId, key, () => undefined)).toBeUndefined();
});

it("proposals and other messages are not contradicted", () => {
  const unit = unitOf(keccakHash(utf8("block")));
  const proposal = { instance: instance.id, kind: "unit", unit, payload: utf8("block") } as const;
  expect(contradictionOf(proposal, instance, key)).toBeUndefined();
  expect(contradictionOf({ instance: instance.id, kind: "getEvidence", creator: 0 }, instance, key)).toBeUndefined();
});
