import type { NetClient } from "./net-client.ts";

/** What one node knows of validators and producers that contradicted themselves, as it answers. */
export interface ContradictionAnswers {
  evidence(): Promise<unknown>;
  doubleVotes(): Promise<unknown>;
  doubleSeals(): Promise<unknown>;
}

/** One per node of the network. */
export async function openContradictionSources(net: NetClient): Promise<readonly ContradictionAnswers[]> {
  const { createRpcClient } = await import("../rpc/index.ts");
  return net.manifest.nodes.map(({ rpcUrl }) => {
    const client = createRpcClient(rpcUrl);
    return {
      evidence: () => client.request("koma_getEvidence"),
      doubleVotes: () => client.request("koma_getDoubleVotes"),
      doubleSeals: () => client.request("koma_getDoubleSeals"),
    };
  });
}
