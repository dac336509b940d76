import { childBridgeAddress, type Delivery, parseDelivery } from "../bridge/index.ts";
import type { ArchivedBlock, CheckpointedBlock, Interval } from "../checkpoint/index.ts";
import type { Store } from "../storage/index.ts";

/** Final blocks as the checkpoint layer reads them. */
export interface FinalBlocks {
  /** Hash and header of every block of the interval; undefined when one of them is not final here. */
  headers(interval: Interval): readonly CheckpointedBlock[] | undefined;
  /** A block with its receipts. */
  archived(number: bigint): ArchivedBlock | undefined;
  /** Deposits that the blocks of the interval credit. */
  deliveries(interval: Interval): readonly Delivery[];
}

/** More logs than the child bridge can emit in a checkpoint's blocks. */
const MAX_LOGS = 100_000;

export function createFinalBlocks({ blocks }: Pick<Store, "blocks">): FinalBlocks {
  return {
    headers({ start, end }) {
      const found: CheckpointedBlock[] = [];
      for (let number = start; number <= end; number++) {
        const hash = blocks.hashOf(number);
        const header = hash && blocks.header(hash);
        if (!hash || !header) return undefined;
        found.push({ hash, header });
      }
      return found;
    },
    archived(number) {
      const block = blocks.block(number);
      const receipts = block && blocks.receipts(number);
      return receipts && { block, receipts };
    },
    deliveries({ start, end }) {
      const page = blocks.logs({ from: start, to: end, addresses: [childBridgeAddress], limit: MAX_LOGS });
      return page.logs.flatMap((entry) => parseDelivery(entry) ?? []);
    },
  };
}
