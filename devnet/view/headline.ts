import type { DevnetReport } from "../report.ts";

/** What is known of the chain, its checkpoint and the root chain, in the order of worth. */
export function chainFacts({ chains, l1, status }: DevnetReport): readonly string[] {
  const facts = chains.flatMap(({ id, name, height, finalized, checkpoint }) => [
    `chain ${id} ${name}`,
    // A devnet that was never seen running has said nothing of its blocks.
    ...(height > 0 ? [`final block ${finalized}`, `head ${height}`] : []),
    ...(checkpoint
      ? [`checkpoint ${checkpoint.number} (blocks ${checkpoint.start} to ${checkpoint.end}) ${checkpoint.state}`]
      : status === "ready"
        ? ["no checkpoint yet"]
        : []),
  ]);
  return [...facts, `root chain ${l1.chainId}${l1.height > 0 ? ` block ${l1.height}` : ""}`];
}
