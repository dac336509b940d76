import { assertNever } from "../errors.ts";
import type { Fault } from "./fault.ts";
import type { Prng } from "./prng.ts";

/** What a drawn scenario may do to machines and the network besides crashes, loss and a split; nobody means harm. */
export type Disturbance =
  | "amnesia"
  | "clockSkew"
  | "clockJump"
  | "slowExecutor"
  | "delay"
  | "duplicate"
  | "reorder"
  | "oneWay"
  | "ddos";

export const disturbances: readonly Disturbance[] = [
  "amnesia",
  "clockSkew",
  "clockJump",
  "slowExecutor",
  "delay",
  "duplicate",
  "reorder",
  "oneWay",
  "ddos",
];

/** Slots of the default length. */
const SLOT_MS = 1_000;

/**
 * One disturbance within a time, after which all is as before; only the disk that was lost is not.
 *
 * @param victims whom it may hit, at least one
 */
export function drawDisturbance(
  kind: Disturbance,
  victims: readonly number[],
  { from, until }: { readonly from: number; readonly until: number },
  prng: Prng,
): readonly Fault[] {
  const validators = [prng.pick(victims) as number];
  const span = { from, until };
  switch (kind) {
    case "amnesia":
      return [
        { kind: "crash", store: "lost", validators, from, until: Math.min(until, from + prng.between(500, 4_000)) },
      ];
    case "clockSkew":
      return [{ kind: kind, validators, aheadMs: prng.between(-150, 150), ...span }];
    case "clockJump": {
      const byMs = prng.between(-8, 8) * SLOT_MS + prng.between(1, 999);
      return [
        { kind, validators, byMs, from },
        { kind, validators, byMs: -byMs, from: until },
      ];
    }
    case "slowExecutor":
      return [{ kind, validators, executeMs: prng.between(200, 3_000), ...span }];
    case "delay":
      // Beyond Δ: more than a round.
      return [{ kind, minMs: 0, maxMs: prng.between(SLOT_MS, 4 * SLOT_MS), ...span }];
    case "duplicate":
      return [{ kind, share: prng.between(1, 5) / 10, ...span }];
    case "reorder":
      return [{ kind, share: prng.between(1, 4) / 10, byMs: prng.between(100, 2_000), ...span }];
    case "oneWay":
      return [{ kind, senders: validators, ...span }];
    case "ddos":
      return [{ kind, byMs: prng.between(500, 3_000), everyMs: SLOT_MS, ...span }];
    default:
      return assertNever(kind);
  }
}
