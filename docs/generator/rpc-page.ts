import type { Logger } from "../../src/logger.ts";
import { type KomaMethodParts, komaLocalMethods, komaMethods } from "../../src/node/koma-methods.ts";
import { createRpcServer, defaultRpcLimits, type NodeApi } from "../../src/rpc/index.ts";
import { Subscriptions } from "../../src/rpc/subscriptions.ts";
import { code, page, table } from "./markdown.ts";
import { describedMethods } from "./rpc-methods.ts";

const silent: Logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent };

/** Names of all methods of a node, sorted: asked of a server whose node is never asked. */
export async function methodNames(): Promise<readonly string[]> {
  const local = komaLocalMethods({ set: () => [] });
  const api = { extra: komaMethods({} as KomaMethodParts), local } as unknown as NodeApi;
  const server = await createRpcServer({ api, logger: silent });
  await server.close();
  const subscriptions = new Subscriptions(api, defaultRpcLimits, () => {}).methods();
  return [...server.methods, ...server.localMethods, ...Object.keys(subscriptions)].sort();
}

/** @throws {Error} naming a method without a line, or a line without a method */
export async function rpcPage(): Promise<string> {
  const names = await methodNames();
  const silentOnes = names.filter((name) => !Object.hasOwn(describedMethods, name));
  const stale = Object.keys(describedMethods).filter((name) => !names.includes(name));
  if (silentOnes.length > 0) throw new Error(`describe in docs/generator/rpc-methods.ts: ${silentOnes.join(", ")}`);
  if (stale.length > 0) throw new Error(`no server has these methods any more: ${stale.join(", ")}`);
  const groups = Map.groupBy(names, (name) => name.slice(0, name.indexOf("_")));
  return page(
    "JSON-RPC",
    "Here you look up what a node answers over HTTP and WebSocket: both on one port, at `/` and at `/chain/<chain id>`.",
    "the methods of the server and `docs/generator/rpc-methods.ts`",
    [
      "Methods of `eth`, `net`, `web3` and `txpool` follow Ethereum's execution API and go-ethereum, so wallets and libraries work unchanged. A block is a number, a hash or a tag: `latest` and `pending` are the head of the fork choice, `safe` is final at a threshold of a tenth of the stake, `finalized` at a third, `earliest` is the genesis block.",
      "Errors keep the numbers of EIP-1474 and the words of go-ethereum; `data.code` is koma's own code (see [errors](errors.md)). `data` of a revert is the contract's answer.",
      ...[...groups].flatMap(([namespace, members]) => [
        `## ${namespace}`,
        table(
          ["method", "parameters", "answer"],
          members.map((name) => {
            const { params = "", does = "" } = describedMethods[name] ?? {};
            return [code(name), params, does];
          }),
        ),
      ]),
      "## Limits",
      table(
        ["limit", "value"],
        Object.entries(defaultRpcLimits).map(([name, value]) => [code(name), String(value)]),
      ),
    ],
  );
}
