import type { SubmittedCheckpoint } from "../checkpoint/index.ts";
import { EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import { RootRpcError, type Verdict } from "../rootchain/index.ts";
import { type FoundFault, type FraudCase, findFraud } from "./case.ts";
import type { ContradictionSearch } from "./contradictions.ts";
import type { Challenge } from "./evidence.ts";
import { craftChallenge, describeFault } from "./finders.ts";
import type { FraudKind } from "./kinds.ts";
import type { PendingChallenge } from "./pending-challenges.ts";
import type { Punishment } from "./punish.ts";

/** A fault that a watch found, with what the root contracts say to it. */
export interface WatchedFault {
  readonly type: string;
  /** Undefined for a contradiction in consensus, which needs no checkpoint. */
  readonly checkpoint: bigint | undefined;
  readonly block: bigint | undefined;
  readonly reason: string;
  /** Undefined when the root contracts would not convict. */
  readonly offence: Hash | undefined;
  /** Why they would not. */
  readonly refusal: { readonly code: string; readonly why: string } | undefined;
  readonly challenge: Challenge | undefined;
}

/** What happens while somebody watches. */
export type WatchEvent =
  | { readonly event: "scanned"; readonly checkpoint: SubmittedCheckpoint; readonly faults: number }
  /** No node shows the blocks that were signed. */
  | { readonly event: "unread"; readonly checkpoint: SubmittedCheckpoint; readonly why: string }
  | { readonly event: "fault"; readonly fault: WatchedFault }
  | { readonly event: "punished"; readonly fault: WatchedFault; readonly punishment: Punishment }
  /** A challenge was refused after all: somebody else's came first, or the checkpoint is gone. */
  | { readonly event: "refused"; readonly fault: WatchedFault; readonly code: string; readonly why: string }
  /** Somebody says that something is missing, and waits for an answer. */
  | { readonly event: "challenge"; readonly challenge: PendingChallenge }
  /** Seats were charged that an earlier sentence, cut off, had left. */
  | { readonly event: "finished"; readonly offence: Hash }
  /** An endpoint does not answer; the watch goes on. */
  | { readonly event: "trouble"; readonly code: string; readonly why: string };

/** Checkpoints that need no second look, by the root that was signed: a number is given again after a rollback. */
export interface ScanMemory {
  has(root: Hash): boolean;
  add(root: Hash): Promise<void>;
}

export interface WatchPorts {
  pending(): Promise<readonly SubmittedCheckpoint[]>;
  /** A case with blocks read anew: after a rollback a number has other blocks. */
  openCase(): Promise<FraudCase>;
  /** What validators signed twice; absent when only another kind is wanted. */
  readonly contradictions?: () => Promise<ContradictionSearch>;
  judge(kind: number, evidence: Challenge["evidence"]): Promise<Verdict>;
  /** Has the guilty charged; absent for a watch that only looks. */
  readonly punish?: (challenge: Challenge) => Promise<Punishment>;
  /** Claims and demands for data that wait for an answer; absent when they are not of interest. */
  readonly challenges?: () => Promise<readonly PendingChallenge[]>;
  /** Sentences that are not carried out in full. */
  readonly sentences?: {
    open(): Promise<readonly Hash[]>;
    finish(offence: Hash): Promise<boolean>;
  };
  readonly memory: ScanMemory;
}

/**
 * Looks once at every pending checkpoint that is not remembered, and at what the nodes know of contradictions. Every fault
 * is judged; with `punish` the first proven one of a checkpoint is charged at once, which rolls the checkpoint back.
 *
 * @param reported what was told before in this run, so that unread checkpoints and open faults are told once
 * @param stop whether to end before the next checkpoint: what was begun is finished
 * @throws {EnvironmentError | RootRpcError} when the root chain or every node is away
 */
export async function* watchRound(
  ports: WatchPorts,
  wanted: FraudKind | undefined,
  reported: Set<string>,
  stop: () => boolean = () => false,
): AsyncGenerator<WatchEvent> {
  yield* finishSentences(ports, reported);
  yield* tellChallenges(ports, wanted, reported);
  const tried = (root: Hash) => `tried ${root}`;
  const fresh = (await ports.pending()).filter(
    ({ rootHash }) => !ports.memory.has(rootHash) && !reported.has(tried(rootHash)),
  );
  const fraud = fresh.length > 0 ? await ports.openCase() : undefined;
  for (const checkpoint of fraud ? fresh : []) {
    if (stop()) return;
    const { found, unread } = await findFraud(fraud as FraudCase, [checkpoint], wanted);
    const [why] = unread;
    if (why) {
      if (isNew(reported, `unread ${checkpoint.rootHash}`)) yield { event: "unread", checkpoint, why: why.why };
      continue;
    }
    yield { event: "scanned", checkpoint, faults: found.length };
    const outcome = yield* judgeAll(ports, fraud as FraudCase, found);
    // A fraud that stands is told again after a restart, and tried again; only once in one run.
    if (outcome === "open") reported.add(tried(checkpoint.rootHash));
    else await ports.memory.add(checkpoint.rootHash);
    // The later ones fell with it; those that come instead have other roots.
    if (outcome === "punished") return;
  }
  if (!ports.contradictions || stop()) return;
  const { proven } = await ports.contradictions();
  if (!proven || !isNew(reported, proven.verdict.offenceId)) return;
  const fault: WatchedFault = {
    type: proven.challenge.type,
    checkpoint: undefined,
    block: undefined,
    reason: proven.fault,
    offence: proven.verdict.offenceId,
    refusal: undefined,
    challenge: proven.challenge,
  };
  yield { event: "fault", fault };
  yield* punishFault(ports, fault);
}

/** A sentence that was open at the look before, too, is nobody's work in progress. */
async function* finishSentences(ports: WatchPorts, reported: Set<string>): AsyncGenerator<WatchEvent> {
  for (const offence of (await ports.sentences?.open()) ?? []) {
    if (isNew(reported, `open ${offence}`)) continue;
    try {
      if (await ports.sentences?.finish(offence)) yield { event: "finished", offence };
    } catch (error) {
      // Somebody else was quicker.
      if (!isAnswer(error)) throw error;
    }
  }
}

async function* tellChallenges(
  ports: WatchPorts,
  wanted: FraudKind | undefined,
  reported: Set<string>,
): AsyncGenerator<WatchEvent> {
  for (const challenge of (await ports.challenges?.()) ?? []) {
    if (wanted && challenge.type !== wanted.type) continue;
    if (isNew(reported, `challenge ${challenge.id}`)) yield { event: "challenge", challenge };
  }
}

/**
 * Tells every fault; charges the first that convicts.
 *
 * @returns `punished`: the checkpoint is gone. `open`: something convicts, and nobody was charged, or what was found could
 * not be put together. `clean`: nothing does
 */
async function* judgeAll(
  ports: WatchPorts,
  fraud: FraudCase,
  found: readonly FoundFault[],
): AsyncGenerator<WatchEvent, "clean" | "open" | "punished"> {
  const faults: WatchedFault[] = [];
  for (const candidate of found) {
    const fault = await judgeFault(ports, fraud, candidate);
    faults.push(fault);
    yield { event: "fault", fault };
  }
  const proven = faults.filter(({ offence }) => offence !== undefined);
  for (const fault of proven) if (yield* punishFault(ports, fault)) return "punished";
  return faults.some(({ refusal, challenge }) => !refusal || !challenge) ? "open" : "clean";
}

async function judgeFault(
  ports: WatchPorts,
  fraud: FraudCase,
  { checkpoint, fault }: FoundFault,
): Promise<WatchedFault> {
  const told = { type: fault.type, checkpoint, block: blockOf(fault), reason: describeFault(fault) };
  let challenge: Challenge | undefined;
  try {
    challenge = await craftChallenge(fraud.archive, fault, fraud.graceBlocks);
    const { offenceId } = await ports.judge(challenge.kind, challenge.evidence);
    return { ...told, offence: offenceId, refusal: undefined, challenge };
  } catch (error) {
    // Somebody else had the checkpoint rolled back meanwhile, or the contracts answered.
    if (!(error instanceof UserError) && !isAnswer(error)) throw error;
    return { ...told, offence: undefined, refusal: { code: error.code, why: error.message }, challenge };
  }
}

/** @returns whether the guilty were charged */
async function* punishFault(ports: WatchPorts, fault: WatchedFault): AsyncGenerator<WatchEvent, boolean> {
  if (!ports.punish || !fault.challenge) return false;
  try {
    yield { event: "punished", fault, punishment: await ports.punish(fault.challenge) };
    return true;
  } catch (error) {
    // Whoever was quicker has done what there was to do.
    if (!isAnswer(error)) throw error;
    yield { event: "refused", fault, code: error.code, why: error.message };
    return false;
  }
}

/**
 * Watches until the signal ends it; a challenge that was begun is carried out first. Endpoints that are away are told once
 * and asked again.
 *
 * @param rest waits between two looks; ends early with the signal
 */
export async function* watchFraud(
  ports: WatchPorts,
  wanted: FraudKind | undefined,
  signal: AbortSignal,
  rest: () => Promise<void>,
): AsyncGenerator<WatchEvent> {
  const reported = new Set<string>();
  let trouble: string | undefined;
  while (!signal.aborted) {
    try {
      yield* watchRound(ports, wanted, reported, () => signal.aborted);
      trouble = undefined;
    } catch (error) {
      // Nodes that limit how much they are asked, or are just starting, refuse without having looked.
      if (!(error instanceof EnvironmentError || error instanceof RootRpcError)) throw error;
      if (error.message !== trouble) yield { event: "trouble", code: error.code, why: error.message };
      trouble = error.message;
    }
    if (!signal.aborted) await rest();
  }
}

/** What the chain says of what it was given; an endpoint that is away, or busy, has said nothing. */
function isAnswer(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError && !(error instanceof RootRpcError && !error.reverted);
}

function blockOf(fault: FoundFault["fault"]): bigint {
  if ("second" in fault) return fault.second.block;
  return "at" in fault ? fault.at.block : fault.block;
}

function isNew(reported: Set<string>, what: string): boolean {
  if (reported.has(what)) return false;
  reported.add(what);
  return true;
}
