import {
  type Committee,
  type ConsensusParams,
  committeeFromStakes,
  createCommittee,
  type Era,
  type EraRules,
  firstEra,
  type Instance,
  instanceOfEra,
  type StakedValidator,
} from "../consensus/index.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  type Hash,
  keccak256,
  keccakHash,
  timestamp,
  utf8,
} from "../primitives/index.ts";
import type { EraWorld } from "./era-world.ts";
import { sharedChecks } from "./shared-checks.ts";
import { type StakeChange, stakedAt } from "./stakes.ts";

export const EPOCH = 1_700_000_000_000;

export interface RunWorldOptions {
  readonly seed: number;
  readonly weights: readonly number[];
  readonly producers?: readonly number[];
  readonly stakes?: readonly StakeChange[];
  /** True: every validator checks for itself what all could share. */
  readonly separateMachines?: boolean;
}

/** The chain and the root chain of a run: keys, stakes, and the eras that follow from them. */
export class RunWorld implements EraWorld {
  readonly rules: EraRules;
  readonly firstEra: Era;
  readonly keys: readonly Bytes[];
  readonly signers: readonly Address[];
  readonly #options: RunWorldOptions;
  readonly #instances = new Map<Hash, Instance>();
  readonly #checks = sharedChecks();

  constructor(params: ConsensusParams, options: RunWorldOptions) {
    this.#options = options;
    const keys = options.weights.map((_, i) => keccak256(utf8(`validator ${i}`)));
    this.keys = keys.sort((a, b) => (addressOfKey(a) < addressOfKey(b) ? -1 : 1));
    this.signers = this.keys.map((key) => addressOfKey(key));
    this.rules = { chainId: 80401n, genesisHash: keccakHash(utf8("simulation")), params };
    const first = firstEra(this.rules.genesisHash, this.#firstCommittee(), timestamp(EPOCH));
    this.firstEra = { ...first, seed: keccakHash(utf8(`seed ${options.seed}`)) };
  }

  /** Of all eras that any validator was in. */
  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  instanceOf(era: Era): Instance {
    const instance = instanceOfEra(this.rules, era);
    const known = this.#instances.get(instance.id);
    if (known !== undefined) return known;
    const shared = this.#options.separateMachines ? instance : { ...instance, checks: this.#checks };
    this.#instances.set(instance.id, shared);
    return shared;
  }

  stakedAfter(slot: number): readonly StakedValidator[] | undefined {
    const { stakes, weights } = this.#options;
    if (stakes === undefined) return undefined;
    const plan = { first: weights, changes: stakes };
    return stakedAt(plan, slot - EPOCH, this.signers, (validator) => this.#isProducer(validator));
  }

  /** Which validator signs with this key. */
  numberOf(signer: Address): number | undefined {
    const index = this.signers.indexOf(signer);
    return index < 0 ? undefined : index;
  }

  #isProducer(validator: number): boolean {
    return this.#options.producers?.includes(validator) ?? true;
  }

  #firstCommittee(): Committee {
    const staked = this.stakedAfter(EPOCH)?.filter(({ stake }) => stake > 0n);
    if (staked !== undefined) return committeeFromStakes(staked, this.rules.params.weightScale);
    return createCommittee(
      this.signers.map((signer, i) => ({
        signer,
        weight: this.#options.weights[i] as number,
        producer: this.#isProducer(i),
      })),
    );
  }
}
