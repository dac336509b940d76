import { join } from "node:path";
import { type Home, listDevnetNames } from "../src/cli/index.ts";
import type { Network } from "./network.ts";
import { devnetPaths } from "./paths.ts";
import { type DevnetPlan, planDevnet, portsOf } from "./plan.ts";
import { readPlan } from "./plan-file.ts";
import { isPortTaken } from "./port-probe.ts";
import { portTaken } from "./port-taken.ts";
import { candidateBases } from "./ports.ts";
import { lockHolder } from "./process-lock.ts";

/**
 * The plan on the first base whose ports are all free. Bases of other devnets that are just coming up count as taken,
 * because their nodes do not listen yet.
 *
 * @throws {UserError} KOMA_E_PORT_TAKEN when a base chosen by hand, or every candidate, has a taken port
 */
export async function planOnFreePorts(network: Network, firstBase: number, home: Home): Promise<DevnetPlan> {
  const reserved = reservedPorts(home, network.name);
  let clash: { port: number; owner: string } | undefined;
  for (const base of candidateBases(firstBase, network.ports.pinned)) {
    const plan = planDevnet(network, base);
    clash = await firstClash(plan, reserved);
    if (!clash) return plan;
  }
  const { port = network.ports.base, owner = "" } = clash ?? {};
  throw portTaken(port, { wantedFor: owner, base: firstBase, reservedBy: reserved.get(port) });
}

async function firstClash(
  plan: DevnetPlan,
  reserved: ReadonlyMap<number, string>,
): Promise<{ port: number; owner: string } | undefined> {
  for (const { port, owner } of portsOf(plan)) {
    if (reserved.has(port) || (await isPortTaken(port, plan.network.ports.host))) return { port, owner };
  }
  return undefined;
}

function reservedPorts(home: Home, except: string): ReadonlyMap<number, string> {
  const reserved = new Map<number, string>();
  for (const name of listDevnetNames(home.devnets)) {
    const paths = devnetPaths(join(home.devnets, name));
    if (name === except || !(lockHolder(paths.runLock) || lockHolder(paths.upLock))) continue;
    const plan = readPlan(paths.lock);
    for (const { port } of plan ? portsOf(plan) : []) reserved.set(port, `the devnet "${name}"`);
  }
  return reserved;
}
