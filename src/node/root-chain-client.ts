import { setTimeout as sleep } from "node:timers/promises";
import type { Deposit, DepositKind } from "../bridge/index.ts";
import type { Genesis } from "../chain/index.ts";
import { type CheckpointRootChain, createCheckpointReader } from "../checkpoint/index.ts";
import { BugError, EnvironmentError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import {
  type Address,
  type Bytes,
  type Hash,
  hexToBytes,
  parseAddress,
  parseHash,
  zeroHash,
} from "../primitives/index.ts";
import {
  type ActiveSeat,
  type RootEvent as ContractEvent,
  claimFromEvent,
  connectRootChain,
  demandFromEvent,
  type EventArgument,
  type EventCursor,
  type RootChain,
  type RootContracts,
  RootRpcError,
  type RootSeat,
} from "../rootchain/index.ts";
import type { RootView } from "../rootset/index.ts";
import type { AnsweringRootChain } from "./challenge-answers.ts";
import type { DemandingRootChain } from "./data-answers.ts";
import type { NodeRootChain, RootBlock, RootEvent } from "./root-chain.ts";

export interface NodeRootChainOptions {
  readonly url: string;
  readonly signerKey?: Bytes;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const RETRY_MS = 1_000;

/** A compact signature, EIP-2098. */
const COMPACT_BYTES = 64;

/** Fits the client of the root contracts to what a node asks. Nothing is asked of the root chain before it is needed. */
export function connectNodeRootChain(genesis: Genesis, options: NodeRootChainOptions): NodeRootChain {
  const { chainId, rootChain } = genesis;
  const client = connectRootChain({
    url: options.url,
    contracts: rootChain.contracts as RootContracts,
    logger: options.logger,
    ...(options.signerKey ? { signerKey: options.signerKey } : {}),
  });
  return {
    checkpoints: checkpointsOf(client, chainId, options.signal),
    // Only who can pay for a transaction answers.
    ...(options.signerKey && client.contracts["InteractiveFraud"]
      ? { answers: answersOf(client, genesis, options.signal) }
      : {}),
    ...(options.signerKey && client.contracts["DataCourt"] ? { demands: demandsOf(client, genesis) } : {}),
    async takenBackAfter(generation) {
      const { number: head } = await client.head();
      const later = (await rejectionsOf(client, genesis)).filter(
        (rejection) => rejection.generation > generation && rejection.block + BigInt(rootChain.confirmations) <= head,
      );
      return later.reduce<bigint | undefined>(
        (lowest, { number }) => (lowest === undefined || number < lowest ? number : lowest),
        undefined,
      );
    },
    lateSlashS: async () => (await client.challenges.windows()).lateSlash,
    newestSet: (every) => newestSet(client, genesis, every),
    async follow(cursor, handler, signal) {
      const from = cursor === undefined ? rootChain.startBlock : readCursor(cursor);
      const log = client.watch({ from, confirmations: rootChain.confirmations });
      for await (const batch of log.batches(signal)) {
        if (batch.kind === "rollback") await handler.rollback(batch.to);
        else {
          const read = () => readBlocks(client, genesis, batch.events);
          for (const block of await untilAnswered(read, options.logger, signal)) await handler.block(block);
        }
        if (signal.aborted) return;
        handler.done(writeCursor(batch.cursor));
      }
    },
  };
}

async function newestSet(client: RootChain, genesis: Genesis, every: bigint): Promise<RootView | undefined> {
  const head = await client.head();
  const confirmed = head.number - BigInt(genesis.rootChain.confirmations);
  if (confirmed < every) return undefined;
  const { number, hash: at, timestamp } = await client.block(confirmed - (confirmed % every));
  const [genesisTime, seats, producers] = await Promise.all([
    client.stakes.genesisTime(at),
    client.stakes.activeSet(at),
    client.registry.producersAt(genesis.chainId, timestamp, at),
  ]);
  // Until then validators come one after the other, and each counts at once: a part of them is no set.
  if (timestamp < genesisTime) return undefined;
  return {
    rootBlock: number,
    rootBlockHash: at,
    seats: await officesOf(client, seats, producers, at),
  };
}

/**
 * Which seats the producer keys are of: signer keys, or keys of nominees. Of two keys of one seat, as when the foundation's
 * set is filled up with a nominee's other key, the signer key counts: every node has that one.
 */
async function officesOf(
  client: RootChain,
  seats: readonly ActiveSeat[],
  producers: readonly Address[],
  at: Hash,
): Promise<readonly RootSeat[]> {
  const separate = producers.filter((key) => !seats.some(({ signer }) => signer === key));
  const keys = new Map<bigint, Address>();
  for (const key of separate) {
    const id = await client.elections.nomineeOfKey(key, at);
    if (id !== undefined && !keys.has(id)) keys.set(id, key);
  }
  return seats.map(({ seat, validatorId, signer, power }) => {
    const key = producers.includes(signer) ? undefined : keys.get(validatorId);
    const producer = key !== undefined || producers.includes(signer);
    return { seat, signer, power, producer, ...(key === undefined ? {} : { producerKey: key }) };
  });
}

function checkpointsOf(client: RootChain, chainId: bigint, signal: AbortSignal): CheckpointRootChain {
  return {
    async head() {
      const [head, { maxLength }] = await Promise.all([client.checkpoints.head(chainId), client.checkpoints.params()]);
      return { ...head, nextStart: head.start, round: Number(head.round), maxLength };
    },
    seats: () => client.stakes.activeSet(),
    async isWantedElsewhere(signer) {
      const [due, { timestamp: now }] = await Promise.all([client.checkpoints.dueChains(), client.head(signal)]);
      const place = due.findIndex((entry) => entry.chainId === chainId);
      const before = due.slice(0, Math.max(0, place)).filter(({ dueAt }) => dueAt <= now);
      const heads = await Promise.all(before.map((entry) => client.checkpoints.head(entry.chainId)));
      return heads.some(({ proposer }) => proposer === signer);
    },
    async submit({ checkpoint, bitmap, signatures }) {
      const compact = Array.from({ length: signatures.length / COMPACT_BYTES }, (_, i) =>
        signatures.subarray(i * COMPACT_BYTES, (i + 1) * COMPACT_BYTES),
      );
      const sent = await client.checkpoints.submit(checkpoint, bitmap, compact, signal);
      if (!sent.hash) throw new BugError("a checkpoint was submitted without a transaction");
      return sent.hash;
    },
    async pending() {
      const [{ number, finalizedUpTo }, { timestamp }] = await Promise.all([
        client.checkpoints.head(chainId),
        client.head(signal),
      ]);
      // The one before the first is its predecessor, whose hash it carries.
      const count = Number(number - finalizedUpTo);
      const live = await client.checkpoints.list(chainId, finalizedUpTo, count);
      return live.flatMap((record) => {
        if (record.number <= finalizedUpTo) return [];
        if (timestamp >= record.challengeEnd && record.openChallenges === 0) return [];
        const prevCheckpoint = live.find((other) => other.number === record.number - 1n)?.structHash ?? zeroHash;
        return [{ ...record, prevCheckpoint }];
      });
    },
    async attest(number, seat, signature) {
      await client.checkpoints.attest(chainId, number, 1n << BigInt(seat), [signature], signal);
    },
  };
}

function answersOf(client: RootChain, { chainId, rootChain }: Genesis, signal: AbortSignal): AnsweringRootChain {
  const interactive = client.interactive();
  return {
    checkpoints: createCheckpointReader(client.checkpoints, chainId),
    newestCheckpointed: async () => (await client.checkpoints.head(chainId)).start - 1n,
    async open() {
      const all = await interactive.list(chainId, rootChain.startBlock);
      const states = await Promise.all(all.map(({ id }) => interactive.stateOf(id)));
      return all.filter((_, index) => states[index] === "open");
    },
    async respond(challenge, evidence) {
      await interactive.respond(challenge, evidence, signal);
    },
  };
}

function demandsOf(client: RootChain, { chainId, rootChain }: Genesis): DemandingRootChain {
  const demands = client.demands();
  return {
    checkpoints: createCheckpointReader(client.checkpoints, chainId),
    demands,
    async structHash(number) {
      const [record] = await client.checkpoints.list(chainId, number, 1);
      return record?.number === number && record.status !== "rejected" ? record.structHash : undefined;
    },
    async open() {
      const all = await demands.list(chainId, rootChain.startBlock);
      const states = await Promise.all(all.map(({ id }) => demands.stateOf(id)));
      return all.filter((_, index) => states[index] === "open");
    },
  };
}

/** What a batch says beside its events is asked for until the root chain answers; nothing when the signal aborted. */
async function untilAnswered<T>(
  question: () => Promise<readonly T[]>,
  logger: Logger,
  signal: AbortSignal,
): Promise<readonly T[]> {
  while (!signal.aborted) {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof EnvironmentError || error instanceof RootRpcError)) throw error;
      logger.warn({ error: error.message, retryMs: RETRY_MS }, "the root chain does not answer");
      // The pause ends early when the signal aborts.
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return [];
}

/** Our chain's events, one entry per block of the root chain that has any. */
async function readBlocks(
  client: RootChain,
  genesis: Genesis,
  events: readonly ContractEvent[],
): Promise<readonly RootBlock[]> {
  const blocks = new Map<bigint, RootEvent[]>();
  const ours = events.filter(({ args }) => args["chainId"] === genesis.chainId);
  const rejections = ours.some(isSubmission) ? await rejectionsOf(client, genesis) : [];
  for (const event of ours) {
    const read = await readEvent(client, genesis, event, rejections);
    if (read) blocks.set(event.blockNumber, [...(blocks.get(event.blockNumber) ?? []), read]);
  }
  return Promise.all(
    [...blocks].map(async ([number, found]) => ({ number, timestamp: await client.timeOf(number), events: found })),
  );
}

async function readEvent(
  client: RootChain,
  genesis: Genesis,
  event: ContractEvent,
  rejections: readonly Rejection[],
): Promise<RootEvent | undefined> {
  const { args } = event;
  switch (nameOf(event)) {
    case "DepositManager.Deposited":
      return { type: "deposited", deposit: depositOf(args) };
    case SUBMITTED:
      return {
        type: "checkpointSubmitted",
        epoch: integer(args, "epoch"),
        number: integer(args, "number"),
        proposer: parseAddress(text(args, "proposer")),
        start: integer(args, "start"),
        end: integer(args, "end"),
        rootHash: hash(args, "rootHash"),
        lastBlockHash: hash(args, "lastBlockHash"),
        accountHash: hash(args, "accountHash"),
        // The contract takes a checkpoint of the current generation only, and every rejection begins the next.
        generation: rejections.findLast((rejection) => isBefore(rejection, event))?.generation ?? 0n,
      };
    case "CheckpointManager.CheckpointFinalized":
      return { type: "checkpointFinalized", number: integer(args, "number") };
    case "InteractiveFraud.ChallengeOpened":
      return {
        type: "challengeOpened",
        challenge: { id: integer(args, "id"), claim: claimFromEvent(args["claim"]) },
      };
    case "DataCourt.DataDemanded":
      return {
        type: "dataDemanded",
        opened: { id: integer(args, "id"), demand: demandFromEvent(args["demand"]) },
      };
    case "CheckpointManager.CheckpointRejected":
      return {
        type: "checkpointRejected",
        number: integer(args, "number"),
        generation: integer(args, "newGeneration"),
        bannedBlock: hash(args, "bannedBlock"),
        ejected: await ejectedUpTo(client, genesis, event.blockNumber),
      };
    default:
      return undefined;
  }
}

/** When the root chain took checkpoint `number` and all after it back. */
interface Rejection {
  readonly number: bigint;
  /** That it began. */
  readonly generation: bigint;
  readonly block: bigint;
  readonly logIndex: number;
}

const SUBMITTED = "CheckpointManager.CheckpointSubmitted";

function nameOf({ contract, event }: ContractEvent): string {
  return `${contract}.${event}`;
}

function isSubmission(event: ContractEvent): boolean {
  return nameOf(event) === SUBMITTED;
}

function isBefore(rejection: Rejection, { blockNumber, logIndex }: ContractEvent): boolean {
  return rejection.block === blockNumber ? rejection.logIndex < logIndex : rejection.block < blockNumber;
}

/** All rejections of this chain's checkpoints, oldest first, also those too new to count. */
async function rejectionsOf(client: RootChain, genesis: Genesis): Promise<readonly Rejection[]> {
  const events = await client.events({
    contract: "CheckpointManager",
    event: "CheckpointRejected",
    fromBlock: genesis.rootChain.startBlock,
  });
  return events
    .filter(({ args }) => args["chainId"] === genesis.chainId)
    .map(({ args, blockNumber, logIndex }) => ({
      number: integer(args, "number"),
      generation: integer(args, "newGeneration"),
      block: blockNumber,
      logIndex,
    }));
}

/** Every producer that lost its office up to and including a block: the same list on every node. */
async function ejectedUpTo(client: RootChain, genesis: Genesis, block: bigint): Promise<readonly Address[]> {
  const events = await client.events({
    contract: "KomaRegistry",
    event: "ProducerEjected",
    fromBlock: genesis.rootChain.startBlock,
  });
  const ours = events.filter(({ args, blockNumber }) => args["chainId"] === genesis.chainId && blockNumber <= block);
  return [...new Set(ours.map(({ args }) => parseAddress(text(args, "key"))))];
}

type Arguments = Readonly<Record<string, EventArgument>>;

function depositOf(args: Arguments): Deposit {
  return {
    chainId: integer(args, "chainId"),
    id: integer(args, "id"),
    kind: Number(integer(args, "kind")) as DepositKind,
    rootToken: parseAddress(text(args, "rootToken")),
    recipient: parseAddress(text(args, "recipient")),
    amount: integer(args, "amount"),
    data: hexToBytes(text(args, "data")),
    createdAt: integer(args, "createdAt"),
  };
}

function integer(args: Arguments, name: string): bigint {
  const value = args[name];
  if (typeof value !== "bigint") throw new BugError(`event argument ${name} is no integer`);
  return value;
}

function text(args: Arguments, name: string): string {
  const value = args[name];
  if (typeof value !== "string") throw new BugError(`event argument ${name} is no text`);
  return value;
}

function hash(args: Arguments, name: string): Hash {
  return parseHash(text(args, name));
}

function writeCursor(cursor: EventCursor): string {
  const recent = cursor.recent.map(({ number, hash: at }) => [number.toString(), at]);
  return JSON.stringify({ nextBlock: cursor.nextBlock.toString(), recent });
}

function readCursor(stored: string): EventCursor {
  const { nextBlock, recent } = JSON.parse(stored) as { nextBlock: string; recent: [string, string][] };
  return {
    nextBlock: BigInt(nextBlock),
    recent: recent.map(([number, at]) => ({ number: BigInt(number), hash: parseHash(at) })),
  };
}
