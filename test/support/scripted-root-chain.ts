import type { Deposit } from "../../src/bridge/index.ts";
import {
  type Certificate,
  type CheckpointHead,
  drawProposer,
  type PendingCheckpoint,
  type StakedSeat,
} from "../../src/checkpoint/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import type { NodeRootChain, RootBlock, RootEvent } from "../../src/node/root-chain.ts";
import {
  type Address,
  type Bytes,
  exceedsTwoThirds,
  type Hash,
  keccakHash,
  recoverFromParts,
  utf8,
  zeroHash,
} from "../../src/primitives/index.ts";
import {
  type Checkpoint,
  type CheckpointDomain,
  checkpointDigest,
  checkpointHash,
  type RootSeat,
} from "../../src/rootchain/index.ts";
import type { RootView } from "../../src/rootset/index.ts";

/** A checkpoint that the scripted contract took. */
export interface TakenCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly certificate: Certificate;
  /** Recovered from the compact signatures, in the order of seats. */
  readonly signers: readonly Address[];
  readonly transaction: Hash;
  /** Index of the node that submitted it. */
  readonly by: number;
}

export interface ScriptedRootChainConfig {
  readonly chainId: bigint;
  readonly domain: CheckpointDomain;
  readonly seats: readonly StakedSeat[];
}

interface Follower {
  wake(): void;
}

/**
 * A root chain in memory, in place of the real one: it hands the same confirmed blocks to every node, and takes a
 * checkpoint under the conditions of `CheckpointManager.submitCheckpoint`. Time only moves when the test says so.
 */
export class ScriptedRootChain {
  readonly #config: ScriptedRootChainConfig;
  readonly #followers = new Set<Follower>();
  #blocks: RootBlock[] = [];
  #newest = 0n;
  /** Every reorganisation with the number of blocks it left standing. */
  #reorganisations: { readonly id: number; readonly to: bigint }[] = [];
  #sets: { readonly block: bigint; readonly seats: readonly RootSeat[] }[] = [];
  #live: TakenCheckpoint[] = [];
  #generation = 0n;
  #finalized = 0n;
  #epoch = 1n;
  /** Every checkpoint ever taken, also those rejected later. */
  readonly taken: TakenCheckpoint[] = [];
  /** Seats that signed after the submission, one bit each, by checkpoint number. */
  readonly attested = new Map<bigint, bigint>();
  /** Certificates that the contract refused, with its reason. */
  readonly refused: { readonly by: number; readonly why: string }[] = [];
  /** Whose turn it is: 0 when a checkpoint falls due, one more with every proposer that let its time pass. */
  round = 0;
  /** Seconds in which fraud below a final checkpoint is punished. */
  lateSlashS = 0;
  /** False: every question fails, as with a root chain that is down. */
  reachable = true;

  constructor(config: ScriptedRootChainConfig) {
    this.#config = config;
  }

  get live(): readonly TakenCheckpoint[] {
    return this.#live;
  }

  /** Cursor of the contract. */
  head(): CheckpointHead {
    const last = this.#live.at(-1)?.checkpoint;
    return {
      number: BigInt(this.#live.length) + 1n,
      nextStart: last ? last.end + 1n : 1n,
      generation: this.#generation,
      epoch: this.#epoch,
      prevCheckpoint: last ? checkpointHash(last) : zeroHash,
      round: this.round,
      maxLength: 256,
    };
  }

  /** Who may propose the next checkpoint in a round. */
  proposerIn(round: number): Address | undefined {
    const { prevCheckpoint, number } = this.head();
    return drawProposer(this.#config.seats, prevCheckpoint, this.#config.chainId, number, round);
  }

  /** Adds a confirmed block. */
  mine(events: readonly RootEvent[], timestamp = BigInt(Math.floor(Date.now() / 1000))): bigint {
    this.#newest += 1n;
    this.#blocks.push({ number: this.#newest, timestamp, events });
    this.#wake();
    return this.#newest;
  }

  deposit(...deposits: readonly Deposit[]): bigint {
    return this.mine(deposits.map((deposit) => ({ type: "deposited", deposit })));
  }

  /** Other stakes or producers from here on; confirmed at once. */
  setSeats(seats: readonly RootSeat[]): void {
    this.#sets.push({ block: this.#newest + 1n, seats });
    // Nodes look at every second block.
    this.mine([]);
    this.mine([]);
  }

  /** Replaces confirmed blocks above `to`, as deep reorganisations do. */
  reorganise(to: bigint): void {
    this.#blocks = this.#blocks.filter((block) => block.number <= to);
    this.#newest = to;
    this.#reorganisations.push({ id: this.#reorganisations.length + 1, to });
    this.#wake();
  }

  /** What `CheckpointManager.finalize` does for the checkpoints up to `number`. */
  finalize(number: bigint, timestamp?: bigint): void {
    for (const { checkpoint } of this.#live) {
      if (checkpoint.number > number || this.#finalized >= checkpoint.number) continue;
      this.#finalized = checkpoint.number;
      this.mine([{ type: "checkpointFinalized", number: checkpoint.number }], timestamp);
    }
  }

  /** What `CheckpointManager.reject` does; `confirm` later lets nodes hear of it. */
  reject(number: bigint, bannedBlock: Hash, ejected: readonly Address[] = []): { confirm(): bigint } {
    this.#live = this.#live.filter(({ checkpoint }) => checkpoint.number < number);
    for (const attested of this.attested.keys()) if (attested >= number) this.attested.delete(attested);
    this.#generation += 1n;
    const generation = this.#generation;
    return { confirm: () => this.mine([{ type: "checkpointRejected", number, generation, bannedBlock, ejected }]) };
  }

  /** The root chain as node `index` sees it. */
  for(index: number): NodeRootChain {
    const answer = <T>(value: () => T): Promise<T> =>
      this.reachable
        ? Promise.resolve().then(value)
        : Promise.reject(new ProtocolError("KOMA_E_SCRIPTED_OUTAGE", "the scripted root chain is down"));
    return {
      checkpoints: {
        head: () => answer(() => this.head()),
        seats: () => answer(() => this.#config.seats),
        isWantedElsewhere: () => answer(() => false),
        submit: (certificate) => answer(() => this.#take(certificate, index)),
        pending: () => answer(() => this.#pending()),
        attest: (number, seat, signature) => answer(() => this.#attest(number, seat, signature)),
      },
      lateSlashS: () => answer(() => this.lateSlashS),
      newestSet: (every) => answer(() => this.#newestSet(every)),
      takenBackAfter: (generation) => answer(() => this.#takenBackAfter(generation)),
      follow: (cursor, handler, signal) => this.#follow(cursor, handler, signal),
    };
  }

  #newestSet(every: bigint): RootView | undefined {
    const rootBlock = this.#newest - (this.#newest % every);
    const found = this.#sets.findLast(({ block }) => block <= rootBlock);
    return found && { rootBlock, rootBlockHash: keccakHash(utf8(`root block ${rootBlock}`)), seats: found.seats };
  }

  #pending(): readonly PendingCheckpoint[] {
    const live = this.#live.filter(({ checkpoint }) => checkpoint.number > this.#finalized);
    return live.map(({ checkpoint, certificate }) => ({
      ...checkpoint,
      structHash: checkpointHash(checkpoint),
      signerBitmap: certificate.bitmap | (this.attested.get(checkpoint.number) ?? 0n),
    }));
  }

  #attest(number: bigint, seat: number, signature: Bytes): void {
    const taken = this.#live.find(({ checkpoint }) => checkpoint.number === number);
    const expected = this.#config.seats.find((candidate) => candidate.seat === seat)?.signer;
    const digest = taken && checkpointDigest(taken.checkpoint, this.#config.domain);
    if (!digest || recoverCompact(digest, signature) !== expected) {
      throw new ProtocolError("KOMA_E_CHECKPOINT_SIGNATURE", "the scripted root chain refuses the late signature");
    }
    this.attested.set(number, (this.attested.get(number) ?? 0n) | (1n << BigInt(seat)));
  }

  #takenBackAfter(generation: bigint): bigint | undefined {
    const numbers = this.#blocks
      .flatMap(({ events }) => events)
      .flatMap((event) => (event.type === "checkpointRejected" && event.generation > generation ? [event.number] : []));
    return numbers.reduce<bigint | undefined>(
      (lowest, number) => (lowest === undefined || number < lowest ? number : lowest),
      undefined,
    );
  }

  async #follow(
    cursor: string | undefined,
    handler: Parameters<NodeRootChain["follow"]>[1],
    signal: AbortSignal,
  ): Promise<void> {
    let [at, seen] = cursor === undefined ? [0n, 0] : readCursor(cursor);
    while (!signal.aborted) {
      const change = this.#reorganisations.find(({ id }) => id > seen);
      const next = this.#blocks.find(({ number }) => number > at);
      if (change) {
        if (change.to < at) {
          await handler.rollback(change.to);
          at = change.to;
        }
        seen = change.id;
      } else if (next) {
        await handler.block(next);
        at = next.number;
      } else {
        await this.#sleep(signal);
        continue;
      }
      if (!signal.aborted) handler.done(`${at}/${seen}`);
    }
  }

  /** Until something changes. */
  #sleep(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const follower: Follower = {
        wake: () => {
          this.#followers.delete(follower);
          signal.removeEventListener("abort", follower.wake);
          resolve();
        },
      };
      this.#followers.add(follower);
      signal.addEventListener("abort", follower.wake);
    });
  }

  #wake(): void {
    for (const follower of [...this.#followers]) follower.wake();
  }

  #take(certificate: Certificate, by: number): Hash {
    const checked = this.#check(certificate);
    if (typeof checked === "string") {
      this.refused.push({ by, why: checked });
      throw new ProtocolError("KOMA_E_CONTRACT_REVERTED", checked);
    }
    const { checkpoint } = certificate;
    const transaction = keccakHash(utf8(`submission ${this.taken.length}`));
    const taken = { checkpoint, certificate, signers: checked, transaction, by };
    this.taken.push(taken);
    this.#live.push(taken);
    this.round = 0;
    this.mine([{ type: "checkpointSubmitted", ...checkpoint }]);
    return transaction;
  }

  /** The signers in the order of seats, or the contract's reason to revert. */
  #check({ checkpoint, bitmap, signatures }: Certificate): readonly Address[] | string {
    const { number, nextStart, generation, epoch, prevCheckpoint } = this.head();
    if (checkpoint.number !== number) return `BadNumber(${number}, ${checkpoint.number})`;
    if (checkpoint.start !== nextStart || checkpoint.end < checkpoint.start) return "BadRange";
    if (checkpoint.generation !== generation) return `BadGeneration(${generation}, ${checkpoint.generation})`;
    if (checkpoint.epoch > epoch || epoch - checkpoint.epoch > 1n) return "BadEpoch";
    if (checkpoint.prevCheckpoint !== prevCheckpoint) return "BadParent";
    const seats = this.#config.seats.filter(({ seat }) => (bitmap & (1n << BigInt(seat))) !== 0n);
    if (signatures.length !== seats.length * 64) return "SignatureCount";
    const digest = checkpointDigest(checkpoint, this.#config.domain);
    for (const [index, { signer, seat }] of seats.entries()) {
      if (recoverCompact(digest, signatures.subarray(index * 64, index * 64 + 64)) !== signer) {
        return `BadSignature(${seat})`;
      }
    }
    const power = (of: readonly StakedSeat[]) => of.reduce((sum, seat) => sum + seat.power, 0n);
    if (!exceedsTwoThirds(power(seats), power(this.#config.seats))) return "NoQuorum";
    return seats.map(({ signer }) => signer);
  }
}

/** EIP-2098: the parity of the public point is the highest bit of the second word. */
export function recoverCompact(digest: Bytes, compact: Bytes): Address | undefined {
  const rs = Uint8Array.from(compact);
  const parity = (rs[32] as number) >> 7;
  rs[32] = (rs[32] as number) & 0x7f;
  return recoverFromParts(digest, rs, parity);
}

function readCursor(cursor: string): [bigint, number] {
  const [at, seen] = cursor.split("/") as [string, string];
  return [BigInt(at), Number(seen)];
}
