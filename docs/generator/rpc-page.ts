import type { Logger } from "../../src/logger.ts";
import { type KomaMethodParts, komaLocalMethods, komaMethods } from "../../src/node/koma-methods.ts";
import { createRpcServer, defaultRpcLimits, type NodeApi } from "../../src/rpc/index.ts";
import { describedMethods } from "../../src/rpc/method-descriptions.ts";
import { Subscriptions } from "../../src/rpc/subscriptions.ts";
import { readInterface } from "./doc-comments.ts";
import { code, page, prose, table } from "./markdown.ts";

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

/**
 * @param limitsSource  text of src/rpc/limits.ts
 * @throws {Error} naming a method without a line, or a line without a method
 */
export async function rpcPage(limitsSource: string): Promise<string> {
  const names = await methodNames();
  const silentOnes = names.filter((name) => !Object.hasOwn(describedMethods, name));
  const stale = Object.keys(describedMethods).filter((name) => !names.includes(name));
  if (silentOnes.length > 0) throw new Error(`describe in src/rpc/method-descriptions.ts: ${silentOnes.join(", ")}`);
  if (stale.length > 0) throw new Error(`no server has these methods any more: ${stale.join(", ")}`);
  const groups = Map.groupBy(names, (name) => name.slice(0, name.search(/[_.]/)));
  return page(
    "JSON-RPC",
    "Here you look up what a node answers over HTTP and WebSocket: both on one port, at `/` and at `/chain/<chain id>`.",
    "the methods of the server and `src/rpc/method-descriptions.ts`",
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
      "What a client may ask, and how long a node waits for it. `rpc.limits` of a node's `config.json` changes each of them by name. A request that goes too far gets a typed error: `KOMA_E_RPC_LIMIT`, `KOMA_E_RPC_RATE`, `KOMA_E_RPC_BUSY`, `KOMA_E_RPC_TIMEOUT`, `KOMA_E_CALL_TIMEOUT` or `KOMA_E_CALLS_BUSY`.",
      table(
        ["limit", "default", "meaning"],
        readInterface(limitsSource, "RpcLimits").fields.map(({ name, text }) => [
          code(name),
          String(defaultRpcLimits[name as keyof typeof defaultRpcLimits]),
          prose(text),
        ]),
      ),
      "## Watching a node",
      "On the same port, with `GET`: `/health` answers 200 while the node runs, `/ready` 200 when it should be asked and 503 with the reasons when not, `/metrics` what Prometheus reads. [grafana.json](../grafana.json) is a dashboard of it, to be imported into Grafana.",
    ],
  );
}
