import { mkdirSync } from "node:fs";
import { dirname, relative } from "node:path";
import { writeFileAtomic } from "../../src/wallet/index.ts";
import { type NodeConfigFile, serializeNodeConfigFile } from "../node-side.ts";
import type { DevnetPaths } from "../paths.ts";
import type { DevnetPlan, PlannedNode } from "../plan.ts";

/** Writes the folder and `config.json` of every node; ports may differ from the last start. */
export async function writeNodeFiles(plan: DevnetPlan, paths: DevnetPaths): Promise<void> {
  await Promise.all(
    plan.nodes.map(async (node) => {
      const at = paths.node(node.name);
      mkdirSync(at.data, { recursive: true });
      mkdirSync(dirname(at.log), { recursive: true });
      await writeFileAtomic(at.config, serializeNodeConfigFile(configOf(node, plan, paths)));
    }),
  );
}

/** Paths are relative to the node's folder, so that a devnet's folder can be moved while it is stopped. */
function configOf(node: PlannedNode, plan: DevnetPlan, paths: DevnetPaths): NodeConfigFile {
  const at = paths.node(node.name);
  const near = (path: string): string => relative(at.dir, path);
  const { host } = plan.network.ports;
  return {
    version: 1,
    name: node.name,
    genesis: near(paths.genesis),
    dataDir: near(at.data),
    rpc: { host, port: node.ports.rpc },
    p2p: {
      host,
      port: node.ports.p2p,
      peers: plan.nodes.filter((other) => other.name !== node.name).map(({ p2p }) => p2p),
      identityKeyFile: near(paths.key(node.name, "p2p")),
    },
    ...(node.validator
      ? {
          signer: { keyFile: near(paths.key(node.name, "signer")) },
          producer: { keyFile: near(paths.key(node.name, "producer")) },
        }
      : {}),
    rootChain: { url: plan.rootChain.url },
    devnet: true,
    log: { file: near(at.log), level: node.logLevel },
    thresholds: node.thresholds,
  };
}
