import type { Result } from "ethers";
import { type Address, formatAmount, type Hex } from "../primitives/index.ts";
import type { WorkTotals } from "./producer-stats-layout.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** What work is worth, wei of KMC. */
export interface WorkRates {
  readonly perBlock: bigint;
  /** Shared by weight among those whose unit came. */
  readonly perRound: bigint;
  /** Part of `perBlock` that stand-bys have, basis points. */
  readonly standbyBps: number;
}

/** Way from a block's hash to a signer's totals in `ProducerStats`. */
export interface StatsProof {
  /** RLP. */
  readonly header: Hex;
  /** Trie nodes from the root down, as `eth_getProof` answers them. */
  readonly account: readonly Hex[];
  readonly slot: readonly Hex[];
}

/** A signer's work, as the state after a checkpoint's last block shows it. */
export interface WorkClaim {
  readonly chainId: bigint;
  readonly checkpoint: bigint;
  readonly signer: Address;
  readonly proof: StatsProof;
}

/** Pay for blocks and rounds, from the pools of the chains. */
export interface WorkRewards {
  rates(): Promise<WorkRates>;
  /** Wei of KMC: free for claims, and set aside for stand-bys. */
  pool(chainId: bigint): Promise<{ readonly free: bigint; readonly standby: bigint }>;
  /** The newest totals that a signer was paid for. */
  paid(chainId: bigint, signer: Address): Promise<WorkTotals>;
  /** What a claim of these totals pays now, wei of KMC. */
  payFor(chainId: bigint, signer: Address, totals: WorkTotals): Promise<bigint>;
  /** First tenure whose stand-bys have not been paid. */
  unpaidTenure(chainId: bigint): Promise<bigint>;
  /** Approves and adds to a chain's pool. */
  fill(chainId: bigint, amount: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  /** Anyone may; the validator's reward account is paid. */
  claim(
    claim: WorkClaim,
    signal?: AbortSignal,
  ): Promise<{ readonly amount: bigint; readonly transaction: SentTransaction }>;
  /** Pays the stand-bys of the present tenure; anyone, once, after voting for the next has opened. */
  payStandbys(chainId: bigint, signal?: AbortSignal): Promise<SentTransaction>;
}

/** @throws {UserError} KOMA_E_ROOTCHAIN_CONTRACT_MISSING on a network without such pay */
export function openWorkRewards(context: RootClientContext): WorkRewards {
  const contract = context.contract("ProducerRewards");
  const first = async (method: string, args: readonly unknown[] = []) => (await contract.read(method, args))[0];

  return {
    async rates() {
      const rates = (await first("rates")) as Result;
      return {
        perBlock: field.bigint(rates, "perBlock"),
        perRound: field.bigint(rates, "perRound"),
        standbyBps: field.number(rates, "standbyBps"),
      };
    },
    async pool(chainId) {
      const pool = (await first("poolOf", [chainId])) as Result;
      return { free: field.bigint(pool, "free"), standby: field.bigint(pool, "standby") };
    },
    paid: async (chainId, signer) => readTotals((await first("paidOf", [chainId, signer])) as Result),
    payFor: async (chainId, signer, totals) => BigInt((await first("payFor", [chainId, signer, totals])) as bigint),
    unpaidTenure: async (chainId) => BigInt((await first("unpaidTenure", [chainId])) as bigint),
    async fill(chainId, amount, signal) {
      const action = `add ${formatAmount(amount)} KMC to the pool of chain ${chainId}`;
      await context.send(context.contract("KMC").call(action, "approve", [contract.address, amount]), signal);
      return await context.send(contract.call(action, "fill", [chainId, amount]), signal);
    },
    async claim({ chainId, checkpoint, signer, proof }, signal) {
      const action = `claim the pay of ${signer}`;
      const call = contract.call(action, "claimWork", [chainId, checkpoint, signer, proof]);
      const transaction = await context.send(call, signal);
      const event = findEvent(transaction, contract, "WorkPaid");
      return { amount: event ? field.bigint(event, "amount") : 0n, transaction };
    },
    payStandbys: (chainId, signal) =>
      context.send(contract.call("pay the stand-bys", "payStandbys", [chainId]), signal),
  };
}

function readTotals(totals: Result): WorkTotals {
  return {
    asked: field.bigint(totals, "asked"),
    came: field.bigint(totals, "came"),
    expected: field.bigint(totals, "expected"),
    made: field.bigint(totals, "made"),
    credit: field.bigint(totals, "credit"),
  };
}
