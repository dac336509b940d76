import type { Clock } from "../clock.ts";
import { KomaError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import {
  type Address,
  type Bytes,
  type Hash,
  type Signature,
  signDigest,
  type Timestamp,
  timestamp,
} from "../primitives/index.ts";
import { buildCheckpoint, type CheckpointedBlock } from "./build.ts";
import { type Checkpoint, type CheckpointDomain, checkpointDigest, checkpointHash } from "./checkpoint.ts";
import { type Interval, type IntervalRules, planInterval } from "./interval.ts";
import { type CheckpointVote, decodeVote, encodeVote } from "./messages.ts";
import { drawProposer, type StakedSeat } from "./proposer.ts";
import { type Certificate, createSignatureCollector } from "./signatures.ts";

/** What the service asks of the root chain. */
export interface CheckpointRootChain {
  /** Cursor of this chain in the checkpoint contract, at the newest root block. */
  head(): Promise<CheckpointHead>;
  /** Seats with power in the current epoch. */
  seats(): Promise<readonly StakedSeat[]>;
  /** Sends the certificate; answers the root-chain transaction's hash once it is mined. */
  submit(certificate: Certificate): Promise<Hash>;
}

export interface CheckpointHead {
  readonly number: bigint;
  readonly nextStart: bigint;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly prevCheckpoint: Hash;
  /** Whose turn it is by the root chain's clock: 0 when the checkpoint falls due, one more with every timeout. */
  readonly round: number;
}

/** What the service asks of its node. */
export interface CheckpointSource {
  /** Height of the newest block that is final at the checkpoint threshold. */
  finalizedHeight(): bigint;
  /** The final blocks of an interval, in order; undefined while this node does not hold them all. */
  blocks(interval: Interval): readonly CheckpointedBlock[] | undefined;
  /** Why this node must not sign for these blocks (an unknown deposit was credited), or undefined. */
  objection(interval: Interval): Promise<string | undefined>;
}

/** Keeps what was signed across crashes: a staker that signs two contents for one range is slashed. */
export interface SignedCheckpoints {
  /** True when it is now durable, or was already; false when other content was signed for this range before. */
  record(entry: {
    readonly generation: bigint;
    readonly start: bigint;
    readonly end: bigint;
    readonly content: Hash;
  }): boolean;
}

export interface CheckpointServiceConfig {
  readonly chainId: bigint;
  readonly domain: CheckpointDomain;
  readonly rules: IntervalRules;
  /** Signer key of this node's validator; without one the service only listens. */
  readonly signerKey?: Bytes;
  readonly signer?: Address;
}

export interface CheckpointPorts {
  readonly rootChain: CheckpointRootChain;
  readonly source: CheckpointSource;
  readonly signed: SignedCheckpoints;
  readonly broadcast: (payload: Bytes) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CheckpointService {
  start(): void;
  stop(): Promise<void>;
  /** A vote from the network; false when it deserves a penalty for its sender. */
  handleVote(payload: Bytes): Promise<boolean>;
  /** What the service is doing, for `koma checkpoint list` and the status page. */
  status(): CheckpointServiceStatus;
  /** Looks at once instead of at the next tick: new final block, or an event on the root chain. */
  poke(): void;
}

export interface CheckpointServiceStatus {
  readonly head?: CheckpointHead;
  readonly proposer?: Address;
  readonly round?: number;
  readonly signers: readonly Address[];
  readonly lastError?: string;
}

/** How often the service looks when nothing pokes it. */
const TICK_MS = 1_000;
/** A quorum waits this long for stragglers, whose signatures earn rewards and carry the same risk. */
const STRAGGLER_MS = 400;

export function createCheckpointService(config: CheckpointServiceConfig, ports: CheckpointPorts): CheckpointService {
  const { rootChain, source, clock, logger } = ports;
  const collector = createSignatureCollector(config.domain);
  /** Newest reading of the root chain; votes are judged against it, the contract judges again. */
  let view: { readonly head: CheckpointHead; readonly seats: readonly StakedSeat[] } | undefined;
  let current: { readonly hash: Hash; readonly quorumAt?: Timestamp } | undefined;
  let proposed = "";
  let lastError: string | undefined;
  let proposerNow: Address | undefined;
  let roundNow: number | undefined;
  let running = false;
  let busy: Promise<void> | undefined;
  let again = false;
  let cancelTick: () => void = () => {};

  async function refresh(): Promise<void> {
    const [head, seats] = await Promise.all([rootChain.head(), rootChain.seats()]);
    if (view && (view.head.number !== head.number || view.head.generation !== head.generation)) {
      collector.prune(head.number - 1n, head.generation);
      current = undefined;
    }
    view = { head, seats };
  }

  async function look(): Promise<void> {
    await refresh();
    if (!view || !config.signerKey || !config.signer) return;
    const { head, seats } = view;
    const interval = planInterval(head.nextStart, source.finalizedHeight(), config.rules);
    if (!interval || !seats.some((seat) => seat.signer === config.signer)) return;

    const { round } = head;
    const proposer = drawProposer(seats, head.prevCheckpoint, config.chainId, head.number, round);
    roundNow = round;
    proposerNow = proposer;
    const turn = `${head.number}/${head.generation}/${round}`;
    if (proposer === config.signer && proposed !== turn) {
      await propose(head, interval, round, config.signer, config.signerKey);
      proposed = turn;
    }
    if (proposer === config.signer) await submitWhenSigned(seats);
  }

  async function propose(head: CheckpointHead, interval: Interval, round: number, self: Address, key: Bytes) {
    const blocks = source.blocks(interval);
    if (!blocks) return;
    const checkpoint = buildCheckpoint({ ...head, chainId: config.chainId }, interval, blocks, self);
    if (!(await mayStand(checkpoint))) return;
    current = { hash: checkpointHash(checkpoint) };
    logger.info({ number: head.number, start: interval.start, end: interval.end, round }, "proposing a checkpoint");
    sign(checkpoint, round, key);
  }

  /** Both conditions of a signature: the content is ours, and we never signed another for this range. */
  async function mayStand(checkpoint: Checkpoint): Promise<boolean> {
    const objection = await source.objection({ start: checkpoint.start, end: checkpoint.end });
    if (objection) {
      logger.error({ number: checkpoint.number, objection }, "refusing to sign a checkpoint");
      return false;
    }
    // Content only: signing the next proposer's checkpoint after a failed round is no contradiction.
    const content = checkpointHash({ ...checkpoint, proposer: ZERO_PROPOSER, epoch: 0n, number: 0n });
    const fresh = ports.signed.record({ ...checkpoint, content });
    if (!fresh) logger.error({ number: checkpoint.number }, "another content was signed for this range before");
    return fresh;
  }

  function sign(checkpoint: Checkpoint, round: number, key: Bytes): void {
    const signature: Signature = signDigest(checkpointDigest(checkpoint, config.domain), key);
    collector.add(checkpoint, signature, view?.seats ?? []);
    ports.broadcast(encodeVote({ round, checkpoint, signature }));
  }

  async function submitWhenSigned(seats: readonly StakedSeat[]): Promise<void> {
    if (!current) return;
    const certificate = collector.certificate(current.hash, seats);
    if (!certificate) return;
    const quorumAt = current.quorumAt ?? clock.now();
    current = { hash: current.hash, quorumAt };
    const complete = certificate.signedPower === certificate.totalPower;
    if (!complete && clock.now() < quorumAt + STRAGGLER_MS) {
      cancelTick();
      cancelTick = clock.schedule(timestamp(quorumAt + STRAGGLER_MS), () => poke());
      return;
    }
    const { number, start, end } = certificate.checkpoint;
    const transaction = await rootChain.submit(certificate);
    logger.info({ number, start, end, transaction, signed: certificate.signedPower }, "checkpoint submitted");
    current = undefined;
    await refresh();
  }

  async function answer(vote: CheckpointVote): Promise<void> {
    const { checkpoint, round } = vote;
    if (!view || !config.signerKey || !config.signer) return;
    const { head, seats } = view;
    if (checkpoint.proposer === config.signer || !seats.some((seat) => seat.signer === config.signer)) return;
    if (collector.signers(checkpointHash(checkpoint)).includes(config.signer)) return;
    if (checkpoint.number !== head.number || checkpoint.generation !== head.generation) return;
    const now = head.round;
    const due = drawProposer(seats, head.prevCheckpoint, config.chainId, head.number, round);
    if (Math.abs(round - now) > 1 || checkpoint.proposer !== due) {
      logger.debug({ round, now, proposer: checkpoint.proposer, due }, "checkpoint proposed out of turn");
      return;
    }
    const length = checkpoint.end - checkpoint.start + 1n;
    const inRange = checkpoint.start === head.nextStart && length >= 1n && length <= BigInt(config.rules.maxLength);
    if (!inRange || checkpoint.end > source.finalizedHeight()) return;
    const blocks = source.blocks(checkpoint);
    if (!blocks) return;
    const own = buildCheckpoint({ ...checkpoint, prevCheckpoint: head.prevCheckpoint }, checkpoint, blocks, due);
    if (checkpointHash(own) !== checkpointHash(checkpoint)) {
      logger.warn({ number: checkpoint.number, proposer: due }, "proposed checkpoint differs from our own blocks");
      return;
    }
    if (await mayStand(checkpoint)) sign(checkpoint, round, config.signerKey);
  }

  /** Votes that came before this node had the blocks or the root chain's view; tried again at every look. */
  let waiting: readonly CheckpointVote[] = [];

  async function settleVotes(): Promise<void> {
    const votes = waiting;
    waiting = [];
    for (const vote of votes) {
      if (!view) break;
      if (vote.checkpoint.number < view.head.number || vote.checkpoint.generation < view.head.generation) continue;
      collector.add(vote.checkpoint, vote.signature, view.seats);
      await answer(vote);
      const signed = collector.signers(checkpointHash(vote.checkpoint));
      if (config.signer && !signed.includes(config.signer) && vote.checkpoint.number <= view.head.number + 1n) {
        waiting = [...waiting, vote].slice(-MAX_WAITING);
      }
    }
  }

  function poke(): void {
    if (!running) return;
    if (busy) {
      again = true;
      return;
    }
    cancelTick();
    busy = Promise.resolve()
      .then(async () => {
        await refresh();
        await settleVotes();
        await look();
        lastError = undefined;
      })
      .catch((error: unknown) => {
        // The root chain may be away for a while, or another proposer was faster: say so once, try at the next tick.
        const text = error instanceof KomaError ? `${error.code}: ${error.message}` : String(error);
        if (text !== lastError) logger.warn({ error: text }, "checkpoint round failed, trying again");
        lastError = text;
      })
      .finally(() => {
        busy = undefined;
        if (!running) return;
        cancelTick();
        cancelTick = clock.schedule(timestamp(clock.now() + (again ? 0 : TICK_MS)), poke);
        again = false;
      });
  }

  return {
    start() {
      running = true;
      poke();
    },
    async stop() {
      running = false;
      cancelTick();
      await busy;
    },
    async handleVote(payload) {
      const decoded = decodeVote(payload);
      if (!decoded.ok || decoded.value.checkpoint.chainId !== config.chainId) return false;
      waiting = [...waiting, decoded.value].slice(-MAX_WAITING);
      poke();
      return true;
    },
    poke,
    status: () => ({
      ...(view ? { head: view.head } : {}),
      ...(proposerNow ? { proposer: proposerNow } : {}),
      ...(roundNow === undefined ? {} : { round: roundNow }),
      signers: current ? collector.signers(current.hash) : [],
      ...(lastError === undefined ? {} : { lastError }),
    }),
  };
}

const MAX_WAITING = 256;
const ZERO_PROPOSER = `0x${"00".repeat(20)}` as Address;
