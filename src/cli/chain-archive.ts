import type { BlockSource, ChainArchive } from "../checkpoint/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import type { ChainClient } from "../rpc/index.ts";
import type { NetClient } from "./net-client.ts";

/**
 * Blocks of the network's nodes, tied to the checkpoints of the root chain. No node is trusted: under a checkpoint only
 * blocks count that give its root, whichever node has them.
 */
export async function openArchive(net: NetClient, root: RootChain): Promise<ChainArchive> {
  const { createCheckpointReader, createNetworkArchive } = await import("../checkpoint/index.ts");
  return createNetworkArchive(blockSources(net), createCheckpointReader(root.checkpoints, BigInt(net.chainId)));
}

/** One source per node; a node is connected to when it is first asked. */
export function blockSources(net: NetClient): readonly BlockSource[] {
  return net.manifest.nodes.map(({ name, rpcUrl }) => {
    let client: Promise<ChainClient> | undefined;
    return {
      name,
      async block(number) {
        client ??= import("../rpc/index.ts").then(({ openChainClient }) => openChainClient(rpcUrl));
        return (await client).block(number);
      },
      async leaves(start, end) {
        const { readLeaves } = await import("../checkpoint/index.ts");
        return readLeaves(await askOfRange(rpcUrl, "koma_getCheckpointLeaves", start, end));
      },
      async headers(start, end) {
        const { readHeaders } = await import("../checkpoint/index.ts");
        return readHeaders(await askOfRange(rpcUrl, "koma_getCheckpointHeaders", start, end));
      },
    };
  });
}

async function askOfRange(rpcUrl: string, method: string, start: bigint, end: bigint): Promise<unknown> {
  const { createRpcClient } = await import("../rpc/index.ts");
  return createRpcClient(rpcUrl).request(
    method,
    [start, end].map((number) => `0x${number.toString(16)}`),
  );
}
