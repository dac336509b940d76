import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where everything of one devnet lies. */
export interface DevnetPaths {
  readonly dir: string;
  /** The resolved plan. */
  readonly lock: string;
  readonly marks: string;
  readonly manifest: string;
  readonly journal: string;
  readonly faults: string;
  readonly genesis: string;
  readonly contracts: string;
  readonly run: string;
  /** Held by the supervisor for as long as it lives. */
  readonly runLock: string;
  /** Held by `up` while it plans and starts the supervisor. */
  readonly upLock: string;
  readonly supervisorLog: string;
  readonly socket: string;
  readonly rootChainState: string;
  readonly rootChainLog: string;
  key(node: string, purpose: string): string;
  node(name: string): NodePaths;
}

export interface NodePaths {
  readonly dir: string;
  readonly config: string;
  readonly data: string;
  /** JSON lines written by the node. */
  readonly log: string;
  /** What the process itself printed: the last words of one that did not come up. */
  readonly output: string;
  readonly exit: string;
}

/** Longest path of a unix socket that every system takes. */
const MAX_SOCKET_PATH = 100;

export function devnetPaths(dir: string): DevnetPaths {
  const run = join(dir, "run");
  return {
    dir,
    lock: join(dir, "network.lock.json"),
    marks: join(dir, "marks.json"),
    manifest: join(dir, "manifest.json"),
    journal: join(dir, "events.ndjson"),
    faults: join(dir, "faults.json"),
    genesis: join(dir, "genesis", "genesis.json"),
    contracts: join(dir, "contracts", "addresses.json"),
    run,
    runLock: join(run, "lock"),
    upLock: join(run, "up.lock"),
    supervisorLog: join(run, "supervisor.log"),
    socket: socketPath(dir, join(run, "ctl.sock")),
    rootChainState: join(dir, "l1", "state.json"),
    rootChainLog: join(dir, "l1", "anvil.log"),
    key: (node, purpose) => join(dir, "keys", `${node}.${purpose}`),
    node(name) {
      const node = join(dir, "nodes", name);
      return {
        dir: node,
        config: join(node, "config.json"),
        data: join(node, "data"),
        log: join(node, "log", "node.ndjson"),
        output: join(node, "log", "output.log"),
        exit: join(node, "exit.json"),
      };
    },
  };
}

function socketPath(dir: string, wanted: string): string {
  if (Buffer.byteLength(wanted) <= MAX_SOCKET_PATH) return wanted;
  const name = createHash("sha256").update(dir).digest("hex").slice(0, 24);
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return join(runtime === undefined || runtime === "" ? tmpdir() : runtime, "koma", `${name}.sock`);
}
