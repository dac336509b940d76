import type { Result } from "ethers";
import { type Address, type Hash, parseAddress } from "../primitives/index.ts";
import { addressOrNone, field, type RootClientContext } from "./root-client.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** A side-chain as the registry knows it. */
export interface RegisteredChain {
  readonly chainId: bigint;
  readonly genesisHash: Hash;
  readonly genesisBlock: bigint;
  readonly owner: Address;
  readonly slotMs: number;
  readonly openGapSlots: number;
  readonly setGraceBlocks: number;
  /** Seconds. */
  readonly targetInterval: number;
}

/** Side-chains, their producers and their tokens. */
export interface Registry {
  readonly address: Address;
  chainIds(): Promise<readonly bigint[]>;
  /** Undefined when it is not registered. */
  chain(chainId: bigint): Promise<RegisteredChain | undefined>;
  /** Keys that may seal a block with this timestamp (seconds), ejected ones left out, as of block `at` (default: the newest). */
  producersAt(chainId: bigint, timestamp: number, at?: Hash): Promise<readonly Address[]>;
  isAuthorizedProducer(chainId: bigint, key: Address, fromTime: number, toTime: number): Promise<boolean>;
  setProducers(chainId: bigint, from: number, keys: readonly Address[], signal?: AbortSignal): Promise<SentTransaction>;
  /** Maps a root token to its child on a chain; anyone. */
  mapToken(chainId: bigint, rootToken: Address, signal?: AbortSignal): Promise<SentTransaction>;
  /** Undefined while the token is not mapped. */
  childTokenOf(chainId: bigint, rootToken: Address): Promise<Address | undefined>;
  rootTokenOf(chainId: bigint, childToken: Address): Promise<Address | undefined>;
  /** Address that a token's child has, or would have. */
  childAddress(chainId: bigint, rootToken: Address): Promise<Address>;
}

export function openRegistry(context: RootClientContext): Registry {
  const contract = context.contract("KomaRegistry");
  return {
    address: contract.address,
    async chainIds() {
      return [...((await contract.read("chainIds"))[0] as Result)].map((id) => BigInt(id as bigint));
    },
    async chain(chainId) {
      const config = (await contract.read("chainConfig", [chainId]))[0] as Result;
      if (!field.boolean(config, "registered")) return undefined;
      return {
        chainId,
        genesisHash: field.hash(config, "genesisHash"),
        genesisBlock: field.bigint(config, "genesisBlock"),
        owner: field.address(config, "owner"),
        slotMs: field.number(config, "slotMs"),
        openGapSlots: field.number(config, "openGapSlots"),
        setGraceBlocks: field.number(config, "setGraceBlocks"),
        targetInterval: field.number(config, "targetInterval"),
      };
    },
    async producersAt(chainId, timestamp, at) {
      const keys = (await contract.read("producersAt", [chainId, timestamp], undefined, at))[0] as Result;
      return [...keys].map((key) => parseAddress(key as string));
    },
    isAuthorizedProducer: async (chainId, key, fromTime, toTime) =>
      Boolean((await contract.read("isAuthorizedProducer", [chainId, key, fromTime, toTime]))[0]),
    setProducers: (chainId, from, keys, signal) =>
      context.send(
        contract.call(`set the producers of chain ${chainId}`, "setProducers", [chainId, from, keys]),
        signal,
      ),
    mapToken: (chainId, rootToken, signal) =>
      context.send(contract.call(`map token ${rootToken}`, "mapToken", [chainId, rootToken]), signal),
    childTokenOf: async (chainId, rootToken) =>
      addressOrNone(await contract.read("childTokenOf", [chainId, rootToken])),
    rootTokenOf: async (chainId, childToken) =>
      addressOrNone(await contract.read("rootTokenOf", [chainId, childToken])),
    childAddress: async (chainId, rootToken) =>
      parseAddress((await contract.read("childAddress", [chainId, rootToken]))[0] as string),
  };
}
