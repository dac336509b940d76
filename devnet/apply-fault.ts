import { type Ctx, type NetClient, openRootChain } from "../src/cli/index.ts";
import { UserError } from "../src/errors.ts";
import { parseAddress } from "../src/primitives/index.ts";
import { checkParameters, chooseAccomplices, parseBehaviour, parseStartBlock } from "./behaviours.ts";
import { selectNodes } from "./node-selection.ts";
import { withControl } from "./session.ts";
import type { ActiveFault } from "./state.ts";

export interface FaultOrder {
  readonly node: string;
  readonly kind: string;
  readonly collude: readonly string[];
  readonly forMs: number | undefined;
  readonly times: number | undefined;
  readonly at: string | undefined;
  readonly handle: string | undefined;
  /** `key=value`. */
  readonly set: readonly string[];
}

export async function applyFault(ctx: Ctx, order: FaultOrder): Promise<ActiveFault> {
  const behaviour = parseBehaviour(order.kind);
  const { kind, needsAccomplices } = behaviour;
  const params = Object.fromEntries(order.set.map(parseParameter));
  checkParameters(behaviour, params);
  const named = order.at === undefined ? undefined : parseStartBlock(order.at);
  const net = await ctx.net();
  const at = named ?? (behaviour.sameBlock ? await blockAhead(net) : undefined);
  if (behaviour.params.includes("token") && params["token"] === undefined) params["token"] = await demoToken(net);
  const names = net.manifest.nodes.map(({ name }) => name);
  const nodes = selectNodes([order.node], names);
  const others = names.filter((name) => !nodes.includes(name));
  const asked = selectNodes(order.collude, names).filter((name) => others.includes(name));
  // As many as a fraud needs to be checkpointed, and no more: the honest rest must survive it.
  const chosen = needsAccomplices && asked.length === 0 ? chooseAccomplices(await powersOf(net), nodes) : [];
  const collude = [...asked, ...chosen];
  const fault = await withControl(net, (control) =>
    control.call<ActiveFault>("fault.apply", {
      kind,
      nodes,
      collude,
      params,
      ...(at === undefined ? {} : { at }),
      ...(order.times === undefined ? {} : { times: order.times }),
      ...(order.forMs === undefined ? {} : { forMs: order.forMs }),
      ...(order.handle === undefined ? {} : { handle: order.handle }),
    }),
  );
  const accomplices = fault.collude.length > 0 ? `, with ${fault.collude.join(", ")}` : "";
  const when = fault.at === null ? "now does" : `does, from block ${fault.at} on,`;
  ctx.out.line(`${fault.handle}: ${fault.nodes.join(", ")} ${when} ${fault.kind}${accomplices}`);
  ctx.out.note(`Heal it with: koma devnet heal ${fault.handle}`);
  return fault;
}

/** A block that no node has yet when the order reaches it. */
async function blockAhead(net: NetClient): Promise<string> {
  const { openChainClient } = await import("../src/rpc/index.ts");
  return ((await (await openChainClient(net.rpcUrl())).blockNumber()) + 3n).toString();
}

/** What the devnet's nodes weigh under a checkpoint, by name; whoever was slashed weighs less. */
async function powersOf(net: NetClient): Promise<ReadonlyMap<string, bigint>> {
  const seats = await (await openRootChain(net)).stakes.activeSet();
  return new Map(
    net.manifest.nodes.map(({ name, signer }) => {
      return [name, seats.find((seat) => seat.signer === parseAddress(signer))?.power ?? 0n];
    }),
  );
}

/** What a devnet's own token is on its chain: a fault about tokens needs one, and there it is. */
async function demoToken(net: NetClient): Promise<string> {
  const root = await openRootChain(net);
  const child = await root.registry.childTokenOf(BigInt(net.chainId), parseAddress(net.contract("DemoToken")));
  if (child) return child;
  throw new UserError("KOMA_E_TOKEN_UNMAPPED", "The devnet's token has no child token on this chain.", {
    fix: ["Name another one: --set token=0x…"],
  });
}

function parseParameter(text: string): [string, string] {
  const [, key, value] = /^([A-Za-z][A-Za-z0-9_-]{0,38})=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 80)}" is not a parameter.`, {
      fix: ["Write --set key=value."],
    });
  }
  return [key, value];
}
