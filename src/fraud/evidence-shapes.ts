import { AbiCoder } from "ethers";
import { ProtocolError } from "../errors.ts";
import { type Address, type Hex, hexToBytes, parseAddress } from "../primitives/index.ts";
import type { BlockProof, LogProof, TxProof, TxReceipt } from "../proofs/index.ts";
import type { DepositFields } from "../rootchain/index.ts";
import { BLOCK_PROOF, type Challenge, DELIVERY_ARGUMENTS, LOG_PROOF, TX_PROOF, TX_RECEIPT } from "./evidence.ts";

/** What the evidence of each kind about blocks is encoded from, in order; the arguments of the verifier's function. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  "block-sequence": [BLOCK_PROOF, BLOCK_PROOF, "bytes"],
  "block-leaf": [BLOCK_PROOF, "uint64", "bytes"],
  "block-producer": [BLOCK_PROOF, "bytes", "bytes", BLOCK_PROOF],
  "banned-block": [BLOCK_PROOF],
  "duplicate-nonce": [TX_PROOF, TX_PROOF, "bytes"],
  "nonce-mismatch": [TX_PROOF, TX_PROOF, "bytes"],
  "bad-transaction": [TX_PROOF, "bytes"],
  "bad-receipt": [TX_RECEIPT, "bytes[]", "bytes"],
  "erc20-transfer": [TX_RECEIPT, `${LOG_PROOF}[]`, "bytes"],
  "erc20-log": [LOG_PROOF, "bytes"],
  "deposit-mismatch": [TX_RECEIPT, "uint32", "bytes"],
  "deposit-duplicate": [LOG_PROOF, LOG_PROOF, "bytes"],
  "cross-receive": [LOG_PROOF, LOG_PROOF, "bytes", "bytes"],
  "utxo-continuity": [LOG_PROOF, LOG_PROOF, "address", "bytes"],
  "nonce-gap": [TX_PROOF, "uint64", `${TX_PROOF}[]`],
  "utxo-gap": [LOG_PROOF, LOG_PROOF, "address"],
  "deposit-skipped": [BLOCK_PROOF, DELIVERY_ARGUMENTS],
};

/** The parts of a challenge's evidence, by what they are; empty for kinds that are not about blocks. */
export interface ReadEvidence {
  /** Every block that a proof speaks of. */
  readonly blocks: readonly BlockProof[];
  readonly transactions: readonly TxProof[];
  readonly receipts: readonly TxReceipt[];
  readonly logs: readonly LogProof[];
  /** Trie nodes of the receipt before, of a `bad-receipt`. */
  readonly previousNodes: readonly Hex[];
  /** Place of the log in the receipt, of a `deposit-mismatch`. */
  readonly logIndex: number | undefined;
  /** Nonce that is said to be missing, of a `nonce-gap`. */
  readonly nonce: bigint | undefined;
  /** Deposit that is said to be left out, of a `deposit-skipped`. */
  readonly deposit: Omit<DepositFields, "chainId"> | undefined;
  /** Account that logs are about, of a `utxo-continuity` or `utxo-gap`. */
  readonly account: Address | undefined;
  /** The last header given; undefined when it is empty or there is none. */
  readonly header: Hex | undefined;
}

const NOTHING: ReadEvidence = {
  blocks: [],
  transactions: [],
  receipts: [],
  logs: [],
  previousNodes: [],
  logIndex: undefined,
  nonce: undefined,
  deposit: undefined,
  account: undefined,
  header: undefined,
};

/** @throws {ProtocolError} KOMA_E_PROOF_MALFORMED when it is not encoded as its kind asks */
export function readEvidence({ type, evidence }: Challenge): ReadEvidence {
  const shape = shapes[type];
  if (!shape) return NOTHING;
  let decoded: ReturnType<AbiCoder["decode"]>;
  try {
    decoded = AbiCoder.defaultAbiCoder().decode([...shape], evidence);
    // The decoder is lazy: what is malformed shows when it is read.
    decoded.toArray(true);
  } catch (cause) {
    throw new ProtocolError("KOMA_E_PROOF_MALFORMED", "The evidence is not encoded as its kind asks.", {
      facts: { type },
      cause,
    });
  }
  const of = (wanted: string) => shape.flatMap((each, i) => (each === wanted ? [decoded[i] as Struct] : []));
  const lists = (wanted: string) => of(`${wanted}[]`).flatMap((each) => [...(each as unknown as Iterable<Struct>)]);
  const transactions = [...of(TX_PROOF), ...lists(TX_PROOF)].map((each) => ({
    ...placeOf(each),
    txNodes: nodesOf(each, "txNodes"),
  }));
  const receipts = of(TX_RECEIPT).map((each) => {
    return { ...placeOf(each), txNodes: nodesOf(each, "txNodes"), receiptNodes: nodesOf(each, "receiptNodes") };
  });
  const logs = [...of(LOG_PROOF), ...lists(LOG_PROOF)].map((each) => {
    return { ...placeOf(each), logIndex: Number(each["logIndex"]), receiptNodes: nodesOf(each, "receiptNodes") };
  });
  const [logIndex] = of("uint32") as unknown as readonly bigint[];
  const [nonce] = of("uint64") as unknown as readonly bigint[];
  const [deposit] = of(DELIVERY_ARGUMENTS).map(depositOf);
  const [account] = of("address") as unknown as readonly string[];
  const header = of("bytes").at(-1) as unknown as Hex | undefined;
  return {
    blocks: [...of(BLOCK_PROOF).map(blockProofOf), ...[...transactions, ...receipts, ...logs].map(({ b }) => b)],
    transactions,
    receipts,
    logs,
    previousNodes: lists("bytes") as unknown as readonly Hex[],
    logIndex: logIndex === undefined ? undefined : Number(logIndex),
    nonce: type === "nonce-gap" ? nonce : undefined,
    deposit,
    account: account === undefined ? undefined : parseAddress(account),
    header: header === "0x" ? undefined : header,
  };
}

type Struct = Readonly<Record<string, unknown>>;

function placeOf(value: Struct): Pick<TxProof, "b" | "txIndex"> {
  return { b: blockProofOf(value["b"] as Struct), txIndex: Number(value["txIndex"]) };
}

function depositOf(value: Struct): Omit<DepositFields, "chainId"> {
  return {
    id: value["id"] as bigint,
    kind: Number(value["kind"]),
    rootToken: parseAddress(String(value["rootToken"])),
    recipient: parseAddress(String(value["recipient"])),
    amount: value["amount"] as bigint,
    data: hexToBytes(value["data"] as Hex),
    createdAt: value["createdAt"] as bigint,
  };
}

function nodesOf(value: Struct, name: string): readonly Hex[] {
  return [...(value[name] as Iterable<Hex>)];
}

function blockProofOf(value: Struct): BlockProof {
  return {
    chainId: value["chainId"],
    checkpoint: value["checkpoint"],
    number: value["number"],
    timestamp: value["timestamp"],
    txRoot: value["txRoot"],
    receiptsRoot: value["receiptsRoot"],
    blockHash: value["blockHash"],
    siblings: [...(value["siblings"] as Iterable<unknown>)],
  } as BlockProof;
}
