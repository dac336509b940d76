import { type Block, type BlockRejection, decodeBlock, describeBlockRejection } from "../chain/index.ts";
import type { BlockRef, UnitHash } from "../consensus/index.ts";
import type { ExecutedBlock, Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import type { Check, Hash } from "../primitives/index.ts";
import type { BlockLinks } from "./block-links.ts";

export interface BlockParentsPorts {
  readonly chainId: bigint;
  readonly executor: Executor;
  readonly links: BlockLinks;
  /** A block of the running instance that is in consensus' state, with its payload from memory or disk. */
  readonly block: (unit: UnitHash) => BlockRef | undefined;
  readonly execute: (block: Block) => Promise<Check<ExecutedBlock, BlockRejection>>;
  readonly logger: Logger;
}

/** Blocks of a branch that are run again at once; more than the executor keeps beside the final chain would be in vain. */
const MAX_MISSING = 512;

/**
 * Finds the block that a parent in consensus stands for, ready to be built on. After a restart, or when too many others
 * came between, the executor may have forgotten a block that consensus still knows: it is run again from its payload.
 *
 * @returns undefined when it cannot be had now
 */
export function createBlockParents(ports: BlockParentsPorts): (parent: BlockRef) => Promise<Hash | undefined> {
  const { chainId, executor, links, logger } = ports;

  /** The blocks down to one that the executor has, newest first; undefined when one of them cannot be had. */
  function missingBelow(parent: BlockRef): { readonly unit: UnitHash; readonly block: Block }[] | undefined {
    const missing: { readonly unit: UnitHash; readonly block: Block }[] = [];
    for (let ref: BlockRef | undefined = parent; ref; ref = ports.block(ref.parent)) {
      const hash = links.hashOf(ref.unit);
      if (hash && executor.canExecuteOn(hash)) return missing;
      const payload = ref.payload ?? ports.block(ref.unit)?.payload;
      const decoded = payload && decodeBlock(payload, chainId);
      if (!decoded?.ok || missing.length === MAX_MISSING) return undefined;
      const block = decoded.value;
      if (executor.canExecuteOn(block.hash)) {
        links.link(ref.unit, block.hash);
        return missing;
      }
      missing.push({ unit: ref.unit, block });
      // On the key block of the instance, which is final.
      if (ref.parent === undefined) return missing;
    }
    return undefined;
  }

  return async (parent) => {
    const missing = missingBelow(parent);
    if (!missing) return undefined;
    for (const { unit, block } of missing.reverse()) {
      const executed = await ports.execute(block);
      if (!executed.ok) {
        const why = describeBlockRejection(executed.rejection);
        logger.error({ unit, why }, "a block that consensus holds for valid does not run any more");
        return undefined;
      }
      links.link(unit, block.hash);
    }
    return links.hashOf(parent.unit);
  };
}
