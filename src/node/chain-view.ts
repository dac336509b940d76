import type { BalanceMove, Block, BlockHeader, Receipt } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import type { Executor } from "../execution/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

export interface KnownResult {
  readonly gasUsed: bigint;
  readonly contractAddress?: Address;
  /** Native balances that the transaction changed; of a block on disk they stand in the journal of payments. */
  readonly moves?: readonly BalanceMove[];
}

/** A block after execution, from memory or from disk. */
export interface KnownBlock {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
  readonly results: readonly KnownResult[];
}

/** Blocks that left the branch of the head (newest first) and that came onto it (oldest first). */
export interface BranchChange {
  readonly removed: readonly KnownBlock[];
  readonly added: readonly KnownBlock[];
}

/** The chain as this node sees it now: final blocks on disk, and the branch that the fork choice prefers above them. */
export interface ChainView {
  readonly head: { readonly hash: Hash; readonly header: BlockHeader };
  /** Moves the head; undefined when nothing changed. */
  moveHead(hash: Hash): BranchChange | undefined;
  /** After a rollback: the head is the final one again. */
  reset(): void;
  hashAt(number: bigint): Hash | undefined;
  isCanonical(hash: Hash): boolean;
  header(hash: Hash): BlockHeader | undefined;
  block(hash: Hash): Block | undefined;
  known(hash: Hash): KnownBlock | undefined;
  /** Blocks of the head's branch that are not final, oldest first. */
  unfinal(): readonly KnownBlock[];
}

export function createChainView(executor: Executor, blocks: Store["blocks"]): ChainView {
  /** Branch of the head above the final head, by height. */
  let branch = new Map<bigint, Hash>();
  let head = finalHead();

  function finalHead() {
    const { hash } = executor.finalHead;
    return { hash, header: executor.headerAt(hash) };
  }

  function known(hash: Hash): KnownBlock | undefined {
    const layer = executor.block(hash);
    if (layer) return layer;
    const block = blocks.block(hash);
    if (!block) return undefined;
    return { block, receipts: blocks.receipts(hash) ?? [], results: blocks.results(hash) ?? [] };
  }

  function header(hash: Hash): BlockHeader | undefined {
    return executor.block(hash)?.block.header ?? blocks.header(hash);
  }

  function required(hash: Hash): KnownBlock {
    const found = known(hash);
    if (!found) throw new BugError(`block ${hash} of a known branch is missing`);
    return found;
  }

  function hashAt(number: bigint): Hash | undefined {
    if (number > head.header.number) return undefined;
    return branch.get(number) ?? blocks.hashOf(number);
  }

  return {
    get head() {
      return head;
    },

    moveHead(hash) {
      if (hash === head.hash) return undefined;
      const added: KnownBlock[] = [];
      let cursor = required(hash);
      while (hashAt(cursor.block.header.number) !== cursor.block.hash) {
        added.unshift(cursor);
        cursor = required(cursor.block.header.parentHash);
      }
      const fork = cursor.block.header.number;
      const removed: KnownBlock[] = [];
      for (let number = head.header.number; number > fork; number--) removed.push(required(hashAt(number) as Hash));
      const next = new Map<bigint, Hash>();
      const final = executor.finalHead.number;
      for (const [number, kept] of branch) if (number <= fork && number > final) next.set(number, kept);
      for (const { block } of added) next.set(block.header.number, block.hash);
      branch = next;
      head = { hash, header: required(hash).block.header };
      return { removed, added };
    },

    reset() {
      branch = new Map();
      head = finalHead();
    },

    hashAt,
    isCanonical(hash) {
      const found = header(hash);
      return found !== undefined && hashAt(found.number) === hash;
    },
    header,
    block: (hash) => executor.block(hash)?.block ?? blocks.block(hash),
    known,
    unfinal() {
      const final = executor.finalHead.number;
      const result: KnownBlock[] = [];
      for (let number = final + 1n; number <= head.header.number; number++)
        result.push(required(hashAt(number) as Hash));
      return result;
    },
  };
}
