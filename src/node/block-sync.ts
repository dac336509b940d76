import { type Block, decodeBlock, describeBlockRejection, encodeBlock } from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import { KomaError, ProtocolError } from "../errors.ts";
import type { ExecutedBlock, Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import type { Network, PeerId } from "../network/index.ts";
import {
  type Bytes,
  bigintToBytes,
  decodeRlp,
  encodeRlp,
  type Hash,
  MalformedRlp,
  numberToBytes,
  readBigint,
  readBytes,
  readList,
  readNumber,
  timestamp,
} from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/** Blocks that the root chain or an era's validators vouch for: everything up to `end` hangs on the hash of the last one. */
export interface VouchedRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly lastBlockHash: Hash;
}

/**
 * Final blocks from other nodes' disks. Consensus brings a node everything of the instance that runs; what is older than
 * that instance, nobody's consensus remembers.
 */
export interface BlockSync {
  /** Answers a peer. @throws {ProtocolError} KOMA_E_REQUEST_MALFORMED */
  serve(request: Bytes, from: PeerId): Promise<Bytes>;
  /**
   * Makes the blocks of `range` final here, the first of them on top of the final head. Asks one peer after the other,
   * for as long as it takes.
   *
   * @param isVoid  asked when nobody has them: true when the root chain stopped vouching for them, so that nobody ever will
   * @returns the blocks, lowest first; undefined when the signal aborted or they are void
   * @throws {ProtocolError} KOMA_E_CHECKPOINTED_BLOCK_INVALID
   */
  fetch(
    range: VouchedRange,
    signal: AbortSignal,
    isVoid: () => Promise<boolean>,
  ): Promise<readonly ExecutedBlock[] | undefined>;
}

export interface BlockSyncPorts {
  readonly chainId: bigint;
  readonly store: Store;
  readonly executor: Executor;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Blocks that are not given to others; none unless a devnet's node misbehaves. */
  readonly withheld?: (number: bigint) => boolean;
}

/** Blocks of one answer, and the bytes after which no further one is put into it. */
const ANSWER_BLOCKS = 128;
const ANSWER_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 1_000;
const MALFORMED_POINTS = 20;

export function createBlockSync(ports: BlockSyncPorts): BlockSync {
  const { chainId, store, executor, network, clock, logger } = ports;

  /** Blocks `from … to` as one peer has them; undefined when they do not lead to `lastBlockHash`. */
  async function ask(
    peer: PeerId,
    parent: Hash,
    { start, end, lastBlockHash }: VouchedRange,
    signal: AbortSignal,
  ): Promise<readonly Block[] | undefined> {
    const blocks: Block[] = [];
    for (let next = start; next <= end; next = start + BigInt(blocks.length)) {
      const count = Math.min(Number(end - next + 1n), ANSWER_BLOCKS);
      const answer = await network.request(
        peer,
        "blocks",
        encodeRlp([bigintToBytes(next), numberToBytes(count)]),
        signal,
      );
      const received = decodeBlocks(answer, count, chainId);
      if (!received) {
        network.penalize(peer, MALFORMED_POINTS, "malformed answer to a request for blocks");
        return undefined;
      }
      if (received.length === 0) return undefined;
      blocks.push(...received);
    }
    // Its blocks may be those of a branch that the root chain rejected: no fault, but nothing we can use.
    return isChain(parent, blocks) && blocks.at(-1)?.hash === lastBlockHash ? blocks : undefined;
  }

  async function anybody(range: VouchedRange, signal: AbortSignal): Promise<readonly Block[] | undefined> {
    const parent = executor.finalHead.hash;
    for (const { id } of network.peers()) {
      try {
        const blocks = await ask(id, parent, range, signal);
        if (blocks) return blocks;
      } catch (error) {
        if (!(error instanceof KomaError)) throw error;
        logger.debug({ peer: id, code: error.code }, "a peer gave no blocks");
      }
      if (signal.aborted) return undefined;
    }
    return undefined;
  }

  async function execute(blocks: readonly Block[]): Promise<void> {
    for (const block of blocks) {
      const executed = await executor.executeBlock(block);
      if (executed.ok) continue;
      throw new ProtocolError(
        "KOMA_E_CHECKPOINTED_BLOCK_INVALID",
        `Block ${block.header.number} is vouched for by more than two thirds of the stake and breaks the chain's rules: ` +
          `${describeBlockRejection(executed.rejection)}.`,
        {
          facts: { block: block.hash },
          fix: ["Challenge it: koma proof scan"],
        },
      );
    }
  }

  return {
    async serve(request, from) {
      const asked = readRequest(request);
      if (!asked) {
        network.penalize(from, MALFORMED_POINTS, "malformed request for blocks");
        throw new ProtocolError("KOMA_E_REQUEST_MALFORMED", "a request for blocks is a number and a count");
      }
      const blocks: Bytes[] = [];
      let size = 0;
      for (let i = 0n; i < BigInt(Math.min(asked.count, ANSWER_BLOCKS)) && size < ANSWER_BYTES; i++) {
        if (ports.withheld?.(asked.first + i)) break;
        const hash = store.blocks.hashOf(asked.first + i);
        const block = hash && store.blocks.block(hash);
        if (!block) break;
        const bytes = encodeBlock(block);
        blocks.push(bytes);
        size += bytes.length;
      }
      return encodeRlp(blocks);
    },

    async fetch(range, signal, isVoid) {
      while (!signal.aborted) {
        const blocks = await anybody(range, signal);
        if (blocks) {
          await execute(blocks);
          return executor.finalize(range.lastBlockHash);
        }
        if (await isVoid()) return undefined;
        logger.warn({ start: range.start, end: range.end }, "no peer has these vouched blocks yet");
        await pause(signal);
      }
      return undefined;
    },
  };

  function pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.schedule(timestamp(clock.now() + RETRY_MS), done);
      signal.addEventListener("abort", done);
    });
  }
}

function isChain(parent: Hash, blocks: readonly Block[]): boolean {
  return blocks.every(({ header }, index) => header.parentHash === (index === 0 ? parent : blocks[index - 1]?.hash));
}

function readRequest(request: Bytes): { readonly first: bigint; readonly count: number } | undefined {
  const decoded = decodeRlp(request);
  if (!decoded.ok) return undefined;
  try {
    const fields = readList(decoded.value, 2);
    return { first: readBigint(fields[0], 6), count: readNumber(fields[1]) };
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}

function decodeBlocks(answer: Bytes, most: number, chainId: bigint): readonly Block[] | undefined {
  const decoded = decodeRlp(answer);
  if (!decoded.ok) return undefined;
  try {
    const items = readList(decoded.value);
    if (items.length > most) return undefined;
    const blocks: Block[] = [];
    for (const item of items) {
      const block = decodeBlock(readBytes(item).slice(), chainId);
      if (!block.ok) return undefined;
      blocks.push(block.value);
    }
    return blocks;
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}
