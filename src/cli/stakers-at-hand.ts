import { join } from "node:path";
import type { Staker } from "../checkpoint/index.ts";
import { blockSources } from "./chain-archive.ts";
import type { NetClient } from "./net-client.ts";

/** The devnet's validators: their signer keys are in its folder, and each has a node of its own to ask. */
export async function stakersAtHand(net: NetClient): Promise<readonly Staker[]> {
  const { readKeyFile } = await import("../wallet/index.ts");
  const { openChainClient } = await import("../rpc/index.ts");
  const sources = blockSources(net);
  const validators = net.manifest.nodes.filter(({ roles }) => roles.includes("validator"));
  return Promise.all(
    validators.map(async ({ name, rpcUrl }) => ({
      name,
      key: await readKeyFile(join(net.dir, "keys", `${name}.signer`)),
      finalizedHeight: async () => (await openChainClient(rpcUrl)).blockNumber("finalized"),
      block: async (number: bigint) => sources.find((source) => source.name === name)?.block(number),
    })),
  );
}
