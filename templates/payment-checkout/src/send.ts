import { type Address, encodeFunctionData, erc20Abi, type Hash, keccak256 } from "viem";
import { isUnreachable } from "./explain.ts";
import type { Payer } from "./koma/wallet.ts";

export interface Order {
  readonly merchant: Address;
  readonly amount: bigint;
  /** Address of the ERC-20 to pay with; absent: KMC, the chain's own coin. */
  readonly token?: Address;
}

export interface SignedPayment {
  readonly hash: Hash;
  /** Hands the payment to the node; false while no answer came back, so that nobody knows whether it arrived. Safe to repeat. */
  readonly broadcast: () => Promise<boolean>;
}

/** @throws when the payment was not signed, or refused by the node: then nothing is paid */
export async function send(payer: Payer, order: Order): Promise<SignedPayment> {
  const { client } = payer;
  const chain = client.chain ?? null;
  const call = order.token
    ? { to: order.token, data: encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [order.merchant, order.amount] }) }
    : { to: order.merchant, value: order.amount };
  if (client.account?.type !== "local") {
    // A browser wallet signs and sends in one step.
    const hash = await client.sendTransaction({ ...call, account: client.account ?? payer.address, chain });
    return { hash, broadcast: async () => true };
  }
  // The hash is known before the payment leaves, so a lost answer cannot make it look unpaid.
  const request = await client.prepareTransactionRequest({ ...call, account: client.account, chain });
  const serializedTransaction = await client.signTransaction(request as Parameters<typeof client.signTransaction>[0]);
  let mayHaveArrived = false;
  const broadcast = async () => {
    try {
      await client.sendRawTransaction({ serializedTransaction });
    } catch (error) {
      if (isUnreachable(error)) {
        mayHaveArrived = true;
        return false;
      }
      // A refusal after a lost answer ("already known", "nonce too low") may mean that the first one arrived.
      if (!mayHaveArrived) throw error;
    }
    return true;
  };
  // Refused at once: never sent.
  const answered = await broadcast();
  return { hash: keccak256(serializedTransaction), broadcast: async () => answered || broadcast() };
}
