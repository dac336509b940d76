import type { DepositRelay } from "../bridge/index.ts";
import { type BlockHeader, intrinsicGas, nextBaseFee, signTransaction, type Transaction } from "../chain/index.ts";
import type { Executor } from "../execution/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import { type RootSetCertificate, recordCalldata, recordGas, rootInfoAddress } from "../rootset/index.ts";
import { createDepositDeliveries, type DeliveryTerms } from "./deposit-deliveries.ts";

/** What a producer brings from the root chain into its own block on top of `parent`: a later set, then deposits. */
export type SystemTransactions = (
  parent: Hash,
  header: BlockHeader,
  producer: { readonly key: Bytes; readonly address: Address },
  terms: DeliveryTerms,
) => Promise<readonly Transaction[]>;

export interface SystemTransactionPorts {
  readonly executor: Executor;
  readonly deposits: DepositRelay;
  /** A set of the root chain that is signed for and not recorded in the state after a block. */
  readonly rootSetDue: (parent: Hash) => RootSetCertificate | undefined;
}

export function createSystemTransactions(chainId: bigint, ports: SystemTransactionPorts): SystemTransactions {
  const { executor } = ports;
  const deliveries = createDepositDeliveries(chainId, ports);

  return async (parent, header, producer, terms) => {
    const nonce = executor.stateAt(parent).account(producer.address)?.nonce ?? 0n;
    const due = ports.rootSetDue(parent);
    const records = due ? [recording(due, nonce, nextBaseFee(header), producer.key)] : [];
    return [...records, ...(await deliveries(parent, header, producer, nonce + BigInt(records.length), terms))];
  };

  function recording(certificate: RootSetCertificate, nonce: bigint, baseFee: bigint, key: Bytes): Transaction {
    const fields = {
      type: 2 as const,
      chainId,
      nonce,
      maxFeePerGas: baseFee,
      maxPriorityFeePerGas: 0n,
      to: rootInfoAddress,
      value: 0n,
      data: recordCalldata(certificate),
      accessList: [],
    };
    return signTransaction({ ...fields, gasLimit: intrinsicGas(fields) + recordGas(certificate) }, key);
  }
}
