import { AbiCoder, Interface } from "ethers";
import { type Address, type Bytes, type Hash, hexToBytes, keccak256, keccakHash } from "../primitives/index.ts";

/** What a deposit in a chain's ordered stream is; numbers are those of the contracts. */
export const DepositKind = { native: 1, erc20: 2, message: 3, mapToken: 4 } as const;
export type DepositKind = (typeof DepositKind)[keyof typeof DepositKind];

/** One entry of the stream that DepositManager emits for a side-chain; ids count from 1 without gaps. */
export interface Deposit {
  readonly chainId: bigint;
  readonly id: bigint;
  readonly kind: DepositKind;
  readonly rootToken: Address;
  readonly recipient: Address;
  /** Units of the token that the root contract received. */
  readonly amount: bigint;
  readonly data: Bytes;
  /** Root-chain time of the deposit, seconds. */
  readonly createdAt: bigint;
}

const coder = AbiCoder.defaultAbiCoder();

const CHILD_BRIDGE = new Interface([
  "function deliver(uint64 id, uint8 kind, address rootToken, address recipient, uint256 amount, bytes data, uint40 createdAt)",
  "function lastId() view returns (uint64)",
  "event DepositDelivered(uint64 indexed id, address indexed rootToken, address indexed recipient, address childToken, uint256 amount, bytes32 depositHash, bool credited)",
]);

/** `depositHash` of the root contract: what a delivery must hash to. */
export function depositHash(deposit: Deposit): Hash {
  const encoded = coder.encode(
    ["uint64", "uint64", "uint8", "address", "address", "uint256", "bytes32", "uint40"],
    [
      deposit.chainId,
      deposit.id,
      deposit.kind,
      deposit.rootToken,
      deposit.recipient,
      deposit.amount,
      keccak256(deposit.data),
      deposit.createdAt,
    ],
  );
  return keccakHash(hexToBytes(encoded));
}

/** Call data of the `ChildBridge.deliver` transaction that a leader includes. */
export function deliverCalldata(deposit: Deposit): Bytes {
  return hexToBytes(
    CHILD_BRIDGE.encodeFunctionData("deliver", [
      deposit.id,
      deposit.kind,
      deposit.rootToken,
      deposit.recipient,
      deposit.amount,
      deposit.data,
      deposit.createdAt,
    ]),
  );
}

/** Call data of the view that says how far the stream was delivered on the side-chain. */
export function lastIdCalldata(): Bytes {
  return hexToBytes(CHILD_BRIDGE.encodeFunctionData("lastId"));
}

export function decodeLastId(output: Bytes): bigint {
  return CHILD_BRIDGE.decodeFunctionResult("lastId", output)[0] as bigint;
}

/** Topic of the log that every delivery leaves, credited or parked. */
export const depositDeliveredTopic: Hash = keccakHash(
  new TextEncoder().encode("DepositDelivered(uint64,address,address,address,uint256,bytes32,bool)"),
);

/** What a delivery log claims. */
export interface Delivery {
  readonly id: bigint;
  readonly depositHash: Hash;
  readonly credited: boolean;
}

/** Reads a `DepositDelivered` log; undefined for any other. */
export function parseDelivery(log: { readonly topics: readonly Hash[]; readonly data: Bytes }): Delivery | undefined {
  if (log.topics[0] !== depositDeliveredTopic || log.topics.length !== 4 || log.data.length !== 128) return undefined;
  const [, , hash, credited] = coder.decode(["address", "uint256", "bytes32", "bool"], log.data);
  return { id: BigInt(log.topics[1] as Hash), depositHash: hash as Hash, credited: credited as boolean };
}
