import { encodeHeader, outputId, readBalanceLog } from "../chain/index.ts";
import { notCheckpointed } from "../checkpoint/index.ts";
import { BugError, ProtocolError } from "../errors.ts";
import { encodeContinuity, entriesOf, faultOfContinuity } from "../fraud/index.ts";
import { type Address, bytesToHex, type Hash, type Hex } from "../primitives/index.ts";
import {
  type BlockProof,
  type BlockTree,
  blockLeafOf,
  createBlockTree,
  type LogProof,
  proveBlock,
  proveLog,
} from "../proofs/index.ts";
import { invalidParams } from "../rpc/index.ts";
import type { Store, StoredCheckpoint } from "../storage/index.ts";
import { createFinalBlocks } from "./final-blocks.ts";
import { prunedHistory } from "./node-api.ts";
import type { PaymentView, SeenPayment } from "./payment-view.ts";

/** Two outputs of one token and account with the proofs of the logs that made them, as `validateLogContinuity` takes them. */
export interface TransferLink {
  readonly token: Address;
  readonly account: Address;
  /** Whether the later one spends the earlier one, should and does not, or is not the next. */
  readonly link: "follows" | "breaks" | "apart";
  /** Why it breaks. */
  readonly reason: string | null;
  readonly first: LogProof;
  readonly second: LogProof;
  /** RLP of the header of the later block, by which its producer is charged. */
  readonly header: Hex;
  /** All of it as evidence of kind 14. */
  readonly evidence: Hex;
}

export interface TransferLinks {
  /**
   * @param a  id of an output of a token, `block:transaction:log:side`
   * @param b  another one of the same token and account, earlier or later
   * @throws {UserError} KOMA_E_RPC_PARAMS_INVALID when they cannot be linked, KOMA_E_NOT_CHECKPOINTED, KOMA_E_HISTORY_PRUNED
   * @throws {ProtocolError} KOMA_E_SPAM_OUTPUT_MISSING, KOMA_E_BLOCKS_DIFFER
   * @see white paper 5.11; KOMA ecosystem spec (f) 1; root contracts, section 10.16
   */
  prove(a: string, b: string): TransferLink;
}

export interface TransferLinkPorts {
  readonly chainId: bigint;
  readonly payments: Pick<PaymentView, "find">;
  readonly store: Pick<Store, "blocks" | "checkpoints">;
}

interface ProvenLog {
  readonly proof: LogProof;
  readonly entry: { readonly input: bigint; readonly output: bigint; readonly seq: bigint };
  readonly header: Hex;
}

/** Trees kept: a walk along somebody's outputs asks for the same ones again and again. */
const KEPT_TREES = 4;

export function createTransferLinks({ chainId, payments, store }: TransferLinkPorts): TransferLinks {
  const finalBlocks = createFinalBlocks(store);
  const trees = new Map<Hash, BlockTree>();

  function treeOf({ number, start, end, rootHash }: StoredCheckpoint): BlockTree {
    const kept = trees.get(rootHash);
    if (kept) return kept;
    const headers = finalBlocks.headers({ start, end });
    const tree = headers && createBlockTree(headers.map(blockLeafOf));
    if (tree?.root !== rootHash) {
      const facts = { checkpoint: number, signed: rootHash, here: tree?.root ?? "not all of them" };
      throw new ProtocolError("KOMA_E_BLOCKS_DIFFER", `this node's blocks are not those of checkpoint ${number}`, {
        facts,
      });
    }
    if (trees.size >= KEPT_TREES) for (const oldest of [...trees.keys()].slice(0, 1)) trees.delete(oldest);
    trees.set(rootHash, tree);
    return tree;
  }

  function proveBlockOf(number: bigint): BlockProof {
    const checkpoint = store.checkpoints.covering(number);
    if (!checkpoint) throw notCheckpointed(number);
    return proveBlock({ chainId, checkpoint: checkpoint.number }, treeOf(checkpoint), number);
  }

  function outputOf(id: string): SeenPayment {
    const made = payments.find(id)?.made;
    if (made) return made;
    throw new ProtocolError("KOMA_E_SPAM_OUTPUT_MISSING", `no transaction made the output ${id}`, { facts: { id } });
  }

  function proveOutput({ block, index, log: place, owner }: SeenPayment): ProvenLog {
    const proof = proveBlockOf(block);
    const archived = finalBlocks.archived(block);
    if (!archived) throw prunedHistory(block, store.blocks.transactionsStart());
    const { receipts } = archived;
    const before = receipts.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0);
    const position = (place ?? 0) - before;
    const log = receipts[index]?.logs[position];
    const change = log && readBalanceLog(log);
    const entry = change && entriesOf(change).find(({ account }) => account === owner);
    if (!entry) throw new BugError(`log ${place} of block ${block} is in the journal of payments and not in the block`);
    const header = bytesToHex(encodeHeader(archived.block.header));
    return { proof: proveLog(proof, receipts, index, position), entry, header };
  }

  return {
    prove(a, b) {
      const [first, second] = [outputOf(a), outputOf(b)].sort(byPlace) as [SeenPayment, SeenPayment];
      const { token, owner } = second;
      if (token === undefined || first.token === undefined)
        throw invalidParams("outputs", "those of the native coin leave no log that could be proven");
      if (first.token !== token || first.owner !== owner)
        throw invalidParams("outputs", "expected two of one token and one owner");
      if (byPlace(first, second) === 0)
        throw invalidParams("outputs", `expected two; both are ${outputId(first, first)}`);
      const [earlier, later] = [proveOutput(first), proveOutput(second)];
      const reason = faultOfContinuity(earlier.entry, later.entry) ?? null;
      const isNext = later.entry.seq === earlier.entry.seq + 1n;
      return {
        token,
        account: owner,
        link: reason !== null ? "breaks" : isNext ? "follows" : "apart",
        reason,
        first: earlier.proof,
        second: later.proof,
        header: later.header,
        evidence: encodeContinuity(earlier.proof, later.proof, owner, later.header),
      };
    },
  };
}

/** By block, transaction and log: two sides of one log are one place. */
function byPlace(a: SeenPayment, b: SeenPayment): number {
  return Number(a.block - b.block) || a.index - b.index || (a.log ?? 0) - (b.log ?? 0);
}
