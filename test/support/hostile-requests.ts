import { request } from "node:http";
import { connect } from "node:net";
import { WebSocket } from "ws";
import type { Prng } from "./prng.ts";

/** One hostile request to the node at a port; settles when the node, or we, have ended it. What it answers is no matter. */
export type HostileRequest = (port: number, random: Prng) => Promise<unknown>;

/** Longest that we hold a connection open to annoy. */
const HOLD_MS = 1_500;

const ask = (method: string, ...params: readonly unknown[]) => ({ jsonrpc: "2.0", id: 1, method, params });

function post(port: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  return new Promise<void>((resolve) => {
    const sent = request(
      { port, host: "127.0.0.1", method: "POST", headers: { "content-type": "application/json", ...headers } },
      (answer) => answer.on("data", () => {}).on("close", resolve),
    );
    sent.on("error", () => resolve());
    sent.end(body);
  });
}

/** Says something on a bare connection and hangs up after a while, or when the node does. */
function say(port: number, text: string, holdMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const timer = setTimeout(() => socket.destroy(), holdMs);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.write(text);
  });
}

function overSocket(port: number, messages: readonly (string | Uint8Array)[], reads: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const timer = setTimeout(() => socket.terminate(), HOLD_MS);
    socket.on("open", () => {
      if (!reads) socket.pause();
      for (const message of messages) socket.send(message, () => {});
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const below = (random: Prng, limit: number) => random.between(0, limit - 1);
const bytes = (random: Prng, length: number) => Uint8Array.from({ length }, () => below(random, 256));
const postJson = (port: number, value: unknown) => post(port, JSON.stringify(value));
const head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";

const loop = "0x5b600056";
/** Pushes and pops for ever, without a place where other code could stop it: 24 kB of it, then from the beginning. */
const plain = `0x5b${"600050".repeat(8_000)}600056`;
/** Calls itself twice with all the gas there is, and never jumps. */
const tree = `0x${"60006000600060006000305af150".repeat(2)}`;
const victim = `0x${"de".repeat(20)}`;
const spin = (code: string) => [{ to: victim, gas: "0x1c9c380" }, "latest", { [victim]: { code } }];

/** Every kind with its share of the requests. */
export const hostileRequests: Readonly<Record<string, HostileRequest>> = {
  "random bytes": (port, random) => post(port, bytes(random, below(random, 2_000))),
  "deep nesting": (port, random) => post(port, "[".repeat(1 + below(random, 300_000))),
  "a body beyond the limit": (port) => post(port, "x".repeat(6_000_000)),
  "a body that is announced and never comes": (port) => say(port, `${head}content-length: 4000000\r\n\r\n{`, HOLD_MS),
  "a head that never ends": (port) => say(port, `${head}x-pad: `, HOLD_MS),
  "no HTTP at all": (port, random) => say(port, `${String.fromCharCode(...bytes(random, 200))}\r\n\r\n`, 200),
  "hanging up in the middle": (port) => say(port, `${head}content-length: 100\r\n\r\n{"jsonrpc"`, 5),
  "another host's name": (port) => post(port, "{}", { host: "evil.example" }),
  "calls that never end": (port) => postJson(port, ask("eth_call", ...spin(loop))),
  "calls that never end, pipelined and left": (port) => {
    const body = JSON.stringify(ask("eth_call", ...spin(plain)));
    return say(port, `${head}content-length: ${body.length}\r\n\r\n${body}`.repeat(5), 50);
  },
  "calls of calls of calls": (port) => postJson(port, ask("eth_call", ...spin(tree))),
  "estimates that never end": (port) => postJson(port, ask("eth_estimateGas", ...spin(loop))),
  "batches of calls": (port) =>
    postJson(
      port,
      Array.from({ length: 100 }, () => ask("eth_call", ...spin(plain))),
    ),
  "batches beyond the limit": (port) =>
    postJson(
      port,
      Array.from({ length: 5_000 }, () => ask("eth_chainId")),
    ),
  "all logs there are": (port) => postJson(port, ask("eth_getLogs", { fromBlock: "0x0", toBlock: "latest" })),
  "proofs of many slots": (port, random) => {
    const slots = Array.from({ length: 256 }, () => `0x${below(random, 2 ** 31).toString(16)}`);
    return postJson(port, ask("eth_getProof", victim, slots, "0x0"));
  },
  "the history of all fees": (port) => postJson(port, ask("eth_feeHistory", "0x400", "latest", [1, 50, 99])),
  "transactions that are none": (port, random) => {
    const raw = `0x0${below(random, 5)}${Buffer.from(bytes(random, below(random, 400))).toString("hex")}`;
    return postJson(port, ask("eth_sendRawTransaction", raw));
  },
  "parameters of the wrong kind": (port, random) => {
    const odd = [null, -1, 1e300, {}, [], "0x", "0xzz", true, { __proto__: 1 }, "\u0000", [[[]]]];
    const methods = [
      "eth_call",
      "eth_getLogs",
      "eth_getProof",
      "eth_feeHistory",
      "eth_getBlockByNumber",
      "koma_getUnits",
    ];
    const params = Array.from({ length: below(random, 5) }, () => odd[below(random, odd.length)]);
    return postJson(port, ask(methods[below(random, methods.length)] as string, ...params));
  },
  "filters and no questions": (port) =>
    postJson(
      port,
      Array.from({ length: 50 }, () => ask("eth_newFilter", {})),
    ),
  "a WebSocket that subscribes to everything and reads nothing": (port) =>
    overSocket(
      port,
      Array.from({ length: 150 }, () => JSON.stringify(ask("eth_subscribe", "newPendingTransactions", true))),
      false,
    ),
  "a WebSocket that asks and does not read": (port) =>
    overSocket(
      port,
      Array.from({ length: 200 }, () => JSON.stringify(ask("eth_getBlockByNumber", "latest", true))),
      false,
    ),
  "a WebSocket with noise": (port, random) => overSocket(port, [bytes(random, 1_000), "[[[", "{}"], true),
  "a WebSocket message beyond the limit": (port) => overSocket(port, ["x".repeat(6_000_000)], true),
};
