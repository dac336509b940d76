import type { Genesis } from "../chain/index.ts";
import { committeeFromStakes, createInstance, type Instance } from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import { type Hash, timestamp } from "../primitives/index.ts";
import type { StoredInstance } from "../storage/index.ts";

/** What an instance's row keeps beside its indexed columns. */
export interface InstanceBody {
  readonly keyHeight: number;
  readonly excluded: readonly number[];
}

/** Consensus instances of one chain: new ones, and those that a store knows. */
export interface Instances {
  instanceOf(generation: bigint, start: number, keyBlock: Hash, body: InstanceBody): Instance;
  /** @throws {BugError} when the row does not follow from this genesis */
  storedInstance(row: StoredInstance): Instance;
}

export function createInstances(genesis: Genesis, genesisHash: Hash): Instances {
  const { consensus } = genesis;
  const committee = committeeFromStakes(genesis.validators, consensus.weightScale);

  function instanceOf(generation: bigint, start: number, keyBlock: Hash, body: InstanceBody): Instance {
    return createInstance({
      chainId: genesis.chainId,
      genesisHash,
      generation: Number(generation),
      // Eras with switch blocks rotate the committee; until they do, an instance ends only with its generation.
      era: 0,
      keyBlock: { hash: keyBlock, height: body.keyHeight },
      eraStart: timestamp(start),
      seed: keyBlock,
      committee,
      excluded: body.excluded,
      params: { ...consensus, eraMinBlocks: 0 },
    });
  }

  return {
    instanceOf,
    storedInstance(row) {
      const body = JSON.parse(new TextDecoder().decode(row.body)) as InstanceBody;
      const instance = instanceOf(row.generation, row.start, row.keyBlock, body);
      if (instance.id !== row.hash) {
        throw new BugError("the stored consensus instance does not follow from this genesis", {
          facts: { stored: row.hash, computed: instance.id },
        });
      }
      return instance;
    },
  };
}
