import type { Result } from "ethers";
import { type Address, type Bytes, concatBytes, type Hash, parseAddress } from "../primitives/index.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { field, type RootClientContext } from "./root-client.ts";
import type { SentTransaction } from "./sent-transaction.ts";

export type CheckpointStatus = "none" | "pending" | "finalized" | "rejected";

/** A checkpoint as the root chain stores it. */
export interface CheckpointRecord {
  readonly number: bigint;
  readonly rootHash: Hash;
  readonly lastBlockHash: Hash;
  readonly accountHash: Hash;
  readonly structHash: Hash;
  /** One bit per seat that signed. */
  readonly signerBitmap: bigint;
  readonly proposer: Address;
  /** Seconds. */
  readonly submittedAt: number;
  readonly challengeEnd: number;
  /** `finalized` only once somebody called `finalize`; see {@link Checkpoints.isFinal}. */
  readonly status: CheckpointStatus;
  readonly openChallenges: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly epoch: bigint;
  readonly generation: bigint;
}

/** What the next checkpoint of a chain must carry, and whose turn it is. */
export interface CheckpointHead {
  readonly number: bigint;
  readonly start: bigint;
  readonly finalizedUpTo: bigint;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly prevCheckpoint: Hash;
  /** Earliest time of submission, seconds. */
  readonly notBefore: number;
  /** When round 0 of the proposers begins, seconds. */
  readonly dueAt: number;
  readonly round: bigint;
  readonly proposer: Address;
  readonly halted: boolean;
}

/** Checkpoints of all chains. */
export interface Checkpoints {
  readonly address: Address;
  head(chainId: bigint): Promise<CheckpointHead>;
  /** A live checkpoint; undefined when it was never submitted or is rolled back. */
  checkpoint(chainId: bigint, number: bigint): Promise<CheckpointRecord | undefined>;
  /** Up to `count` live checkpoints from `from` on. */
  list(chainId: bigint, from: bigint, count: number): Promise<readonly CheckpointRecord[]>;
  isFinal(chainId: bigint, number: bigint): Promise<boolean>;
  isBanned(chainId: bigint, blockHash: Hash): Promise<boolean>;
  proposerFor(chainId: bigint, number: bigint, round: bigint): Promise<Address>;
  /** Chains by lateness, the most overdue first; `dueAt` in seconds. */
  dueChains(): Promise<readonly { readonly chainId: bigint; readonly dueAt: number }[]>;
  params(): Promise<{ readonly minInterval: number; readonly proposerTimeout: number; readonly maxLength: number }>;
  /**
   * @param bitmap one bit per seat
   * @param signatures 64-byte compact signatures in ascending order of seats, one per set bit
   */
  submit(
    checkpoint: Checkpoint,
    bitmap: bigint,
    signatures: readonly Bytes[],
    signal?: AbortSignal,
  ): Promise<SentTransaction>;
  /**
   * Adds signatures to a pending checkpoint.
   *
   * @param bitmap one bit per seat that is added
   * @param signatures 64-byte compact signatures in ascending order of seats
   */
  attest(
    chainId: bigint,
    number: bigint,
    bitmap: bigint,
    signatures: readonly Bytes[],
    signal?: AbortSignal,
  ): Promise<SentTransaction>;
  finalize(chainId: bigint, max: number, signal?: AbortSignal): Promise<SentTransaction>;
}

const STATUS = ["none", "pending", "finalized", "rejected"] as const;

export function openCheckpoints(context: RootClientContext): Checkpoints {
  const contract = context.contract("CheckpointManager");
  return {
    address: contract.address,
    async head(chainId) {
      const h = (await contract.read("head", [chainId]))[0] as Result;
      return {
        number: field.bigint(h, "number"),
        start: field.bigint(h, "start"),
        finalizedUpTo: field.bigint(h, "finalizedUpTo"),
        generation: field.bigint(h, "generation"),
        epoch: field.bigint(h, "epoch"),
        prevCheckpoint: field.hash(h, "prevCheckpoint"),
        notBefore: field.number(h, "notBefore"),
        dueAt: field.number(h, "dueAt"),
        round: field.bigint(h, "round"),
        proposer: field.address(h, "proposer"),
        halted: field.boolean(h, "halted"),
      };
    },
    async checkpoint(chainId, number) {
      const [live, record] = await Promise.all([
        contract.read("isLive", [chainId, number]),
        contract.read("checkpointAt", [chainId, number]),
      ]);
      return live[0] ? readCheckpoint(number, record[0] as Result) : undefined;
    },
    async list(chainId, from, count) {
      const first = from < 1n ? 1n : from;
      const page = (await contract.read("checkpoints", [chainId, first, count]))[0] as Result;
      return [...page].map((record: Result, index) => readCheckpoint(first + BigInt(index), record));
    },
    isFinal: async (chainId, number) => Boolean((await contract.read("isFinal", [chainId, number]))[0]),
    isBanned: async (chainId, blockHash) => Boolean((await contract.read("bannedBlock", [chainId, blockHash]))[0]),
    proposerFor: async (chainId, number, round) =>
      parseAddress((await contract.read("proposerFor", [chainId, number, round]))[0] as string),
    async dueChains() {
      const [ids, dueAt] = await contract.read("dueChains");
      const times = [...(dueAt as Result)];
      return [...(ids as Result)].map((id, index) => ({ chainId: BigInt(id as bigint), dueAt: Number(times[index]) }));
    },
    async params() {
      const p = (await contract.read("params"))[0] as Result;
      return {
        minInterval: field.number(p, "minInterval"),
        proposerTimeout: field.number(p, "proposerTimeout"),
        maxLength: field.number(p, "maxCheckpointLength"),
      };
    },
    submit(checkpoint, bitmap, signatures, signal) {
      const packed = concatBytes(...signatures);
      const action = `submit checkpoint ${checkpoint.number} of chain ${checkpoint.chainId}`;
      return context.send(contract.call(action, "submitCheckpoint", [checkpoint, bitmap, packed]), signal);
    },
    attest(chainId, number, bitmap, signatures, signal) {
      const action = `attest checkpoint ${number} of chain ${chainId}`;
      return context.send(
        contract.call(action, "attest", [chainId, number, bitmap, concatBytes(...signatures)]),
        signal,
      );
    },
    finalize: (chainId, max, signal) =>
      context.send(contract.call(`finalize checkpoints of chain ${chainId}`, "finalize", [chainId, max]), signal),
  };
}

function readCheckpoint(number: bigint, r: Result): CheckpointRecord {
  return {
    number,
    rootHash: field.hash(r, "rootHash"),
    lastBlockHash: field.hash(r, "lastBlockHash"),
    accountHash: field.hash(r, "accountHash"),
    structHash: field.hash(r, "structHash"),
    signerBitmap: field.bigint(r, "signerBitmap"),
    proposer: field.address(r, "proposer"),
    submittedAt: field.number(r, "submittedAt"),
    challengeEnd: field.number(r, "challengeEnd"),
    status: STATUS[field.number(r, "status")] ?? "none",
    openChallenges: field.number(r, "openChallenges"),
    start: field.bigint(r, "start"),
    end: field.bigint(r, "end"),
    epoch: field.bigint(r, "epoch"),
    generation: field.bigint(r, "generation"),
  };
}
