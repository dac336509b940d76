import type { AccessListEntry, AccountOverride, BlockOverrides, StateOverrides } from "../chain/index.ts";
import { type Address, type Bytes, type Hash, hexToBytes, isAddress, isHex } from "../primitives/index.ts";
import { invalidParams } from "./json-rpc-error.ts";
import type { BlockSelector, BlockTag, CallRequest, LogCriteria } from "./node-api.ts";

// Readers of parameters. Each takes the raw JSON value and the parameter's name, and throws KOMA_E_RPC_PARAMS_INVALID
// (−32602) naming it. A block is checked to exist later: here only its form.

const tags: readonly string[] = ["latest", "safe", "finalized", "pending", "earliest"] satisfies BlockTag[];
const maxAddresses = 1_000;
const maxTopicAlternatives = 1_000;
const maxAccessListKeys = 10_000;

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A hex integer without leading zeros (EIP-1474), of at most 256 bits. */
export function readQuantity(value: unknown, name: string): bigint {
  if (typeof value !== "string") throw invalidParams(name, "expected a hex string");
  if (!/^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/.test(value)) {
    throw invalidParams(name, `"${value.slice(0, 80)}" is not a quantity: 0x and hex digits without leading zeros`);
  }
  return BigInt(value);
}

export function readData(value: unknown, name: string): Bytes {
  if (!isHex(value)) throw invalidParams(name, "expected 0x and an even number of hex digits");
  return hexToBytes(value);
}

export function readHash(value: unknown, name: string): Hash {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value)) {
    throw invalidParams(name, "expected 0x and 64 hex digits");
  }
  return value.toLowerCase() as Hash;
}

/** Any letter case: tools send checksummed and plain addresses, and a wrong checksum is not the node's to judge. */
export function readAddress(value: unknown, name: string): Address {
  if (!isAddress(value)) throw invalidParams(name, "expected 0x and 40 hex digits");
  return value.toLowerCase() as Address;
}

/** A storage slot: 32 bytes, or a shorter hex number as many tools write it. */
export function readSlot(value: unknown, name: string): Hash {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    throw invalidParams(name, "expected 0x and at most 64 hex digits");
  }
  return `0x${value.slice(2).toLowerCase().padStart(64, "0")}` as Hash;
}

export function readBoolean(value: unknown, name: string, absent: boolean): boolean {
  if (isAbsent(value)) return absent;
  if (typeof value !== "boolean") throw invalidParams(name, "expected true or false");
  return value;
}

export function readObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalidParams(name, "expected an object");
  return value as Record<string, unknown>;
}

export function readArray(value: unknown, name: string, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidParams(name, "expected an array");
  if (value.length > max) throw invalidParams(name, `${value.length} entries are more than ${max}`);
  return value;
}

/** A position in a list: a quantity below 2^31. */
export function readIndex(value: unknown, name: string): number {
  const index = readQuantity(value, name);
  if (index >= 2n ** 31n) throw invalidParams(name, "the index is too large");
  return Number(index);
}

/** A number or a tag. Absent means `latest`. */
export function readBlockNumber(value: unknown, name: string): BlockSelector {
  if (isAbsent(value)) return { kind: "tag", tag: "latest" };
  if (typeof value === "string" && tags.includes(value)) return { kind: "tag", tag: value as BlockTag };
  const number = readQuantity(value, name);
  if (number >= 2n ** 64n) throw invalidParams(name, "the block number is too large");
  return { kind: "number", number };
}

/** As {@link readBlockNumber}, and a hash, or the objects of EIP-1898. */
export interface BlockReference {
  readonly selector: BlockSelector;
  /** The block must lie on the branch of the head. */
  readonly requireCanonical: boolean;
}

export function readBlockReference(value: unknown, name: string): BlockReference {
  if (typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value)) {
    return { selector: { kind: "hash", hash: readHash(value, name) }, requireCanonical: false };
  }
  if (typeof value !== "object" || value === null) {
    return { selector: readBlockNumber(value, name), requireCanonical: false };
  }
  const { blockHash, blockNumber, requireCanonical } = readObject(value, name);
  if (isAbsent(blockHash) === isAbsent(blockNumber)) {
    throw invalidParams(name, "expected exactly one of blockHash and blockNumber");
  }
  if (isAbsent(blockHash)) {
    return { selector: readBlockNumber(blockNumber, `${name}.blockNumber`), requireCanonical: false };
  }
  return {
    selector: { kind: "hash", hash: readHash(blockHash, `${name}.blockHash`) },
    requireCanonical: readBoolean(requireCanonical, `${name}.requireCanonical`, false),
  };
}

function readAccessList(value: unknown, name: string): readonly AccessListEntry[] {
  let keys = 0;
  return readArray(value, name, 1_000).map((item, index) => {
    const at = `${name}[${index}]`;
    const { address, storageKeys } = readObject(item, at);
    const slots = readArray(storageKeys ?? [], `${at}.storageKeys`, maxAccessListKeys);
    keys += slots.length;
    if (keys > maxAccessListKeys) throw invalidParams(name, `more than ${maxAccessListKeys} storage keys`);
    return {
      address: readAddress(address, `${at}.address`),
      storageKeys: slots.map((slot, i) => readHash(slot, `${at}.storageKeys[${i}]`)),
    };
  });
}

/** The call object of `eth_call`, `eth_estimateGas` and `eth_createAccessList`. Fields of later forks are not looked at. */
export function readCallRequest(value: unknown, name: string): CallRequest {
  const fields = readObject(value, name);
  const optional = <T>(key: string, read: (value: unknown, name: string) => T): T | undefined =>
    isAbsent(fields[key]) ? undefined : read(fields[key], `${name}.${key}`);
  const from = optional("from", readAddress);
  const to = optional("to", readAddress);
  const gasLimit = optional("gas", readQuantity);
  const value_ = optional("value", readQuantity);
  const nonce = optional("nonce", readQuantity);
  const accessList = optional("accessList", readAccessList);
  const gasPrice = optional("gasPrice", readQuantity);
  const maxFee = optional("maxFeePerGas", readQuantity);
  const tip = optional("maxPriorityFeePerGas", readQuantity);
  if (gasPrice !== undefined && (maxFee !== undefined || tip !== undefined)) {
    throw invalidParams(`${name}.gasPrice`, "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
  }
  const maxFeePerGas = gasPrice ?? maxFee;
  const maxPriorityFeePerGas = gasPrice ?? tip;
  if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined && maxFeePerGas < maxPriorityFeePerGas) {
    throw invalidParams(`${name}.maxFeePerGas`, "less than maxPriorityFeePerGas");
  }
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(gasLimit === undefined ? {} : { gasLimit }),
    ...(maxFeePerGas === undefined ? {} : { maxFeePerGas }),
    ...(maxPriorityFeePerGas === undefined ? {} : { maxPriorityFeePerGas }),
    ...(value_ === undefined ? {} : { value: value_ }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(accessList === undefined ? {} : { accessList }),
    data: readCallData(fields, name),
  };
}

function readCallData(fields: Readonly<Record<string, unknown>>, name: string): Bytes {
  const { data, input } = fields;
  if (!isAbsent(data) && !isAbsent(input) && String(data).toLowerCase() !== String(input).toLowerCase()) {
    throw invalidParams(`${name}.input`, 'both "data" and "input" are set and not equal');
  }
  if (!isAbsent(input)) return readData(input, `${name}.input`);
  return isAbsent(data) ? new Uint8Array(0) : readData(data, `${name}.data`);
}

/** The third parameter of `eth_call`, as go-ethereum has it. */
export function readStateOverrides(value: unknown, name: string): StateOverrides | undefined {
  if (isAbsent(value)) return undefined;
  const entries = Object.entries(readObject(value, name));
  if (entries.length > maxAddresses) throw invalidParams(name, `more than ${maxAddresses} accounts`);
  return Object.fromEntries(
    entries.map(([key, override]) => [readAddress(key, name), readAccountOverride(override, `${name}.${key}`)]),
  ) as StateOverrides;
}

/** The fourth parameter of `eth_call`, as go-ethereum has it. Fields of which this chain has no use are not looked at. */
export function readBlockOverrides(value: unknown, name: string): BlockOverrides | undefined {
  if (isAbsent(value)) return undefined;
  const fields = readObject(value, name);
  const optional = <T>(key: string, read: (value: unknown, name: string) => T): T | undefined =>
    isAbsent(fields[key]) ? undefined : read(fields[key], `${name}.${key}`);
  const small = (key: string) => {
    const number = optional(key, readQuantity);
    if (number !== undefined && number >= 2n ** 64n) throw invalidParams(`${name}.${key}`, "too large");
    return number;
  };
  const changes = {
    number: small("number"),
    timestamp: small("time"),
    coinbase: optional("feeRecipient", readAddress) ?? optional("coinbase", readAddress),
    prevRandao: optional("prevRandao", readHash) ?? optional("random", readHash),
    gasLimit: small("gasLimit"),
    baseFeePerGas: optional("baseFeePerGas", readQuantity) ?? optional("baseFee", readQuantity),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, change]) => change !== undefined)) as BlockOverrides;
}

function readAccountOverride(value: unknown, name: string): AccountOverride {
  const { balance, nonce, code, state, stateDiff, ...rest } = readObject(value, name);
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw invalidParams(name, `"${unknown.slice(0, 40)}" cannot be overridden here`);
  if (!isAbsent(state) && !isAbsent(stateDiff)) throw invalidParams(name, "state and stateDiff exclude each other");
  return {
    ...(isAbsent(balance) ? {} : { balance: readQuantity(balance, `${name}.balance`) }),
    ...(isAbsent(nonce) ? {} : { nonce: readQuantity(nonce, `${name}.nonce`) }),
    ...(isAbsent(code) ? {} : { code: readData(code, `${name}.code`) }),
    ...(isAbsent(state) ? {} : { state: readWords(state, `${name}.state`) }),
    ...(isAbsent(stateDiff) ? {} : { stateDiff: readWords(stateDiff, `${name}.stateDiff`) }),
  };
}

function readWords(value: unknown, name: string): Readonly<Record<Hash, Hash>> {
  const entries = Object.entries(readObject(value, name));
  if (entries.length > maxAccessListKeys) throw invalidParams(name, `more than ${maxAccessListKeys} slots`);
  return Object.fromEntries(entries.map(([key, word]) => [readSlot(key, name), readSlot(word, `${name}.${key}`)]));
}

/** `address` and `topics` of a log filter. */
export function readLogCriteria(fields: Readonly<Record<string, unknown>>, name: string): LogCriteria {
  const { address, topics } = fields;
  const addresses = isAbsent(address)
    ? []
    : Array.isArray(address)
      ? readArray(address, `${name}.address`, maxAddresses).map((each, i) => readAddress(each, `${name}.address[${i}]`))
      : [readAddress(address, `${name}.address`)];
  const positions = isAbsent(topics) ? [] : readArray(topics, `${name}.topics`, 4);
  return {
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(positions.length === 0 ? {} : { topics: positions.map((each, i) => readTopic(each, `${name}.topics[${i}]`)) }),
  };
}

function readTopic(value: unknown, name: string): null | Hash | readonly Hash[] {
  if (isAbsent(value)) return null;
  if (!Array.isArray(value)) return readHash(value, name);
  const alternatives = readArray(value, name, maxTopicAlternatives);
  // A null among alternatives, and no alternatives, match anything; so go-ethereum reads them.
  if (alternatives.length === 0 || alternatives.some(isAbsent)) return null;
  return alternatives.map((each, i) => readHash(each, `${name}[${i}]`));
}

/** `fromBlock` and `toBlock`, or `blockHash`, with the criteria. */
export type LogFilter = LogCriteria &
  (
    | { readonly blockHash: Hash }
    | { readonly blockHash?: never; readonly from: BlockSelector; readonly to: BlockSelector }
  );

export function readLogFilter(value: unknown, name: string): LogFilter {
  const fields = isAbsent(value) ? {} : readObject(value, name);
  const { blockHash, fromBlock, toBlock } = fields as Record<"blockHash" | "fromBlock" | "toBlock", unknown>;
  const criteria = readLogCriteria(fields, name);
  if (isAbsent(blockHash)) {
    const from = readBlockNumber(fromBlock, `${name}.fromBlock`);
    return { ...criteria, from, to: readBlockNumber(toBlock, `${name}.toBlock`) };
  }
  if (!isAbsent(fromBlock) || !isAbsent(toBlock)) {
    throw invalidParams(name, "blockHash excludes fromBlock and toBlock");
  }
  return { ...criteria, blockHash: readHash(blockHash, `${name}.blockHash`) };
}
