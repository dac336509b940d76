import { signTransaction, type Transaction, type TransactionFields } from "../../src/chain/index.ts";
import { type Address, addressOfKey, type Bytes, keccak256, timestamp, utf8 } from "../../src/primitives/index.ts";
import {
  type AdmissionContext,
  createTxPool,
  type PoolRules,
  type SenderAccount,
  standardPoolRules,
  type TxPool,
  type TxRejection,
} from "../../src/txpool/index.ts";

// Words for tests of the pool: who offers what, and what became of it.

export const chainId = 80_401n;
export const gwei = 10n ** 9n;
export const ether = 10n ** 18n;
const keys: Readonly<Record<string, Bytes>> = Object.fromEntries(
  ["ann", "bob", "carol", "dave"].map((name) => [name, keccak256(utf8(name))]),
);
export const addressOf = (name: string): Address => addressOfKey(keys[name] as Bytes);
export const contract = addressOfKey(keccak256(utf8("contract")));

export type Draft = Partial<TransactionFields> & { readonly from?: string };

/** A payment of 1 wei to Dave with a tip of 1 gwei, unless it says otherwise. */
export function payment({ from = "ann", ...fields }: Draft = {}): Transaction {
  return signTransaction(
    {
      chainId,
      nonce: 0n,
      gasLimit: 21_000n,
      maxFeePerGas: 10n * gwei,
      maxPriorityFeePerGas: gwei,
      to: addressOf("dave"),
      value: 1n,
      ...fields,
    },
    keys[from] as Bytes,
  );
}

export const context: AdmissionContext = {
  baseFee: gwei,
  hasCode: (address) => address === contract,
  now: timestamp(0),
};
export const rich: SenderAccount = { nonce: 0n, balance: 100n * ether };
export const standard = standardPoolRules(30_000_000n);

export function offer(pool: TxPool, draft: Draft, account = rich, change: Partial<AdmissionContext> = {}) {
  return pool.add(payment(draft), account, { ...context, ...change });
}

export function codeOf(check: { ok: boolean; rejection?: TxRejection }): string {
  return check.rejection?.code ?? "accepted";
}

export function poolWith(change: Partial<PoolRules> = {}): TxPool {
  return createTxPool({ ...standard, ...change });
}

/** Sender and nonce of each transaction, in order. */
export function order(transactions: Iterable<Transaction>): string[] {
  const names = new Map(Object.keys(keys).map((name) => [addressOf(name), name]));
  return [...transactions].map((tx) => `${names.get(tx.sender)} ${tx.nonce}`);
}
