import { type Address, zeroAddress } from "../primitives/index.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** Whose rewards, of which chain's checkpoints. */
export interface RewardQuery {
  readonly id: bigint;
  readonly chainId: bigint;
  /** Delegator; undefined: the validator's own part, with its commission and its bonus for proposing. */
  readonly account?: Address;
  /** First and last checkpoint. */
  readonly from: bigint;
  readonly to: bigint;
}

/** Wei of KMC. */
export interface Earned {
  readonly earned: bigint;
  /** Part of it that was paid out. */
  readonly claimed: bigint;
  /** First and last checkpoint that has something left to claim. */
  readonly open: { readonly from: bigint; readonly to: bigint } | undefined;
}

/** What final checkpoints earn validators and their delegators. */
export interface Rewards {
  /** Reads every checkpoint of the range; those that are not final earn nothing yet. */
  earned(query: RewardQuery): Promise<Earned>;
  /**
   * Claims a range, in as many transactions as the contract's batch makes of it; anyone may, the owner is paid.
   *
   * @returns wei of KMC, and the transactions
   */
  claim(
    query: RewardQuery,
    signal?: AbortSignal,
  ): Promise<{ readonly amount: bigint; readonly transactions: readonly SentTransaction[] }>;
}

/** Questions under way at one time. */
const AT_ONCE = 16;

export function openRewards(context: RootClientContext): Rewards {
  const contract = context.contract("StakeManager");

  async function rewardOf(query: RewardQuery, number: bigint): Promise<{ amount: bigint; claimed: boolean }> {
    const { id, account = zeroAddress, chainId } = query;
    const [amount, claimed] = await contract.read("rewardOf", [id, account, chainId, number]);
    return { amount: BigInt(amount as bigint), claimed: Boolean(claimed) };
  }

  return {
    async earned(query) {
      let earned = 0n;
      let paid = 0n;
      let open: Earned["open"];
      for (let from = query.from; from <= query.to; from += BigInt(AT_ONCE)) {
        const numbers = Array.from({ length: AT_ONCE }, (_, i) => from + BigInt(i)).filter((n) => n <= query.to);
        const rewards = await Promise.all(numbers.map((number) => rewardOf(query, number)));
        rewards.forEach(({ amount, claimed }, index) => {
          const number = numbers[index] as bigint;
          earned += amount;
          if (claimed) paid += amount;
          else if (amount > 0n) open = { from: open?.from ?? number, to: number };
        });
      }
      return { earned, claimed: paid, open };
    },
    async claim(query, signal) {
      const params = (await contract.read("params"))[0];
      const batch = field.bigint(params, "claimBatch");
      const transactions: SentTransaction[] = [];
      let amount = 0n;
      for (let from = query.from; from <= query.to; from += batch) {
        const to = from + batch - 1n < query.to ? from + batch - 1n : query.to;
        const { id, account, chainId } = query;
        const action = `claim the rewards of validator ${id}`;
        const call = account
          ? contract.call(action, "claimDelegatorRewards", [id, account, chainId, from, to])
          : contract.call(action, "claimRewards", [id, chainId, from, to]);
        const sent = await context.send(call, signal);
        const event = findEvent(sent, contract, account ? "DelegatorRewardsClaimed" : "RewardsClaimed");
        if (event) amount += field.bigint(event, "amount");
        transactions.push(sent);
      }
      return { amount, transactions };
    },
  };
}
