import type { EVM } from "@ethereumjs/evm";
import type { Bytes } from "../primitives/index.ts";

type Analysis = (this: { readonly _evm: EVM }, code: Bytes) => unknown;

interface AnalysingInterpreter {
  _getValidJumpDestinations?: Analysis & { readonly cached?: true };
}

/** Bytes of code whose analyses one EVM keeps: an analysis takes up to fifty times the size of its code. */
const KEPT_CODE_BYTES = 2 ** 20;

/** Analyses of one EVM (they refer to its table of instructions); code arrays come from a cache by hash, so they recur. */
class AnalysisCache {
  #known = new Map<Bytes, unknown>();
  #bytes = 0;

  get(code: Bytes, analyse: () => unknown): unknown {
    const known = this.#known.get(code);
    if (known !== undefined) return known;
    const analysis = analyse();
    this.#bytes += code.length;
    if (this.#bytes > KEPT_CODE_BYTES) {
      this.#known = new Map();
      this.#bytes = code.length;
    }
    this.#known.set(code, analysis);
    return analysis;
  }
}

const caches = new WeakMap<EVM, AnalysisCache>();

/**
 * Makes `@ethereumjs/evm` remember where a contract's jump destinations are. It looks for them anew in every call, which
 * takes longer than an ERC-20 transfer's own instructions.
 *
 * The library does not export its interpreter, so this takes the class from a running one. Its version is pinned; should
 * the method go, calls are slower and nothing else changes.
 *
 * @param interpreter  any interpreter that is running
 */
export function cacheJumpAnalysis(interpreter: object): void {
  const prototype = Object.getPrototypeOf(interpreter) as AnalysingInterpreter;
  const analyse = prototype._getValidJumpDestinations;
  if (analyse === undefined || analyse.cached) return;
  const cached: Analysis = function (code) {
    let cache = caches.get(this._evm);
    if (cache === undefined) {
      cache = new AnalysisCache();
      caches.set(this._evm, cache);
    }
    return cache.get(code, () => analyse.call(this, code));
  };
  prototype._getValidJumpDestinations = Object.assign(cached, { cached: true as const });
}
