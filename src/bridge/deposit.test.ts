import { AbiCoder, keccak256 as ethersKeccak, Interface, id as topicOf } from "ethers";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Address, bytesToHex, type Hash, hexToBytes } from "../primitives/index.ts";
import {
  type Deposit,
  DepositKind,
  decodeLastId,
  deliverCalldata,
  depositDeliveredTopic,
  depositHash,
  lastIdCalldata,
  parseDelivery,
} from "./deposit.ts";
import { createDepositRelay } from "./deposit-relay.ts";

const deposit: Deposit = {
  chainId: 80_401n,
  id: 7n,
  kind: DepositKind.erc20,
  rootToken: `0x${"ab".repeat(20)}` as Address,
  recipient: `0x${"cd".repeat(20)}` as Address,
  amount: 10n ** 18n,
  data: hexToBytes("0x0102"),
  createdAt: 1_700_000_000n,
};

const uint = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n });
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => bytesToHex(bytes) as string as Address);
const anyDeposit: fc.Arbitrary<Deposit> = fc.record({
  chainId: uint(64n),
  id: uint(64n),
  kind: fc.constantFrom(...Object.values(DepositKind)),
  rootToken: address,
  recipient: address,
  amount: uint(256n),
  data: fc.uint8Array({ maxLength: 200 }),
  createdAt: uint(40n),
});

describe("a deposit's hash", () => {
  test("is that of the contracts: abi.encode with the hash of the data in place of it", () => {
    fc.assert(
      fc.property(anyDeposit, (any) => {
        const types = ["uint64", "uint64", "uint8", "address", "address", "uint256", "bytes32", "uint40"];
        const values = [
          any.chainId,
          any.id,
          any.kind,
          any.rootToken,
          any.recipient,
          any.amount,
          ethersKeccak(any.data),
          any.createdAt,
        ];
        expect(depositHash(any)).toBe(ethersKeccak(AbiCoder.defaultAbiCoder().encode(types, values)));
      }),
    );
  });

  test.each<Partial<Deposit>>([
    { chainId: 1n },
    { id: 8n },
    { kind: DepositKind.native },
    { recipient: deposit.rootToken },
    { amount: 1n },
    { data: hexToBytes("0x0103") },
    { createdAt: 1n },
  ])("changes with $0", (change) => {
    expect(depositHash({ ...deposit, ...change })).not.toBe(depositHash(deposit));
  });
});

describe("a delivery", () => {
  const contract = new Interface([
    "function deliver(uint64 id, uint8 kind, address rootToken, address recipient, uint256 amount, bytes data, uint40 createdAt)",
    "function lastId() view returns (uint64)",
  ]);

  it("is the call that the contract decodes", () => {
    fc.assert(
      fc.property(anyDeposit, (any) => {
        const decoded = contract.decodeFunctionData("deliver", deliverCalldata(any));
        const { id, kind, rootToken, recipient, amount, data, createdAt } = any;
        expect(decoded.map((value) => String(value).toLowerCase())).toEqual(
          [id, kind, rootToken, recipient, amount, bytesToHex(data), createdAt].map(String),
        );
      }),
    );
  });

  it("counts on from what the view answers", () => {
    expect(bytesToHex(lastIdCalldata())).toBe(contract.getFunction("lastId")?.selector);
    expect(decodeLastId(hexToBytes(contract.encodeFunctionResult("lastId", [41n])))).toBe(41n);
  });

  const word = (value: string) => `0x${value.replace(/^0x/, "").padStart(64, "0")}` as Hash;
  const log = {
    topics: [depositDeliveredTopic, word("7"), word(deposit.rootToken), word(deposit.recipient)],
    data: hexToBytes(
      AbiCoder.defaultAbiCoder().encode(
        ["address", "uint256", "bytes32", "bool"],
        [deposit.rootToken, deposit.amount, depositHash(deposit), true],
      ),
    ),
  };

  it("is read from its log, and from no other", () => {
    expect(depositDeliveredTopic).toBe(
      topicOf("DepositDelivered(uint64,address,address,address,uint256,bytes32,bool)"),
    );
    expect(parseDelivery(log)).toEqual({ id: 7n, depositHash: depositHash(deposit), credited: true });
    expect(parseDelivery({ ...log, topics: [] })).toBeUndefined();
    expect(parseDelivery({ ...log, topics: [word("1"), ...log.topics.slice(1)] })).toBeUndefined();
    expect(parseDelivery({ ...log, topics: log.topics.slice(0, 3) })).toBeUndefined();
    expect(parseDelivery({ ...log, data: log.data.subarray(1) })).toBeUndefined();
  });
});

describe("the relay of deposits", () => {
  const of = (...ids: readonly bigint[]) => {
    const known = new Map(ids.map((id) => [id, { ...deposit, id }]));
    return createDepositRelay({ deposit: (id) => known.get(id) });
  };

  it("hands over what comes next, in order, and stops at a gap", () => {
    const relay = of(1n, 2n, 3n, 5n);
    expect(relay.due(0n, 10).map(({ id }) => id)).toEqual([1n, 2n, 3n]);
    expect(relay.due(1n, 1).map(({ id }) => id)).toEqual([2n]);
    expect(relay.due(3n, 10)).toEqual([]);
  });

  it("objects to deliveries that the root chain does not know, or knows otherwise", () => {
    const relay = of(1n);
    const good = { id: 1n, depositHash: depositHash({ ...deposit, id: 1n }), credited: true };
    expect(relay.objection([good])).toBeUndefined();
    expect(relay.objection([good, { ...good, id: 2n }])).toMatch(/deposit 2 is not confirmed/);
    expect(relay.objection([{ ...good, depositHash: depositHash(deposit) }])).toMatch(/deposit 1 differs/);
    // A parked deposit counts as delivered too: it was claimed to be in the root chain's stream.
    expect(relay.objection([{ ...good, id: 9n, credited: false }])).toMatch(/deposit 9/);
  });
});
