import { ProtocolError, UserError } from "../errors.ts";
import { utf8 } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import { thresholdsOf } from "./config.ts";

/** At which thresholds a node watches the chain: private to it, and changed while it runs (KoMaBFT spec 12.5). */
export interface WatchedThresholds {
  /** Ascending shares of the weight, each once. */
  list(): readonly number[];
  /** True for those of the operator; false for those that are watched for the sake of a subscriber alone. */
  isKept(fraction: number): boolean;
  /**
   * Replaces what the operator wants, over restarts too; `safe` and `finalized` always stay. Nothing: what the
   * configuration says.
   *
   * @throws {UserError} KOMA_E_RPC_PARAMS_INVALID
   */
  set(given: readonly number[]): readonly number[];
  /**
   * Watches `alpha` for a subscriber until it lets go.
   *
   * @throws {ProtocolError} KOMA_E_RPC_LIMIT when subscribers have the node watch as many others as it will
   */
  acquire(alpha: number): { readonly fraction: number; release(): void };
}

export interface WatchedThresholdsPorts {
  readonly meta: Pick<Store["meta"], "get" | "set" | "delete">;
  /** The list is another one now. */
  readonly onChange: () => void;
}

const META_KEY = "finality.watched";
/** Each costs a search of its own for every block. */
const MAX_KEPT = 16;
const MAX_OF_SUBSCRIBERS = 16;
/** Two that differ by less are one: names in the store have six digits. */
const SAME = 2e-6;

export function createWatchedThresholds(
  configured: readonly number[],
  { meta, onChange }: WatchedThresholdsPorts,
): WatchedThresholds {
  let kept = stored(meta) ?? configured;
  /** How many subscribers want each one beside those. */
  const wanted = new Map<number, number>();

  const find = (among: Iterable<number>, alpha: number) => [...among].find((known) => Math.abs(known - alpha) < SAME);

  function list(): readonly number[] {
    const others = [...wanted.keys()].filter((alpha) => find(kept, alpha) === undefined);
    return [...kept, ...others].sort((a, b) => a - b);
  }

  /** Tells of a change, if `change` makes one. */
  function changing(change: () => void): void {
    const before = list();
    change();
    const after = list();
    if (before.length !== after.length || before.some((fraction, i) => fraction !== after[i])) onChange();
  }

  return {
    list,
    isKept: (fraction) => find(kept, fraction) !== undefined,
    set(given) {
      if (given.length > MAX_KEPT || !given.every(isShare)) {
        throw new UserError("KOMA_E_RPC_PARAMS_INVALID", `Give at most ${MAX_KEPT} numbers between 0 and 1.`, {
          facts: { given: given.length },
        });
      }
      if (given.length === 0) meta.delete(META_KEY);
      else meta.set(META_KEY, utf8(JSON.stringify(given)));
      changing(() => {
        // A subscriber keeps its own spelling of a share that the operator wants as well.
        const spelled = given.map((fraction) => find(wanted.keys(), fraction) ?? fraction);
        kept = given.length === 0 ? configured : thresholdsOf(spelled);
      });
      return list();
    },
    acquire(alpha) {
      if (!isShare(alpha)) {
        throw new UserError("KOMA_E_RPC_PARAMS_INVALID", "A threshold is a number between 0 and 1.", {
          facts: { alpha },
        });
      }
      const fraction = find(list(), alpha) ?? alpha;
      if (!wanted.has(fraction) && wanted.size >= MAX_OF_SUBSCRIBERS) {
        throw new ProtocolError("KOMA_E_RPC_LIMIT", "too many different thresholds are subscribed to", {
          facts: { limit: MAX_OF_SUBSCRIBERS, watched: list().join(", ") },
          fix: ["Subscribe at a threshold that the node watches already."],
        });
      }
      changing(() => wanted.set(fraction, (wanted.get(fraction) ?? 0) + 1));
      let held = true;
      return {
        fraction,
        release() {
          if (!held) return;
          held = false;
          changing(() => {
            const left = (wanted.get(fraction) ?? 0) - 1;
            if (left > 0) wanted.set(fraction, left);
            else wanted.delete(fraction);
          });
        },
      };
    },
  };
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value < 1;
}

/** What was set before a restart. */
function stored(meta: WatchedThresholdsPorts["meta"]): readonly number[] | undefined {
  const bytes = meta.get(META_KEY);
  return bytes && thresholdsOf(JSON.parse(new TextDecoder().decode(bytes)) as number[]);
}
