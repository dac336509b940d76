import type { Result } from "ethers";
import { UserError } from "../errors.ts";
import { type Address, type Hash, parseAddress, parseHash } from "../primitives/index.ts";
import type { Artifacts } from "./artifacts.ts";
import type { RootContracts } from "./deployment-plan.ts";
import type { RootRpc } from "./json-rpc.ts";
import { openRootContract, type RootContract } from "./root-contract.ts";
import type { RootCall, SentTransaction } from "./sent-transaction.ts";
import type { TransactionSender } from "./transaction-sender.ts";

/** What the typed groups of the client share: contracts by name, and somebody who sends, or only tries. */
export interface RootClientContext {
  readonly rpc: RootRpc;
  readonly contracts: RootContracts;
  contract(name: string): RootContract;
  /** A contract that is not one of ours, spoken to with the ABI of `artifact`. */
  contractAt(artifact: string, address: Address): RootContract;
  /** @throws {UserError} KOMA_E_SIGNER_NEEDED without a key */
  sender(action: string): TransactionSender;
  send(call: RootCall, signal?: AbortSignal): Promise<SentTransaction>;
}

export interface RootClientContextOptions {
  readonly rpc: RootRpc;
  readonly contracts: RootContracts;
  readonly artifacts: Artifacts;
  readonly sender: TransactionSender | undefined;
}

export function createRootClientContext(options: RootClientContextOptions): RootClientContext {
  const { rpc, contracts, artifacts } = options;
  const opened = new Map<string, RootContract>();

  function sender(action: string): TransactionSender {
    if (options.sender) return options.sender;
    throw new UserError("KOMA_E_SIGNER_NEEDED", `Cannot ${action}: no key was given for the root chain.`, {
      fix: ["Name the account to act as with --key."],
    });
  }

  return {
    rpc,
    contracts,
    contract(name) {
      let contract = opened.get(name);
      if (!contract) {
        const address = contracts[name];
        if (address === undefined) {
          throw new UserError("KOMA_E_ROOTCHAIN_CONTRACT_MISSING", `The network names no root contract ${name}.`, {
            facts: { known: Object.keys(contracts).join(", ") },
          });
        }
        contract = openRootContract(rpc, name, address, artifacts.interfaceOf(name));
        opened.set(name, contract);
      }
      return contract;
    },
    contractAt: (artifact, address) => openRootContract(rpc, artifact, address, artifacts.interfaceOf(artifact)),
    sender,
    send: (call, signal) => sender(call.action).send(call, signal),
  };
}

/** Reads one field of an ABI result as the type that the ABI gives it. */
export const field = {
  bigint: (result: Result, name: string): bigint => BigInt(result[name] as bigint),
  number: (result: Result, name: string): number => Number(result[name] as bigint),
  boolean: (result: Result, name: string): boolean => Boolean(result[name]),
  address: (result: Result, name: string): Address => parseAddress(result[name] as string),
  hash: (result: Result, name: string): Hash => parseHash(result[name] as string),
} as const;

/** Address that the ABI returns in place `index`, undefined for the zero address. */
export function addressOrNone(result: Result, index = 0): Address | undefined {
  const address = parseAddress(result[index] as string);
  return /^0x0{40}$/.test(address) ? undefined : address;
}

/** The first log of `event` in a sent transaction; undefined after a dry run. */
export function findEvent(sent: SentTransaction, contract: RootContract, event: string): Result | undefined {
  for (const log of sent.logs) {
    if (log.address !== contract.address) continue;
    const parsed = contract.abi.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed?.name === event) return parsed.args;
  }
  return undefined;
}
