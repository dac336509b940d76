import type { Hash } from "../primitives/index.ts";
import type { ChainView } from "./chain-view.ts";

/** Kinds of misdeeds that keep data from others: a whole block, or its receipts. */
export const withholdings: readonly string[] = ["withhold-block", "withhold-receipts"];

/** What of a block is kept from others. */
export type Withheld = "block" | "receipts" | undefined;

/** The chain as a node shows it that keeps some of it from others; it knows all of it itself. */
export function shownChain(chain: ChainView, withheld: (number: bigint) => Withheld): ChainView {
  const keptBack = (hash: Hash): Withheld => {
    const header = chain.header(hash);
    return header && withheld(header.number);
  };
  return Object.create(chain, {
    header: { value: (hash: Hash) => (keptBack(hash) === "block" ? undefined : chain.header(hash)) },
    block: { value: (hash: Hash) => (keptBack(hash) === "block" ? undefined : chain.block(hash)) },
    known: {
      value: (hash: Hash) => {
        const kept = keptBack(hash);
        const known = kept === "block" ? undefined : chain.known(hash);
        return known && kept === "receipts" ? { ...known, receipts: [], results: [] } : known;
      },
    },
  }) as ChainView;
}
