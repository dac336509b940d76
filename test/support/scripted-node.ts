import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeNodeCommand, encodeAdmin, type NodeMessage } from "../../src/node/admin-channel.ts";
import { untilBegun } from "../../src/node/begin-signal.ts";
import { parseNodeConfigFile } from "../../src/node/config-file.ts";

// A process that behaves towards its supervisor as a node does, without a chain: heights grow by the clock and survive on
// disk. For tests of the supervisor alone. Files in its folder steer it: `crash` makes it end right after its start,
// `deaf` makes it ignore `shutdown`.
const dir = process.argv[process.argv.indexOf("--dir") + 1] as string;
if (!(await untilBegun(process, new AbortController().signal))) process.exit(0);
const config = parseNodeConfigFile(readFileSync(join(dir, "config.json"), "utf8"));
const heightFile = join(dir, config.dataDir, "height");
const say = (message: NodeMessage): void => void process.send?.(encodeAdmin(message));
const last = (): bigint => BigInt(existsSync(heightFile) ? readFileSync(heightFile, "utf8") : "0");

// The lifeline.
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
process.on("message", (raw) => {
  const command = decodeNodeCommand(raw);
  if (!command) return;
  if (command.type === "behave" && command.kind === "sign-anything") {
    say({ type: "answer", id: command.id, ok: false, code: "KOMA_E_BEHAVIOUR_REFUSED", message: "not this one" });
    return;
  }
  if (command.type === "behave") {
    say({
      type: "behaviour",
      handle: command.handle,
      kind: command.kind,
      event: "performed",
      detail: JSON.stringify(command),
    });
  }
  say({ type: "answer", id: command.id, ok: true });
  if (command.type === "shutdown" && !existsSync(join(dir, "deaf"))) setImmediate(() => process.exit(0));
});

mkdirSync(join(dir, config.dataDir), { recursive: true });
say({ type: "hello", node: config.name, pid: process.pid, version: "test" });
if (existsSync(join(dir, "crash"))) {
  process.stdout.write("the last words of a scripted node\n");
  say({ type: "exit", code: "KOMA_E_SCRIPTED", message: "Told to crash." });
  process.exitCode = 7;
  process.disconnect();
} else {
  const rpcUrl = `http://${config.rpc.host}:${config.rpc.port}`;
  say({ type: "ready", rpcUrl, wsUrl: rpcUrl, peerId: "scripted", p2p: [], height: last() });
  say({ type: "peers", count: config.p2p.peers.length });
  setInterval(() => {
    const number = last() + 1n;
    // As a node's store: the whole new height or the whole old one.
    writeFileSync(`${heightFile}.tmp`, number.toString());
    renameSync(`${heightFile}.tmp`, heightFile);
    const hash = `0x${number.toString(16).padStart(64, "0")}`;
    say({ type: "head", number, hash, producer: "0x00", transactions: 0 });
    say({ type: "finalized", number, hash, producer: "0x00" });
  }, 100);
}
