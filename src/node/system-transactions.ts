import { childBridgeAddress, type DepositRelay } from "../bridge/index.ts";
import { type BlockHeader, intrinsicGas, nextBaseFee, signTransaction, type Transaction } from "../chain/index.ts";
import type { Executor } from "../execution/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import {
  producerStatsAddress,
  type RootSetCertificate,
  recordCalldata,
  recordGas,
  rootInfoAddress,
  type WorkCertificate,
  workCalldata,
  workGas,
} from "../rootset/index.ts";
import { createDepositDeliveries, type DeliveryTerms } from "./deposit-deliveries.ts";

/**
 * What a producer brings into its own block on top of `parent`: the record of an era's work, a later set of the root chain's
 * validators, then deposits.
 */
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
  /** The work of an ended era that is signed for and not recorded there. */
  readonly workDue: (parent: Hash) => WorkCertificate | undefined;
}

export function createSystemTransactions(chainId: bigint, ports: SystemTransactionPorts): SystemTransactions {
  const { executor } = ports;
  const deliveries = createDepositDeliveries(chainId, ports);

  return async (parent, header, producer, terms) => {
    const nonce = executor.stateAt(parent).account(producer.address)?.nonce ?? 0n;
    const work = ports.workDue(parent);
    const change = ports.rootSetDue(parent);
    // Work first: both are signed by the set that is recorded now, and the change puts another one in its place.
    const calls: readonly Call[] = [
      ...(work ? [{ to: producerStatsAddress, data: workCalldata(work), gas: workGas(work) }] : []),
      ...(change ? [{ to: rootInfoAddress, data: recordCalldata(change), gas: recordGas(change) }] : []),
    ];
    const baseFee = nextBaseFee(header);
    const records = calls.map((call, i) => recording(call, nonce + BigInt(i), baseFee, producer.key));
    return [...records, ...(await deliveries(parent, header, producer, nonce + BigInt(records.length), terms))];
  };

  function recording({ to, data, gas }: Call, nonce: bigint, baseFee: bigint, key: Bytes): Transaction {
    const fields = {
      type: 2 as const,
      chainId,
      nonce,
      maxFeePerGas: baseFee,
      maxPriorityFeePerGas: 0n,
      to,
      value: 0n,
      data,
      accessList: [],
    };
    return signTransaction({ ...fields, gasLimit: intrinsicGas(fields) + gas }, key);
  }
}

/** What the producer of a block brought into it by itself. */
export function isSystemTransaction({ to, sender }: Transaction, coinbase: Address): boolean {
  return sender === coinbase && (to === childBridgeAddress || to === rootInfoAddress || to === producerStatsAddress);
}

interface Call {
  readonly to: Address;
  readonly data: Bytes;
  /** Beside what the call data costs. */
  readonly gas: bigint;
}
