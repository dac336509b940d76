import { beforeEach, describe, expect, it } from "vitest";
import { openTestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { recoverCompact } from "../../test/support/scripted-root-chain.ts";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { type Address, addressOfKey, type Bytes, keccak256, utf8, zeroHash } from "../primitives/index.ts";
import { checkpointDigest, checkpointHash } from "../rootchain/index.ts";
import { buildCheckpoint, type CheckpointedBlock } from "./build.ts";
import { createLateAttester, type PendingCheckpoint } from "./late-attestation.ts";
import type { CheckpointHead, CheckpointRootChain } from "./service.ts";

const CHAIN = 80_401n;
const domain = { rootChainId: 31_337n, contract: `0x${"ab".repeat(20)}` as Address };
const key = keccak256(utf8("dee"));
const signer = addressOfKey(key);
const proposer = addressOfKey(keccak256(utf8("ann")));
const seats = [
  { seat: 0, signer: proposer, power: 300n },
  { seat: 9, signer, power: 100n },
];
const head: CheckpointHead = {
  number: 2n,
  nextStart: 5n,
  generation: 0n,
  epoch: 4n,
  prevCheckpoint: zeroHash,
  round: 0,
  maxLength: 256,
};

describe("a staker that was away while a checkpoint was signed", () => {
  let blocks: readonly CheckpointedBlock[];
  let taken: { readonly number: bigint; readonly seat: number; readonly signature: Bytes }[];
  let asked: number;
  let own: { height: bigint; generation: bigint; maySign: boolean; refusal: Error | undefined };
  let pending: readonly PendingCheckpoint[];

  beforeEach(async () => {
    const directories = temporaryDirectories();
    const chain = await openTestChain({ directory: directories.create() });
    const made: CheckpointedBlock[] = [];
    for (let i = 0; i < 4; i++) made.push((await chain.extend([])).block);
    chain.close();
    directories.cleanUp();
    blocks = made;
    taken = [];
    asked = 0;
    own = { height: 4n, generation: 0n, maySign: true, refusal: undefined };
    pending = [submitted({})];
  });

  function checkpoint() {
    const slot = { chainId: CHAIN, number: 1n, epoch: 3n, generation: 0n, prevCheckpoint: zeroHash };
    return buildCheckpoint(slot, { start: 1n, end: 4n }, blocks, proposer);
  }

  /** Submitted with the signature of seat 0 alone. */
  function submitted(changes: Partial<PendingCheckpoint>): PendingCheckpoint {
    return { ...checkpoint(), structHash: checkpointHash(checkpoint()), signerBitmap: 1n, ...changes };
  }

  function attester() {
    const rootChain: Pick<CheckpointRootChain, "pending" | "attest"> = {
      async pending() {
        asked += 1;
        return pending;
      },
      async attest(number, seat, signature) {
        if (own.refusal) throw own.refusal;
        taken.push({ number, seat, signature });
      },
    };
    return createLateAttester(
      { chainId: CHAIN, domain, signer, signerKey: key },
      {
        rootChain: rootChain as CheckpointRootChain,
        source: {
          generation: () => own.generation,
          finalizedHeight: () => own.height,
          blocks: ({ start, end }) => blocks.slice(Number(start) - 1, Number(end)),
          objection: async () => undefined,
        },
        logger: silentLogger,
      },
      async () => own.maySign,
    );
  }

  it("hands its signature in afterwards, once", async () => {
    const late = attester();
    await late.attest(head, seats);
    await late.attest(head, seats);
    expect(taken.map(({ number, seat }) => ({ number, seat }))).toEqual([{ number: 1n, seat: 9 }]);
    const digest = checkpointDigest(checkpoint(), domain);
    expect(recoverCompact(digest, taken[0]?.signature as Bytes)).toBe(signer);
    expect(asked).toBe(1);
  });

  it("waits until it holds the blocks", async () => {
    const late = attester();
    own.height = 3n;
    await late.attest(head, seats);
    expect(taken).toHaveLength(0);
    own.height = 4n;
    await late.attest(head, seats);
    expect(taken).toHaveLength(1);
  });

  it("waits until it has followed a rollback", async () => {
    const late = attester();
    await late.attest({ ...head, generation: 1n }, seats);
    expect(taken).toHaveLength(0);
    own.generation = 1n;
    await late.attest({ ...head, generation: 1n }, seats);
    expect(taken).toHaveLength(1);
  });

  it.each([
    { why: "it has signed already", change: () => ({ signerBitmap: 0b10_0000_0001n }) },
    { why: "its own blocks say something else", change: () => ({ structHash: zeroHash }) },
  ])("signs nothing when $why", async ({ change }) => {
    pending = [submitted(change())];
    const late = attester();
    await late.attest(head, seats);
    await late.attest(head, seats);
    expect(taken).toHaveLength(0);
    expect(asked).toBe(1);
  });

  it("signs nothing that it must not sign", async () => {
    own.maySign = false;
    await attester().attest(head, seats);
    expect(taken).toHaveLength(0);
  });

  it("signs nothing without a seat", async () => {
    await attester().attest(head, [seats[0] as (typeof seats)[0]]);
    expect(asked).toBe(0);
  });

  it("takes the contract's refusal for an answer, but asks again when the root chain was away", async () => {
    const late = attester();
    own.refusal = new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "The root chain does not answer.");
    await expect(late.attest(head, seats)).rejects.toThrow(own.refusal);
    own.refusal = new ProtocolError("KOMA_E_CHECKPOINT_FINAL", "Checkpoint 1 is final.");
    await late.attest(head, seats);
    await late.attest(head, seats);
    expect(asked).toBe(2);
  });
});
