import {
  type Address,
  addressWord,
  type Bytes,
  concatBytes,
  formatAmount,
  type Hash,
  hashFromBytes,
  keccak256,
  parseHash,
  wordOf,
} from "../primitives/index.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import { openRootToken, signPermit } from "./root-token.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** Kinds of entries in a chain's stream of deposits, by their number in the contracts. */
export const depositKinds = ["none", "native", "erc20", "message", "map-token"] as const;
export type DepositKind = (typeof depositKinds)[number];

export type DepositReceipt = SentTransaction & {
  /** Number in the chain's stream, from 1; undefined after a dry run. */
  readonly id: bigint | undefined;
  readonly depositHash: Hash | undefined;
};

export interface DepositRequest {
  readonly chainId: bigint;
  readonly recipient: Address;
  /** Wei of KMC, or the token's smallest unit. */
  readonly amount: bigint;
}

/** Deposits and the escrow behind them. */
export interface Deposits {
  readonly address: Address;
  /** Deposits KMC, which arrives as native coins, with an approval by signature. */
  depositKmc(request: DepositRequest, signal?: AbortSignal): Promise<DepositReceipt>;
  /** Deposits a mapped ERC-20, approving it first where needed. */
  depositToken(request: DepositRequest & { readonly token: Address }, signal?: AbortSignal): Promise<DepositReceipt>;
  /** Adds to a chain's escrow without a deposit. */
  seedEscrow(chainId: bigint, token: Address, amount: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  /** What a chain can pay out of a root token, in its smallest unit. */
  escrow(chainId: bigint, token: Address): Promise<bigint>;
  /** Id of a chain's newest deposit, 0 before the first. */
  count(chainId: bigint): Promise<bigint>;
  /** Undefined when there is no such deposit. */
  depositHash(chainId: bigint, id: bigint): Promise<Hash | undefined>;
}

/** @param ownerKey key of the sender, for the approval that a deposit of KMC carries along */
export function openDeposits(context: RootClientContext, ownerKey: Bytes | undefined): Deposits {
  const contract = context.contract("DepositManager");

  function receiptOf(sent: SentTransaction): DepositReceipt {
    const event = findEvent(sent, contract, "Deposited");
    if (event === undefined) return { ...sent, id: undefined, depositHash: undefined };
    return { ...sent, id: field.bigint(event, "id"), depositHash: field.hash(event, "depositHash") };
  }

  return {
    address: contract.address,
    async depositKmc({ chainId, recipient, amount }, signal) {
      const action = `deposit ${formatAmount(amount)} KMC`;
      const args = [chainId, recipient, amount];
      let call = contract.call(action, "depositKMC", args);
      if (ownerKey) {
        const token = context.contract("KMC").address;
        const owner = context.sender(action).address;
        const permit = await signPermit(context, { token, owner, ownerKey, spender: contract.address, amount });
        call = contract.call(action, "depositKMCWithPermit", [...args, permit.deadline, permit.v, permit.r, permit.s]);
      }
      return receiptOf(await context.send(call, signal));
    },
    async depositToken({ chainId, recipient, amount, token }, signal) {
      await openRootToken(context, token).ensureAllowance(contract.address, amount, signal);
      const call = contract.call(`deposit token ${token}`, "depositERC20", [chainId, token, recipient, amount]);
      return receiptOf(await context.send(call, signal));
    },
    async seedEscrow(chainId, token, amount, signal) {
      await openRootToken(context, token).ensureAllowance(contract.address, amount, signal);
      const call = contract.call(`add to the escrow of chain ${chainId}`, "seedEscrow", [chainId, token, amount]);
      return await context.send(call, signal);
    },
    escrow: async (chainId, token) => BigInt((await contract.read("escrow", [chainId, token]))[0] as bigint),
    count: async (chainId) => BigInt((await contract.read("depositCount", [chainId]))[0] as bigint),
    async depositHash(chainId, id) {
      const hash = parseHash((await contract.read("depositHash", [chainId, id]))[0] as string);
      return /^0x0{64}$/.test(hash) ? undefined : hash;
    },
  };
}

/** A deposit's fields, as its event and its delivery carry them. */
export interface DepositFields {
  readonly chainId: bigint;
  readonly id: bigint;
  /** Place in {@link depositKinds}. */
  readonly kind: number;
  readonly rootToken: Address;
  readonly recipient: Address;
  readonly amount: bigint;
  readonly data: Bytes;
  /** Seconds. */
  readonly createdAt: bigint;
}

/** Identity of a deposit, as both chains compute it (root contracts design, section 7). */
export function depositHashOf(d: DepositFields): Hash {
  return hashFromBytes(
    keccak256(
      concatBytes(
        wordOf(d.chainId),
        wordOf(d.id),
        wordOf(d.kind),
        addressWord(d.rootToken),
        addressWord(d.recipient),
        wordOf(d.amount),
        keccak256(d.data),
        wordOf(d.createdAt),
      ),
    ),
  );
}
