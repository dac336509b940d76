import {
  type BlockHeader,
  bloomOf,
  createBlock,
  encodeReceipt,
  type Log,
  orderedTrie,
  type Receipt,
  sealHeader,
  type Transaction,
  transactionsRoot,
} from "../../src/chain/index.ts";
import type { ArchivedBlock } from "../../src/checkpoint/index.ts";
import type { Fault } from "../../src/fraud/index.ts";
import {
  type Address,
  bytesToBigint,
  bytesToHex,
  concatBytes,
  type Hash,
  keccakHash,
  utf8,
  wordOf,
} from "../../src/primitives/index.ts";
import { alice, sign } from "../support/chain-fixture.ts";
import type { Prng } from "../support/prng.ts";
import { sealer } from "./checkpointed-chain.ts";
import { chainId } from "./root-network.ts";

type Kind = "bad-transaction" | "bad-receipt" | "erc20-transfer" | "erc20-log";

interface Entry {
  readonly transaction: Transaction;
  readonly receipt: Receipt;
  readonly previousGas: bigint;
}

/** One field of a transaction or receipt changed, and the kind of fraud that it becomes. */
export interface Mutation {
  readonly name: string;
  readonly kind: Kind;
  /** False for bytes that no decoder of a node takes. */
  readonly readable?: false;
  /** Undefined where the entry has no such field. */
  change(entry: Entry, token: Address): Partial<Entry> | undefined;
}

const TRANSFER = "0xa9059cbb";
const LOG_TRANSFER = keccakHash(
  utf8("LogTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256,uint64,uint64)"),
);

const withLogs = (receipt: Receipt, logs: readonly Log[]): Receipt => ({ ...receipt, logs, logsBloom: bloomOf(logs) });

/** A successful call of `transfer`, from one account to another. */
function isTransfer({ transaction, receipt }: Entry, token: Address): boolean {
  const called = transaction.to === token && bytesToHex(transaction.data.subarray(0, 4)) === TRANSFER;
  return called && receipt.status === 1 && receipt.logs.length === 2;
}

/** Changes the first log of a transfer that names balances, and the bloom with it. */
function changeLog(receipt: Receipt, change: (log: Log) => Log): { readonly receipt: Receipt } | undefined {
  const place = receipt.logs.findIndex(({ topics }) => topics[0] === LOG_TRANSFER && topics[2] !== topics[3]);
  const log = receipt.logs[place];
  return log && { receipt: withLogs(receipt, receipt.logs.with(place, change(log))) };
}

function raised(data: Uint8Array, index: number): Uint8Array {
  const word = bytesToBigint(data.subarray(32 * index, 32 * index + 32)) + 1n;
  return concatBytes(data.subarray(0, 32 * index), wordOf(word), data.subarray(32 * index + 32));
}

const balanceWords = ["amount", "input1", "input2", "output1", "output2"].map(
  (field, index): Mutation => ({
    name: `${field} of a token log`,
    kind: "erc20-log",
    change: ({ receipt }) => changeLog(receipt, (log) => ({ ...log, data: raised(log.data, index) })),
  }),
);

const dirty = `0x01${"00".repeat(31)}` as Hash;
const plain = { nonce: 0n, to: alice.address };
const replacedBy = (transaction: Transaction): Mutation["change"] => {
  return ({ receipt }) => ({
    transaction,
    receipt: { ...withLogs(receipt, []), type: transaction.type },
  });
};

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "a tip above the fee cap",
    kind: "bad-transaction",
    change: replacedBy(sign(alice, { ...plain, maxFeePerGas: 1n, maxPriorityFeePerGas: 2n })),
  },
  {
    name: "a gas limit below the intrinsic gas",
    kind: "bad-transaction",
    change: replacedBy(sign(alice, { ...plain, gasLimit: 20_999n })),
  },
  {
    name: "a fee cap below the base fee",
    kind: "bad-transaction",
    change: replacedBy(sign(alice, { ...plain, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n })),
  },
  {
    name: "another chain's id",
    kind: "bad-transaction",
    readable: false,
    change: replacedBy(sign(alice, { ...plain, chainId: 1n })),
  },
  {
    name: "the nonce that nobody may use",
    kind: "bad-transaction",
    change: replacedBy(sign(alice, { ...plain, nonce: 2n ** 64n - 1n })),
  },
  {
    name: "the type of a receipt",
    kind: "bad-receipt",
    change: ({ receipt }) => ({ receipt: { ...receipt, type: receipt.type === 2 ? 1 : 2 } }),
  },
  {
    name: "the status of a receipt with logs",
    kind: "bad-receipt",
    change: ({ receipt }) => (receipt.logs.length > 0 ? { receipt: { ...receipt, status: 0 } } : undefined),
  },
  {
    name: "too little gas",
    kind: "bad-receipt",
    change: ({ receipt, previousGas }) => ({ receipt: { ...receipt, cumulativeGasUsed: previousGas + 20_999n } }),
  },
  {
    name: "more gas than the limit",
    kind: "bad-receipt",
    change: ({ receipt, transaction, previousGas }) => {
      return { receipt: { ...receipt, cumulativeGasUsed: previousGas + transaction.gasLimit + 1n } };
    },
  },
  {
    name: "a bit of the bloom",
    kind: "bad-receipt",
    change: ({ receipt }) => {
      const logsBloom = Uint8Array.from(receipt.logsBloom);
      logsBloom[100] = (logsBloom[100] as number) ^ 4;
      return { receipt: { ...receipt, logsBloom } };
    },
  },
  {
    name: "the name of a token's event",
    kind: "bad-receipt",
    change: ({ receipt }) =>
      changeLog(receipt, (log) => ({ ...log, topics: log.topics.with(0, keccakHash(utf8("Other()"))) })),
  },
  {
    name: "an address in a token's event",
    kind: "bad-receipt",
    change: ({ receipt }) => changeLog(receipt, (log) => ({ ...log, topics: log.topics.with(2, dirty) })),
  },
  {
    name: "the length of a token log's data",
    kind: "bad-receipt",
    change: ({ receipt }) => changeLog(receipt, (log) => ({ ...log, data: log.data.subarray(0, 192) })),
  },
  {
    name: "a missing log of a transfer",
    kind: "erc20-transfer",
    change: (entry, token) =>
      isTransfer(entry, token) ? { receipt: withLogs(entry.receipt, entry.receipt.logs.slice(0, 1)) } : undefined,
  },
  {
    name: "the amount of a Transfer",
    kind: "erc20-transfer",
    change: (entry, token) => {
      const [first, second] = entry.receipt.logs;
      if (!isTransfer(entry, token) || !first || !second) return undefined;
      return { receipt: withLogs(entry.receipt, [{ ...first, data: raised(first.data, 0) }, second]) };
    },
  },
  {
    name: "the recipient of a Transfer",
    kind: "erc20-transfer",
    change: (entry, token) => {
      const [first, second] = entry.receipt.logs;
      if (!isTransfer(entry, token) || !first || !second) return undefined;
      const topics = first.topics.with(2, `0x${"00".repeat(12)}${"77".repeat(20)}` as Hash);
      return { receipt: withLogs(entry.receipt, [{ ...first, topics }, second]) };
    },
  },
  ...balanceWords,
];

/** The block with other content or header fields, under another number, with the roots that fit and sealed anew. */
export function resealed(
  { block, receipts: before }: ArchivedBlock,
  number: bigint,
  change: {
    readonly transactions?: readonly Transaction[];
    readonly receipts?: readonly Receipt[];
    readonly header?: Partial<BlockHeader>;
    readonly unsealed?: boolean;
  },
): ArchivedBlock {
  const { transactions = block.transactions, receipts = before } = change;
  const header: BlockHeader = {
    ...block.header,
    number,
    transactionsRoot: transactionsRoot(transactions),
    receiptsRoot: orderedTrie(receipts.map(encodeReceipt)).root(),
    extraData: new Uint8Array(0),
    ...change.header,
  };
  const finished = change.unsealed === true ? header : sealHeader(header, chainId, sealer.key);
  return { block: createBlock(finished, transactions), receipts };
}

export interface Mutant {
  readonly name: string;
  readonly archived: ArchivedBlock;
  readonly fault: Fault;
  readonly readable: boolean;
}

/** An honest block in which one entry is changed by the mutation, sealed again under another number. */
export function mutate(given: {
  readonly mutation: Mutation;
  readonly prng: Prng;
  readonly honest: readonly ArchivedBlock[];
  readonly token: Address;
  readonly number: bigint;
}): Mutant {
  const { mutation, prng, honest, token, number } = given;
  const places = honest.flatMap((archived) =>
    archived.receipts.flatMap((receipt, index) => {
      const transaction = archived.block.transactions[index] as Transaction;
      const previousGas = archived.receipts[index - 1]?.cumulativeGasUsed ?? 0n;
      const changed = mutation.change({ transaction, receipt, previousGas }, token);
      return changed ? [{ archived, index, changed }] : [];
    }),
  );
  const place = prng.pick(places);
  if (!place) throw new Error(`the honest chain has nothing for the mutation: ${mutation.name}`);
  const { archived, index, changed } = place;
  const transactions = changed.transaction
    ? archived.block.transactions.with(index, changed.transaction)
    : archived.block.transactions;
  const receipts = archived.receipts.with(index, changed.receipt ?? (archived.receipts[index] as Receipt));
  const where = { block: number, index, reason: mutation.name };
  const log =
    receipts[index]?.logs.findIndex(({ topics }) => topics[0] === LOG_TRANSFER && topics[2] !== topics[3]) ?? 0;
  const fault: Fault =
    mutation.kind === "erc20-transfer"
      ? { type: mutation.kind, ...where, token, earlier: undefined }
      : mutation.kind === "erc20-log"
        ? { type: mutation.kind, ...where, log }
        : { type: mutation.kind, ...where };
  return {
    name: mutation.name,
    archived: resealed(archived, number, { transactions, receipts }),
    fault,
    readable: mutation.readable !== false,
  };
}
