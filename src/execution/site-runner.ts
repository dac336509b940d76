import type { BlockHeader } from "../chain/index.ts";
import { type Bytes, emptyBytes, type Hash } from "../primitives/index.ts";
import type { CallAnswers, CallJob, SiteLayer } from "./call-jobs.ts";
import { type CallContext, Calls } from "./calls.ts";
import { environmentOf } from "./check-block.ts";
import { EnginePool, type EnginePoolOptions } from "./engine-pool.ts";
import { blockUnknown, stateUnavailable } from "./errors.ts";
import { GenerationalCache } from "./generational-cache.ts";
import { StateLayer } from "./state-layer.ts";
import type { StateStore } from "./state-store.ts";
import type { StateView } from "./state-view.ts";

const CACHED_CODES = 500;

/** What a thread reads of final blocks and their states. */
export type SiteReader = Pick<StateStore, "accountAt" | "slotAt" | "code" | "hashOf" | "header" | "historyStart">;

export interface SiteRunnerOptions extends EnginePoolOptions {
  readonly callGasLimit: bigint;
}

/** A {@link CallSite} whose layers were told before, by their hashes. */
export interface KnownSite {
  readonly base: { readonly number: bigint; readonly hash: Hash };
  readonly layers: readonly Hash[];
}

/** Runs calls on states it reads by itself: the other end of a `CallRunner`, in a thread of its own. */
export class SiteRunner {
  readonly #reader: SiteReader;
  readonly #calls: Calls;
  readonly #layers = new Map<Hash, SiteLayer>();
  readonly #codes = new GenerationalCache<Hash, Bytes>(CACHED_CODES);

  constructor(reader: SiteReader, options: SiteRunnerOptions) {
    this.#reader = reader;
    this.#calls = new Calls(new EnginePool(options), options.callGasLimit, options.chainId);
  }

  learn(layer: SiteLayer): void {
    this.#layers.set(layer.hash, layer);
  }

  /** Calls that run go on with what they have. */
  forget(layers: readonly Hash[]): void {
    for (const hash of layers) this.#layers.delete(hash);
  }

  /**
   * @param onTurn  called whenever this job, among others, is given the thread
   * @throws {ProtocolError} KOMA_E_STATE_UNAVAILABLE also when the state was taken back while the job ran
   */
  async run<J extends CallJob>(job: J, site: KnownSite, onTurn: () => void): Promise<CallAnswers[J["kind"]]> {
    this.#checkBase(site);
    const answer = await this.#calls.run(job, this.#context(site), onTurn);
    this.#checkBase(site);
    return answer;
  }

  /** The rows are those of the block only while it is final here and its history is kept. */
  #checkBase({ base }: KnownSite): void {
    const oldest = this.#reader.historyStart();
    if (base.number < oldest || this.#reader.hashOf(base.number) !== base.hash) {
      throw stateUnavailable(base.number, oldest);
    }
  }

  #context({ base, layers }: KnownSite): CallContext {
    let view: StateView = this.#final(base.number);
    let header = this.#reader.header(base.number) as BlockHeader;
    const hashes = new Map<bigint, Hash>();
    for (const hash of layers) {
      const layer = this.#layers.get(hash);
      if (layer === undefined) throw blockUnknown(hash);
      view = new StateLayer(layer, layer.diff, view);
      header = layer.header;
      hashes.set(header.number, hash);
    }
    const last = header.number - 1n;
    const hashOf = (number: bigint) =>
      number > last ? undefined : (hashes.get(number) ?? this.#reader.hashOf(number));
    return { view, environment: environmentOf(header, hashOf), header };
  }

  #final(number: bigint): StateView {
    const reader = this.#reader;
    return {
      account: (address) => reader.accountAt(address, number),
      slot: (address, key) => reader.slotAt(address, key, number) ?? emptyBytes,
      code: (hash) => this.#code(hash),
    };
  }

  /** The same bytes object each time: analyses of code are remembered by it. */
  #code(hash: Hash): Bytes {
    const known = this.#codes.get(hash);
    if (known !== undefined) return known;
    const code = this.#reader.code(hash) ?? emptyBytes;
    this.#codes.set(hash, code);
    return code;
  }
}
