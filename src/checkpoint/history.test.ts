import { describe, expect, it } from "vitest";
import { type Address, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import type { EventArgument, RootEvent } from "../rootchain/index.ts";
import { checkpointHistory } from "./history.ts";

let position = 0;

function event(name: string, args: Readonly<Record<string, EventArgument>>): RootEvent {
  position += 1;
  return {
    contract: "CheckpointManager",
    address: `0x${"11".repeat(20)}` as Address,
    event: name,
    args: { chainId: 80_401n, ...args },
    blockNumber: BigInt(position),
    blockHash: keccakHash(utf8(`block ${position}`)),
    transactionHash: keccakHash(utf8(`transaction ${position}`)),
    logIndex: 0,
  };
}

const submitted = (number: bigint, start: bigint, end: bigint, chainId = 80_401n) =>
  event("CheckpointSubmitted", {
    chainId,
    number,
    start,
    end,
    rootHash: keccakHash(utf8(`root ${number} ${start} ${end}`)),
    proposer: `0x${"22".repeat(20)}`,
    signedPower: 3n,
    challengeEnd: 100n,
  });
const rejected = (number: bigint, bannedBlock: Hash) => event("CheckpointRejected", { number, bannedBlock });

describe("the history of checkpoints", () => {
  it("keeps the live ones, and takes later ones away with a rejected one", () => {
    const bad = keccakHash(utf8("bad block"));
    const events = [
      submitted(1n, 0n, 15n),
      submitted(2n, 16n, 31n),
      submitted(3n, 32n, 47n),
      rejected(2n, bad),
      submitted(2n, 16n, 33n),
    ];
    const history = checkpointHistory(80_401n, events);
    expect(history.map(({ number, end, live }) => [number, end, live])).toEqual([
      [1n, 15n, true],
      [2n, 31n, false],
      [3n, 47n, false],
      [2n, 33n, true],
    ]);
    expect(history.map(({ bannedBlock }) => bannedBlock)).toEqual([undefined, bad, undefined, undefined]);
  });

  it("does not depend on the order in which events were read, nor on other chains", () => {
    const events = [submitted(1n, 0n, 15n), submitted(1n, 0n, 9n, 5n), rejected(1n, keccakHash(utf8("x")))];
    const history = checkpointHistory(80_401n, events);
    expect(checkpointHistory(80_401n, events.toReversed())).toEqual(history);
    expect(history).toHaveLength(1);
    expect(history[0]?.live).toBe(false);
    expect(checkpointHistory(5n, events)).toMatchObject([{ end: 9n, live: true }]);
  });
});
