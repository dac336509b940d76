import type { Result } from "ethers";
import { type Address, formatAmount } from "../primitives/index.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import { openRootToken } from "./root-token.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** What an account has delegated to one validator. */
export interface Delegation {
  readonly shares: bigint;
  /** What the shares are worth now, wei of KMC. */
  readonly amount: bigint;
}

/** Delegated stake on its way out. */
export interface Undelegation {
  readonly nonce: bigint;
  readonly account: Address;
  /** Validator that it leaves. */
  readonly id: bigint;
  /** Validator that it goes on to; undefined when it is paid out. */
  readonly toId: bigint | undefined;
  /** Seconds. */
  readonly readyAt: number;
}

/** Stake that backs others' validators. */
export interface Delegations {
  delegation(id: bigint, account: Address): Promise<Delegation>;
  /** Shares of a validator's pool that back `amount` wei, all of the account's when that is what they are worth. */
  sharesFor(id: bigint, account: Address, amount: bigint): Promise<bigint>;
  /** Undefined when it was paid, or never was. */
  undelegation(nonce: bigint): Promise<Undelegation | undefined>;
  /** Approves first what is missing; `shares` is undefined after a dry run. */
  delegate(
    id: bigint,
    amount: bigint,
    signal?: AbortSignal,
  ): Promise<SentTransaction & { readonly shares: bigint | undefined }>;
  /** `leaving` is undefined after a dry run. */
  undelegate(id: bigint, shares: bigint, signal?: AbortSignal): Promise<SentUndelegation>;
  /** Takes stake back that goes on to another validator when it is free. */
  redelegate(id: bigint, toId: bigint, shares: bigint, signal?: AbortSignal): Promise<SentUndelegation>;
  /** Pays stake out that is free, or delegates it on; anyone. `amount` in wei, 0 after a dry run. */
  claimUndelegated(nonce: bigint, signal?: AbortSignal): Promise<SentTransaction & { readonly amount: bigint }>;
}

export type SentUndelegation = SentTransaction & {
  readonly leaving: { readonly nonce: bigint; readonly amount: bigint; readonly readyAt: number } | undefined;
};

export function openDelegations(context: RootClientContext): Delegations {
  const contract = context.contract("StakeManager");

  async function delegation(id: bigint, account: Address): Promise<Delegation> {
    const answer = await contract.read("delegationOf", [id, account]);
    return { shares: field.bigint(answer, "shares"), amount: field.bigint(answer, "amount") };
  }

  async function leave(
    action: string,
    method: string,
    args: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<SentUndelegation> {
    const sent = await context.send(contract.call(action, method, args), signal);
    const event = findEvent(sent, contract, "Undelegated");
    const leaving = event && {
      nonce: field.bigint(event, "nonce"),
      amount: field.bigint(event, "amount"),
      readyAt: field.number(event, "readyAt"),
    };
    return { ...sent, leaving };
  }

  return {
    delegation,
    async sharesFor(id, account, amount) {
      const held = await delegation(id, account);
      if (amount >= held.amount) return held.shares;
      // Rounded up: what is asked for is what leaves, but for a wei.
      return (amount * held.shares + held.amount - 1n) / held.amount;
    },
    async undelegation(nonce) {
      const u = (await contract.read("undelegation", [nonce]))[0] as Result;
      if (field.number(u, "readyAt") === 0) return undefined;
      const toId = field.bigint(u, "toId");
      return {
        nonce,
        account: field.address(u, "account"),
        id: field.bigint(u, "id"),
        toId: toId === 0n ? undefined : toId,
        readyAt: field.number(u, "readyAt"),
      };
    },
    async delegate(id, amount, signal) {
      const action = `delegate ${formatAmount(amount)} KMC to validator ${id}`;
      const kmc = openRootToken(context, context.contracts.KMC);
      await kmc.ensureAllowance(contract.address, amount, signal);
      const sent = await context.send(contract.call(action, "delegate", [id, amount]), signal);
      const event = findEvent(sent, contract, "Delegated");
      return { ...sent, shares: event && field.bigint(event, "shares") };
    },
    undelegate: (id, shares, signal) =>
      leave(`take stake back from validator ${id}`, "undelegate", [id, shares], signal),
    redelegate: (id, toId, shares, signal) =>
      leave(`move stake from validator ${id} to ${toId}`, "redelegate", [id, toId, shares], signal),
    async claimUndelegated(nonce, signal) {
      const call = contract.call(`pay out undelegation ${nonce}`, "claimUndelegated", [nonce]);
      const sent = await context.send(call, signal);
      const event = findEvent(sent, contract, "UndelegationPaid");
      return { ...sent, amount: event === undefined ? 0n : field.bigint(event, "amount") };
    },
  };
}
