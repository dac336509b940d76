import { UserError } from "../errors.ts";
import type { Address } from "../primitives/index.ts";
import type {
  ElectionParametersView,
  NewestSet,
  NomineeRecord,
  ProducerSeat,
  RootChain,
  TenureTimes,
} from "../rootchain/index.ts";
import { formatDuration } from "./duration.ts";
import type { NetClient } from "./net-client.ts";
import { nodeNameOf } from "./seat-names.ts";

/** Where the vote for the next tenure stands. */
export type VotePhase = "not open" | "open" | "closed" | "settled";

/** The election as the root chain's newest block has it. Times in seconds. */
export interface ElectionState {
  readonly now: number;
  readonly tenure: bigint;
  readonly tenureTimes: TenureTimes;
  /** Tenure that the vote of this one is for. */
  readonly next: bigint;
  readonly times: TenureTimes;
  readonly phase: VotePhase;
  readonly params: ElectionParametersView;
  readonly newest: NewestSet;
  readonly current: readonly ProducerSeat[];
}

export async function readElection(root: RootChain): Promise<ElectionState> {
  const { elections } = root;
  const { timestamp: now } = await root.head();
  const tenure = await elections.tenureAt(now);
  const next = tenure + 1n;
  const [tenureTimes, times, params, newest, current] = await Promise.all([
    elections.timeline(tenure),
    elections.timeline(next),
    elections.params(),
    elections.newestSet(),
    elections.currentMembers(),
  ]);
  const settled = newest.tenure >= next;
  const phase = settled ? "settled" : now >= times.closes ? "closed" : now >= times.opens ? "open" : "not open";
  return { now, tenure, tenureTimes, next, times, phase, params, newest, current };
}

/** What comes next in the vote, for people: `open, closes in 1 min 20 s`. */
export function describePhase({ phase, now, times, newest }: ElectionState): string {
  const until = (seconds: number): string => formatDuration(Math.max(0, seconds - now) * 1000);
  if (phase === "not open") return `voting opens in ${until(times.opens)}`;
  if (phase === "open") return `voting is open and closes in ${until(times.closes)}`;
  if (phase === "closed") return `voting is closed, to be settled within ${until(times.starts)}`;
  return `settled, takes effect in ${until(newest.from)}`;
}

/** Bar of a share between 0 and 1; the last of `width` places fills only when the share is whole. */
export function voteBar(share: number, width = 20): string {
  const filled = Math.max(0, Math.min(width, Math.floor(share * width + 1e-9)));
  // A single vote is seen, however small its share.
  const shown = filled === 0 && share > 0 ? 1 : filled;
  return "█".repeat(shown) + "·".repeat(width - shown);
}

/** Name of the node behind a seat: by its key, else by the owner of its nomination. */
export function seatName(net: NetClient, key: Address, owner?: Address): string | null {
  return nodeNameOf(net, key) ?? (owner === undefined ? null : nodeNameOf(net, owner));
}

/** @throws {UserError} KOMA_E_NOMINEE_STATE when it never stood */
export async function requireNominee(root: RootChain, id: bigint): Promise<NomineeRecord> {
  const nominee = await root.elections.nominee(id);
  if (nominee) return nominee;
  throw new UserError("KOMA_E_NOMINEE_STATE", `Validator ${id} does not stand for producer.`, {
    fix: [`koma producer nominate --validator ${id}`, "koma producer list"],
  });
}

/** Place of a validator in a set: as the nominee, or with its signer key as a foundation producer; -1 when it has none. */
export function seatIn(
  seats: readonly ProducerSeat[],
  validator: { readonly id: bigint; readonly signer: Address },
): number {
  return seats.findIndex(({ id, key }) => id === validator.id || key === validator.signer);
}
