import { type Ctx, KomaCommand, openAnyNet, openRootChain, readNetFacts } from "../../src/cli/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface TokenSupply {
  /** All KMC that there are, on the root chain. The other amounts are parts of it, but for those burned. */
  readonly totalWei: string;
  /** Stake of validators and delegators, until it is withdrawn. */
  readonly stakedWei: string;
  /** On its way out of staking: undelegations, and bounties that nobody has collected. */
  readonly leavingWei: string;
  /** Stake of producers and nominees. */
  readonly bondedWei: string;
  /** In the escrows: what circulates on KOMA chains as their coin. */
  readonly bridgedWei: string;
  /** In the pools that pay for blocks and rounds. */
  readonly poolsWei: string;
  /** All the rest, in accounts. */
  readonly freeWei: string;
  /** Taken out of existence so far, by slashing and by owners. */
  readonly burnedWei: string;
}

export default class TokenSupplyCommand extends KomaCommand<TokenSupply> {
  static override kind = "token.supply";
  static override summary = "Show how much KMC there is, and where.";
  static override description =
    "KMC is a token of the root chain; what is in a chain's escrow circulates there as the chain's coin. The parts add up to the total.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<TokenSupply> {
    await this.parse(TokenSupplyCommand);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await openAnyNet(ctx);
    const root = await openRootChain(net);
    const { rootStartBlock } = await readNetFacts(net);
    const { kmc } = root;
    const pools = root.contracts["ProducerRewards"];
    const [total, validators, held, bonded, bridged, pooled, burned] = await Promise.all([
      kmc.totalSupply(),
      root.stakes.validators(),
      kmc.balanceOf(root.stakes.address),
      kmc.balanceOf(root.elections.address),
      bridgedBy(root),
      pools === undefined ? 0n : kmc.balanceOf(pools),
      burnedSince(root, rootStartBlock),
    ]);
    const staked = validators.reduce((sum, { selfStake, delegated }) => sum + selfStake + delegated, 0n);
    const data: TokenSupply = {
      totalWei: total.toString(),
      stakedWei: staked.toString(),
      leavingWei: (held - staked).toString(),
      bondedWei: bonded.toString(),
      bridgedWei: bridged.toString(),
      poolsWei: pooled.toString(),
      freeWei: (total - held - bonded - bridged - pooled).toString(),
      burnedWei: burned.toString(),
    };
    const lines = Object.entries(data).map(
      ([name, wei]) => [name.replace("Wei", ""), formatAmount(BigInt(wei))] as const,
    );
    const width = Math.max(...lines.map(([, amount]) => amount.length));
    for (const [name, amount] of lines) {
      const label = name === "total" || name === "burned" ? name : `  ${name}`;
      ctx.out.line(`${label.padEnd(10)}  ${amount.padStart(width)} KMC`);
    }
    return data;
  }
}

async function bridgedBy(root: RootChain): Promise<bigint> {
  const chains = await root.registry.chainIds();
  const escrows = await Promise.all(chains.map((id) => root.deposits.escrow(id, root.contracts.KMC)));
  return escrows.reduce((sum, escrow) => sum + escrow, 0n);
}

/** Every burn is a transfer to the zero address (ERC-20). */
async function burnedSince(root: RootChain, fromBlock: bigint): Promise<bigint> {
  const indexed = [null, `0x${"00".repeat(32)}`] as const;
  const burns = await root.events({ contract: "KMC", event: "Transfer", fromBlock, indexed });
  return burns.reduce((sum, { args }) => sum + (args["value"] as bigint), 0n);
}
