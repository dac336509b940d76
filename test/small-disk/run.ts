// A validator of a devnet whose data stands on a disk of its own that is really full, from the first write that finds no room to
// the end: it pauses and says so, the others go on, and it goes on too when there is room. The disk is one of memory, mounted
// where only this program and what it starts see it, so that nobody has to be root:
//   npm run build && unshare --map-root-user --mount node_modules/.bin/node test/small-disk/run.ts
// Linux only; some minutes. Some systems let nobody but root make such a mount.
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { signTransaction } from "../../src/chain/index.ts";
import { bytesToHex, parseAddress } from "../../src/primitives/index.ts";
import { createRpcClient } from "../../src/rpc/index.ts";
import { type DevnetData, type DevnetNode, testKeys } from "../support/devnet.ts";

/** A node that paused wants 64 MiB before it goes on. */
const DISK = "100m";
const VICTIM = "validator-3";
const LIMIT_MS = 240_000;
/** Some blocks of it fill what a write-ahead log had to spare. */
const CALLDATA = new Uint8Array(60_000).fill(1);

const SINK = parseAddress(`0x${"99".repeat(20)}`);

const launcher = fileURLToPath(new URL("../../bin/run.js", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "koma-small-disk-"));

async function koma<T>(...args: readonly string[]): Promise<T> {
  const env = { KOMA_HOME: home, NO_COLOR: "1", CI: "true" };
  const { stdout } = await execa(process.execPath, [launcher, ...args, "--json"], { env, stdin: "ignore" });
  return (JSON.parse(stdout) as { data: T }).data;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const started = Date.now();
  for (let why: unknown; ; await sleep(250)) {
    try {
      if (await holds()) break;
    } catch (error) {
      why = error;
    }
    if (Date.now() - started > LIMIT_MS) throw new Error(`not within ${LIMIT_MS} ms: ${what}`, { cause: why });
  }
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
}

async function finalHeight({ rpcUrl }: DevnetNode): Promise<number> {
  const client = createRpcClient(rpcUrl, { timeoutMs: 2_000 });
  return Number((await client.request<{ number: string }>("eth_getBlockByNumber", ["finalized", false])).number);
}

/** To the last byte. */
function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (let size = 1024 * 1024; size >= 1; ) {
      try {
        writeSync(file, new Uint8Array(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        size >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
}

let mounted: string | undefined;
let nonce = 0n;
async function sendData({ rpcUrl }: DevnetNode): Promise<void> {
  const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 9n };
  const { raw } = signTransaction(
    {
      type: 2,
      chainId: 80_401n,
      nonce: nonce++,
      gasLimit: 3_000_000n,
      ...fees,
      to: SINK,
      value: 0n,
      data: CALLDATA,
    },
    testKeys.alice,
  );
  await createRpcClient(rpcUrl).request("eth_sendRawTransaction", [bytesToHex(raw)]);
}

try {
  const devnet = await koma<DevnetData>("devnet", "up", "--validators", "4");
  const others = devnet.nodes.filter(({ name }) => name !== VICTIM);
  const [first] = others as [DevnetNode];
  const folder = join(devnet.dir, "nodes", VICTIM);
  const data = join(folder, "data");
  const log = () => readFileSync(join(folder, "log", "node.ndjson"), "utf8");
  await koma("devnet", "stop", VICTIM);
  renameSync(data, `${data}.moved`);
  await execa("mkdir", [data]);
  await execa("mount", ["-t", "tmpfs", "-o", `size=${DISK}`, "tmpfs", data]);
  mounted = data;
  await execa("cp", ["-a", `${data}.moved/.`, data]);
  await koma("devnet", "start", VICTIM);
  const { nodes } = await koma<DevnetData>("devnet", "status");
  const victim = nodes.find(({ name }) => name === VICTIM) as DevnetNode;
  const begun = await finalHeight(first);
  await until("it follows from its small disk", async () => (await finalHeight(victim)) > begun);

  fill(join(data, "filler"));
  await until("it says that the disk is full", async () => {
    await sendData(first);
    return log().includes("the disk is full");
  });
  const paused = await finalHeight(first);
  await until("the others go on without it", async () => (await finalHeight(first)) >= paused + 5);
  const answers = await finalHeight(victim).then(
    () => true,
    () => false,
  );
  if (answers) throw new Error("it answers although its disk is full");

  rmSync(join(data, "filler"));
  await until("it says that there is room", () => log().includes("the disk has room again"));
  const resumed = await finalHeight(first);
  await until("it has what it missed", async () => (await finalHeight(victim)) >= resumed);
  const evidence = await createRpcClient(first.rpcUrl).request<readonly unknown[]>("koma_getEvidence");
  if (evidence.length > 0) throw new Error(`it contradicted itself: ${JSON.stringify(evidence)}`);
  await koma("devnet", "stop", VICTIM);
  await koma("node", "verify", "--dir", folder);
  process.stdout.write("its database is whole, and nobody has evidence against it\n");
} finally {
  // The mount goes with the last process that sees it; until then it only has to be out of the way.
  if (mounted) await execa("umount", ["--lazy", mounted]);
  await koma("devnet", "down", "--all", "--purge", "--yes");
  rmSync(home, { recursive: true, force: true });
}
