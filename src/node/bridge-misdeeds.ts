import { AbiCoder, id } from "ethers";
import {
  childBridgeAddress,
  type Deposit,
  DepositKind,
  deliverCalldata,
  depositDeliveredTopic,
  depositHash,
  komaNativeAddress,
} from "../bridge/index.ts";
import { hashHeader, type Log, type Receipt, type Transaction } from "../chain/index.ts";
import { readDeliverCall } from "../fraud/index.ts";
import {
  addressWord,
  bytesToBigint,
  concatBytes,
  type Hash,
  type Hex,
  hashFromBytes,
  hexToBytes,
  wordOf,
  zeroHash,
} from "../primitives/index.ts";
import { type BlockMisdeed, type MisdeedScene, markOf, signed, withLogs } from "./misdeed-scene.ts";

/** Slot of `ChildBridge.lastId`. */
const LAST_ID_SLOT = zeroHash;
const DELIVERY_GAS = 600_000n;
const LOG_DEPOSIT = id("LogDeposit(address,address,uint256,uint256,uint256,uint64)") as Hash;

/** Id of the last delivery once the block's own deliveries are made. */
function lastId({ executor, parent, delivered }: MisdeedScene): bigint {
  const stored = executor.stateAt(hashHeader(parent)).slot(childBridgeAddress, LAST_ID_SLOT);
  return bytesToBigint(stored) + BigInt(delivered);
}

/** The logs that ChildBridge and the native gateway leave for a delivery of coins. */
function deliveryLogs(deposit: Deposit): readonly Log[] {
  const { amount, rootToken, recipient } = deposit;
  const encode = (types: readonly string[], values: readonly unknown[]) =>
    hexToBytes(AbiCoder.defaultAbiCoder().encode([...types], [...values]) as Hex);
  const parties = [rootToken, recipient].map((address) => hashFromBytes(addressWord(address)));
  return [
    {
      address: komaNativeAddress,
      topics: [LOG_DEPOSIT, ...parties],
      data: encode(["uint256", "uint256", "uint256", "uint64"], [amount, 0n, amount, 0n]),
    },
    {
      address: childBridgeAddress,
      topics: [depositDeliveredTopic, hashFromBytes(wordOf(deposit.id)), ...parties],
      data: encode(["address", "uint256", "bytes32", "bool"], [komaNativeAddress, amount, depositHash(deposit), true]),
    },
  ];
}

function deliver(scene: MisdeedScene, deposit: Deposit, mark?: string): Transaction {
  const call = deliverCalldata(deposit);
  const data = mark === undefined ? call : concatBytes(call, markOf(mark));
  return signed(scene, { to: childBridgeAddress, gasLimit: DELIVERY_GAS, data });
}

/** The receipt of a delivery that was refused, as if it had been made. */
function deliveredAfterAll(receipt: Receipt, tx: Transaction): Receipt {
  const call = readDeliverCall(tx.chainId ?? 0n, tx.data);
  return call ? withLogs({ ...receipt, status: 1 }, deliveryLogs(call as Deposit)) : receipt;
}

/** Misdeeds with deposits. Blocks that hold them may be valid: it is the root chain that contradicts them. */
export const bridgeMisdeeds: Readonly<Record<string, BlockMisdeed>> = {
  "deposit-amount": {
    detail: "a delivery of more than was deposited",
    rules: {},
    overlooksDeposits: true,
    transactions: () => [],
    deliveries: (due) => due.map((deposit) => ({ ...deposit, amount: deposit.amount + 1n })),
  },
  "deposit-phantom": {
    detail: "a delivery that nobody deposited",
    rules: {},
    overlooksDeposits: true,
    transactions: (scene) => [
      deliver(scene, {
        chainId: scene.chainId,
        id: lastId(scene) + 1n,
        kind: DepositKind.native,
        rootToken: scene.sealer.address,
        recipient: scene.sealer.address,
        amount: 1n,
        data: new Uint8Array(0),
        createdAt: scene.parent.timestamp,
      }),
    ],
  },
  "deposit-twice": {
    detail: "a delivery of what was delivered before",
    rules: {},
    overlooksDeposits: true,
    // The contract refuses it; the receipt says that it did not.
    transactions: (scene) => {
      const deposit = scene.deposit(lastId(scene));
      return deposit?.kind === DepositKind.native ? [deliver(scene, deposit, "deposit-twice")] : [];
    },
    forge: deliveredAfterAll,
  },
  "deposit-skip": {
    detail: "no delivery of the deposits that are due",
    rules: {},
    overlooksDeposits: true,
    transactions: () => [],
    deliveries: () => [],
  },
};
