import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkContent,
  committeeFromStakes,
  consensusDomain,
  decodeEraEnd,
  type Era,
  type EraEnd,
  type EraRules,
  encodeEraEnd,
  type FinalityProof,
  firstEra,
  followEnds,
  type Instance,
  instanceOfEra,
  nextEra,
  panoramaRoot,
  SEEN_FAULTY,
  SEEN_NOTHING,
  signFinality,
  signUnit,
} from "../consensus/index.ts";
import {
  addressOfKey,
  type Bytes,
  type Hash,
  keccak256,
  keccakHash,
  timestamp,
  utf8,
  zeroHash,
} from "../primitives/index.ts";

const ROUND = 1_000;
const ERAS = 4;
const keys = [1, 2, 3, 4]
  .map((i) => keccak256(utf8(`era exchange ${i}`)))
  .sort((a, b) => (addressOfKey(a) < addressOfKey(b) ? -1 : 1));
const committee = committeeFromStakes(
  keys.map((key) => ({ signer: addressOfKey(key), stake: 1n, producer: true })),
  1_000,
);
const rules: EraRules = {
  chainId: 80_401n,
  genesisHash: zeroHash,
  params: {
    baseRoundMs: ROUND,
    maxRoundExp: 0,
    eraMinBlocks: 4,
    eraMinMs: 0,
    weightScale: 1_000,
    maxLevel: 20,
    openGapSlots: 4,
    maxValidators: 16,
  },
};
const first = firstEra(zeroHash, committee, timestamp(1_000_000));

/** The end of an era on the block `name`, signed by some. */
function endOf(era: Era, instance: Instance, name: string, signers: readonly number[]) {
  const observations = keys.map(() => 0);
  const t = timestamp(era.start + 4 * ROUND);
  const unit = signUnit(
    instance.domain,
    {
      instance: instance.id,
      creator: 0,
      seq: 0,
      prev: undefined,
      body: {
        panoramaRoot: panoramaRoot(observations, []),
        observations,
        t,
        roundExp: 0,
        blockHash: keccakHash(utf8(`payload of ${name}`)),
        endorsed: [],
      },
      hashes: [],
    },
    keys[0] as Bytes,
  );
  const height = era.keyBlock.height + 5;
  const block = keccakHash(utf8(name));
  const signed = { height, block, unit: unit.hash };
  const signatures = signers.map((index) => {
    const { signature } = signFinality(instance, { index, privateKey: keys[index] as Bytes }, signed);
    return { validator: index, signature };
  });
  const proof: FinalityProof = { ...signed, signatures };
  return { bytes: encodeEraEnd({ unit, proof }), switchBlock: { hash: block, height, t, observations } };
}

/** Ends of the first eras; the history of `name`. */
function history(name: string, signers: readonly number[]) {
  const ends: Bytes[] = [];
  const instances: Hash[] = [];
  let era = first;
  for (let i = 0; i < ERAS; i++) {
    const instance = instanceOfEra(rules, era);
    const { bytes, switchBlock } = endOf(era, instance, `${name} ${i}`, signers);
    ends.push(bytes);
    instances.push(instance.id);
    era = nextEra(era, switchBlock, rules);
  }
  return { ends, instances };
}

const honest = history("honest", [0, 1, 2]);

describe("ends of eras from a peer", () => {
  test("are believed as far as the last one that two thirds have signed", () => {
    expect(followEnds(rules, first, honest.ends)?.map(({ instance }) => instance.id)).toEqual(honest.instances);
    expect(followEnds(rules, first, [])).toEqual([]);
    // One of four is not enough, and nobody vouches for it.
    expect(followEnds(rules, first, history("minority", [3]).ends)).toEqual([]);
    expect(followEnds(rules, first, history("half", [2, 3]).ends)).toEqual([]);
  });

  test("are not believed with another unit of the block that was signed", () => {
    const [signed] = honest.ends.map((bytes) => decodeEraEnd(bytes) as EraEnd);
    if (!signed) throw new Error("no end");
    const { instance, creator, seq, prev, body, hashes } = signed.unit;
    // The leader signs its block once more, having seen less: who would be in the next era follows from that.
    const observations = keys.map((_, i) => (i === 3 ? SEEN_FAULTY : SEEN_NOTHING));
    const seen = { ...body, observations, panoramaRoot: panoramaRoot(observations, []) };
    const fork = { instance, creator, seq, prev, body: seen, hashes };
    const second = signUnit(consensusDomain(rules.chainId), fork, keys[0] as Bytes);
    const swapped = encodeEraEnd({ ...signed, unit: second });
    const renamed = encodeEraEnd({ unit: second, proof: { ...signed.proof, unit: second.hash } });
    expect(checkContent(second, instanceOfEra(rules, first)).ok).toBe(true);
    for (const end of [swapped, renamed]) expect(followEnds(rules, first, [end])).toBeUndefined();
  });

  test("I-33 never lead to a history that two thirds have not signed, however they are cut, mixed and damaged", () => {
    const others = [history("minority", [3]), history("half", [0, 3]), honest].map(({ ends }) => ends);
    const anyEnd = fc.record({
      of: fc.nat({ max: others.length - 1 }),
      at: fc.nat({ max: ERAS - 1 }),
      damage: fc.array(fc.record({ place: fc.nat(), byte: fc.nat({ max: 255 }) }), { maxLength: 2 }),
      cut: fc.option(fc.nat(), { nil: undefined, freq: 4 }),
    });
    let believed = 0;
    fc.assert(
      fc.property(fc.array(anyEnd, { maxLength: 6 }), fc.nat({ max: ERAS }), (picked, sound) => {
        const mixed = picked.map(({ of, at, damage, cut }) => {
          const bytes = Uint8Array.from(others[of]?.[at] as Bytes);
          for (const { place, byte } of damage) bytes[place % bytes.length] = byte;
          return cut === undefined ? bytes : bytes.subarray(0, cut % bytes.length);
        });
        const found = followEnds(rules, first, [...honest.ends.slice(0, sound), ...mixed]) ?? [];
        expect(found.map(({ instance }) => instance.id)).toEqual(honest.instances.slice(0, found.length));
        for (const [i, { switchBlock }] of found.entries())
          expect(switchBlock.hash).toBe(keccakHash(utf8(`honest ${i}`)));
        believed += found.length;
      }),
      { numRuns: 300 },
    );
    expect(believed).toBeGreaterThan(20);
  });

  test("I-34 decode to what was encoded, or to nothing", () => {
    for (const end of honest.ends) {
      const decoded = decodeEraEnd(end);
      expect(decoded && encodeEraEnd(decoded)).toEqual(end);
    }
    const staked = [
      {
        signer: addressOfKey(keccak256(utf8("a"))),
        stake: 5n,
        producer: true,
        producerKey: addressOfKey(keccak256(utf8("b"))),
      },
      { signer: addressOfKey(keccak256(utf8("c"))), stake: 2n ** 96n - 1n, producer: true },
      { signer: addressOfKey(keccak256(utf8("d"))), stake: 1n, producer: false },
    ];
    const named = encodeEraEnd({ ...(decodeEraEnd(honest.ends[0] as Bytes) as EraEnd), staked });
    expect(decodeEraEnd(named)?.staked).toEqual(staked);
    const damaged = fc.record({
      place: fc.nat(),
      byte: fc.nat({ max: 255 }),
      cut: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(damaged, ({ place, byte, cut }) => {
        const whole = Uint8Array.from(place % 2 === 0 ? named : (honest.ends[0] as Bytes));
        whole[place % whole.length] = byte;
        const bytes = cut === undefined ? whole : whole.subarray(0, cut % whole.length);
        const decoded = decodeEraEnd(bytes);
        if (decoded) expect(encodeEraEnd(decoded)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => decodeEraEnd(bytes) === undefined));
  });
});
