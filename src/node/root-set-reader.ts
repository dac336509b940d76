import type { StakedValidator } from "../consensus/index.ts";
import type { Executor } from "../execution/index.ts";
import type { Hash } from "../primitives/index.ts";
import { type RecordedRootSet, readRecordedWork, readRootSet } from "../rootchain/index.ts";
import { producerStatsAddress, rootInfoAddress } from "../rootset/index.ts";

/** What this chain's own state says about the root chain's validators. */
export interface RootSetReader {
  /**
   * The set in the state after a block; undefined on a chain whose state has none.
   *
   * @throws {ProtocolError} KOMA_E_BLOCK_UNKNOWN or KOMA_E_STATE_UNAVAILABLE
   */
  recorded(block: Hash): RecordedRootSet | undefined;
  /** The same as a switch block fixes a committee with. */
  staked(block: Hash): readonly StakedValidator[] | undefined;
  /** Height up to which the state after a block has the work of eras recorded; 0 for none. */
  recordedWork(block: Hash): bigint;
}

export function createRootSetReader(executor: Executor): RootSetReader {
  let newest: RecordedRootSet | undefined;

  function recorded(block: Hash): RecordedRootSet | undefined {
    const state = executor.stateAt(block);
    const found = readRootSet((key) => state.slot(rootInfoAddress, key), newest);
    newest = found ?? newest;
    return found;
  }

  return {
    recorded,
    recordedWork: (block) => readRecordedWork((key) => executor.stateAt(block).slot(producerStatsAddress, key)),
    staked: (block) =>
      recorded(block)?.seats.map(({ signer, power, producer, producerKey }) => ({
        signer,
        stake: power,
        producer,
        ...(producerKey === undefined ? {} : { producerKey }),
      })),
  };
}
