import { encodeHeader, encodeReceipt } from "../chain/index.ts";
import { type ChainArchive, isWhole, proveBlockInCheckpoint, type SubmittedCheckpoint } from "../checkpoint/index.ts";
import { BugError, KomaError, ProtocolError, UserError } from "../errors.ts";
import { type Bytes, bytesToHex, type Hash, type Hex } from "../primitives/index.ts";
import { type BlockProof, placeInWalk, walkList } from "../proofs/index.ts";
import {
  type BlockPart,
  blockParts,
  type DataDemands,
  type Demand,
  leastDemand,
  type OpenedDemand,
} from "../rootchain/index.ts";

/** Bytes of nodes in one transaction: nodes of Ethereum pass on transactions of up to 128 KiB. */
const CHUNK_BYTES = 90_000;
/** As DataCourt has them. */
const INLINE_BYTES = 65_536;
const PIECE_BYTES = 24_000;

/**
 * First block of a checkpoint that nobody who was asked shows as it was signed; undefined when somebody shows them all.
 *
 * @throws {KomaError} nobody answers at all, which says nothing of any block
 */
export async function findUnavailable(
  archive: ChainArchive,
  checkpoint: SubmittedCheckpoint,
): Promise<bigint | undefined> {
  try {
    const { opened } = await proveBlockInCheckpoint(archive, checkpoint.start);
    // Headers give the root of a checkpoint also where receipts are kept back.
    return opened.blocks.find((archived) => !isWhole(archived))?.block.header.number;
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== "KOMA_E_BLOCKS_DIFFER") throw error;
  }
  for (let number = checkpoint.start; number <= checkpoint.end; number++) {
    const archived = await archive.block(number);
    if (!archived || !isWhole(archived)) return number;
  }
  // All have blocks with these numbers, but others than were signed.
  return checkpoint.start;
}

/**
 * The range that a demand for a part of a block has to be about: what was not demanded before.
 *
 * @param part left out: the first of transactions, receipts and header of which nothing was demanded yet
 * @throws {UserError} KOMA_E_DATA_SHOWN
 */
export async function nextDemand(
  demands: Pick<DataDemands, "shown">,
  structHash: Hash,
  block: bigint,
  part: BlockPart | undefined,
): Promise<Pick<Demand, "part" | "from" | "to">> {
  for (const candidate of part === undefined ? (["txs", "receipts", "header"] as const) : [part]) {
    const { demandedTo, ended } = await demands.shown(structHash, block, candidate);
    if (ended || (part === undefined && demandedTo > 0)) continue;
    return { part: candidate, from: demandedTo, to: demandedTo + leastDemand[candidate] };
  }
  throw new UserError("KOMA_E_DATA_SHOWN", `What can be demanded of block ${block} has been demanded or shown.`, {
    facts: { block, part: part ?? blockParts.join(", ") },
    fix: ["koma proof status"],
  });
}

/** The next piece of an answer. */
export interface DataAnswer {
  readonly leaf: BlockProof | undefined;
  readonly stack: readonly Hash[];
  readonly nodes: readonly Bytes[];
}

/**
 * What comes after `shown` bytes of a part, for one transaction; undefined where nothing can come after that many.
 *
 * @throws {UserError} KOMA_E_NOT_CHECKPOINTED
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER when nobody has what was signed
 */
export async function craftDataAnswer(
  archive: ChainArchive,
  demand: Pick<Demand, "number" | "block" | "part" | "to">,
  shown: number,
): Promise<DataAnswer | undefined> {
  const { proof, archived } = await proveBlockInCheckpoint(archive, demand.block);
  if (proof.checkpoint !== demand.number) return undefined;
  const { block, receipts } = archived;
  if (demand.part === "header") return { leaf: proof, stack: [], nodes: [encodeHeader(block.header)] };
  const values = demand.part === "txs" ? block.transactions.map(({ raw }) => raw) : receipts.map(encodeReceipt);
  const walk = walkList(values);
  const place = placeInWalk(walk, shown);
  if (place === undefined) return undefined;
  const nodes: Bytes[] = [];
  let size = 0;
  for (const node of walk.nodes.slice(place)) {
    // A large one goes in pieces, and ends the chunk. Not alone: what comes before it may be too little for one.
    const fits = node.length > INLINE_BYTES || size + node.length <= CHUNK_BYTES;
    if (nodes.length > 0 && (!fits || shown + size >= demand.to)) break;
    nodes.push(node);
    size += node.length;
    if (node.length > INLINE_BYTES) break;
  }
  return shown === 0 ? { leaf: proof, stack: [], nodes } : { leaf: undefined, stack: walk.stacks[place] ?? [], nodes };
}

/** What became of an attempt to answer. `waiting`: what comes before it has not been shown yet. */
export type DataAnswered = "answered" | "waiting" | "gone";

/**
 * Shows all that is demanded, in as many transactions as it takes.
 *
 * @param structHash of the live checkpoint with the demand's number
 * @throws {KomaError} as {@link craftDataAnswer}, and what the root chain says of a chunk
 */
export async function answerDemand(
  archive: ChainArchive,
  structHash: Hash | undefined,
  demands: DataDemands,
  opened: OpenedDemand,
  signal?: AbortSignal,
): Promise<DataAnswered> {
  const { demand } = opened;
  if (structHash !== demand.structHash) return "gone";
  while (!signal?.aborted) {
    const { shown, ended } = await demands.shown(demand.structHash, demand.block, demand.part);
    if (ended || shown >= demand.to) return "answered";
    if (shown < demand.from) return "waiting";
    const answer = await craftDataAnswer(archive, demand, shown);
    if (!answer) throw new BugError(`nothing of block ${demand.block} comes after ${shown} bytes`);
    const large = answer.nodes.find(({ length }) => length > INLINE_BYTES);
    const pieces = large ? await stage(demands, large, signal) : [];
    const nodes = answer.nodes.map((node): Hex => (node === large ? "0x" : bytesToHex(node)));
    await demands.respond(opened, { leaf: answer.leaf, stack: answer.stack, nodes, pieces }, signal);
  }
  return "waiting";
}

async function stage(demands: DataDemands, node: Bytes, signal?: AbortSignal) {
  const pieces = [];
  for (let at = 0; at < node.length; at += PIECE_BYTES) {
    pieces.push(await demands.stage(bytesToHex(node.subarray(at, at + PIECE_BYTES)), signal));
  }
  return pieces;
}

/** Leaf and header of the block, for its producer to be charged too; undefined when nobody shows them. */
export async function knownOf(
  archive: ChainArchive,
  { number, block }: Pick<Demand, "number" | "block">,
): Promise<{ readonly leaf: BlockProof; readonly header: Hex } | undefined> {
  try {
    const { proof, archived } = await proveBlockInCheckpoint(archive, block);
    if (proof.checkpoint !== number) return undefined;
    return { leaf: proof, header: bytesToHex(encodeHeader(archived.block.header)) };
  } catch (error) {
    // Nobody shows the block, or its checkpoint is gone: both are what demands are for, and no reason to fail.
    const codes = ["KOMA_E_BLOCKS_DIFFER", "KOMA_E_NOT_CHECKPOINTED"];
    if (error instanceof KomaError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/**
 * A demand by what a person writes for it: the letter d and its number.
 *
 * @throws {UserError} KOMA_E_CHALLENGE_UNKNOWN
 */
export async function findDemand(
  demands: Pick<DataDemands, "list">,
  chainId: bigint,
  fromBlock: bigint,
  text: string,
): Promise<OpenedDemand> {
  const all = await demands.list(chainId, fromBlock);
  const found = all.find(({ id }) => demandName(id) === text);
  if (found) return found;
  throw new UserError("KOMA_E_CHALLENGE_UNKNOWN", `There is no demand "${text.slice(0, 40)}" on this chain.`, {
    facts: { challenge: text.slice(0, 40), known: all.length },
    fix: ["koma proof status"],
  });
}

/** Told apart from other challenges, which have numbers alone. */
export const demandName = (id: bigint): string => `d${id}`;
export const isDemandName = (text: string): boolean => /^d\d+$/.test(text);
