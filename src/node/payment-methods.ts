import { outputId } from "../chain/index.ts";
import type { Executor } from "../execution/index.ts";
import type { Address } from "../primitives/index.ts";
import { type ExtraMethod, invalidParams, isAbsent, readAddress } from "../rpc/index.ts";
import type { ChainView } from "./chain-view.ts";
import type { PaymentView, SeenPayment } from "./payment-view.ts";

export interface PaymentMethodParts {
  readonly payments: PaymentView;
  readonly chain: Pick<ChainView, "head">;
  readonly executor: Pick<Executor, "stateAt">;
}

/** Bound of `koma_getTransferChain`. */
const MAX_ENTRIES = 1_000;

/** `koma_*` methods about the journal of payments (white paper 5.11, KOMA ecosystem spec (f) 1). */
export function paymentMethods({
  payments,
  chain,
  executor,
}: PaymentMethodParts): Readonly<Record<string, ExtraMethod>> {
  return {
    koma_getOutput([askedToken, askedOwner]) {
      const token = readToken(askedToken);
      const owner = readAddress(askedOwner, "owner");
      const newest = payments.output(token, owner);
      if (newest) return { ...entryView(newest), token: token ?? null, owner, value: newest.output };
      if (token !== undefined) return null;
      // The genesis, or a block before the journal began, made it.
      const value = executor.stateAt(chain.head.hash).account(owner)?.balance ?? 0n;
      return { id: null, token: null, owner, value };
    },

    koma_getTransferChain([askedToken, askedOwner, askedCount]) {
      const token = readToken(askedToken);
      const owner = readAddress(askedOwner, "owner");
      const count = readCount(askedCount);
      // One more, to tell whether the last one shown spends it.
      const entries = payments.history(token, owner, count + 1);
      return entries.slice(0, count).map((entry, index) => {
        const before = entries[index + 1];
        const spentBy = entries[index - 1];
        return {
          ...entryView(entry),
          input: entry.input,
          output: entry.output,
          spends: before ? outputId(before, before) : null,
          spentBy: spentBy ? outputId(spentBy, spentBy) : null,
          /** Whether it spends what the entry before it made. */
          follows: before === undefined || before.output === entry.input,
        };
      });
    },
  };
}

function entryView(entry: SeenPayment) {
  const { block, transaction, log, final } = entry;
  return { id: outputId(entry, entry), block, transaction: transaction ?? null, log: log ?? null, final };
}

/** Null, or nothing, stands for the native coin. */
function readToken(value: unknown): Address | undefined {
  return isAbsent(value) ? undefined : readAddress(value, "token");
}

function readCount(value: unknown): number {
  if (isAbsent(value)) return 20;
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_ENTRIES) return value as number;
  throw invalidParams("count", `expected a whole number from 1 to ${MAX_ENTRIES}`);
}
