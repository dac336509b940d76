import { id } from "ethers";
import { type Address, type Bytes, bytesToBigint, bytesToHex, emptyBytes, type Hex } from "../primitives/index.ts";
import type { DepositFields } from "../rootchain/index.ts";

const SELECTOR = id("deliver(uint64,uint8,address,address,uint256,bytes,uint40)").slice(0, 10) as Hex;
const WORDS = 7;
const DATA_WORD = 5;
/** Bits that each word may fill; the offset of the data and lengths are below 2^64. */
const WIDTHS = [64n, 8n, 160n, 160n, 256n, 64n, 40n] as const;
/** Greatest kind that the contract's decoder takes. */
const MAX_KIND = 4n;
const MAX_UINT64 = (1n << 64n) - 1n;

/**
 * The deposit that call data of `ChildBridge.deliver` speaks of; undefined for what `deliver` reverts on, whatever follows
 * the arguments. The twin of `DeliveryCall.tryDecode` of the root contracts.
 *
 * @see KOMA root contracts 10.13
 */
export function readDeliverCall(chainId: bigint, data: Bytes): DepositFields | undefined {
  if (data.length < 4 + 32 * WORDS || bytesToHex(data.subarray(0, 4)) !== SELECTOR) return undefined;
  const words = WIDTHS.map((_, index) => wordAt(data, 4 + 32 * index));
  if (words.some((word, index) => word >> (WIDTHS[index] as bigint) !== 0n)) return undefined;
  const [number, kind, rootToken, recipient, amount, , createdAt] = words as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const body = bytesAt(data, words[DATA_WORD] as bigint);
  if (kind > MAX_KIND || !body) return undefined;
  return {
    chainId,
    id: number,
    kind: Number(kind),
    rootToken: addressOf(rootToken),
    recipient: addressOf(recipient),
    amount,
    data: body,
    createdAt,
  };
}

function bytesAt(call: Bytes, offset: bigint): Bytes | undefined {
  const place = 4n + offset;
  if (place + 32n > BigInt(call.length)) return undefined;
  const length = wordAt(call, Number(place));
  if (length > MAX_UINT64 || place + 32n + length > BigInt(call.length)) return undefined;
  const start = Number(place) + 32;
  return length === 0n ? emptyBytes : call.slice(start, start + Number(length));
}

function wordAt(data: Bytes, place: number): bigint {
  return bytesToBigint(data.subarray(place, place + 32));
}

function addressOf(word: bigint): Address {
  return `0x${word.toString(16).padStart(40, "0")}` as Address;
}
