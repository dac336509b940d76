import { AbiCoder, id as topicOf, zeroPadValue } from "ethers";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Address, bytesToHex, type Hash, hexToBytes } from "../primitives/index.ts";
import { parseBurn, withdrawTopic } from "./exit-claim.ts";

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => bytesToHex(bytes) as string as Address);
const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

interface Withdraw {
  readonly token: Address;
  readonly rootToken: Address;
  readonly account: Address;
  readonly recipient: Address;
  readonly amount: bigint;
}

/** The log as ethers would have a contract write it. */
function logOf({ token, rootToken, account, recipient, amount }: Withdraw) {
  return {
    address: token,
    topics: [withdrawTopic, ...[rootToken, account, recipient].map((each) => zeroPadValue(each, 32) as Hash)],
    data: hexToBytes(
      AbiCoder.defaultAbiCoder().encode(["uint256", "uint256", "uint256", "uint64"], [amount, 10n, 9n, 3n]),
    ),
  };
}

const burn: Withdraw = {
  token: `0x${"11".repeat(20)}` as Address,
  rootToken: `0x${"22".repeat(20)}` as Address,
  account: `0x${"33".repeat(20)}` as Address,
  recipient: `0x${"44".repeat(20)}` as Address,
  amount: 5n,
};

describe("a burn", () => {
  it("has the topic of the contract's event", () => {
    expect(withdrawTopic).toBe(topicOf("Withdraw(address,address,address,uint256,uint256,uint256,uint64)"));
  });

  test("is read from what the contract logs", () => {
    fc.assert(
      fc.property(
        fc.record({ token: address, rootToken: address, account: address, recipient: address, amount }),
        (any) => {
          expect(parseBurn(logOf(any))).toEqual(any);
        },
      ),
    );
  });

  it("is no other log", () => {
    const log = logOf(burn);
    expect(parseBurn({ ...log, topics: [] })).toBeUndefined();
    expect(parseBurn({ ...log, topics: log.topics.slice(0, 3) })).toBeUndefined();
    expect(parseBurn({ ...log, topics: [log.topics[1] as Hash, ...log.topics.slice(1)] })).toBeUndefined();
    expect(parseBurn({ ...log, data: log.data.subarray(0, 96) })).toBeUndefined();
    expect(parseBurn({ ...log, data: new Uint8Array(160) })).toBeUndefined();
  });
});
