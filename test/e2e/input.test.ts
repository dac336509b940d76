import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../src/clock.ts";
import { BugError, KomaError } from "../../src/errors.ts";
import { silentLogger } from "../../src/logger.ts";
import { type Channel, createNetwork } from "../../src/network/index.ts";
import { loadConfig } from "../../src/node/config.ts";
import type { Hash } from "../../src/primitives/index.ts";
import {
  ask,
  blockAt,
  type DevnetData,
  type DevnetNode,
  isAlive,
  manifestOf,
  untilAllFinal,
} from "../support/devnet.ts";
import { createKoma, type Envelope, eventually, launcher } from "../support/koma.ts";
import { createPrng, type Prng } from "../support/prng.ts";

const koma = createKoma();
const workshop = mkdtempSync(join(tmpdir(), "koma-input-"));
afterAll(async () => {
  rmSync(workshop, { recursive: true, force: true });
  await koma.dispose();
});

let devnet: DevnetData;
let sound: string;

beforeAll(async () => {
  devnet = await koma.json<DevnetData>("devnet", "up", "--validators", "2");
  sound = join(workshop, "sound");
  await koma.json("node", "init", "--dir", sound, "--role", "validator", "--rpc-port", "0", "--p2p-port", "0");
});

let copies = 0;

/** A copy of the sound node's folder, to be damaged. */
function copyOfSound(): string {
  const folder = join(workshop, `copy-${++copies}`);
  cpSync(sound, folder, { recursive: true });
  return folder;
}

type Json = Record<string, unknown>;

function edit(folder: string, file: string, change: (json: Json) => void): void {
  const path = join(folder, file);
  const json = JSON.parse(readFileSync(path, "utf8")) as Json;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

/** Nodes live as the processes they were, and blocks go on becoming final. */
async function expectUnharmed(): Promise<void> {
  const heights = await Promise.all(
    devnet.nodes.map(async ({ rpcUrl }) => (await blockAt(rpcUrl, "finalized")).number),
  );
  await untilAllFinal(devnet.nodes, Math.max(...heights) + 3);
  expect(devnet.nodes.filter(({ pid }) => !isAlive(pid))).toEqual([]);
}

describe("koma node start", () => {
  const write = (file: string, text: string) => (folder: string) => writeFileSync(join(folder, file), text);
  const remove = (file: string) => (folder: string) => rmSync(join(folder, file));
  const change = (file: string, edited: (json: Json) => void) => (folder: string) => edit(folder, file, edited);

  it.each<{ title: string; damage: (folder: string) => unknown; code: string; exit: number; says: RegExp }>([
    {
      title: "no configuration",
      damage: remove("config.json"),
      code: "KOMA_E_FILE_UNREADABLE",
      exit: 8,
      says: /config\.json/,
    },
    {
      title: "a configuration that is not JSON",
      damage: write("config.json", "{"),
      code: "KOMA_E_NODE_CONFIG_INVALID",
      exit: 2,
      says: /not JSON/,
    },
    {
      title: "an unknown key in the configuration",
      damage: change("config.json", (config) => {
        config["dataDirectory"] = "x";
      }),
      code: "KOMA_E_NODE_CONFIG_INVALID",
      exit: 2,
      says: /dataDirectory is not known/,
    },
    {
      title: "a port that is none",
      damage: change("config.json", (config) => {
        (config["rpc"] as Json)["port"] = 65_536;
      }),
      code: "KOMA_E_NODE_CONFIG_INVALID",
      exit: 2,
      says: /rpc\.port/,
    },
    {
      title: "a peer that is none",
      damage: change("config.json", (config) => {
        (config["p2p"] as Json)["peers"] = ["/ip4/127.0.0.1/tcp/1"];
      }),
      code: "KOMA_E_PEER_ADDRESS_MALFORMED",
      exit: 2,
      says: /\/ip4\/127\.0\.0\.1\/tcp\/1/,
    },
    {
      title: "a genesis that is not JSON",
      damage: write("genesis.json", "\u0000\u0001"),
      code: "KOMA_E_GENESIS_INVALID",
      exit: 2,
      says: /not JSON/,
    },
    {
      title: "an unknown key in the genesis",
      damage: change("genesis.json", (genesis) => {
        genesis["gasLimits"] = "1";
      }),
      code: "KOMA_E_GENESIS_INVALID",
      exit: 2,
      says: /did you mean "gasLimit"/,
    },
    {
      title: "a genesis without validators",
      damage: change("genesis.json", (genesis) => {
        genesis["validators"] = [];
      }),
      code: "KOMA_E_GENESIS_INVALID",
      exit: 2,
      says: /validators/,
    },
    {
      title: "a genesis without root contracts",
      damage: change("genesis.json", (genesis) => {
        (genesis["rootChain"] as Json)["contracts"] = {};
      }),
      code: "KOMA_E_ROOTCHAIN_CONTRACT_MISSING",
      exit: 3,
      says: /contract/,
    },
    {
      title: "a signer key that is zero",
      damage: write("keys/signer", `0x${"0".repeat(64)}`),
      code: "KOMA_E_KEY_FILE_INVALID",
      exit: 8,
      says: /keys\/signer/,
    },
    {
      title: "an identity key that is too short",
      damage: write("keys/identity", "0xabcdef"),
      code: "KOMA_E_KEY_FILE_INVALID",
      exit: 8,
      says: /keys\/identity/,
    },
    {
      title: "no signer key",
      damage: remove("keys/signer"),
      code: "KOMA_E_FILE_UNREADABLE",
      exit: 8,
      says: /keys\/signer/,
    },
    {
      title: "a store that is no database",
      damage: (folder) => {
        mkdirSync(join(folder, "data"));
        writeFileSync(join(folder, "data", "chain.db"), randomBytes(8_192));
      },
      code: "KOMA_E_STORE_CORRUPT",
      exit: 1,
      says: /chain\.db/,
    },
    {
      title: "a data folder that is a file",
      damage: (folder) => writeFileSync(join(folder, "data"), ""),
      code: "KOMA_E_STORE_IO",
      exit: 1,
      says: /data/,
    },
  ])("refuses $title", async ({ damage, code, exit, says }) => {
    const folder = copyOfSound();
    damage(folder);
    const { exitCode, envelope, stdout } = await koma.run("node", "start", "--dir", folder);
    expect(envelope, stdout).toMatchObject({ ok: false, kind: "node.start", error: { code, exit } });
    expect(exitCode).toBe(exit);
    expect(envelope.error?.message).toMatch(says);
    // Whatever else is said, a key never is.
    expect(stdout).not.toContain(
      readFileSync(join(sound, "keys", "signer"), "utf8")
        .trim()
        .slice(2),
    );
  });

  it("runs a sound folder once, follows the chain, and refuses it for another chain", async () => {
    const folder = copyOfSound();
    edit(folder, "config.json", (config) => {
      delete config["signer"];
    });
    const running = execa(process.execPath, [launcher, "node", "start", "--dir", folder, "--json"], {
      env: { KOMA_HOME: koma.home, CI: "true", NO_COLOR: "1" },
      reject: false,
      stdin: "ignore",
    });
    try {
      let printed = "";
      running.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
      });
      const { rpcUrl } = await eventually("the follower's first line", async () => {
        const line = printed.split("\n").find((each) => each.includes('"rpcUrl"'));
        return line !== undefined && (JSON.parse(line) as Envelope<{ rpcUrl: string }>).data;
      });
      const height = (await blockAt(devnet.nodes[0]?.rpcUrl as string, "finalized")).number;
      const followed = await eventually("the follower to catch up", async () => {
        const final = await blockAt(rpcUrl, "finalized");
        return final.number >= height && final;
      });
      expect(await blockAt(devnet.nodes[0]?.rpcUrl as string, followed.number)).toEqual(followed);

      const second = await koma.run("node", "start", "--dir", folder);
      expect(second).toMatchObject({ exitCode: 5, envelope: { error: { code: "KOMA_E_STORE_LOCKED" } } });
    } finally {
      running.kill("SIGTERM");
    }
    expect((await running).exitCode).toBe(0);

    edit(folder, "genesis.json", (genesis) => {
      genesis["timestamp"] = Number(genesis["timestamp"]) + 1;
    });
    const foreign = await koma.run("node", "start", "--dir", folder);
    expect(foreign, foreign.stdout).toMatchObject({
      exitCode: 5,
      envelope: { error: { code: "KOMA_E_GENESIS_MISMATCH" } },
    });
  });

  it("refuses a port that is taken", async () => {
    const folder = copyOfSound();
    edit(folder, "config.json", (config) => {
      (config["rpc"] as Json)["port"] = devnet.nodes[0]?.ports.rpc;
    });
    const { exitCode, envelope } = await koma.run("node", "start", "--dir", folder);
    expect(exitCode).toBe(5);
    expect(envelope.error?.code).toMatch(/^KOMA_E_(LISTEN_FAILED|PORT_TAKEN)$/);
  });

  it("has a typed error for whatever else stands in its files", () => {
    const seed = Date.now() % 1_000_000;
    const prng = createPrng(seed);
    const folder = copyOfSound();
    const files = ["config.json", "genesis.json", "keys/identity", "keys/signer"];
    const originals = new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
    for (const file of files) chmodSync(join(folder, file), 0o600);
    for (let round = 0; round < 400; round++) {
      const file = prng.pick(files) as string;
      const text = originals.get(file) as string;
      const damaged = file.endsWith(".json") && prng.next() < 0.7 ? damageJson(text, prng) : damageText(text, prng);
      writeFileSync(join(folder, file), damaged);
      try {
        loadConfig(folder);
      } catch (error) {
        const typed = error instanceof KomaError && !(error instanceof BugError);
        if (!typed)
          throw new Error(`seed ${seed}, round ${round}: ${file} = ${damaged.slice(0, 500)}`, { cause: error });
      }
      writeFileSync(join(folder, file), text);
    }
    expect(() => loadConfig(folder)).not.toThrow();
  });
});

describe("a node", () => {
  it("answers whatever comes to its RPC port in JSON-RPC, and lives on", async () => {
    const { rpcUrl, wsUrl, ports } = devnet.nodes[0] as DevnetNode;
    const post = async (
      body: string | Uint8Array,
      headers: Record<string, string> = { "content-type": "application/json" },
    ) => {
      const response = await fetch(rpcUrl, { method: "POST", body: new Blob([body as string]), headers });
      return { status: response.status, text: await response.text() };
    };
    const bodies: (string | Uint8Array)[] = [
      "",
      "{",
      "null",
      "[]",
      "[1,2,null]",
      '"text"',
      "{}",
      '{"jsonrpc":"2.0","id":{},"method":"eth_blockNumber"}',
      '{"jsonrpc":"2.0","id":1,"method":"__proto__"}',
      '{"jsonrpc":"2.0","id":1,"method":"constructor","params":[]}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{"__proto__":1}}',
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      JSON.stringify(Array.from({ length: 101 }, (_, id) => ({ jsonrpc: "2.0", id, method: "eth_blockNumber" }))),
      randomBytes(4_096),
      "x".repeat(6 * 1024 * 1024),
    ];
    for (const body of bodies) {
      const { status, text } = await post(body).catch((error: unknown) => ({ status: 0, text: String(error) }));
      // A body that is too large may be cut off before it is read to its end.
      if (status !== 0) expect([200, 204, 400, 413, 415], text).toContain(status);
    }

    const hostile: unknown[] = [
      null,
      true,
      -1,
      1e308,
      "",
      "0x",
      "0xzz",
      `0x${"f".repeat(64)}`,
      `0x${"f".repeat(65)}`,
      `0x${"0".repeat(40)}`,
      "latest",
      "\u0000",
      "9".repeat(10_000),
      [],
      [[[[]]]],
      {},
      { blockHash: 1, requireCanonical: {} },
      { from: "0x0", to: [], gas: "0xffffffffffffffffff", data: "0x0" },
      { fromBlock: "0x0", toBlock: `0x${"f".repeat(64)}`, topics: [[[]]], address: {} },
    ];
    const methods = [
      ...["eth_getBalance", "eth_getTransactionCount", "eth_getCode", "eth_getStorageAt", "eth_getProof", "eth_call"],
      ...["eth_estimateGas", "eth_createAccessList", "eth_sendRawTransaction", "eth_feeHistory", "eth_getLogs"],
      ...["eth_newFilter", "eth_getFilterChanges", "eth_getFilterLogs", "eth_uninstallFilter", "eth_getBlockReceipts"],
      ...["eth_getBlockByNumber", "eth_getBlockByHash", "eth_getTransactionByHash", "eth_getTransactionReceipt"],
      ...["eth_getTransactionByBlockNumberAndIndex", "eth_subscribe", "koma_getConfidence", "koma_status", "web3_sha3"],
      ...["debug_getRawBlock", "debug_getRawHeader", "debug_getRawReceipts", "txpool_contentFrom", "koma_consensus"],
    ];
    const prng = createPrng(7);
    for (const method of methods) {
      const calls = Array.from({ length: 60 }, (_, id) => ({
        jsonrpc: "2.0",
        id,
        method,
        params: Array.from({ length: prng.between(0, 4) }, () => prng.pick(hostile)),
      }));
      const { status, text } = await post(JSON.stringify(calls));
      expect(status).toBe(200);
      const answers = JSON.parse(text) as { id: number; error?: { code: number; message: string } }[];
      expect(answers).toHaveLength(calls.length);
      const internal = answers.filter(({ error }) => error?.code === -32603);
      expect(
        internal.map(({ id }) => JSON.stringify(calls[id])),
        `${method}: internal errors`,
      ).toEqual([]);
    }

    for (const bytes of [
      "\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "POST / HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
      randomBytes(2_000),
    ])
      await throwAt(ports.rpc, bytes);
    await throwAt(ports.rpc, `GET / HTTP/1.1\r\nx: ${"y".repeat(200_000)}\r\n\r\n`);
    for (const frame of [
      randomBytes(1_000),
      "{",
      "[[[[",
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: [{}] }),
    ])
      await sendFrame(wsUrl, frame);
    await expectUnharmed();
    expect(await ask(rpcUrl, "net_listening")).toBe(true);
  });

  it("lives on when its p2p port is fed garbage", async () => {
    const [target] = devnet.nodes as [DevnetNode];
    const multistream = (line: string) => Buffer.concat([Buffer.from([line.length + 1]), Buffer.from(`${line}\n`)]);
    const greetings = [
      randomBytes(64),
      randomBytes(65_536),
      Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      multistream("/multistream/1.0.0"),
      Buffer.concat([multistream("/multistream/1.0.0"), multistream("/tls/1.0.0"), multistream("ls")]),
      Buffer.concat([multistream("/multistream/1.0.0"), multistream("/noise"), randomBytes(512)]),
      Buffer.concat([
        multistream("/multistream/1.0.0"),
        multistream("/noise"),
        Buffer.from([0, 0]),
        Buffer.from([0xff, 0xff]),
      ]),
    ];
    for (const greeting of greetings) await throwAt(target.ports.p2p, greeting);
    await Promise.all(Array.from({ length: 60 }, () => throwAt(target.ports.p2p, randomBytes(32))));
    await expectUnharmed();
  });

  it("bans a peer that speaks the protocol and sends garbage", async () => {
    const [target] = devnet.nodes as [DevnetNode];
    const { genesis } = await ask<{ genesis: Hash }>(target.rpcUrl, "koma_status");
    const address = manifestOf(devnet).nodes[0]?.p2p as string;
    const hostile = createNetwork({
      privateKey: randomBytes(32),
      peers: [address],
      networkId: genesis,
      logger: silentLogger,
      clock: systemClock,
    });
    const peersBefore = Number(await ask(target.rpcUrl, "net_peerCount"));
    await hostile.start();
    try {
      const peer = await eventually("a connection to the node", async () => hostile.peers()[0]);
      const channels: Channel[] = ["consensus", "checkpoint", "transactions"];
      let gone = false;
      hostile.events.on("peerDisconnected", () => {
        gone = true;
      });
      const prng = createPrng(11);
      await eventually("the node to end the connection", async () => {
        for (const channel of channels) hostile.send(peer.id, channel, randomBytes(prng.between(0, 2_000)));
        // Nobody answers requests on this one.
        await hostile.request(peer.id, "blocks", randomBytes(100), AbortSignal.timeout(2_000)).catch(() => {});
        return gone;
      });
      await eventually(
        "only the other validator to be left",
        async () => Number(await ask(target.rpcUrl, "net_peerCount")) === peersBefore,
      );
      await expectUnharmed();
      // Dialled again and again, it is not let in.
      expect(hostile.peers()).toEqual([]);
    } finally {
      await hostile.stop();
    }
  });
});

/** Opens a connection, sends, and waits for the other side to close it, or lets go after a moment. */
function throwAt(port: number, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setTimeout(500, () => socket.destroy());
    // A reset is an answer, too.
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.on("connect", () => socket.write(bytes));
    socket.resume();
  });
}

/** Sends one WebSocket message and waits for an answer or the end. */
function sendFrame(url: string, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.on("open", () => socket.send(data));
    socket.on("message", () => socket.close());
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}

/** Puts something wrong at one place of a JSON document. */
function damageJson(text: string, prng: Prng): string {
  const hostile = [
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    "",
    "0x",
    `0x${"f".repeat(66)}`,
    "9".repeat(400),
    [],
    {},
    { "": 1 },
    [[]],
  ];
  const json = JSON.parse(text) as unknown;
  let place = json as Record<string, unknown>;
  for (;;) {
    const key = prng.pick(Object.keys(place)) as string;
    const next = place[key];
    const inner = typeof next === "object" && next !== null && Object.keys(next).length > 0;
    if (inner && prng.next() < 0.8) {
      place = next as Record<string, unknown>;
      continue;
    }
    if (prng.next() < 0.15) delete place[key];
    else place[key] = prng.pick(hostile);
    return JSON.stringify(json);
  }
}

/** Cuts, repeats or changes some of the text. */
function damageText(text: string, prng: Prng): string {
  const at = prng.between(0, text.length);
  const to = Math.min(text.length, at + prng.between(1, 20));
  const kind = prng.between(0, 3);
  if (kind === 0) return text.slice(0, at);
  if (kind === 1) return text.slice(0, at) + text.slice(to);
  if (kind === 2) return text.slice(0, at) + text.slice(at, to).repeat(3) + text.slice(to);
  return text.slice(0, at) + String.fromCharCode(prng.between(0, 255)) + text.slice(at + 1);
}
