import type { Transaction } from "../../chain/index.ts";
import { type Address, checksumAddress } from "../../primitives/index.ts";
import { quantity, transactionToJson } from "../json-views.ts";
import { costly, type MethodGroup, method } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { readAddress } from "../params.ts";

/** The pool, in the shapes of go-ethereum: by sender, then by nonce in decimal. */
export function txpoolMethods(api: NodeApi): MethodGroup {
  return {
    txpool_status: method(0, async () => {
      const { pending, queued } = await api.pool();
      return { pending: quantity(pending.length), queued: quantity(queued.length) };
    }),
    txpool_content: costly(0, async () => {
      const { pending, queued } = await api.pool();
      return { pending: bySender(pending, pooled), queued: bySender(queued, pooled) };
    }),
    txpool_contentFrom: method(1, async ([address]) => {
      const sender = readAddress(address, "address");
      const { pending, queued } = await api.pool();
      return { pending: byNonce(pending, sender), queued: byNonce(queued, sender) };
    }),
    txpool_inspect: costly(0, async () => {
      const { pending, queued } = await api.pool();
      return { pending: bySender(pending, summarise), queued: bySender(queued, summarise) };
    }),
  };
}

function pooled(tx: Transaction) {
  return transactionToJson(tx);
}

function summarise(tx: Transaction): string {
  const to = tx.to === undefined ? "contract creation" : checksumAddress(tx.to);
  return `${to}: ${tx.value} wei + ${tx.gasLimit} gas × ${tx.maxFeePerGas} wei`;
}

function bySender<Shown>(transactions: readonly Transaction[], show: (tx: Transaction) => Shown) {
  const senders = new Map<Address, [string, Shown][]>();
  for (const tx of transactions) {
    const entries = senders.get(tx.sender) ?? [];
    entries.push([tx.nonce.toString(), show(tx)]);
    senders.set(tx.sender, entries);
  }
  return Object.fromEntries(
    [...senders].map(([sender, entries]) => [checksumAddress(sender), Object.fromEntries(entries)]),
  );
}

function byNonce(transactions: readonly Transaction[], sender: Address) {
  return Object.fromEntries(
    transactions.filter((tx) => tx.sender === sender).map((tx) => [tx.nonce.toString(), pooled(tx)]),
  );
}
