import type { Payment } from "../chain/index.ts";
import {
  type Address,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  concatBytes,
  decodeRlp,
  emptyBytes,
  encodeRlp,
  keccak256,
  numberToBytes,
  readAddress,
  readBigint,
  readBytes,
  readList,
  readNumber,
} from "../primitives/index.ts";
import { hashKey, tailKey } from "./values.ts";

/** Entries of one transaction as stored. */
export function encodePayments(payments: readonly Payment[]): Bytes {
  return encodeRlp(
    payments.map(({ token, owner, log, side, input, output }) => [
      token === undefined ? emptyBytes : concatBytes(addressToBytes(token), numberToBytes(log ?? 0)),
      addressToBytes(owner),
      numberToBytes(side),
      bigintToBytes(input),
      bigintToBytes(output),
    ]),
  );
}

/** @throws {MalformedRlp} or the reason, when the row is damaged; callers know the file's name */
export function decodePayments(bytes: Bytes): readonly Payment[] {
  const rlp = decodeRlp(bytes);
  if (!rlp.ok) throw new Error(rlp.rejection.reason);
  return readList(rlp.value).map((item) => {
    const [place, owner, side, input, output] = readList(item, 5);
    const token = readBytes(place);
    return {
      token: token.length === 0 ? undefined : readAddress(token.subarray(0, 20)),
      owner: readAddress(owner),
      log: token.length === 0 ? undefined : readNumber(token.subarray(20)),
      side: readNumber(side),
      input: readBigint(input),
      output: readBigint(output),
    };
  });
}

/**
 * Index key of an owner's entries of one token. Of a token it is a hash of both: contracts may choose both addresses, and
 * a sum of their ends could be made to meet somebody else's.
 */
export function paymentKey(token: Address | undefined, owner: Address): number {
  if (token === undefined) return tailKey(addressToBytes(owner));
  return hashKey(keccak256(concatBytes(addressToBytes(token), addressToBytes(owner))));
}
