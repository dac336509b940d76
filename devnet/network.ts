import { parseDuration, parseNetworkName } from "../src/cli/index.ts";
import { parseAmount } from "../src/primitives/index.ts";
import { TEST_MNEMONIC } from "../src/wallet/index.ts";
import { invalid, list, named, oneOf, type Reader, record, share, text, wholeNumber } from "./network-reader.ts";

export type NodeRole = "validator" | "producer" | "rpc" | "watcher";

/** A network as it was asked for: every default filled in, nothing derived yet. Wei amounts are decimal strings. */
export interface Network {
  readonly version: 1;
  readonly name: string;
  readonly seed: string;
  readonly provider: "process";
  readonly ports: { readonly base: number; readonly host: string; readonly pinned: boolean };
  readonly l1: {
    readonly engine: "anvil" | "external";
    readonly url?: string;
    readonly chainId: number;
    readonly blockTimeMs: number;
  };
  readonly accounts: {
    readonly count: number;
    readonly mnemonic: string;
    readonly ethWei: string;
    readonly kmcWei: string;
  };
  readonly staking: {
    readonly minStakeWei: string;
    readonly maxValidators: number;
    readonly unbondingMs: number;
    readonly producerStakeWei: string;
    /** Changes of stake count from the next epoch on. */
    readonly epochMs: number;
  };
  readonly chain: NetworkChain;
  readonly nodes: readonly NetworkNode[];
}

export interface NetworkChain {
  readonly id: number;
  readonly name: string;
  readonly blockTimeMs: number;
  readonly gasLimit: number;
  /** Greatest number of block producers; the validators with that role come in the order of the file. */
  readonly producerSeats: number;
  /** Time for which producers are elected; the vote opens and closes so long before the next tenure. */
  readonly tenureMs: number;
  readonly voteOpenMs?: number;
  readonly voteLeadMs?: number;
  readonly checkpointEvery: number;
  readonly challengeMs: number;
  /** Time to show data that is demanded; left out: none can be. */
  readonly dataMs?: number;
  /** Least number of blocks of an era. */
  readonly eraBlocks: number;
  /** True: rounds keep the block time's length (maxRoundExp 0). */
  readonly pinnedRound: boolean;
  /** Shares of the stake that may be Byzantine. */
  readonly thresholds: readonly number[];
}

export interface NetworkNode {
  readonly name: string;
  readonly roles: readonly NodeRole[];
  /** Wei; "0" for a node that does not validate. */
  readonly stakeWei: string;
  readonly finality?: number;
  readonly start: "now" | "manual";
  readonly verbosity: "error" | "warn" | "info" | "debug";
}

/** More nodes than this do not fit on one machine usefully. */
const MAX_NODES = 32;
const MAX_PRODUCERS = 7;
/** Notice that a producer set needs on a devnet's root chain, and a second. */
const LEAST_VOTE_LEAD_MS = 9_000;

const duration: Reader<number> = (value, path) =>
  typeof value === "string" ? named(parseDuration)(value, path) : invalid(path, 'a duration such as "20s"');
const wei: Reader<string> = (value, path) =>
  typeof value === "string" || (Number.isInteger(value) && (value as number) >= 0)
    ? named((amount: string) => parseAmount(amount))(String(value), path).toString()
    : invalid(path, 'an amount of whole tokens such as "1.5"');

/**
 * Checks a network file (or a preset with changes) and fills in its defaults.
 *
 * @throws {UserError} KOMA_E_NETWORK_INVALID names the key and what it must be; unknown keys come with near names
 */
export function parseNetwork(raw: unknown): Network {
  const file = record(raw, "", [
    "$schema",
    "version",
    "name",
    "seed",
    "provider",
    "ports",
    "l1",
    "accounts",
    "staking",
    "chains",
    "nodes",
  ]);
  file.required("version", (value, path) => (value === 1 ? 1 : invalid(path, "1")));
  const ports = record(file.optional("ports", anything, {}), "ports", ["base", "host"]);
  const nodes = readNodes(file.required("nodes", list(1, MAX_NODES)));
  const validators = nodes.filter(({ roles }) => roles.includes("validator")).length;
  const chain = readChain(file.optional("chains", list(1, 1), [{}])[0]);
  const network: Network = {
    version: 1,
    name: named(parseNetworkName)(file.optional("name", text, "default"), "name"),
    seed: file.optional("seed", text, "koma"),
    provider: file.optional("provider", oneOf("process"), "process"),
    ports: {
      base: ports.optional("base", wholeNumber(1024, 64_000), 21_000),
      host: ports.optional("host", text, "127.0.0.1"),
      pinned: ports.has("base"),
    },
    l1: readRootChain(file.optional("l1", anything, {})),
    accounts: readAccounts(file.optional("accounts", anything, {})),
    staking: readStaking(file.optional("staking", anything, {}), validators, chain),
    chain,
    nodes,
  };
  checkRules(network);
  return network;
}

function readRootChain(raw: unknown): Network["l1"] {
  const l1 = record(raw, "l1", ["engine", "url", "chainId", "blockTime"]);
  const engine = l1.optional("engine", oneOf("anvil", "external"), l1.has("url") ? "external" : "anvil");
  if (engine === "external" && !l1.has("url")) invalid("l1.url", "given when l1.engine is external");
  if (engine === "anvil" && l1.has("url")) invalid("l1.url", "left out when l1.engine is anvil");
  return {
    engine,
    ...(l1.has("url") ? { url: l1.required("url", httpUrl) } : {}),
    chainId: l1.optional("chainId", wholeNumber(1, Number.MAX_SAFE_INTEGER), 31_337),
    blockTimeMs: l1.optional("blockTime", duration, 2_000),
  };
}

function readAccounts(raw: unknown): Network["accounts"] {
  const accounts = record(raw, "accounts", ["count", "mnemonic", "eth", "kmc"]);
  return {
    count: accounts.optional("count", wholeNumber(1, 1000), 10),
    mnemonic: accounts.optional("mnemonic", text, TEST_MNEMONIC),
    ethWei: accounts.optional("eth", wei, parseAmount("10000").toString()),
    kmcWei: accounts.optional("kmc", wei, parseAmount("1000000").toString()),
  };
}

function readStaking(raw: unknown, validators: number, chain: NetworkChain): Network["staking"] {
  const staking = record(raw, "staking", ["minStake", "maxValidators", "unbonding", "producerStake", "epoch"]);
  return {
    minStakeWei: staking.optional("minStake", wei, parseAmount("100").toString()),
    maxValidators: staking.optional("maxValidators", wholeNumber(1, 256), Math.max(16, validators)),
    unbondingMs: staking.optional("unbonding", duration, Math.max(200_000, leastUnbondingMs(chain))),
    producerStakeWei: staking.optional("producerStake", wei, parseAmount("1000").toString()),
    epochMs: staking.optional("epoch", duration, 16_000),
  };
}

function readChain(raw: unknown): NetworkChain {
  const chain = record(raw, "chains[0]", [
    "id",
    "name",
    "blockTime",
    "gasLimit",
    "producers",
    "checkpoint",
    "consensus",
  ]);
  const producers = record(chain.optional("producers", anything, {}), "chains[0].producers", [
    "seats",
    "tenure",
    "voteOpen",
    "voteLead",
  ]);
  const voteOpenMs = producers.optional("voteOpen", duration, undefined);
  const voteLeadMs = producers.optional("voteLead", duration, undefined);
  const checkpoint = record(chain.optional("checkpoint", anything, {}), "chains[0].checkpoint", [
    "every",
    "challenge",
    "data",
  ]);
  const consensus = record(chain.optional("consensus", anything, {}), "chains[0].consensus", [
    "round",
    "era",
    "finality",
  ]);
  const round = consensus.optional("round", duration, undefined);
  const dataMs = checkpoint.optional("data", duration, undefined);
  return {
    id: chain.optional("id", wholeNumber(1, Number.MAX_SAFE_INTEGER), 80_401),
    name: chain.optional("name", (value, path) => named(parseNetworkName)(text(value, path), path), "main"),
    blockTimeMs: round ?? chain.optional("blockTime", duration, 1_000),
    gasLimit: chain.optional("gasLimit", wholeNumber(1_000_000, 2 ** 40), 30_000_000),
    producerSeats: producers.optional("seats", wholeNumber(1, MAX_PRODUCERS), MAX_PRODUCERS),
    tenureMs: producers.optional("tenure", duration, 600_000),
    ...(voteOpenMs === undefined ? {} : { voteOpenMs }),
    ...(voteLeadMs === undefined ? {} : { voteLeadMs }),
    checkpointEvery: checkpoint.optional("every", wholeNumber(1, 256), 16),
    challengeMs: checkpoint.optional("challenge", duration, 20_000),
    ...(dataMs === undefined ? {} : { dataMs }),
    eraBlocks: consensus.optional("era", wholeNumber(4, 4_096), 32),
    pinnedRound: round !== undefined,
    thresholds: consensus
      .optional("finality", list(1, 16), ["1/3"])
      .map((value, index) => share(value, `chains[0].consensus.finality[${index}]`)),
  };
}

function readNodes(raw: readonly unknown[]): NetworkNode[] {
  return raw.flatMap((entry, position) => {
    const path = `nodes[${position}]`;
    const group = record(entry, path, ["name", "count", "roles", "stake", "finality", "start", "verbosity"]);
    const name = group.required("name", text);
    const count = group.optional("count", wholeNumber(1, MAX_NODES), 1);
    const roles = group
      .optional("roles", list(1, 4), ["validator"])
      .map((role, index) => oneOf("validator", "producer", "rpc", "watcher")(role, `${path}.roles[${index}]`));
    const stakes = readStakes(group, path, count, roles.includes("validator"));
    const finality = group.optional("finality", share, undefined);
    return Array.from(
      { length: count },
      (_, index): NetworkNode => ({
        name: parseNodeName(count === 1 ? name : `${name}-${index}`, `${path}.name`),
        roles,
        stakeWei: stakes[index] as string,
        ...(finality === undefined ? {} : { finality }),
        start: group.optional("start", oneOf("now", "manual"), "now"),
        verbosity: group.optional("verbosity", oneOf("error", "warn", "info", "debug"), "info"),
      }),
    );
  });
}

function readStakes(group: ReturnType<typeof record>, path: string, count: number, validator: boolean): string[] {
  if (!validator) {
    if (group.has("stake")) invalid(`${path}.stake`, "left out for a node without the role validator");
    return Array.from({ length: count }, () => "0");
  }
  const stake = group.optional("stake", anything, "1000");
  if (!Array.isArray(stake)) return Array.from({ length: count }, () => wei(stake, `${path}.stake`));
  if (stake.length !== count) invalid(`${path}.stake`, `one amount, or a list of ${count}`);
  return stake.map((value, index) => wei(value, `${path}.stake[${index}]`));
}

function parseNodeName(name: string, path: string): string {
  return /^[a-z][a-z0-9-]{0,38}$/.test(name) ? name : invalid(path, "a short lower-case word");
}

/** Rules that concern several keys at once. */
function checkRules(network: Network): void {
  const names = network.nodes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) invalid("nodes", `named differently: "${twice}" stands twice`);

  const validators = network.nodes.filter(({ roles }) => roles.includes("validator"));
  if (validators.length === 0) invalid("nodes", "at least one with the role validator");
  if (validators.length > network.staking.maxValidators) {
    invalid("staking.maxValidators", `at least the number of validators, ${validators.length}`);
  }
  for (const { name, stakeWei } of validators) {
    if (BigInt(stakeWei) < BigInt(network.staking.minStakeWei)) {
      invalid("nodes", `staked with at least staking.minStake; "${name}" has less`);
    }
  }
  const producers = network.nodes.filter(({ roles }) => roles.includes("producer"));
  if (producers.length === 0) invalid("nodes", "at least one with the role producer");
  const idle = producers.find(({ roles }) => !roles.includes("validator"));
  if (idle) invalid("nodes", `validators where they are producers; "${idle.name}" is none`);

  const { chain, staking } = network;
  if (chain.blockTimeMs < 1_000) invalid("chains[0].blockTime", "at least 1s: block timestamps are whole seconds");
  if (network.l1.blockTimeMs < 1_000 || network.l1.blockTimeMs % 1_000 !== 0) {
    invalid("l1.blockTime", "a whole number of seconds");
  }
  checkTenure(chain);
  if (BigInt(staking.producerStakeWei) === 0n) invalid("staking.producerStake", "more than nothing");
  if (staking.epochMs < 1_000) invalid("staking.epoch", "at least 1s");
  if (staking.unbondingMs < leastUnbondingMs(chain)) {
    invalid(
      "staking.unbonding",
      `at least ${leastUnbondingMs(chain) / 1000}s: stake must still be there to be slashed`,
    );
  }
}

/** A vote fits into its tenure, and closes early enough that nodes hear of the new set before it holds. */
function checkTenure({ tenureMs, voteOpenMs, voteLeadMs }: NetworkChain): void {
  const leadMs = voteLeadMs ?? Math.max(LEAST_VOTE_LEAD_MS, (tenureMs * 7) / 90);
  if (leadMs < LEAST_VOTE_LEAD_MS) invalid("chains[0].producers.voteLead", "at least 9s");
  const openMs = voteOpenMs ?? Math.max(leadMs + 1_000, (tenureMs * 28) / 90);
  if (openMs <= leadMs) invalid("chains[0].producers.voteOpen", "more than voteLead");
  if (openMs >= tenureMs) invalid("chains[0].producers.tenure", "more than voteOpen");
}

/** Challenge period, longest game, and the time after it in which fraud is still punished (root contracts, section 13). */
function leastUnbondingMs(chain: NetworkChain): number {
  return chain.challengeMs + 120_000 + 30_000;
}

function anything(value: unknown): unknown {
  return value;
}

function httpUrl(value: unknown, path: string): string {
  const url = text(value, path);
  return /^https?:\/\/[^\s]+$/.test(url) && URL.canParse(url) ? url : invalid(path, "an http or https address");
}
