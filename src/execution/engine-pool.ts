import { callsBusy, callTimedOut } from "./errors.ts";
import { EvmEngine } from "./evm-engine.ts";
import { Gate } from "./gate.ts";
import { Pacer } from "./pacer.ts";

/** Calls let the process breathe more often than blocks do, so that blocks get the greater share of it. */
const CALL_SLICE_MS = 5;
/** A wallet's call ends within its first slice, so it waits only for the first slices of others. */
const FIRST_SLICE_MS = 2;
/** Slices after which a call that is not quick counts as long. */
const MIDDLING_SLICES = 4;
/** EVMs kept for the next calls: making one takes as long as a slice. */
const KEPT_ENGINES = 32;

const middling = { atOnce: 4, waiting: 256 };
const long = { atOnce: 2, waiting: 32 };

export interface EnginePoolOptions {
  readonly chainId: bigint;
  /** Calls running at once; more wait. */
  readonly size: number;
  /** Calls waiting at most; more are refused. */
  readonly waiting: number;
  /** Longest one call may run. */
  readonly timeoutMs: number;
}

/**
 * A few EVMs for calls, made when first needed. A call that has run for some time makes room for others and goes on among
 * its like, so that however many long calls there are, short ones are answered soon.
 */
export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #idle: EvmEngine[] = [];
  readonly #quick: Gate;
  readonly #middling = new Gate(middling.atOnce, middling.waiting);
  readonly #long = new Gate(long.atOnce, long.waiting);

  constructor(options: EnginePoolOptions) {
    this.#options = options;
    this.#quick = new Gate(options.size, options.waiting);
  }

  /**
   * @param onTurn  called whenever this work, among others, is given the thread
   * @throws {EnvironmentError} KOMA_E_CALLS_BUSY at once, or KOMA_E_CALL_TIMEOUT
   */
  async use<T>(work: (engine: EvmEngine) => Promise<T>, onTurn: () => void = () => {}): Promise<T> {
    const { chainId, timeoutMs } = this.#options;
    const refused = () => callsBusy(this.#quick.waiting + this.#middling.waiting + this.#long.waiting);
    const expired = () => callTimedOut(timeoutMs);
    await this.#quick.enter(refused);
    let held: Gate | undefined = this.#quick;
    let slices = 0;
    const startedAt = performance.now();
    const moveTo = async (next: Gate) => {
      held?.leave();
      held = undefined;
      await next.enter(refused, { ms: Math.max(1, startedAt + timeoutMs - performance.now()), expired });
      held = next;
    };
    const afterSlice = async () => {
      slices++;
      if (slices === 1) await moveTo(this.#middling);
      else if (slices === 1 + MIDDLING_SLICES) await moveTo(this.#long);
      onTurn();
    };
    const engine = this.#idle.pop() ?? (await EvmEngine.create(chainId, new Pacer(CALL_SLICE_MS)));
    try {
      engine.pacer.start({ ms: timeoutMs, expired, afterSlice, firstSliceMs: FIRST_SLICE_MS });
      onTurn();
      return await work(engine);
    } catch (error) {
      engine.reset();
      throw error;
    } finally {
      held?.leave();
      if (this.#idle.length < KEPT_ENGINES) this.#idle.push(engine);
    }
  }
}
