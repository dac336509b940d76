import type { Hash } from "../primitives/index.ts";
import { type ExtraMethod, invalidParams, isAbsent, readAddress, readHash } from "../rpc/index.ts";
import type { Store } from "../storage/index.ts";
import { type DroppedTransaction, listPoolRules, type TxPool } from "../txpool/index.ts";
import type { ChainView } from "./chain-view.ts";

export interface PoolMethodParts {
  readonly pool: TxPool;
  readonly chain: Pick<ChainView, "unfinal">;
  readonly store: { readonly blocks: Pick<Store["blocks"], "transaction"> };
}

/** Bound of `koma_getPool`: transactions, and drops. */
const MAX_SHOWN = 1_000;

/** `koma_*` methods about the pool: what is in it, what it refuses, and what became of a transaction. */
export function poolMethods({ pool, chain, store }: PoolMethodParts): Readonly<Record<string, ExtraMethod>> {
  function blockOf(hash: Hash): bigint | undefined {
    const unfinal = chain.unfinal().find(({ block }) => block.transactions.some((tx) => tx.hash === hash));
    return unfinal?.block.header.number ?? store.blocks.transaction(hash)?.blockNumber;
  }

  return {
    koma_getPoolRules() {
      const counts = pool.dropCounts();
      return listPoolRules(pool.rules).map((listed) => ({
        ...listed,
        code: listed.code ?? null,
        dropped: counts.get(listed.rule) ?? 0,
      }));
    },

    koma_getPool([asked]) {
      const { sender, limit } = readPoolQuery(asked);
      const { pending, queued } = pool.content();
      const bySender = <T extends { readonly sender: string }>(all: readonly T[]) =>
        sender === undefined ? all : all.filter((each) => each.sender === sender);
      const shown = [
        ...bySender(pending).map((transaction) => ({ transaction, place: "pending" as const })),
        ...bySender(queued).map((transaction) => ({ transaction, place: "queued" as const })),
      ];
      return {
        pending: pending.length,
        queued: queued.length,
        bytes: pool.status().bytes,
        transactions: shown.slice(0, limit).map(({ transaction, place }) => ({
          hash: transaction.hash,
          place,
          sender: transaction.sender,
          nonce: transaction.nonce,
          to: transaction.to ?? null,
          value: transaction.value,
          maxFeePerGas: transaction.maxFeePerGas,
          maxPriorityFeePerGas: transaction.maxPriorityFeePerGas,
        })),
        dropped: bySender(pool.dropped()).slice(-limit).reverse().map(dropView),
      };
    },

    koma_getPoolVerdict([asked]) {
      const hash = readHash(asked, "hash");
      const block = blockOf(hash);
      if (block !== undefined) return { state: "included", block };
      const place = pool.placeOf(hash);
      if (place !== undefined) return { state: place };
      const drop = pool.why(hash);
      return drop === undefined ? { state: "unknown" } : { state: "dropped", drop: dropView(drop) };
    },
  };
}

function dropView({ hash, sender, nonce, rule, code, reason }: DroppedTransaction) {
  return { hash, sender, nonce, rule, code: code ?? null, reason };
}

function readPoolQuery(asked: unknown) {
  if (isAbsent(asked)) return { sender: undefined, limit: MAX_SHOWN };
  if (typeof asked !== "object" || asked === null || Array.isArray(asked))
    throw invalidParams("pool", "expected an object");
  const { sender, limit = MAX_SHOWN, ...others } = asked as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalidParams("pool", `"${unknown.slice(0, 80)}" is neither sender nor limit`);
  if (!Number.isSafeInteger(limit) || (limit as number) < 1 || (limit as number) > MAX_SHOWN)
    throw invalidParams("limit", `expected a whole number from 1 to ${MAX_SHOWN}`);
  return { sender: isAbsent(sender) ? undefined : readAddress(sender, "sender"), limit: limit as number };
}
