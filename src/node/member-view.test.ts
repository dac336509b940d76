import { expect, it } from "vitest";
import { committeeFromStakes, type ValidatorIndex } from "../consensus/index.ts";
import { parseAddress } from "../primitives/index.ts";
import { describeMembers } from "./member-view.ts";

it("an ejected producer is shown as such, one that was silent for an era only as none", () => {
  const staked = ["a1", "b2", "c3", "d4"].map((byte, index) => ({
    signer: parseAddress(`0x${byte.repeat(20)}`),
    stake: 100n,
    producer: index === 1 || index === 2,
  }));
  const committee = committeeFromStakes(staked, 1_000_000);
  const silent = committee.validators.findIndex(({ signer }) => signer === staked[2]?.signer) as ValidatorIndex;
  const appointed = new Set(staked.slice(0, 3).map(({ signer }) => signer));
  const states = committee.validators.map((_, index) => ({
    index: index as ValidatorIndex,
    online: true,
    faulty: false,
    lastHeard: undefined,
    seq: undefined,
  }));
  const shown = describeMembers({ committee, excluded: new Set([silent]) }, states, appointed);
  expect(new Map(shown.map(({ signer, producer, ejected }) => [signer, { producer, ejected }]))).toEqual(
    new Map([
      [staked[0]?.signer, { producer: false, ejected: true }],
      [staked[1]?.signer, { producer: true, ejected: false }],
      [staked[2]?.signer, { producer: false, ejected: false }],
      [staked[3]?.signer, { producer: false, ejected: false }],
    ]),
  );
});
