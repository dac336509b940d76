import { outputId, parseOutputId, paymentsOf } from "../chain/index.ts";
import { type Address, zeroAddress } from "../primitives/index.ts";
import type { Store, StoredPayment } from "../storage/index.ts";
import type { ChainView, KnownBlock } from "./chain-view.ts";

/** An entry of the journal of payments on the branch of the head. */
export interface SeenPayment extends StoredPayment {
  /** On disk; others go when the head moves to another branch. */
  readonly final: boolean;
}

/** The journal of payments as of the head: final entries from disk, those of the blocks above from memory. */
export interface PaymentView {
  /**
   * An owner's entries, the newest first.
   *
   * @param token  undefined for the native coin
   */
  history(token: Address | undefined, owner: Address, limit: number): readonly SeenPayment[];
  /** The newest entry: the only output that is not spent. */
  output(token: Address | undefined, owner: Address): SeenPayment | undefined;
  /** What an owner has of a token, 0 without an output; undefined for a token that keeps no journal. */
  tokenOutput(token: Address, owner: Address): bigint | undefined;
  /** The output with that id and the newest one of its owner; undefined when no transaction here made it. */
  find(id: string): { readonly made: SeenPayment; readonly newest: SeenPayment } | undefined;
}

type Index = ReadonlyMap<string, readonly SeenPayment[]>;

export function createPaymentView(chain: Pick<ChainView, "unfinal">, store: Pick<Store, "payments">): PaymentView {
  /** Entries of each block that is not final, by token and owner, newest first. */
  const indexes = new WeakMap<KnownBlock["receipts"], Index>();

  function indexOf(known: KnownBlock): Index {
    const made = indexes.get(known.receipts) ?? indexBlock(known);
    indexes.set(known.receipts, made);
    return made;
  }

  function history(token: Address | undefined, owner: Address, limit: number): readonly SeenPayment[] {
    const name = nameOf(token, owner);
    const unfinal = chain.unfinal().toReversed();
    const found = unfinal.flatMap((known) => indexOf(known).get(name) ?? []).slice(0, limit);
    if (found.length === limit) return found;
    const stored = store.payments.history(token, owner, limit - found.length);
    return [...found, ...stored.map((payment) => ({ ...payment, final: true }))];
  }

  function keepsJournal(token: Address): boolean {
    const inMemory = chain.unfinal().some((known) => indexOf(known).has(nameOf(token, ANYBODY)));
    return inMemory || store.payments.hasToken(token);
  }

  function output(token: Address | undefined, owner: Address): SeenPayment | undefined {
    return history(token, owner, 1)[0];
  }

  return {
    history,
    output,
    tokenOutput: (token, owner) => output(token, owner)?.output ?? (keepsJournal(token) ? 0n : undefined),
    find(id) {
      const place = parseOutputId(id);
      if (place === undefined) return undefined;
      const unfinal = chain.unfinal().find(({ block }) => block.header.number === place.block);
      const made = unfinal
        ? [...indexOf(unfinal).values()].flat()
        : store.payments.of(place).map((payment) => ({ ...payment, final: true }));
      const found = made.find((payment) => outputId(payment, payment) === id);
      const newest = found && output(found.token, found.owner);
      return found && newest && { made: found, newest };
    },
  };
}

/** Stands for all owners of a token in an index. */
const ANYBODY = zeroAddress;

function nameOf(token: Address | undefined, owner: Address): string {
  return `${token ?? "native"} ${owner}`;
}

function indexBlock({ block, receipts, results }: KnownBlock): Index {
  const index = new Map<string, SeenPayment[]>();
  let firstLog = 0;
  for (const [position, { hash }] of block.transactions.entries()) {
    const logs = receipts[position]?.logs ?? [];
    for (const payment of paymentsOf(results[position]?.moves ?? [], logs, firstLog)) {
      const name = nameOf(payment.token, payment.owner);
      const entries = index.get(name) ?? [];
      const place = { block: block.header.number, index: position, transaction: hash };
      entries.unshift({ ...payment, ...place, final: false });
      index.set(name, entries);
      if (payment.token !== undefined) index.set(nameOf(payment.token, ANYBODY), []);
    }
    firstLog += logs.length;
  }
  return index;
}
