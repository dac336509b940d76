import { type DevnetManifest, type ManifestNode, type Out, shortHex } from "../src/cli/index.ts";
import { formatAmount } from "../src/primitives/index.ts";
import type { DevnetPlan, PlannedAccount } from "./plan.ts";
import type { DevnetState } from "./state.ts";

/** What `devnet up` answers: everything a program needs to use the devnet. */
export interface DevnetOverview {
  readonly name: string;
  readonly dir: string;
  readonly provider: string;
  readonly status: DevnetState["status"];
  /** False when it ran already. */
  readonly started: boolean;
  readonly chains: DevnetManifest["chains"];
  readonly l1: {
    readonly chainId: number;
    readonly rpcUrl: string;
    readonly engine: string;
    readonly pid: number | null;
  };
  readonly nodes: readonly Pick<
    ManifestNode,
    "name" | "roles" | "state" | "pid" | "rpcUrl" | "wsUrl" | "ports" | "signer" | "owner"
  >[];
  readonly accounts: readonly PlannedAccount[];
  readonly contracts: Readonly<Record<string, string>>;
  readonly height: number;
  readonly finalized: number;
  readonly elapsedMs: number;
}

export function describeDevnet(facts: {
  readonly dir: string;
  readonly plan: DevnetPlan;
  readonly manifest: DevnetManifest;
  readonly state: DevnetState;
  readonly started: boolean;
  readonly elapsedMs: number;
}): DevnetOverview {
  const { plan, manifest, state } = facts;
  return {
    name: manifest.name,
    dir: facts.dir,
    provider: manifest.provider,
    status: state.status,
    started: facts.started,
    chains: manifest.chains,
    l1: { chainId: manifest.l1.chainId, rpcUrl: manifest.l1.rpcUrl, engine: manifest.l1.engine, pid: state.l1.pid },
    nodes: manifest.nodes.map(({ name, roles, rpcUrl, wsUrl, ports, signer, owner }) => {
      const view = state.nodes.find((node) => node.name === name);
      return {
        name,
        roles,
        state: view?.state ?? "stopped",
        pid: view?.pid ?? null,
        rpcUrl,
        wsUrl,
        ports,
        signer,
        owner,
      };
    }),
    accounts: plan.accounts,
    contracts: manifest.contracts,
    height: state.chain.height,
    finalized: state.chain.finalized,
    elapsedMs: Math.round(facts.elapsedMs),
  };
}

/** Endpoints, accounts, and what to do next. */
export function printOverview(out: Out, overview: DevnetOverview): void {
  const named = overview.name === "default" ? "" : ` ${overview.name}`;
  const selected = overview.name === "default" ? "" : ` --network ${overview.name}`;
  out.line();
  for (const chain of overview.chains) out.line(` rpc  ${chain.rpcUrl.padEnd(28)} chain ${chain.id} ${chain.name}`);
  out.line(` l1   ${overview.l1.rpcUrl.padEnd(28)} chain ${overview.l1.chainId}`);
  out.line();
  printAccounts(
    out,
    overview.accounts.map((account) => ({ ...account, address: shortHex(account.address) })),
  );
  // Two lines: one would not fit 80 columns.
  out.line(out.paint("dim", `    keys: koma devnet accounts --reveal${selected}`));
  out.line(out.paint("dim", "    (public test keys, never use them elsewhere)"));
  out.line();
  out.line(`Next: koma devnet status${named} · koma validator list${selected} · stop with: koma devnet down${named}`);
}

export function printAccounts(out: Out, accounts: readonly (PlannedAccount & { readonly key?: string })[]): void {
  const revealed = accounts.some(({ key }) => key !== undefined);
  out.table(
    [
      { title: " #", align: "right" },
      { title: "name" },
      { title: "address" },
      { title: "ETH", align: "right" },
      { title: "KMC", align: "right" },
      ...(revealed ? [{ title: "private key" }] : []),
    ],
    accounts.map(({ index, name, address, ethWei, kmcWei, key }) => [
      String(index),
      name,
      address,
      roundAmount(ethWei),
      roundAmount(kmcWei),
      ...(revealed ? [key ?? ""] : []),
    ]),
  );
}

/** Four decimals are enough for a person's eye; JSON has every wei. */
function roundAmount(wei: string): string {
  const unit = 10n ** 14n;
  return formatAmount((BigInt(wei) / unit) * unit);
}
