import { readBalanceLog } from "../chain/index.ts";
import type { ArchivedBlock, ChainArchive } from "../checkpoint/index.ts";
import type { Hex } from "../primitives/index.ts";
import type { Claim } from "../rootchain/index.ts";
import { readDeliveryLog } from "./delivery-rules.ts";
import type { Position } from "./find-faults.ts";
import { entriesOf, type LogPosition, logsOf } from "./find-log-history-faults.ts";
import { craftLogAnswer, craftTransactionAnswer } from "./gap-evidence.ts";

/** Kinds whose claims are answered here. */
const MISSING_NONCE = 7;
const MISSING_LOG = 15;
const OMITTED_DEPOSIT = 18;

const blockOf = (position: bigint): bigint => position >> 64n;

/**
 * Evidence that disproves a claim, from the first block in its range that has what is said to be missing; undefined when
 * none has. Newer blocks first: what is claimed is mostly about the last days.
 *
 * @param newest newest block that is under a checkpoint
 * @param among only these transactions are looked at
 * @throws {UserError} KOMA_E_NOT_CHECKPOINTED
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER
 */
export async function findAnswer(
  archive: ChainArchive,
  claim: Claim,
  newest: bigint,
  among?: readonly Position[],
): Promise<Hex | undefined> {
  if (among) return answerAmong(archive, claim, newest, among);
  const bound = blockOf(claim.beforePosition);
  const last = bound < newest ? bound : newest;
  for (let number = last; number >= blockOf(claim.afterPosition) && number > 0n; number--) {
    const archived = await archive.block(number);
    const answer = archived && (await answerIn(archive, claim, archived));
    if (answer !== undefined) return answer as Hex;
  }
  return undefined;
}

async function answerAmong(
  archive: ChainArchive,
  claim: Claim,
  newest: bigint,
  among: readonly Position[],
): Promise<Hex | undefined> {
  for (const { block, index } of among) {
    const archived = block <= newest ? await archive.block(block) : undefined;
    const answer = archived && (await answerIn(archive, claim, archived, index));
    if (answer !== undefined) return answer as Hex;
  }
  return undefined;
}

/** @param only place of the transaction that has to be it; default: any */
async function answerIn(
  archive: ChainArchive,
  claim: Claim,
  archived: ArchivedBlock,
  only?: number,
): Promise<string | undefined> {
  const isMeant = (index: number) => only === undefined || index === only;
  if (claim.kind === MISSING_NONCE) {
    const number = archived.block.header.number;
    const index = archived.block.transactions.findIndex(
      ({ sender, nonce }, place) =>
        isMeant(place) &&
        sender === claim.subject &&
        nonce === claim.value &&
        isBetween(claim, { block: number, index: place, log: 0 }),
    );
    return index < 0 ? undefined : craftTransactionAnswer(archive, { block: number, index });
  }
  for (const { log, at } of logsOf({ blocks: [archived] })) {
    if (!isMeant(at.index) || !isBetween(claim, at)) continue;
    const shows =
      (claim.kind === OMITTED_DEPOSIT && readDeliveryLog(log)?.id === claim.value) ||
      (claim.kind === MISSING_LOG && log.address === claim.token && isAbout(log, claim));
    if (shows) return craftLogAnswer(archive, at);
  }
  return undefined;
}

function isAbout(log: Parameters<typeof readBalanceLog>[0], { subject }: Claim): boolean {
  const change = readBalanceLog(log);
  return change !== undefined && entriesOf(change).some(({ account }) => account === subject);
}

function isBetween({ afterPosition, beforePosition }: Claim, { block, index, log }: LogPosition): boolean {
  const position = (block << 64n) | (BigInt(index) << 32n) | BigInt(log);
  return (afterPosition === 0n || position > afterPosition) && position < beforePosition;
}
