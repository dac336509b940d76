import { type Address, type Hash, parseHash, zeroAddress } from "../primitives/index.ts";
import type { OffenceRecord, RootChain, SentTransaction } from "../rootchain/index.ts";

/** What a debt is for. Bounties out of a producer's stake are held by the election, all others by the stakes. */
export type DebtSource = "bounty" | "producer-bounty" | "challenge-bond" | "data-escrow" | "exit-bond";

/** What a root contract owes to an account until it asks for it. */
export interface Debt {
  readonly source: DebtSource;
  readonly asset: "KMC" | "ETH";
  /** Wei. */
  readonly amount: bigint;
  pay(to: Address, signal: AbortSignal): Promise<SentTransaction>;
}

/** A bounty that an older commitment could still claim. */
export interface HeldBounty {
  readonly offenceId: Hash;
  /** Wei of KMC out of the stakes that were charged so far; a producer's own stake may add to it. */
  readonly amount: bigint;
  /** Root-chain block after which it can be assigned. */
  readonly untilBlock: bigint;
}

/** Everything that the root contracts owe to an account, as of now. */
export async function debtsTo(root: RootChain, account: Address): Promise<readonly Debt[]> {
  type Holder = Pick<RootChain["stakes"], "owed" | "withdrawOwed">;
  const held = async (source: DebtSource, asset: Debt["asset"], holder: Holder): Promise<Debt> => {
    const amount = await holder.owed(account);
    return { source, asset, amount, pay: (to, signal) => holder.withdrawOwed(to, signal) };
  };
  const claims = root.contracts["InteractiveFraud"] === undefined ? [] : [root.interactive()];
  const demands = root.contracts["DataCourt"] === undefined ? [] : [root.demands()];
  const debts = await Promise.all([
    held("bounty", "KMC", root.stakes),
    held("producer-bounty", "KMC", root.elections),
    ...claims.map((holder) => held("challenge-bond", "ETH", holder)),
    ...demands.map((holder) => held("data-escrow", "ETH", holder)),
    held("exit-bond", "ETH", root.exits),
  ]);
  return debts.filter(({ amount }) => amount > 0n);
}

/**
 * Bounties that are an account's and not assigned yet: of what it proved, and of what it had committed to before somebody
 * else did.
 *
 * @param fromBlock root-chain block before which nothing can have been proven
 */
export async function unsettledBounties(
  root: Pick<RootChain, "events" | "challenges" | "stakes">,
  account: Address,
  fromBlock: bigint,
): Promise<readonly HeldBounty[]> {
  const read = (event: string) => root.events({ contract: "ChallengeManager", event, fromBlock });
  const [challenged, claimed, attached, { commitBlocks }] = await Promise.all([
    read("Challenged"),
    read("BountyClaimed"),
    read("ProducerAttached"),
    root.challenges.windows(),
  ]);
  const ids = [
    ...challenged.filter(({ args }) => args["challenger"] === account).map(({ args }) => String(args["offenceId"])),
    ...claimed.filter(({ args }) => args["claimant"] === account).map(({ args }) => String(args["offenceId"])),
    // Who attached a producer stands in no event; the offence itself says it.
    ...attached.map(({ args }) => String(args["attachedId"])),
  ];
  const offences = await Promise.all([...new Set(ids)].map((id) => root.challenges.offence(parseHash(id))));
  const mine = offences.filter((offence) => {
    if (!offence || offence.settled) return false;
    return (offence.claimant === zeroAddress ? offence.challenger : offence.claimant) === account;
  }) as readonly OffenceRecord[];
  return Promise.all(
    mine.map(async ({ offenceId, provenInBlock }) => {
      const { bounty } = await root.stakes.slashOutcome(offenceId);
      return { offenceId, amount: bounty, untilBlock: provenInBlock + commitBlocks };
    }),
  );
}
