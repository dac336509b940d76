import type { Clock } from "../clock.ts";
import { KomaError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import {
  type Address,
  type Bytes,
  type Hash,
  recoverAddress,
  type Signature,
  signDigest,
  type Timestamp,
  timestamp,
} from "../primitives/index.ts";
import { type Checkpoint, type CheckpointDomain, checkpointDigest, checkpointHash } from "../rootchain/index.ts";
import { buildCheckpoint, type CheckpointedBlock } from "./build.ts";
import { contentOf, createDoubleVoteWatch, type DoubleVote } from "./double-votes.ts";
import { type Interval, planInterval } from "./interval.ts";
import { createLateAttester, type PendingCheckpoint } from "./late-attestation.ts";
import { type CheckpointVote, decodeVote, encodeVote } from "./messages.ts";
import { drawProposer, type StakedSeat } from "./proposer.ts";
import { type Certificate, createSignatureCollector } from "./signatures.ts";
import { createWaitingVotes } from "./waiting-votes.ts";

/** What the service asks of the root chain. */
export interface CheckpointRootChain {
  /** Cursor of this chain in the checkpoint contract, at the newest root block. */
  head(): Promise<CheckpointHead>;
  /** Seats with power in the current epoch. */
  seats(): Promise<readonly StakedSeat[]>;
  /**
   * Whether a checkpoint of another chain is more overdue than this one's, and whose turn it is, is the same staker: one
   * set of stakers checkpoints all chains, each with one account.
   */
  isWantedElsewhere(signer: Address): Promise<boolean>;
  /** Sends the certificate; answers the root-chain transaction's hash once it is mined. */
  submit(certificate: Certificate): Promise<Hash>;
  /** Checkpoints that were submitted and can still be challenged, in order. */
  pending(): Promise<readonly PendingCheckpoint[]>;
  /** Adds a seat's compact signature to a pending checkpoint. */
  attest(number: bigint, seat: number, signature: Bytes): Promise<void>;
}

export interface CheckpointHead {
  readonly number: bigint;
  readonly nextStart: bigint;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly prevCheckpoint: Hash;
  /** Whose turn it is by the root chain's clock: 0 when the checkpoint falls due, one more with every timeout. */
  readonly round: number;
  /** Most blocks of one checkpoint by the root contract's parameters, which its owner may change. */
  readonly maxLength: number;
}

/** What the service asks of its node. */
export interface CheckpointSource {
  /**
   * Rollbacks that this node has followed. The root chain counts one more from the moment of a rejection; until the node
   * has taken the void blocks back, what it holds must not be signed again.
   */
  generation(): bigint;
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
  /** Final blocks that make a checkpoint due. */
  readonly every: number;
  /** How long a complete checkpoint waits for those of other chains that are more overdue, ms: less than a proposer's turn. */
  readonly yieldMs: number;
  /** Signer key of this node's validator; without one the service only listens. */
  readonly signerKey?: Bytes;
  readonly signer?: Address;
}

export interface CheckpointPorts {
  readonly rootChain: CheckpointRootChain;
  readonly source: CheckpointSource;
  readonly signed: SignedCheckpoints;
  readonly broadcast: (payload: Bytes) => void;
  /** What a devnet's node signs beside a checkpoint that contradicts it; absent from honest nodes. */
  readonly contradiction?: (checkpoint: Checkpoint) => Checkpoint | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CheckpointService {
  start(): void;
  stop(): Promise<void>;
  /** A vote from the network; false when it deserves a penalty for its sender. */
  handleVote(payload: Bytes): Promise<boolean>;
  /** Votes of stakers that contradict each other, heard since the start. */
  doubleVotes(): readonly DoubleVote[];
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
  const contradictions = createDoubleVoteWatch();
  /** Newest reading of the root chain; votes are judged against it, the contract judges again. */
  let view: { readonly head: CheckpointHead; readonly seats: readonly StakedSeat[] } | undefined;
  let current: { readonly hash: Hash; readonly quorumAt?: Timestamp } | undefined;
  let proposed = "";
  /** What was complained about already in the current round. */
  const complained = new Set<string>();
  let lastError: string | undefined;
  let proposerNow: Address | undefined;
  let roundNow: number | undefined;
  let running = false;
  let busy: Promise<void> | undefined;
  let again = false;
  let stale = true;
  let cancelTick: () => void = () => {};
  /** When to look again, if that is before the next tick. */
  let nextLook: number | undefined;

  const attester =
    config.signer && config.signerKey
      ? createLateAttester({ ...config, signer: config.signer, signerKey: config.signerKey }, ports, mayStand)
      : undefined;

  async function refresh(): Promise<void> {
    stale = false;
    const [head, seats] = await Promise.all([rootChain.head(), rootChain.seats()]);
    if (view && (view.head.number !== head.number || view.head.generation !== head.generation)) {
      collector.prune(head.number - 1n, head.generation);
      current = undefined;
      complained.clear();
    }
    view = { head, seats };
  }

  async function look(): Promise<void> {
    if (!view || !config.signerKey || !config.signer) return;
    const { head, seats } = view;
    if (head.generation !== source.generation()) return;
    const interval = planInterval(head.nextStart, source.finalizedHeight(), {
      every: config.every,
      maxLength: head.maxLength,
    });
    if (!interval || !seats.some((seat) => seat.signer === config.signer)) return;

    const { round } = head;
    const proposer = drawProposer(seats, head.prevCheckpoint, config.chainId, head.number, round);
    roundNow = round;
    proposerNow = proposer;
    const turn = `${head.number}/${head.generation}/${round}`;
    if (proposer === config.signer && proposed !== turn) {
      if (await propose(head, interval, round, config.signer, config.signerKey)) proposed = turn;
    }
    if (proposer === config.signer) await submitWhenSigned(seats);
  }

  /** False when nothing was proposed: what stands in the way (an unknown deposit, for one) may go away. */
  async function propose(
    head: CheckpointHead,
    interval: Interval,
    round: number,
    self: Address,
    key: Bytes,
  ): Promise<boolean> {
    const blocks = source.blocks(interval);
    if (!blocks) return false;
    const checkpoint = buildCheckpoint({ ...head, chainId: config.chainId }, interval, blocks, self);
    if (!(await mayStand(checkpoint))) return false;
    current = { hash: checkpointHash(checkpoint) };
    logger.info({ number: head.number, start: interval.start, end: interval.end, round }, "proposing a checkpoint");
    sign(checkpoint, round, key);
    return true;
  }

  /** Both conditions of a signature: the content is ours, and we never signed another for this range. */
  async function mayStand(checkpoint: Checkpoint): Promise<boolean> {
    const objection = await source.objection({ start: checkpoint.start, end: checkpoint.end });
    if (objection) {
      once(objection, () => logger.error({ number: checkpoint.number, objection }, "refusing to sign a checkpoint"));
      return false;
    }
    const fresh = ports.signed.record({ ...checkpoint, content: contentOf(checkpoint) });
    if (!fresh) {
      once(`${checkpoint.start}-${checkpoint.end}`, () =>
        logger.error({ number: checkpoint.number }, "another content was signed for this range before"),
      );
    }
    return fresh;
  }

  /** Votes are looked at every second until they are out of date: one line about each is enough. */
  function once(about: string, complain: () => void): void {
    if (complained.has(about) || complained.size >= MAX_COMPLAINTS) return;
    complained.add(about);
    complain();
  }

  function sign(checkpoint: Checkpoint, round: number, key: Bytes): void {
    const signature: Signature = signDigest(checkpointDigest(checkpoint, config.domain), key);
    collector.add(checkpoint, signature, view?.seats ?? []);
    ports.broadcast(encodeVote({ round, checkpoint, signature }));
    const other = ports.contradiction?.(checkpoint);
    if (!other) return;
    const second = signDigest(checkpointDigest(other, config.domain), key);
    ports.broadcast(encodeVote({ round, checkpoint: other, signature: second }));
  }

  async function submitWhenSigned(seats: readonly StakedSeat[]): Promise<void> {
    if (!current) return;
    const certificate = collector.certificate(current.hash, seats);
    if (!certificate) return;
    const quorumAt = current.quorumAt ?? clock.now();
    current = { hash: current.hash, quorumAt };
    const complete = certificate.signedPower === certificate.totalPower;
    if (!complete && clock.now() < quorumAt + STRAGGLER_MS) {
      nextLook = quorumAt + STRAGGLER_MS;
      return;
    }
    // Not for ever: the node that serves the other chain may be away.
    const patience = quorumAt + config.yieldMs;
    if (clock.now() < patience && config.signer && (await rootChain.isWantedElsewhere(config.signer))) {
      nextLook = Math.min(clock.now() + STRAGGLER_MS, patience);
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
    if (head.generation !== source.generation()) return;
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
    const inRange = checkpoint.start === head.nextStart && length >= 1n && length <= BigInt(head.maxLength);
    if (!inRange || checkpoint.end > source.finalizedHeight()) return;
    const blocks = source.blocks(checkpoint);
    if (!blocks) return;
    const own = buildCheckpoint({ ...checkpoint, prevCheckpoint: head.prevCheckpoint }, checkpoint, blocks, due);
    if (checkpointHash(own) !== checkpointHash(checkpoint)) {
      once(checkpointHash(checkpoint), () =>
        logger.warn({ number: checkpoint.number, proposer: due }, "proposed checkpoint differs from our own blocks"),
      );
      return;
    }
    if (await mayStand(checkpoint)) sign(checkpoint, round, config.signerKey);
  }

  const waiting = createWaitingVotes();

  async function settleVotes(): Promise<void> {
    if (!view) return;
    const { head, seats } = view;
    for (const [signer, theirs] of waiting.take()) {
      for (const vote of theirs) {
        const { checkpoint } = vote;
        if (checkpoint.number < head.number || checkpoint.generation < head.generation) continue;
        collector.add(checkpoint, vote.signature, seats);
        await answer(vote);
        const signed = collector.signers(checkpointHash(checkpoint));
        const open = config.signer !== undefined && !signed.includes(config.signer);
        if (open && checkpoint.number <= head.number + 1n) waiting.keep(signer, vote);
      }
    }
  }

  /** Looks at what came in; asks the root chain first unless only a vote came, of which there may be many. */
  function wake(news: boolean): void {
    if (!running) return;
    if (news) stale = true;
    if (busy) {
      again = true;
      return;
    }
    cancelTick();
    busy = Promise.resolve()
      .then(async () => {
        if (stale || !view) await refresh();
        await settleVotes();
        await look();
        if (view) await attester?.attest(view.head, view.seats);
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
        const next = again ? () => wake(false) : poke;
        const at = again ? clock.now() : Math.min(clock.now() + TICK_MS, nextLook ?? Number.POSITIVE_INFINITY);
        cancelTick = clock.schedule(timestamp(at), next);
        again = false;
        nextLook = undefined;
      });
  }

  const poke = () => wake(true);

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
      const vote = decoded.value;
      const signer = recoverAddress(checkpointDigest(vote.checkpoint, config.domain), vote.signature);
      if (!signer) return false;
      // Keys are free to make: only who has a seat is worth remembering. Whoever just got one is heard in the next round.
      if (!view?.seats.some((seat) => seat.signer === signer)) return true;
      if (contradictions.note(signer, vote)) {
        const { start, end } = vote.checkpoint;
        logger.error({ signer, start, end }, "a staker signed two contents for one range of blocks");
      }
      waiting.keep(signer, vote);
      wake(false);
      return true;
    },
    poke,
    doubleVotes: () => contradictions.found(),
    status: () => ({
      ...(view ? { head: view.head } : {}),
      ...(proposerNow ? { proposer: proposerNow } : {}),
      ...(roundNow === undefined ? {} : { round: roundNow }),
      signers: current ? collector.signers(current.hash) : [],
      ...(lastError === undefined ? {} : { lastError }),
    }),
  };
}

const MAX_COMPLAINTS = 256;
