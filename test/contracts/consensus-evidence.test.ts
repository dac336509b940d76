import { createEVM } from "@ethereumjs/evm";
import { createAddressFromString } from "@ethereumjs/util";
import { AbiCoder, keccak256 } from "ethers";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createEndorsementEvidence } from "../../src/consensus/endorsement-evidence.ts";
import {
  createEquivocationEvidence,
  createFinalityEvidence,
  type EndorsementEvidence,
  type EquivocationEvidence,
  type Evidence,
  type FinalityEvidence,
  perpetratorOf,
  signFinality,
  type UnitHeader,
  verifyEvidence,
} from "../../src/consensus/index.ts";
import { headerOf } from "../../src/consensus/signed-header.ts";
import { craftConsensusChallenge } from "../../src/fraud/index.ts";
import { type Bytes, bytesToHex, type Hash, hexToBytes, keccakHash, utf8 } from "../../src/primitives/index.ts";
import { loadArtifacts } from "../../src/rootchain/index.ts";
import { drawDag, drawnKey } from "../support/draw-dag.ts";

// The contract's own bytecode, and evidence of every type with something changed in it: what nodes accept the root chain accepts,
// and charges the same key for; what nodes refuse it refuses.

const [BOB, DAN] = [1, 3];
const REGISTRY = "0x00000000000000000000000000000000000000aa";
const STAKES = "0x00000000000000000000000000000000000000bb";
/** Answers every question with (1, 0): the chain is registered, and whoever is asked about has the first seat. */
const YES = hexToBytes("0x6001600052600060205260406000f3");
const coder = AbiCoder.defaultAbiCoder();

const drawn = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 }, { endorseEvidenceLimit: 64 });
// Who draws by hand may leave endorsements out, and they are off; here they are judged.
const instance = { ...drawn.instance, params: { ...drawn.instance.params, lnc: true } };

/** Bob forks, and goes on twice on one side; dan endorses the other side and the top of this one. */
function evidences(): {
  equivocation: EquivocationEvidence;
  endorsements: EndorsementEvidence;
  finality: FinalityEvidence;
} {
  const a = drawn.unit("alice", { block: "A" });
  const low = drawn.unit("bob", { cites: [a], t: 10 });
  const beside = drawn.unit("bob", { cites: [a], t: 20, after: "nothing" });
  const middle = drawn.unit("bob", { cites: [a], t: 1_010, after: beside });
  const top = drawn.unit("bob", { cites: [a], t: 2_010, after: middle });
  const header = (unit: typeof low) => headerOf(drawn.dag.wire(unit));
  const endorsements = createEndorsementEvidence(
    instance,
    { unit: low, endorsement: drawn.endorsement(low, "dan") },
    { unit: top, endorsement: drawn.endorsement(top, "dan") },
  );
  const final = (block: string) =>
    signFinality(
      instance,
      { index: DAN, privateKey: drawnKey(DAN) },
      { height: 32, block: keccakHash(utf8(block)), unit: top.hash },
    );
  const finality = createFinalityEvidence(instance.id, final("A"), final("B"));
  if (!endorsements || !finality) throw new Error("dan contradicts himself");
  const equivocation = createEquivocationEvidence(instance.domain, header(low), header(beside));
  return { equivocation, endorsements, finality };
}

const { equivocation, endorsements, finality } = evidences();

const anyHash = fc.constantFrom("a", "b").map((name) => keccakHash(utf8(name)));
const anyNumber = fc.constantFrom(0, 1, 2, 3, 32, Number.MAX_SAFE_INTEGER);
/** What the contract's 32 bits hold: {@link verifyEvidence} knows none beyond the committee. */
const anyIndex = fc.constantFrom(0, 1, 2, 3, 4, 0xffff_ffff);
const anySignature: fc.Arbitrary<(signature: Bytes) => Bytes> = fc.oneof(
  fc.record({ at: fc.nat({ max: 64 }), flip: fc.integer({ min: 1, max: 255 }) }).map(({ at, flip }) => {
    return (signature: Bytes) => signature.map((byte, i) => (i === at ? byte ^ flip : byte));
  }),
  fc.constantFrom(equivocation.first, equivocation.second, endorsements.first, finality.second).map((other) => {
    return () => other.signature;
  }),
);
const anyHeader = fc.record(
  { seq: anyNumber, prev: anyHash, bodyHash: anyHash },
  { requiredKeys: [] },
) as unknown as fc.Arbitrary<Partial<UnitHeader>>;
/** What both halves of a piece of evidence share, as the contract's encoding writes it once. */
const anyShared = fc.record({ instance: anyHash, creator: anyIndex }, { requiredKeys: [] });
const same = (signature: Bytes): Bytes => signature;
const maybe = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T) => fc.option(arbitrary, { nil: otherwise, freq: 2 });

const anyEquivocation: fc.Arbitrary<Evidence> = fc
  .record({
    shared: maybe(anyShared, {}),
    first: maybe(anyHeader, {}),
    second: maybe(anyHeader, {}),
    sign: maybe(anySignature, same),
    swap: fc.boolean(),
  })
  .map(({ shared, first, second, sign, swap }) => {
    const a = { ...equivocation.first, ...first, ...shared, signature: sign(equivocation.first.signature) };
    const b = { ...equivocation.second, ...second, ...shared };
    return { kind: "equivocation", first: swap ? b : a, second: swap ? a : b };
  });

const anyEndorsements: fc.Arbitrary<Evidence> = fc
  .record({
    shared: maybe(anyShared, {}),
    endorser: maybe(anyIndex, DAN),
    unit: maybe(anyHeader, {}),
    lane: maybe(anyHeader, {}),
    at: fc.nat({ max: 2 }),
    cut: maybe(fc.nat({ max: 3 }), 3),
    sign: maybe(anySignature, same),
  })
  .map(({ shared, endorser, unit, lane, at, cut, sign }) => ({
    ...endorsements,
    first: { ...endorsements.first, endorser, signature: sign(endorsements.first.signature) },
    second: { ...endorsements.second, endorser },
    firstUnit: { ...endorsements.firstUnit, ...unit, ...shared },
    lane: endorsements.lane.map((header, i) => ({ ...header, ...(i === at ? lane : {}), ...shared })).slice(0, cut),
  }));

const anyFinality: fc.Arbitrary<Evidence> = fc
  .record({
    instance: maybe(anyHash, finality.instance),
    shared: maybe(fc.record({ height: anyNumber }, { requiredKeys: [] }), {}),
    block: maybe(
      fc.constantFrom<Hash>(keccakHash(utf8("A")), keccakHash(utf8("B")), keccakHash(utf8("C"))),
      finality.first.block,
    ),
    unit: maybe(fc.constant(endorsements.first.unit), finality.first.unit),
    sign: maybe(anySignature, same),
  })
  .map(({ instance: id, shared, block, unit, sign }) => ({
    kind: "finality",
    instance: id,
    first: { ...finality.first, ...shared, block, unit, signature: sign(finality.first.signature) },
    second: { ...finality.second, ...shared },
  }));

describe("I-35 evidence of a contradiction in consensus", () => {
  /** Offence that the contract finds; undefined when it refuses. */
  let judge: (evidence: Evidence) => Promise<string | undefined>;
  beforeAll(async () => {
    const { bytecode } = loadArtifacts().of("ConsensusFraud");
    const contract = loadArtifacts().interfaceOf("ConsensusFraud");
    const evm = await createEVM();
    const stubs = [REGISTRY, STAKES];
    for (const stub of stubs) await evm.stateManager.putCode(createAddressFromString(stub), YES);
    const created = await evm.runCall({
      data: hexToBytes(`${bytecode}${coder.encode(["address", "address"], stubs).slice(2)}` as `0x${string}`),
    });
    const to = created.createdAddress;
    if (to === undefined) throw new Error("the contract was not created");
    judge = async (evidence) => {
      const challenge = craftConsensusChallenge(80_401n, evidence);
      const data = hexToBytes(contract.encodeFunctionData("verify", [21, challenge.evidence]) as `0x${string}`);
      const { execResult } = await evm.runCall({ to, data });
      if (execResult.exceptionError) return undefined;
      const [verdict] = contract.decodeFunctionResult("verify", bytesToHex(execResult.returnValue)).toArray();
      return verdict.offenceId as string;
    };
  });

  /** What the contract says when it charges the key of `perpetratorOf(evidence)`. */
  function offenceOf(evidence: Evidence): string {
    const what = { equivocation: "unit", endorsements: "endorsement", finality: "finality" }[evidence.kind];
    const signer = instance.committee.validators[perpetratorOf(evidence)]?.signer;
    const types = ["string", "string", "uint64", "bytes32", "address"];
    return keccak256(coder.encode(types, ["consensus equivocation", what, 80_401n, instance.id, signer]));
  }

  it.each([equivocation, endorsements, finality])("of the type $kind convicts on both sides", async (evidence) => {
    expect(verifyEvidence(evidence, instance).ok).toBe(true);
    expect(perpetratorOf(evidence)).toBe(evidence.kind === "equivocation" ? BOB : DAN);
    expect(await judge(evidence)).toBe(offenceOf(evidence));
  });

  it.each([
    { type: "equivocation", any: anyEquivocation, sound: equivocation },
    { type: "endorsements", any: anyEndorsements, sound: endorsements },
    { type: "finality", any: anyFinality, sound: finality },
  ])("of the type $type, whatever is changed in it, has one verdict on both sides", async ({ any, sound }) => {
    const verdicts = { guilty: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(any, async (evidence) => {
        const guilty = verifyEvidence(evidence, instance).ok;
        expect(await judge(evidence)).toBe(guilty ? offenceOf(evidence) : undefined);
        verdicts[guilty ? "guilty" : "refused"] += 1;
      }),
      // What nothing is changed in is hit by chance only, and not in every run.
      { numRuns: 40, examples: [[sound]] },
    );
    expect(verdicts.guilty).toBeGreaterThan(0);
    expect(verdicts.refused).toBeGreaterThan(10);
  });
});
