import type { Payment, PaymentPlace } from "../chain/index.ts";
import { type Address, addressToBytes, type Bytes, type Hash, hashFromBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { storeCorrupt } from "./errors.ts";
import type { KeyIndex } from "./key-index.ts";
import { decodePayments, paymentKey } from "./payment-rows.ts";
import { transactionId, transactionsPerBlock } from "./values.ts";

/** An entry of the journal of payments, and the transaction that made it. */
export interface StoredPayment extends Payment, PaymentPlace {
  /** Undefined when the transaction was pruned. */
  readonly transaction: Hash | undefined;
}

/** The journal of payments of final blocks. */
export interface PaymentStore {
  /**
   * An owner's entries of a token, the newest first. Entries begin with the block in which this node began to keep them.
   *
   * @param token  undefined for the native coin
   * @param limit  most entries
   */
  history(token: Address | undefined, owner: Address, limit: number): readonly StoredPayment[];
  /** Whether a contract has ever emitted a standard token's log: then all that it did since stands in the journal. */
  hasToken(token: Address): boolean;
  /** Entries of one transaction. */
  of(place: PaymentPlace): readonly StoredPayment[];
}

interface Row {
  readonly tx: number;
  readonly moves: Bytes;
  readonly hash: Bytes | null;
}

/** Rows read at once. */
const PAGE = 64;

export function createPaymentStore(database: Database, owners: KeyIndex): PaymentStore {
  const one: Query<Row> = database.prepare(
    "SELECT p.tx, p.moves, t.hash FROM payment p LEFT JOIN tx t ON t.id = p.tx WHERE p.tx = ?",
  );

  const tokenRow: Query<{ first: number }> = database.prepare("SELECT first FROM payment_token WHERE token = ?");

  function read({ tx, moves, hash }: Row): readonly StoredPayment[] {
    const place = {
      block: BigInt(Math.floor(tx / transactionsPerBlock)),
      index: tx % transactionsPerBlock,
      transaction: hash === null ? undefined : hashFromBytes(hash),
    };
    try {
      return decodePayments(moves).map((payment) => ({ ...payment, ...place }));
    } catch (error) {
      throw storeCorrupt(database.file, `payments of transaction ${place.index} of block ${place.block}: ${error}`);
    }
  }

  return {
    history(token, owner, limit) {
      const key = paymentKey(token, owner);
      const found: StoredPayment[] = [];
      let before = Number.MAX_SAFE_INTEGER;
      while (found.length < limit) {
        const size = Math.min(PAGE, limit - found.length);
        const ids = owners.newest(key, before, size);
        for (const id of ids) {
          const row = one.get(id);
          const own = row ? read(row).filter((payment) => payment.owner === owner && payment.token === token) : [];
          found.push(...own.toReversed());
          before = id;
        }
        if (ids.length < size) break;
      }
      return found.slice(0, limit);
    },
    hasToken: (token) => tokenRow.get(addressToBytes(token)) !== undefined,
    of({ block, index }) {
      if (block < 0n || block > 2n ** 32n || index < 0 || index >= transactionsPerBlock) return [];
      const row = one.get(transactionId(Number(block), index));
      return row === undefined ? [] : read(row);
    },
  };
}
