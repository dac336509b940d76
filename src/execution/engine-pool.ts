import { callsBusy, callTimedOut } from "./errors.ts";
import { EvmEngine } from "./evm-engine.ts";
import { Pacer } from "./pacer.ts";

/** Calls let the process breathe more often than blocks do, so that blocks get the greater share of it. */
const CALL_SLICE_MS = 5;

export interface EnginePoolOptions {
  readonly chainId: bigint;
  /** Calls running at once; more wait. */
  readonly size: number;
  /** Calls waiting at most; more are refused. */
  readonly waiting: number;
  /** Longest one call may run. */
  readonly timeoutMs: number;
}

/** A few EVMs for calls, made when first needed. */
export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #idle: EvmEngine[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: EnginePoolOptions) {
    this.#options = options;
  }

  /**
   * @throws {EnvironmentError} KOMA_E_CALLS_BUSY at once, or KOMA_E_CALL_TIMEOUT
   */
  async use<T>(work: (engine: EvmEngine) => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      const { chainId, timeoutMs } = this.#options;
      const engine = this.#idle.pop() ?? (await EvmEngine.create(chainId, new Pacer(CALL_SLICE_MS)));
      engine.pacer.start({ ms: timeoutMs, expired: () => callTimedOut(timeoutMs) });
      const result = await work(engine);
      // An engine whose work threw is not used again: its journal may be anywhere.
      this.#idle.push(engine);
      return result;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    const { size, waiting } = this.#options;
    while (this.#running >= size) {
      if (this.#waiting.length >= waiting) throw callsBusy(waiting);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }
}
