import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Genesis } from "../chain/index.ts";
import { EnvironmentError, UserError } from "../errors.ts";
import type { Address } from "../primitives/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import type { NamedKey } from "./key-ring.ts";
import type { Ctx } from "./koma-command.ts";
import { type NetClient, openNet } from "./net-client.ts";

/**
 * The root chain of a network; with a key, as somebody who can send. Nothing is asked of it yet.
 *
 * @param dryRunAs  account that dry runs are tried as, default: that of the key
 */
export async function openRootChain(net: NetClient, key?: NamedKey, dryRunAs?: Address): Promise<RootChain> {
  const { connectRootChain, requireRootContracts } = await import("../rootchain/index.ts");
  return connectRootChain({
    url: net.l1Url,
    contracts: requireRootContracts(net.contracts as Readonly<Record<string, Address>>),
    ...(key ? { signerKey: key.privateKey } : {}),
    ...(dryRunAs ? { dryRunAs } : {}),
  });
}

/** True when --chain names the root chain. */
export function wantsRootChain(ctx: Ctx): boolean {
  return ctx.cfg.chain?.toLowerCase() === "l1";
}

/** The network, also when --chain says l1, which is none of its KOMA chains. */
export async function openAnyNet(ctx: Ctx): Promise<NetClient> {
  return wantsRootChain(ctx) ? openNet(ctx.home, { network: ctx.cfg.network, chain: undefined }) : ctx.net();
}

/** What commands need of a network's genesis. */
export interface NetFacts {
  /** Root-chain block before which no event of the contracts can be. */
  readonly rootStartBlock: bigint;
  /** Root-chain blocks on top of one before its events count. */
  readonly confirmations: bigint;
  /** Blocks that make a checkpoint due. */
  readonly checkpointEvery: number;
  readonly genesis: Genesis;
}

/** @throws {EnvironmentError} KOMA_E_FILE_UNREADABLE @throws {UserError} KOMA_E_GENESIS_INVALID */
export async function readNetFacts(net: NetClient): Promise<NetFacts> {
  const { parseGenesis } = await import("../chain/index.ts");
  const path = join(net.dir, "genesis", "genesis.json");
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    if (cause instanceof SyntaxError) {
      throw new UserError("KOMA_E_GENESIS_INVALID", `${path} is not JSON.`, { facts: { path }, cause });
    }
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${path} cannot be read.`, { facts: { path }, cause });
  }
  const genesis = parseGenesis(json);
  const { rootChain, checkpoint } = genesis;
  return {
    rootStartBlock: rootChain.startBlock,
    confirmations: BigInt(rootChain.confirmations),
    checkpointEvery: checkpoint.every,
    genesis,
  };
}

/** Root-chain seconds for people and JSON; null for 0, which stands for never. */
export function isoTime(seconds: number | bigint): string | null {
  return Number(seconds) === 0 ? null : new Date(Number(seconds) * 1000).toISOString();
}
