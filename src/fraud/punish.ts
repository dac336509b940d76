import { setTimeout as sleep } from "node:timers/promises";
import { BugError, KomaError } from "../errors.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { RootChain, RootEvent, SentTransaction } from "../rootchain/index.ts";
import { debtsTo } from "./debts.ts";
import type { Challenge } from "./evidence.ts";

/** Stake taken from one seat. */
export interface SlashedSeat {
  readonly seat: number;
  readonly validatorId: bigint;
  /** Wei of KMC. */
  readonly amount: bigint;
}

export interface Punishment {
  readonly offenceId: Hash;
  readonly transaction: Hash;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
  readonly producer: Address;
  readonly slashed: readonly SlashedSeat[];
  /** Wei of KMC: shares of what was taken. */
  readonly bounty: bigint;
  readonly burned: bigint;
  readonly insured: bigint;
}

/** Seats charged in one transaction: its gas stays far below a block's limit. */
const PAGE = 32;
const SEATS = 256;
/** Refusals to fill a seat that leave nothing to do. */
const SEAT_IS_DONE: readonly string[] = ["KOMA_E_NOMINEE_STATE", "KOMA_E_PRODUCER_POOL_EMPTY"];

/**
 * Sends a challenge and carries its sentence out: page by page, and the seats of convicted producers are filled. Somebody else may carry out pages meanwhile; whoever did,
 * the answer tells all of it.
 *
 * @throws {ProtocolError} what the root contracts refuse with
 */
export async function punish(root: RootChain, challenge: Challenge, signal: AbortSignal): Promise<Punishment> {
  const sent = await root.challenges.challenge(challenge.kind, challenge.evidence, signal);
  return carryOut(root, sent, signal);
}

/** Carries the sentence of a verdict out that this transaction brought, page by page, as {@link punish} does. */
export async function carryOut(
  root: RootChain,
  sent: SentTransaction & { readonly offenceId: Hash | undefined },
  signal: AbortSignal,
): Promise<Punishment> {
  const { offenceId, hash, blockNumber } = sent;
  if (!offenceId || !hash || blockNumber === undefined) throw new BugError("a challenge was mined without its event");
  const eventsOf = (contract: string, event: string) =>
    readOffence(root, { contract, event, fromBlock: blockNumber, offenceId });
  const [challenged] = await eventsOf("ChallengeManager", "Challenged");
  const signers = BigInt((challenged?.args["signers"] as bigint | undefined) ?? 0n);
  for (let from = 0; from < SEATS; from += PAGE) {
    if (((signers >> BigInt(from)) & ((1n << BigInt(PAGE)) - 1n)) === 0n) continue;
    if ((await root.stakes.openOffences()).includes(offenceId)) {
      await root.stakes.executeSlash(offenceId, from, from + PAGE, signal);
    }
  }
  await fillSeats(root, signal);
  const [seats, payments] = [
    await eventsOf("StakeManager", "SlashedSeat"),
    await eventsOf("StakeManager", "SlashPaid"),
  ];
  const sum = (name: string) => payments.reduce((total, { args }) => total + (args[name] as bigint), 0n);
  return {
    offenceId,
    transaction: hash,
    blockNumber,
    gasUsed: sent.gasUsed,
    producer: (challenged?.args["producer"] ?? "") as Address,
    slashed: seats.map(({ args }) => ({
      seat: Number(args["seat"]),
      validatorId: args["validatorId"] as bigint,
      amount: args["amount"] as bigint,
    })),
    bounty: sum("bounty"),
    burned: sum("burned"),
    insured: sum("insurance"),
  };
}

/**
 * Charges the seats that an earlier sentence left uncharged: whoever had it begun was cut off, or nobody sent the pages.
 *
 * @returns whether anything was left to do
 */
export async function finishSentence(root: RootChain, offenceId: Hash, signal: AbortSignal): Promise<boolean> {
  let begun = false;
  for (let from = 0; from < SEATS; from += PAGE) {
    // Read anew each time: others may carry out pages meanwhile.
    const { remainingSeats } = await root.stakes.slashOutcome(offenceId);
    if (remainingSeats === 0n) break;
    if (((remainingSeats >> BigInt(from)) & ((1n << BigInt(PAGE)) - 1n)) === 0n) continue;
    await root.stakes.executeSlash(offenceId, from, from + PAGE, signal);
    begun = true;
  }
  if (begun) await fillSeats(root, signal);
  return begun;
}

/** Gives the seats of convicted producers to those who follow them, as far as there are any. */
async function fillSeats(root: RootChain, signal: AbortSignal): Promise<void> {
  const { elections } = root;
  for (const { id, key } of (await elections.newestSet()).members) {
    // A producer that has changed its key sits with the one before.
    const isEjected = id !== 0n && (await elections.nominee(id))?.status === "ejected";
    if (!isEjected && !(await elections.isBarred(key))) continue;
    try {
      await elections.fillSeat(key, signal);
    } catch (error) {
      // Nobody is left to sit there, or somebody else was quicker.
      const isDone = error instanceof KomaError && SEAT_IS_DONE.includes(error.code);
      if (!isDone) throw error;
    }
  }
}

/**
 * Waits out the time in which an older commitment could claim the bounty, settles it, and has what is owed paid to `to`.
 *
 * @returns the last payment; undefined when nothing was owed to the sender
 */
export async function collectBounty(
  root: RootChain,
  offenceId: Hash,
  to: Address,
  signal: AbortSignal,
): Promise<SentTransaction | undefined> {
  const { commitBlocks } = await root.challenges.windows();
  for (;;) {
    const offence = await root.challenges.offence(offenceId);
    if (!offence) throw new BugError(`offence ${offenceId} vanished from the root chain`);
    if (offence.settled) break;
    if ((await root.head(signal)).number > offence.provenInBlock + commitBlocks) {
      await root.challenges.settleBounty(offenceId, signal);
      break;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  const debts = root.account ? await debtsTo(root, root.account) : [];
  const bounties = debts.filter(({ asset }) => asset === "KMC");
  let paid: SentTransaction | undefined;
  for (const bounty of bounties) paid = await bounty.pay(to, signal);
  return paid;
}

const POLL_MS = 500;

async function readOffence(
  root: RootChain,
  query: { readonly contract: string; readonly event: string; readonly fromBlock: bigint; readonly offenceId: Hash },
): Promise<readonly RootEvent[]> {
  const { offenceId, ...filter } = query;
  return (await root.events(filter)).filter(({ args }) => args["offenceId"] === offenceId);
}
