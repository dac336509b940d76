import { expect, it } from "vitest";
import { committeeFromStakes, type ValidatorIndex } from "../consensus/index.ts";
import { parseAddress } from "../primitives/index.ts";
import { describeMembers } from "./member-view.ts";

it("an ejected producer is shown as such, and no longer as producer", () => {
  const staked = ["a1", "b2", "c3"].map((byte, index) => ({
    signer: parseAddress(`0x${byte.repeat(20)}`),
    stake: 100n,
    producer: index < 2,
  }));
  const committee = committeeFromStakes(staked, 1_000_000);
  const first = committee.validators.findIndex(({ signer }) => signer === staked[0]?.signer) as ValidatorIndex;
  const states = committee.validators.map((_, index) => ({
    index: index as ValidatorIndex,
    online: true,
    faulty: false,
    lastHeard: undefined,
    seq: undefined,
  }));
  const shown = describeMembers({ committee, excluded: new Set([first]) }, states);
  expect(new Map(shown.map(({ signer, producer, ejected }) => [signer, { producer, ejected }]))).toEqual(
    new Map([
      [staked[0]?.signer, { producer: false, ejected: true }],
      [staked[1]?.signer, { producer: true, ejected: false }],
      [staked[2]?.signer, { producer: false, ejected: false }],
    ]),
  );
});
