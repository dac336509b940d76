import type { Deposit, DepositKind, DepositStore } from "../bridge/index.ts";
import { BugError } from "../errors.ts";
import {
  addressToBytes,
  type Bytes,
  bigintToBytes,
  decodeRlp,
  encodeRlp,
  numberToBytes,
  readAddress,
  readBigint,
  readBytes,
  readList,
  readNumber,
} from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/** Fits the store's opaque rows to the deposits of the bridge. `seenAt` is the root-chain block of the event. */
export function createDepositRecords(store: Store["deposits"]): DepositStore & {
  record(deposits: readonly { readonly deposit: Deposit; readonly seenAt: bigint }[], cursor: bigint): void;
} {
  return {
    deposit(id) {
      const row = store.get(id);
      return row && decode(id, row.body);
    },
    record(deposits, cursor) {
      store.record(
        deposits.map(({ deposit, seenAt }) => ({ id: deposit.id, seenAt, body: encode(deposit) })),
        cursor,
      );
    },
  };
}

function encode(deposit: Deposit): Bytes {
  return encodeRlp([
    bigintToBytes(deposit.chainId),
    numberToBytes(deposit.kind),
    addressToBytes(deposit.rootToken),
    addressToBytes(deposit.recipient),
    bigintToBytes(deposit.amount),
    deposit.data,
    bigintToBytes(deposit.createdAt),
  ]);
}

function decode(id: bigint, body: Bytes): Deposit {
  const decoded = decodeRlp(body);
  if (!decoded.ok) throw new BugError(`stored deposit ${id} does not decode: ${decoded.rejection.reason}`);
  const fields = readList(decoded.value, 7);
  return {
    id,
    chainId: readBigint(fields[0]),
    kind: readNumber(fields[1]) as DepositKind,
    rootToken: readAddress(fields[2]),
    recipient: readAddress(fields[3]),
    amount: readBigint(fields[4]),
    data: readBytes(fields[5]),
    createdAt: readBigint(fields[6]),
  };
}
