import { decodeEraEnd, instanceOfEra, verifyFinalityProof } from "../consensus/index.ts";
import { eraOfRecord } from "./era-records.ts";
import { breathe, type StoppedNode } from "./stopped-node.ts";
import type { Mismatch } from "./verify-node.ts";

/** Eras between two looks at signals. */
const ERAS_AT_ONCE = 16;

/** Checks the signatures under the ends of eras whose last block lies in the range. */
export async function firstWrongProof(
  { store, rules, era }: StoppedNode,
  { from, to }: { readonly from: bigint; readonly to: bigint },
  signal: AbortSignal,
  proven: () => void,
): Promise<Mismatch | undefined> {
  for (let generation = 0n; generation <= BigInt(era().generation); generation++) {
    for (let number = 0n; ; number++) {
      const row = store.eras.find(generation, number);
      if (!row) break;
      if (number % BigInt(ERAS_AT_ONCE) === 0n) await breathe(signal);
      const end = row.end && decodeEraEnd(row.end);
      if (row.end && !end) return { block: row.keyHeight, problem: `begins era ${number}, whose end cannot be read` };
      const height = BigInt(end?.proof.height ?? -1);
      if (!end || height < from || height > to) continue;
      // Taken back by the root chain: its blocks are not here.
      if (store.blocks.hashOf(height) !== end.proof.block) continue;
      const checked = verifyFinalityProof(end.proof, instanceOfEra(rules, eraOfRecord(rules, row)));
      if (checked.ok) proven();
      // The end of an era is also vouched for by the eras after it; then fewer signatures were gathered here.
      else if (checked.rejection.code !== "TooLittleWeight") {
        return { block: height, problem: `ends era ${number} with a proof that is none: ${checked.rejection.code}` };
      }
    }
  }
  return undefined;
}
