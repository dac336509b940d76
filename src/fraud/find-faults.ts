import { type Block, recoverSealer } from "../chain/index.ts";
import type { ArchivedBlock } from "../checkpoint/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { RepeatedEndFault } from "./cross-logs.ts";
import type { BridgeFacts } from "./delivery-rules.ts";
import type { ContinuityFault, RepeatedDeliveryFault, WrongDeliveryFault } from "./find-log-history-faults.ts";
import type { BadReceiptFault, ImpossibleLogFault, WrongTransferFault } from "./find-receipt-faults.ts";
import type { TransactionFault } from "./find-transaction-faults.ts";
import type { BannedFault, LeafFault } from "./leaf-faults.ts";
import type { ProducerRules } from "./outsiders.ts";

/** A checkpoint of the root chain, as far as scanning needs it. */
export interface ScannedCheckpoint {
  readonly number: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly lastBlockHash: Hash;
  /** Root-chain time of its submission, seconds. */
  readonly submittedAt: bigint;
}

/** Where a transaction stands. */
export interface Position {
  readonly block: bigint;
  readonly index: number;
}

/** A broken rule that can be proven to the root contracts; `type` is the name of its kind. */
export type Fault =
  | {
      readonly type: "duplicate-nonce" | "nonce-mismatch";
      readonly sender: Address;
      readonly first: Position;
      readonly second: Position;
      readonly firstNonce: bigint;
      readonly secondNonce: bigint;
    }
  | { readonly type: "block-sequence"; readonly block: bigint; readonly reason: string }
  | { readonly type: "block-producer"; readonly block: bigint; readonly reason: string }
  | BannedFault
  | LeafFault
  | TransactionFault
  | BadReceiptFault
  | WrongTransferFault
  | ImpossibleLogFault
  | WrongDeliveryFault
  | RepeatedDeliveryFault
  | ContinuityFault
  | RepeatedEndFault;

/** What scanning needs to know about bans and tokens; answers come from the root chain. */
export interface ScanRules {
  readonly chainId: bigint;
  readonly banned: (hash: Hash) => boolean;
  /** Root token that a contract of the chain stands for; undefined for contracts that are no child tokens. */
  readonly rootTokenOf: (child: Address) => Address | undefined;
  /** Deposits; without them deliveries are compared with each other only. */
  readonly bridge?: BridgeFacts;
  /** Who may produce when; without it seals are compared with coinbases only. */
  readonly producers?: ProducerRules;
}

/**
 * What is searched: consecutive blocks that begin at or before the checkpoint's first block and reach to its last; the
 * older ones only serve as the past to compare with.
 */
export interface Scan {
  readonly blocks: readonly ArchivedBlock[];
  readonly checkpoint: ScannedCheckpoint;
  readonly rules: ScanRules;
  /** Numbers of the checkpoint's blocks whose coinbase was no producer then. */
  readonly outsiders?: ReadonlySet<bigint>;
}

/** A block's time may be ahead of its checkpoint's submission by at most this, seconds. */
const MAX_AHEAD_SECONDS = 60n;

function inCheckpoint(block: Block, checkpoint: ScannedCheckpoint): boolean {
  return block.header.number >= checkpoint.start && block.header.number <= checkpoint.end;
}

export function findSequenceFaults({ blocks, checkpoint }: Scan): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [i, { block }] of blocks.entries()) {
    const parent = blocks[i - 1]?.block;
    if (!parent || !inCheckpoint(block, checkpoint)) continue;
    const { number, timestamp, parentHash } = block.header;
    const reasons = [
      parentHash !== parent.hash && "its parent hash is not the hash of the block before",
      timestamp <= parent.header.timestamp && "its time is not after the block before",
      timestamp > checkpoint.submittedAt + MAX_AHEAD_SECONDS && "its time is beyond the checkpoint's submission",
      number === checkpoint.end && block.hash !== checkpoint.lastBlockHash && "it is not the checkpoint's last block",
    ];
    const reason = reasons.find((text) => text !== false);
    if (reason) faults.push({ type: "block-sequence", block: number, reason });
  }
  return faults;
}

export function findProducerFaults({ blocks, checkpoint, rules, outsiders }: Scan): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { block } of blocks) {
    if (!inCheckpoint(block, checkpoint)) continue;
    const { number, coinbase } = block.header;
    if (rules.banned(block.hash)) faults.push({ type: "banned-block", block: number, hash: block.hash });
    // The genesis block is nobody's; the contracts know its hash.
    if (number > 0n && recoverSealer(block.header, rules.chainId) !== coinbase) {
      faults.push({ type: "block-producer", block: number, reason: "its seal is not by its coinbase" });
    } else if (outsiders?.has(number)) {
      faults.push({ type: "block-producer", block: number, reason: "its coinbase was no producer at that time" });
    }
  }
  return faults;
}

/** For every sender the highest nonce seen so far and who used which; a fault points at the later transaction. */
export function findNonceFaults({ blocks, checkpoint }: Scan): readonly Fault[] {
  const faults: Fault[] = [];
  const used = new Map<Address, Map<bigint, Position>>();
  const highest = new Map<Address, bigint>();
  for (const { block } of blocks) {
    for (const [index, transaction] of block.transactions.entries()) {
      const { sender, nonce } = transaction;
      const position: Position = { block: block.header.number, index };
      const nonces = used.get(sender) ?? new Map<bigint, Position>();
      used.set(sender, nonces);
      const same = nonces.get(nonce);
      const top = highest.get(sender);
      if (inCheckpoint(block, checkpoint) && top !== undefined && nonce <= top) {
        const first = same ?? (nonces.get(top) as Position);
        faults.push({
          type: same ? "duplicate-nonce" : "nonce-mismatch",
          sender,
          first,
          second: position,
          firstNonce: same ? nonce : top,
          secondNonce: nonce,
        });
      }
      if (!same) nonces.set(nonce, position);
      if (top === undefined || nonce > top) highest.set(sender, nonce);
    }
  }
  return faults;
}
