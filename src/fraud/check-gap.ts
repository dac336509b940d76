import { decodeReceipt, readBalanceLog, readTransaction } from "../chain/index.ts";
import { hexToBytes } from "../primitives/index.ts";
import { type LogProof, listItemAt, positionOf, type TxProof } from "../proofs/index.ts";
import { depositHashOf } from "../rootchain/index.ts";
import type { CheckpointLookup, FileCheck } from "./check-file.ts";
import type { Challenge } from "./evidence.ts";
import type { ReadEvidence } from "./evidence-shapes.ts";
import { type AccountEntry, entriesOf } from "./find-log-history-faults.ts";

/**
 * Checks of the kinds that say that something is missing (7, 15, 18): what stands around the gap lies in its blocks and
 * leaves one. That nothing is in the gap no file can show.
 */
export async function checkGap(
  challenge: Challenge,
  evidence: ReadEvidence,
  lookup: Pick<CheckpointLookup, "depositHash" | "live">,
): Promise<readonly FileCheck[]> {
  switch (challenge.type) {
    case "nonce-gap":
      return checkNonceGap(evidence);
    case "utxo-gap":
      return checkLogGap(evidence);
    case "deposit-skipped":
      return checkSkippedDeposit(challenge, evidence, lookup);
    default:
      return [];
  }
}

function checkNonceGap({ transactions, nonce = 0n }: ReadEvidence): readonly FileCheck[] {
  const shown = transactions.map((proof) => ({ proof, ...showTransaction(proof) }));
  const checks = shown.map(({ check }) => check);
  const [later, earlier] = shown;
  if (!later?.found || (earlier && !earlier.found)) return checks;
  checks.push({
    name: `nonce ${nonce} is below the later transaction's`,
    ok: nonce < later.found.nonce,
    detail: `${later.found.nonce}`,
  });
  if (earlier?.found) {
    const inOrder = placeOf(earlier.proof) < placeOf(later.proof) && earlier.found.sender === later.found.sender;
    checks.push({
      name: "the earlier transaction is by the same sender, before it, with a lower nonce",
      ok: inOrder && earlier.found.nonce < nonce,
    });
  }
  return checks;
}

function checkLogGap({ logs, account }: ReadEvidence): readonly FileCheck[] {
  const shown = logs.map((proof) => ({ proof, ...showEntry(proof, account) }));
  const checks = shown.map(({ check }) => check);
  const [a, b] = shown;
  if (!a?.found || !b?.found) return checks;
  const same = a.found.token === b.found.token && placeOf(a.proof) < placeOf(b.proof);
  return [
    ...checks,
    { name: "both are by one token, in order", ok: same, detail: a.found.token },
    {
      name: "a number is left out between them",
      ok: b.found.entry.seq > a.found.entry.seq + 1n,
      detail: `${a.found.entry.seq}, ${b.found.entry.seq}`,
    },
  ];
}

async function checkSkippedDeposit(
  { chainId }: Challenge,
  { blocks: [last], deposit }: ReadEvidence,
  lookup: Pick<CheckpointLookup, "depositHash" | "live">,
): Promise<readonly FileCheck[]> {
  if (!last || !deposit) return [];
  const [held, checkpoint] = await Promise.all([lookup.depositHash(deposit.id), lookup.live(last.checkpoint)]);
  return [
    { name: `the root chain holds deposit ${deposit.id}`, ok: held === depositHashOf({ ...deposit, chainId }) },
    { name: `block ${last.number} is the checkpoint's last`, ok: checkpoint?.end === last.number },
    { name: "the deposit is older than the block", ok: deposit.createdAt < last.timestamp },
  ];
}

const placeOf = ({ b, txIndex, ...rest }: TxProof | LogProof): bigint =>
  positionOf(b.number, txIndex, "logIndex" in rest ? rest.logIndex : 0);

function showTransaction({ b, txIndex, txNodes }: TxProof) {
  const raw = listItemAt(b.txRoot, txIndex, txNodes.map(hexToBytes));
  const read = raw.ok ? readTransaction(raw.value, b.chainId) : raw;
  const check: FileCheck = { name: `transaction ${txIndex} of block ${b.number} is in its block`, ok: read.ok };
  return { check, found: read.ok ? read.value : undefined };
}

function showEntry({ b, txIndex, logIndex, receiptNodes }: LogProof, account: string | undefined) {
  const raw = listItemAt(b.receiptsRoot, txIndex, receiptNodes.map(hexToBytes));
  const receipt = raw.ok ? decodeReceipt(raw.value) : raw;
  const log = receipt.ok && receipt.value.status === 1 ? receipt.value.logs[logIndex] : undefined;
  const change = log && readBalanceLog(log);
  const entry: AccountEntry | undefined = change && entriesOf(change).find((each) => each.account === account);
  const name = `log ${logIndex} of receipt ${txIndex} of block ${b.number} is in its block, about ${account}`;
  const check: FileCheck = { name, ok: entry !== undefined };
  return { check, found: log && entry ? { token: log.address, entry } : undefined };
}
