import { cpSync } from "node:fs";
import { join } from "node:path";
import { type ClusterNode, type ClusterOptions, type NodeCluster, startCluster } from "./node-cluster.ts";
import { VirtualClock } from "./virtual-clock.ts";

const START = 1_700_000_000_000;

/** One validator, which needs nobody, on a clock that the test moves: hundreds of blocks pass in a few seconds. */
export interface LoneValidator {
  readonly cluster: NodeCluster;
  readonly node: ClusterNode;
  readonly clock: VirtualClock;
  /** Waits while time stands: whatever it waits for is being worked on now. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  passBlocks(count: number): Promise<void>;
  /** Starts the node, and lets the time pass in which it waits for a peer's state. */
  start(): Promise<void>;
  /** The folder of a node of the same chain that has nothing yet. */
  emptyNode(name: string): string;
}

export async function startLoneValidator(options: Omit<ClusterOptions, "nodes" | "clock">): Promise<LoneValidator> {
  const clock = new VirtualClock(START);
  const cluster = await startCluster({ ...options, nodes: 1, clock });
  const [node] = cluster.nodes as [ClusterNode];
  const listen = () => clock.advanceTo(clock.now() + 2_500);
  listen();

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let turn = 0; !(await condition()); turn++) {
      if (turn > 2_000_000) throw new Error(`no progress at block ${node.node().height()}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  return {
    cluster,
    node,
    clock,
    until,
    async passBlocks(count) {
      for (let block = 0; block < count; block++) {
        const before = node.node().height();
        const slot = Math.ceil((clock.now() + 1) / 1000) * 1000;
        clock.advanceTo(slot);
        await until(() => node.node().height() > before);
        clock.advanceTo(slot + 700);
      }
    },
    async start() {
      await cluster.start(0);
      listen();
    },
    emptyNode(name) {
      const folder = join(node.folder, "..", name);
      cpSync(node.folder, folder, { recursive: true, filter: (path) => !/\/data$|\.koma$|damaged/.test(path) });
      return folder;
    },
  };
}
