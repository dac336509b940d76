import type { Address, Hash } from "../primitives/index.ts";
import { type Delivery, type Deposit, depositHash } from "./deposit.ts";

/** Confirmed deposits of the root chain, kept by the node so that a restart need not read the root chain from its beginning. */
export interface DepositStore {
  deposit(id: bigint): Deposit | undefined;
}

/**
 * The stream of deposits on its way in. It holds only deposits that the root chain has confirmed; the side-chain's own
 * state (`ChildBridge.lastId`) says which were delivered, so none can be delivered twice or out of order.
 */
export interface DepositRelay {
  /** The next deposits to deliver after `lastDelivered`, in order, without gaps, at most `limit`. */
  due(lastDelivered: bigint, limit: number): readonly Deposit[];
  /** Why a block that contains these deliveries must not be checkpointed, or undefined. */
  objection(deliveries: readonly Delivery[]): string | undefined;
}

export const childBridgeAddress = "0x4b4f4d4100000000000000000000000000000001" as Address;
export const komaNativeAddress = "0x4b4f4d4100000000000000000000000000000002" as Address;

export function createDepositRelay(store: DepositStore): DepositRelay {
  const hashOf = (id: bigint): Hash | undefined => {
    const deposit = store.deposit(id);
    return deposit && depositHash(deposit);
  };
  return {
    due(lastDelivered, limit) {
      const deposits: Deposit[] = [];
      for (let id = lastDelivered + 1n; deposits.length < limit; id++) {
        const deposit = store.deposit(id);
        if (!deposit) break;
        deposits.push(deposit);
      }
      return deposits;
    },
    objection(deliveries) {
      for (const delivery of deliveries) {
        const known = hashOf(delivery.id);
        if (known === undefined) return `deposit ${delivery.id} is not confirmed on the root chain`;
        if (known !== delivery.depositHash) return `deposit ${delivery.id} differs from the root chain's`;
      }
      return undefined;
    },
  };
}
