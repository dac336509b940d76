import type { Instance } from "../consensus/index.ts";
import { bytesToBigint, type Timestamp } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/** What the past may be forgotten up to, by a node that is no archive. */
export interface SettledHistory {
  /**
   * The last block whose past nobody needs any more: the root chain can neither take it back nor punish anybody for what is
   * below it, and it is older than the two eras whose late blocks consensus may still have to judge.
   */
  upTo(): bigint;
}

export interface SettledHistoryPorts {
  readonly store: Pick<Store, "checkpoints" | "blocks" | "eras">;
  readonly finalHeight: () => bigint;
  /** Of consensus, that runs now. */
  readonly instance: () => Pick<Instance, "generation" | "era" | "keyBlock">;
  readonly now: () => Timestamp;
}

/** States that every node keeps, as go-ethereum does: clients ask about blocks they saw a moment ago. */
const KEPT_STATES = 128n;
const CHECKPOINTS_AT_ONCE = 64;

/**
 * @param lateSlashS  seconds after a checkpoint became final in which fraud below it still costs stake
 */
export function createSettledHistory(
  { store, finalHeight, instance, now }: SettledHistoryPorts,
  lateSlashS: number,
): SettledHistory {
  const openedS = BigInt(Math.floor(now() / 1000));
  /** The next checkpoint to look at, and the end of the last one that is settled. */
  let next = 1n;
  let settled = 0n;

  function settle(): bigint {
    const nowS = BigInt(Math.floor(now() / 1000));
    for (;;) {
      const page = store.checkpoints.list(next, CHECKPOINTS_AT_ONCE);
      for (const { number, status, body, end, lastBlockHash } of page) {
        if (status === "rejected") continue;
        // Finality is in order: where one has to wait, those after it wait too.
        if (status !== "finalized" || (finalizedAtOf(body) ?? openedS) + BigInt(lateSlashS) >= nowS) return settled;
        // A node that has other blocks than the checkpoint is about to be corrected, and needs its past for that.
        if (store.blocks.hashOf(end) !== lastBlockHash) return settled;
        next = number + 1n;
        settled = end;
      }
      if (page.length < CHECKPOINTS_AT_ONCE) return settled;
    }
  }

  /** Where the era before the current one began. */
  function eraBefore(): bigint {
    const { generation, era, keyBlock } = instance();
    const before = era > 0 ? store.eras.find(BigInt(generation), BigInt(era - 1)) : undefined;
    return before?.keyHeight ?? BigInt(keyBlock.height);
  }

  return {
    upTo() {
      const recent = finalHeight() - KEPT_STATES;
      return [settle(), eraBefore(), recent].reduce((least, each) => (each < least ? each : least));
    },
  };
}

/** Timestamp of the root-chain block that called a checkpoint final; older versions did not write it down. */
function finalizedAtOf(body: Uint8Array): bigint | undefined {
  return body.length === 0 ? undefined : bytesToBigint(body);
}
