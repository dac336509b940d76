import {
  type Block,
  type BlockHeader,
  checkBody,
  checkHeader,
  describeBlockRejection,
  encodeReceipt,
  hashHeader,
  joinBlooms,
  orderedTrie,
  readTransaction,
} from "../chain/index.ts";
import { equalBytes } from "../primitives/index.ts";
import { breathe, openStoppedNode, type StoppedNode } from "./stopped-node.ts";
import { firstWrongProof } from "./verify-proofs.ts";
import { firstWrongState } from "./verify-states.ts";

export interface VerifyOptions {
  /** First and last block; default: all there are. */
  readonly from?: bigint;
  readonly to?: bigint;
  readonly signal: AbortSignal;
  readonly report?: (detail: string) => void;
}

/** The first thing that is wrong. */
export interface Mismatch {
  readonly block: bigint;
  /** A sentence that goes on from the block's name. */
  readonly problem: string;
}

export interface VerifyReport {
  readonly from: bigint;
  readonly to: bigint;
  /** Blocks whose header was checked; of those {@link pruned} have nothing else left. */
  readonly blocks: number;
  readonly pruned: number;
  readonly transactions: number;
  /** States whose root was computed anew. */
  readonly states: number;
  /** Eras whose end is proven by more than two thirds of the weight. */
  readonly proofs: number;
  readonly ok: boolean;
  readonly mismatch?: Mismatch;
}

/** Blocks between two looks at signals. */
const BLOCKS_AT_ONCE = 16;

/**
 * Computes everything anew that a stopped node's database says of its final blocks: hashes, seals, senders, roots of transactions,
 * receipts and states, and the signatures that prove the ends of eras. Nothing is written.
 *
 * @throws {EnvironmentError} KOMA_E_STORE_LOCKED while the node runs
 */
export async function verifyNode(folder: string, options: VerifyOptions): Promise<VerifyReport> {
  const node = openStoppedNode(folder);
  try {
    return await verify(node, options);
  } finally {
    node.close();
  }
}

async function verify(
  node: StoppedNode,
  { signal, report = () => {}, ...range }: VerifyOptions,
): Promise<VerifyReport> {
  const { store } = node;
  const head = store.blocks.head()?.number ?? 0n;
  const from = range.from ?? 0n;
  const to = range.to === undefined || range.to > head ? head : range.to;
  const found = { from, to, blocks: 0, pruned: 0, transactions: 0, states: 0, proofs: 0 };

  let parent = from > 0n ? store.blocks.header(from - 1n) : undefined;
  for (let number = from; number <= to; number++) {
    const checked = attempt(number, () => checkStoredBlock(node, number, parent));
    if ("problem" in checked) return { ...found, ok: false, mismatch: checked };
    found.blocks++;
    if (checked.block) found.transactions += checked.block.transactions.length;
    else found.pruned++;
    parent = checked.header;
    if (found.blocks % BLOCKS_AT_ONCE === 0) {
      report(`block ${number}`);
      await breathe(signal);
    }
  }
  const wrongState = await firstWrongState(store, from, signal, (block) => {
    found.states++;
    if (found.states % BLOCKS_AT_ONCE === 0) report(`state after block ${block}`);
  });
  if (wrongState) return { ...found, ok: false, mismatch: wrongState };
  const wrongProof = await firstWrongProof(node, { from, to }, signal, () => {
    found.proofs++;
  });
  return wrongProof ? { ...found, ok: false, mismatch: wrongProof } : { ...found, ok: true };
}

interface CheckedBlock {
  readonly header: BlockHeader;
  /** Undefined for one whose transactions were forgotten. */
  readonly block: Block | undefined;
}

/** A row that does not even decode is wrong, too. */
function attempt(block: bigint, check: () => CheckedBlock | string): CheckedBlock | Mismatch {
  try {
    const checked = check();
    return typeof checked === "string" ? { block, problem: checked } : checked;
  } catch (error) {
    return { block, problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function checkStoredBlock(
  { store, config }: StoppedNode,
  number: bigint,
  parent: BlockHeader | undefined,
): CheckedBlock | string {
  const { chainId, gasLimit } = config.genesis;
  const header = store.blocks.header(number);
  const hash = store.blocks.hashOf(number);
  if (!header || !hash) return "is missing";
  if (hashHeader(header) !== hash) return `has the header of ${hashHeader(header)}, and is called ${hash}`;
  if (number === 0n) return hash === config.genesisHash ? { header, block: undefined } : "is not that of the genesis";
  if (!parent) return "has no parent here";
  const followed = checkHeader(header, parent, { chainId, gasLimit });
  if (!followed.ok) return `breaks the rules: ${describeBlockRejection(followed.rejection)}`;

  const block = store.blocks.block(number);
  if (!block) return number < store.blocks.transactionsStart() ? { header, block } : "lacks transactions";
  for (const [index, { raw, hash: named, sender }] of block.transactions.entries()) {
    const transaction = readTransaction(raw, chainId);
    if (!transaction.ok) return `has a transaction at ${index} that is none`;
    if (transaction.value.hash !== named || transaction.value.sender !== sender) {
      return `has a transaction at ${index} that ${sender} did not sign`;
    }
  }
  const body = checkBody(block);
  if (!body.ok) return `breaks the rules: ${describeBlockRejection(body.rejection)}`;
  const receipts = store.blocks.receipts(number) ?? [];
  const root = orderedTrie(receipts.map(encodeReceipt)).root();
  if (root !== header.receiptsRoot) return `has receipts of root ${root} in place of ${header.receiptsRoot}`;
  if (!equalBytes(joinBlooms(receipts.map(({ logsBloom }) => logsBloom)), header.logsBloom)) return "has another bloom";
  if ((receipts.at(-1)?.cumulativeGasUsed ?? 0n) !== header.gasUsed) return "used another amount of gas";
  return { header, block };
}
