import { decodeReceipt, readTransaction } from "../chain/index.ts";
import { type Address, type Bytes, type Check, type Hash, type Hex, hexToBytes } from "../primitives/index.ts";
import {
  type BlockProof,
  leafOfProof,
  listItemAt,
  type OpenedHeader,
  openHeader,
  type ProofRejection,
  positionOf,
} from "../proofs/index.ts";
import type { CheckpointLookup, FileCheck } from "./check-file.ts";
import type { Challenge } from "./evidence.ts";
import type { ReadEvidence } from "./evidence-shapes.ts";
import { judgeLog, judgeReceipt, judgeTransaction, judgeTransfer, type RawEntry } from "./judge-evidence.ts";

/**
 * Checks of the kinds about one transaction, receipt or log (8, 9, 12, 13): it lies in its block, and is wrong. Whether the
 * block lies under its checkpoint is looked at elsewhere.
 */
export async function checkContent(
  { type, chainId }: Challenge,
  evidence: ReadEvidence,
  lookup: Pick<CheckpointLookup, "rootTokenOf">,
): Promise<readonly FileCheck[]> {
  const proof = evidence.transactions[0] ?? evidence.receipts[0] ?? evidence.logs[0];
  if (!proof || !(type in WRONGS)) return [];
  const checks: FileCheck[] = [];
  const found = (name: string, item: Check<Bytes, ProofRejection>): Bytes | undefined => {
    checks.push(item.ok ? { name, ok: true } : { name, ok: false, detail: item.rejection.code });
    return item.ok ? item.value : undefined;
  };
  const at = (what: string) => `${what} ${proof.txIndex} of block ${proof.b.number} is in its block`;
  const raw: { transaction?: Bytes | undefined; receipt?: Bytes | undefined } = {};
  if ("txNodes" in proof)
    raw.transaction = found(at("transaction"), itemAt(proof.b.txRoot, proof.txIndex, proof.txNodes));
  if ("receiptNodes" in proof) {
    raw.receipt = found(at("receipt"), itemAt(proof.b.receiptsRoot, proof.txIndex, proof.receiptNodes));
  }
  const previous =
    evidence.previousNodes.length === 0 || proof.txIndex === 0
      ? undefined
      : found(
          "the receipt before it is in the block",
          itemAt(proof.b.receiptsRoot, proof.txIndex - 1, evidence.previousNodes),
        );
  const header = openGiven(evidence.header, proof.b, checks);
  if (checks.some(({ ok }) => !ok)) return checks;

  const entry: RawEntry = {
    chainId,
    index: proof.txIndex,
    transaction: raw.transaction ?? new Uint8Array(0),
    receipt: raw.receipt ?? new Uint8Array(0),
    previous,
    header,
  };
  // A transaction is wrong by itself, whatever it calls.
  const tokens = type === "bad-transaction" ? new Map<Address, Address>() : await mappedTokens(entry, lookup);
  const log = "logIndex" in proof ? proof.logIndex : 0;
  const reason = reasonOf(type, entry, log, (child) => tokens.get(child));
  const name = WRONGS[type] as string;
  checks.push(reason === undefined ? { name, ok: false } : { name, ok: true, detail: reason.text });
  if (reason?.needsEarlier) checks.push(earlierLog(evidence, positionOf(proof.b.number, proof.txIndex), reason.token));
  return checks;
}

/** What is wrong, by the kind that says so. */
const WRONGS: Readonly<Record<string, string>> = {
  "bad-transaction": "no valid block holds the transaction",
  "bad-receipt": "no execution leaves the receipt",
  "erc20-transfer": "the transfer's logs are not those of the call",
  "erc20-log": "the log's balances cannot be",
};

interface Reason {
  readonly text: string;
  readonly needsEarlier?: boolean;
  readonly token?: Address;
}

function reasonOf(
  type: string,
  entry: RawEntry,
  log: number,
  rootTokenOf: (child: Address) => Address | undefined,
): Reason | undefined {
  if (type === "erc20-transfer") {
    const fault = judgeTransfer(entry, rootTokenOf);
    return fault && { text: fault.reason, needsEarlier: fault.needsEarlier, token: fault.token };
  }
  const text =
    type === "bad-transaction"
      ? judgeTransaction(entry)
      : type === "bad-receipt"
        ? judgeReceipt(entry, rootTokenOf)
        : judgeLog(entry.receipt, log, rootTokenOf);
  return text === undefined ? undefined : { text };
}

function openGiven(header: Hex | undefined, block: BlockProof, checks: FileCheck[]): OpenedHeader | undefined {
  if (header === undefined) return undefined;
  const opened = openHeader(leafOfProof(block), hexToBytes(header));
  const name = `the header is that of block ${block.number}`;
  checks.push(opened.ok ? { name, ok: true } : { name, ok: false, detail: opened.rejection.code });
  return opened.ok ? opened.value : undefined;
}

/** A transfer without logs convicts only where the token has emitted one before. */
function earlierLog({ logs }: ReadEvidence, before: bigint, token: Address | undefined): FileCheck {
  const name = "an earlier log shows that the token existed";
  const [proof] = logs;
  if (!proof) return { name, ok: false, detail: "there is none" };
  if (positionOf(proof.b.number, proof.txIndex) >= before) return { name, ok: false, detail: "it is not earlier" };
  const raw = itemAt(proof.b.receiptsRoot, proof.txIndex, proof.receiptNodes);
  const receipt = raw.ok ? decodeReceipt(raw.value) : raw;
  const emitter = receipt.ok ? receipt.value.logs[proof.logIndex]?.address : undefined;
  return emitter !== undefined && emitter === token
    ? { name, ok: true }
    : { name, ok: false, detail: "it is not a log of the token" };
}

async function mappedTokens(
  { transaction, receipt, chainId }: RawEntry,
  lookup: Pick<CheckpointLookup, "rootTokenOf">,
): Promise<ReadonlyMap<Address, Address>> {
  const read = readTransaction(transaction, chainId);
  const decoded = decodeReceipt(receipt);
  const addresses = new Set(decoded.ok ? decoded.value.logs.map(({ address }) => address) : []);
  if (read.ok && read.value.to) addresses.add(read.value.to);
  const tokens = new Map<Address, Address>();
  for (const address of addresses) {
    const rootToken = await lookup.rootTokenOf(address);
    if (rootToken) tokens.set(address, rootToken);
  }
  return tokens;
}

function itemAt(root: Hash, index: number, nodes: readonly Hex[]): Check<Bytes, ProofRejection> {
  return listItemAt(root, index, nodes.map(hexToBytes));
}
