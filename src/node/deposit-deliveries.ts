import {
  childBridgeAddress,
  type Deposit,
  DepositKind,
  type DepositRelay,
  decodeLastId,
  deliverCalldata,
  lastIdCalldata,
} from "../bridge/index.ts";
import { type BlockHeader, intrinsicGas, nextBaseFee, signTransaction, type Transaction } from "../chain/index.ts";
import type { Executor } from "../execution/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";

/** Deliveries of one block; more wait for the next. */
const MAX_DELIVERIES = 32;
/** What `ChildBridge.deliver` may use beside its calldata: one credit, parking, the log; creating a token takes more. */
const DELIVERY_GAS = 450_000n;
const MAP_DELIVERY_GAS = 4_700_000n;

/**
 * The transactions with which a producer delivers, on top of `parent`, the deposits that are due there.
 *
 * @param first nonce of the first of them
 */
/** What else decides which deposits a block delivers. */
export interface DeliveryTerms {
  /** Time of the block, seconds: what the root chain's clock has as later is not delivered yet. */
  readonly timestamp: bigint;
  /** What a misbehaving producer delivers instead of what is due. */
  readonly altered?: (due: readonly Deposit[]) => readonly Deposit[];
}

export type DepositDeliveries = (
  parent: Hash,
  header: BlockHeader,
  producer: { readonly key: Bytes; readonly address: Address },
  first: bigint,
  terms: DeliveryTerms,
) => Promise<readonly Transaction[]>;

export function createDepositDeliveries(
  chainId: bigint,
  { executor, deposits }: { readonly executor: Executor; readonly deposits: DepositRelay },
): DepositDeliveries {
  return async (parent, header, producer, first, { timestamp, altered = (due) => due }) => {
    const answer = await executor.call({ to: childBridgeAddress, data: lastIdCalldata() }, parent);
    // A chain without the bridge's contract, as in tests, gets no deposits.
    if (answer.kind !== "success" || answer.returnData.length === 0) return [];
    const known = deposits.due(decodeLastId(answer.returnData), MAX_DELIVERIES);
    const early = known.findIndex(({ createdAt }) => createdAt > timestamp);
    const due = altered(early < 0 ? known : known.slice(0, early));
    const baseFee = nextBaseFee(header);
    return due.map((deposit, index) => {
      const fields = {
        type: 2 as const,
        chainId,
        nonce: first + BigInt(index),
        maxFeePerGas: baseFee,
        // Our own transaction in our own block: a tip would go from one pocket to the other.
        maxPriorityFeePerGas: 0n,
        to: childBridgeAddress,
        value: 0n,
        data: deliverCalldata(deposit),
        accessList: [],
      };
      const work = deposit.kind === DepositKind.mapToken ? MAP_DELIVERY_GAS : DELIVERY_GAS;
      return signTransaction({ ...fields, gasLimit: intrinsicGas(fields) + work }, producer.key);
    });
  };
}
