import { outputId, parseOutputId } from "../chain/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Executor } from "../execution/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import { type ExtraMethod, invalidParams, isAbsent, readAddress, readArray, readData } from "../rpc/index.ts";
import type { ChainView } from "./chain-view.ts";
import type { PaymentView, SeenPayment } from "./payment-view.ts";
import type { TransferLinks } from "./transfer-links.ts";

export interface PaymentMethodParts {
  readonly payments: PaymentView;
  readonly chain: Pick<ChainView, "head">;
  readonly executor: Pick<Executor, "stateAt">;
  readonly submit: (raw: Bytes) => Hash;
  readonly links: TransferLinks;
}

/** Bound of `koma_getTransferChain`. */
const MAX_ENTRIES = 1_000;
/** Bound of `koma_sendExpecting`. */
const MAX_EXPECTED = 16;

/** `koma_*` methods about the journal of payments (white paper 5.11, KOMA ecosystem spec (f) 1). */
export function paymentMethods({
  payments,
  chain,
  executor,
  submit,
  links,
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

    koma_proveTransferLink: ([a, b]) => links.prove(readOutput(a), readOutput(b)),

    koma_sendExpecting([raw, expected]) {
      const bytes = readData(raw, "transaction");
      for (const id of readArray(expected, "expects", MAX_EXPECTED)) requireUnspent(payments, readOutput(id));
      return submit(bytes);
    },
  };
}

/** A sender may say on which outputs a transaction relies: it is not taken once another payment was faster. */
function requireUnspent(payments: PaymentView, id: string): void {
  const found = payments.find(id);
  if (found === undefined) {
    throw new ProtocolError("KOMA_E_SPAM_OUTPUT_MISSING", `no transaction made the output ${id}`, { facts: { id } });
  }
  const newest = outputId(found.newest, found.newest);
  if (newest !== id) {
    const facts = { id, newest };
    throw new ProtocolError("KOMA_E_SPAM_OUTPUT_SPENT", `output ${id} is spent: ${newest} came after it`, { facts });
  }
}

function readOutput(value: unknown): string {
  if (typeof value === "string" && parseOutputId(value) !== undefined) return value;
  throw invalidParams("output", "expected an id such as 12:0:n1 or 12:0:3:1");
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
