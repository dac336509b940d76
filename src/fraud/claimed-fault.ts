import { type Log, readBalanceLog } from "../chain/index.ts";
import type { ArchivedBlock, ChainArchive } from "../checkpoint/index.ts";
import { UserError } from "../errors.ts";
import { type Hash, zeroAddress } from "../primitives/index.ts";
import { endedMessage } from "./cross-logs.ts";
import { readDeliveryLog } from "./delivery-rules.ts";
import type { Fault, Position } from "./find-faults.ts";
import { entriesOf, type LogPosition } from "./find-log-history-faults.ts";
import type { FraudKind } from "./kinds.ts";

/** What a person says is wrong, by where it stands. */
export interface NamedEvidence {
  readonly transactions: readonly Position[];
  readonly block: bigint | undefined;
  /** Place of a log in the receipt of the first transaction. */
  readonly log: number | undefined;
}

/** Whether it is wrong nobody has looked yet: that is for the root contracts to say. */
const REASON = "it is said to be wrong";

/**
 * The fault of a kind that these transactions, or this block, would be. Nothing is judged: an honest transaction makes a fault that
 * the root contracts refuse.
 *
 * @throws {UserError} KOMA_E_ARGUMENT_INVALID when the kind is about other things, or these have none of them
 */
export async function claimedFault(archive: ChainArchive, kind: FraudKind, named: NamedEvidence): Promise<Fault> {
  const type = kind.type as Fault["type"];
  switch (type) {
    case "block-sequence":
    case "block-producer":
    case "block-leaf":
      return { type, block: blockOf(kind, named), reason: REASON };
    case "banned-block": {
      const { block } = await blockAt(archive, blockOf(kind, named));
      return { type, block: block.header.number, hash: block.hash };
    }
    case "duplicate-nonce":
    case "nonce-mismatch": {
      const [first, second] = await two(archive, kind, named);
      const [a, b] = [transactionOf(first), transactionOf(second)];
      const places = { first: first.at, second: second.at };
      return { type, sender: b.sender, ...places, firstNonce: a.nonce, secondNonce: b.nonce };
    }
    case "bad-transaction":
    case "bad-receipt": {
      const { at } = await one(archive, kind, named);
      return { type, ...at, reason: REASON };
    }
    case "erc20-transfer": {
      const found = await one(archive, kind, named);
      const token = transactionOf(found).to ?? zeroAddress;
      return { type, ...found.at, token, reason: REASON, earlier: undefined };
    }
    case "erc20-log": {
      const found = await one(archive, kind, named);
      return { type, ...found.at, log: logIn(found, named.log ?? 0), reason: REASON };
    }
    case "deposit-mismatch": {
      const found = await one(archive, kind, named);
      const { place, id } = named.log === undefined ? deliveryIn(kind, found) : { place: named.log, id: 0n };
      return { type, at: { ...found.at, log: logIn(found, place) }, id, reason: REASON };
    }
    case "deposit-duplicate": {
      const [first, second] = await two(archive, kind, named);
      const [a, b] = [deliveryIn(kind, first), deliveryIn(kind, second)];
      const places = { first: { ...first.at, log: a.place }, second: { ...second.at, log: b.place } };
      return { type, ...places, firstId: a.id, secondId: b.id };
    }
    case "cross-receive": {
      const [first, second] = await two(archive, kind, named);
      const [a, b] = [endIn(kind, first), endIn(kind, second)];
      const places = { first: { ...first.at, log: a.place }, second: { ...second.at, log: b.place } };
      return { type, ...places, message: b.message };
    }
    case "utxo-continuity": {
      const [first, second] = await two(archive, kind, named);
      return { type, ...sharedAccount(kind, first, second), reason: REASON };
    }
    default:
      throw unfit(kind, "is not about single transactions or blocks", [`koma proof build ${kind.type}`]);
  }
}

interface Found {
  readonly at: Position;
  readonly archived: ArchivedBlock;
}

function transactionOf({ at, archived }: Found) {
  const transaction = archived.block.transactions[at.index];
  if (transaction) return transaction;
  throw new UserError("KOMA_E_TX_NOT_FOUND", `Block ${at.block} has no transaction ${at.index}.`, {
    facts: { block: at.block, index: at.index },
  });
}

function logsIn({ at, archived }: Found): readonly Log[] {
  return archived.receipts[at.index]?.logs ?? [];
}

function logIn(found: Found, place: number): number {
  const count = logsIn(found).length;
  if (place < count) return place;
  throw new UserError("KOMA_E_ARGUMENT_INVALID", `The receipt has no log ${place}.`, {
    facts: { logs: count, why: `It has ${count}.` },
    fix: ["koma tx show TX", "Name another one with --log."],
  });
}

async function one(archive: ChainArchive, kind: FraudKind, { transactions }: NamedEvidence): Promise<Found> {
  const [at] = transactions;
  if (!at || transactions.length > 1) throw unfit(kind, "is about one transaction: name it with --tx");
  const found = { at, archived: await blockAt(archive, at.block) };
  transactionOf(found);
  return found;
}

/** The earlier one first, however they were named. */
async function two(
  archive: ChainArchive,
  kind: FraudKind,
  { transactions }: NamedEvidence,
): Promise<readonly [Found, Found]> {
  const ordered = [...transactions].sort((a, b) =>
    a.block === b.block ? a.index - b.index : a.block < b.block ? -1 : 1,
  );
  const [a, b] = ordered;
  if (!a || !b || ordered.length > 2) throw unfit(kind, "is about two transactions: name both with --tx");
  const [first, second] = [
    { at: a, archived: await blockAt(archive, a.block) },
    { at: b, archived: await blockAt(archive, b.block) },
  ];
  transactionOf(first);
  transactionOf(second);
  return [first, second];
}

function blockOf(kind: FraudKind, { block, transactions }: NamedEvidence): bigint {
  if (block === undefined || transactions.length > 0) throw unfit(kind, "is about a block: name it with --block");
  // The genesis block is nobody's, and follows none.
  if (block === 0n) throw unfit(kind, "is never about the genesis block");
  return block;
}

async function blockAt(archive: ChainArchive, number: bigint): Promise<ArchivedBlock> {
  const found = await archive.block(number);
  if (found) return found;
  throw new UserError("KOMA_E_BLOCK_UNKNOWN", `No node has block ${number}.`, { facts: { block: number } });
}

function deliveryIn(kind: FraudKind, found: Found): { readonly place: number; readonly id: bigint } {
  for (const [place, log] of logsIn(found).entries()) {
    const delivery = readDeliveryLog(log);
    if (delivery) return { place, id: delivery.id };
  }
  throw unfit(kind, `is about deliveries, and transaction ${found.at.index} of block ${found.at.block} is none`);
}

function endIn(kind: FraudKind, found: Found): { readonly place: number; readonly message: Hash } {
  for (const [place, log] of logsIn(found).entries()) {
    const message = endedMessage(log);
    if (message !== undefined) return { place, message };
  }
  const { index, block } = found.at;
  throw unfit(kind, `is about messages from other chains, and none ends in transaction ${index} of block ${block}`);
}

/** The first account and token that both transactions left a log about. */
function sharedAccount(kind: FraudKind, first: Found, second: Found) {
  const entries = (found: Found) =>
    logsIn(found).flatMap((log, place) => {
      const change = readBalanceLog(log);
      const at: LogPosition = { ...found.at, log: place };
      return change ? entriesOf(change).map(({ account }) => ({ account, token: log.address, at })) : [];
    });
  const later = entries(second);
  for (const { account, token, at } of entries(first)) {
    const match = later.find((entry) => entry.account === account && entry.token === token);
    if (match) return { token, account, first: at, second: match.at };
  }
  throw unfit(kind, "is about two logs of one token and account, and these transactions have none");
}

function unfit(kind: FraudKind, why: string, fix: readonly string[] = ["koma proof types"]): UserError {
  return new UserError("KOMA_E_ARGUMENT_INVALID", `${kind.type} ${why}.`, { facts: { type: kind.type }, fix });
}
