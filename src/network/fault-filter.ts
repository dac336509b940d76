import type { Clock } from "../clock.ts";
import type { Timestamp } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import type { PeerId } from "./peer-id.ts";

/**
 * Decides about every message of the modules above, in each direction, so that a devnet can break its network on purpose
 * (loss, delay, partitions). What keeps a connection alive is not asked about: a partition ends as soon as the filter
 * says so, without waiting for anyone to dial.
 */
export type FaultFilter = (direction: "in" | "out", peer: PeerId, channel: Channel) => FaultVerdict;

export type FaultVerdict = "pass" | "drop" | { readonly delayMs: number };

/** Runs `act` now, later or never. Messages with the same delay keep their order. */
export function applyVerdict(verdict: FaultVerdict, clock: Clock, act: () => void): void {
  if (verdict === "drop") return;
  if (verdict === "pass") act();
  else clock.schedule((clock.now() + verdict.delayMs) as Timestamp, act);
}
