import { describe, expect, test } from "vitest";
import vectors from "../../test/vectors/receipt-fraud.json" with { type: "json" };
import { type Address, hexToBytes, isHex } from "../primitives/index.ts";
import { judgeLog, judgeReceipt, judgeTransaction, judgeTransfer, type RawEntry } from "./judge-evidence.ts";

const tokens = new Map(vectors.tokens.map(([child, root]) => [child as Address, root as Address]));
const rootTokenOf = (child: Address) => tokens.get(child);

function bytesOf(text: string | undefined) {
  if (!isHex(text)) throw new Error("a vector is no hex");
  return hexToBytes(text);
}

/** The Solidity verifiers are held to the same vectors (contracts/test/receipts/ReceiptVectors.t.sol). */
describe("kinds 8, 9, 12 and 13", () => {
  test.each(vectors.cases)("$name: convicted by $convicts", ({ transactions, receipts, index, logs, convicts }) => {
    const entry: RawEntry = {
      chainId: BigInt(vectors.chainId),
      index,
      transaction: bytesOf(transactions[index]),
      receipt: bytesOf(receipts[index]),
      previous: index === 0 ? undefined : bytesOf(receipts[index - 1]),
      header: undefined,
    };
    const transfer = judgeTransfer(entry, rootTokenOf);
    const places = Array.from({ length: logs }, (_, place) => place);
    const found = [
      judgeTransaction(entry) !== undefined && 8,
      judgeReceipt(entry, rootTokenOf) !== undefined && 9,
      transfer !== undefined && !transfer.needsEarlier && 12,
      places.some((place) => judgeLog(entry.receipt, place, rootTokenOf) !== undefined) && 13,
    ];
    expect(found.filter((kind) => kind !== false)).toEqual(convicts);
  });
});
