import { EnvironmentError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import type { CheckpointRecord, EventBatch, RootEvent } from "../rootchain/index.ts";

/** What happens to checkpoints on the root chain. Times in seconds, powers in wei of KMC. */
export type CheckpointEvent =
  /** There before the watch began, or still there after a reorganisation of the root chain. */
  | { readonly event: "pending"; readonly number: bigint; readonly record: CheckpointRecord }
  | { readonly event: "submitted"; readonly number: bigint; readonly submission: RootEvent }
  /** Signatures came afterwards; one bit per seat. */
  | { readonly event: "attested"; readonly number: bigint; readonly seats: bigint; readonly transaction: Hash }
  /** Somebody says that something is missing: it cannot become final before that is decided. */
  | { readonly event: "challenged"; readonly number: bigint; readonly challenge: bigint; readonly transaction: Hash }
  /** Proven wrong, and gone with all that came after it. */
  | { readonly event: "rejected"; readonly number: bigint; readonly transaction: Hash }
  | { readonly event: "final"; readonly number: bigint }
  /** The root chain left the branch that the last events stood on. */
  | { readonly event: "reorganised"; readonly to: bigint }
  /** The root chain does not answer; the watch goes on. */
  | { readonly event: "trouble"; readonly code: string; readonly why: string };

export interface CheckpointWatchPorts {
  /** The next events of the root contracts, of any chain; undefined when there are no new ones. */
  poll(signal: AbortSignal): Promise<EventBatch | undefined>;
  /** Checkpoints that are not final, in ascending order. */
  pending(): Promise<readonly CheckpointRecord[]>;
  isFinal(number: bigint): Promise<boolean>;
  /** Time of the root chain's newest block. */
  now(): Promise<number>;
}

/**
 * Watches a chain's checkpoints until the signal ends it. A checkpoint is final by time, which no event tells: those that
 * are pending are asked about when their period is over.
 *
 * @param rest waits between two looks; ends early with the signal
 */
export async function* watchCheckpoints(
  chainId: bigint,
  ports: CheckpointWatchPorts,
  signal: AbortSignal,
  rest: () => Promise<void>,
): AsyncGenerator<CheckpointEvent> {
  /** End of the challenge period by number. */
  const open = new Map<bigint, number>();
  let known = false;
  let trouble: string | undefined;
  while (!signal.aborted) {
    try {
      if (!known) yield* readPending(ports, open);
      known = true;
      for (let batch = await ports.poll(signal); batch; batch = await ports.poll(signal)) {
        if (batch.kind === "rollback") {
          yield { event: "reorganised", to: batch.to };
          open.clear();
          yield* readPending(ports, open);
        } else {
          for (const event of batch.events) yield* follow(chainId, event, open);
        }
      }
      yield* findFinal(ports, open);
      trouble = undefined;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof EnvironmentError)) throw error;
      if (error.message !== trouble) yield { event: "trouble", code: error.code, why: error.message };
      trouble = error.message;
    }
    if (!signal.aborted) await rest();
  }
}

async function* readPending(ports: CheckpointWatchPorts, open: Map<bigint, number>): AsyncGenerator<CheckpointEvent> {
  for (const record of await ports.pending()) {
    open.set(record.number, record.challengeEnd);
    yield { event: "pending", number: record.number, record };
  }
}

function* follow(chainId: bigint, happened: RootEvent, open: Map<bigint, number>): Generator<CheckpointEvent> {
  const { event, args, transactionHash: transaction } = happened;
  if (args["chainId"] !== chainId) return;
  const number = args["number"] as bigint;
  switch (event) {
    case "CheckpointSubmitted":
      // Read as pending before its event came: a number that was given again has another period.
      if (open.get(number) === Number(args["challengeEnd"])) return;
      open.set(number, Number(args["challengeEnd"]));
      yield { event: "submitted", number, submission: happened };
      return;
    case "CheckpointAttested":
      yield { event: "attested", number, seats: args["addedBitmap"] as bigint, transaction };
      return;
    case "ChallengeOpened":
      yield { event: "challenged", number: claimedNumber(happened), challenge: args["id"] as bigint, transaction };
      return;
    case "CheckpointRejected":
      for (const pending of open.keys()) if (pending >= number) open.delete(pending);
      yield { event: "rejected", number, transaction };
      return;
  }
}

/** Checkpoint that a claim accuses: third field of the contract's struct. */
function claimedNumber({ args }: RootEvent): bigint {
  return ((args["claim"] ?? []) as readonly bigint[])[2] ?? 0n;
}

async function* findFinal(ports: CheckpointWatchPorts, open: Map<bigint, number>): AsyncGenerator<CheckpointEvent> {
  if (open.size === 0) return;
  const now = await ports.now();
  for (const [number, challengeEnd] of [...open].sort(([a], [b]) => Number(a - b))) {
    if (now < challengeEnd || !(await ports.isFinal(number))) return;
    open.delete(number);
    yield { event: "final", number };
  }
}
