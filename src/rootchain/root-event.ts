import { Interface, type InterfaceAbi, type JsonFragment, type LogDescription } from "ethers";
import { type Address, type Hash, type Hex, isAddress, parseAddress, parseHash } from "../primitives/index.ts";
import type { Artifacts } from "./artifacts.ts";
import type { RootContracts } from "./deployment-plan.ts";
import { readQuantity, readRecord } from "./quantity.ts";
import { readLog } from "./sent-transaction.ts";

export type EventArgument = bigint | boolean | string | readonly EventArgument[];

/** One event of one of our contracts, decoded. */
export interface RootEvent {
  /** Name of the contract, as in the deployment. */
  readonly contract: string;
  readonly address: Address;
  readonly event: string;
  /** By name; addresses, hashes and bytes as lower-case hex, integers as bigint. */
  readonly args: Readonly<Record<string, EventArgument>>;
  readonly blockNumber: bigint;
  readonly blockHash: Hash;
  readonly transactionHash: Hash;
  /** Place in its block. */
  readonly logIndex: number;
}

/** Decodes logs of the deployment's contracts. */
export interface EventDecoder {
  /** Undefined for a log that is by none of the contracts or none of their events. */
  decode(log: unknown): RootEvent | undefined;
  /** Topic of an event, for filters. */
  topicOf(contract: string, event: string): Hex | undefined;
}

/** Contracts that run another one's code on their own storage, whose events are theirs. */
const CODE_OF: Readonly<Record<string, readonly string[]>> = {
  StakeManager: ["StakeManager", "StakeModule", "DelegationModule"],
};

export function createEventDecoder(contracts: RootContracts, artifacts: Artifacts): EventDecoder {
  const byAddress = new Map<Address, { name: string; abi: Interface }>();
  const byName = new Map<string, Interface>();
  for (const [name, address] of Object.entries(contracts)) {
    const abi = eventsOf(CODE_OF[name] ?? [name], artifacts);
    byAddress.set(address, { name, abi });
    byName.set(name, abi);
  }
  return {
    decode(log) {
      const record = readRecord(log, "log");
      const raw = readLog(record);
      const source = byAddress.get(raw.address);
      const parsed = source?.abi.parseLog({ topics: [...raw.topics], data: raw.data });
      if (!source || !parsed) return undefined;
      return {
        contract: source.name,
        address: raw.address,
        event: parsed.name,
        args: argumentsOf(parsed),
        blockNumber: readQuantity(record["blockNumber"], "block number"),
        blockHash: parseHash(String(record["blockHash"])),
        transactionHash: parseHash(String(record["transactionHash"])),
        logIndex: raw.logIndex,
      };
    },
    topicOf: (contract, event) => byName.get(contract)?.getEvent(event)?.topicHash as Hex | undefined,
  };
}

function eventsOf(artifactNames: readonly string[], artifacts: Artifacts): Interface {
  const events = artifactNames.flatMap((name) => artifacts.of(name).abi.filter((item) => item.type === "event"));
  const distinct = new Map(events.map((item: JsonFragment) => [JSON.stringify(item), item]));
  return new Interface([...distinct.values()] as InterfaceAbi);
}

function argumentsOf(parsed: LogDescription): Readonly<Record<string, EventArgument>> {
  return Object.fromEntries(
    parsed.fragment.inputs.map((input, index) => [input.name, plain(parsed.args[index] as unknown)]),
  );
}

function plain(value: unknown): EventArgument {
  if (typeof value === "bigint" || typeof value === "boolean") return value;
  if (typeof value === "string") return isAddress(value) ? parseAddress(value) : value;
  return [...(value as Iterable<unknown>)].map(plain);
}
