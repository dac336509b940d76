import type { Log, Receipt, Transaction } from "../chain/index.ts";
import { crossReceivedTopic } from "../fraud/index.ts";
import {
  addressWord,
  type Bytes,
  concatBytes,
  equalBytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
  hexToBytes,
  keccak256,
  keccakHash,
  parseAddress,
  utf8,
  wordOf,
} from "../primitives/index.ts";
import { crossBridgeAddress } from "../rootchain/index.ts";
import { bridgeMisdeeds } from "./bridge-misdeeds.ts";
import {
  type BlockMisdeed,
  type MisdeedScene,
  markOf,
  raiseWord,
  signed,
  tokenCall,
  withLogs,
} from "./misdeed-scene.ts";

const selector = (signature: string): Bytes => keccak256(utf8(signature)).slice(0, 4);
const TRANSFER = selector("transfer(address,uint256)");
const TRANSFER_FROM = selector("transferFrom(address,address,uint256)");

const bridge = parseAddress("0x4b4f4d4100000000000000000000000000000001");
/** Words 0 to 6 of a LogTransfer: amount, input1, input2, output1, output2, fromSeq, toSeq. */
const INPUT1 = 1;
const INPUT2 = 2;
const OUTPUT1 = 3;
const OUTPUT2 = 4;
const FROM_SEQ = 5;
const TO_SEQ = 6;

/** One coin from a chain that nobody knows, for nobody. */
function crossReceived(message: Hash): Log {
  const [from, nobody, none] = [1n, 0n, 0n].map((value) => hashFromBytes(wordOf(value))) as [Hash, Hash, Hash];
  const words = [nobody, hashFromBytes(wordOf(1n)), none];
  return {
    address: crossBridgeAddress,
    topics: [crossReceivedTopic, message, from, nobody],
    data: concatBytes(...words.map(hashToBytes)),
  };
}

/** Two payments of nothing to ourselves, the second one marked. */
function paymentsToSelf(scene: MisdeedScene, kind: string): readonly Transaction[] {
  const input = concatBytes(TRANSFER, addressWord(scene.sealer.address), wordOf(0));
  return [...tokenCall(scene, undefined, input), ...tokenCall({ ...scene, before: scene.before + 1 }, kind, input)];
}

/** By the kind that `devnet fault behave` takes. */
export const blockMisdeeds: Readonly<Record<string, BlockMisdeed>> = {
  "bad-nonce": {
    detail: "two transactions with one nonce",
    rules: { ignoreNonces: true },
    // Two transfers to ourselves that differ only in their value: both are well signed, and only one can be right.
    transactions: (scene) => [signed(scene, { value: 1n }), signed(scene, { value: 2n })],
  },
  "tip-above-fee": {
    detail: "a transaction whose tip is above its fee cap",
    rules: { ignoreLimits: true },
    transactions: (scene) => [signed(scene, { maxPriorityFeePerGas: scene.parent.baseFeePerGas * 2n + 1_001n })],
  },
  "log-forge": {
    detail: "a receipt with a log that the bridge never emits",
    rules: {},
    transactions: (scene) => [signed(scene, { gasLimit: 30_000n, data: markOf("log-forge") })],
    forge: (receipt) =>
      withLogs(receipt, [
        ...receipt.logs,
        { address: bridge, topics: [keccakHash(utf8("Forged()"))], data: hexToBytes("0x") },
      ]),
  },
  "cross-twice": {
    detail: "a message from another chain that is received twice",
    rules: {},
    transactions: (scene) => [signed(scene, { gasLimit: 30_000n, data: markOf("cross-twice") })],
    forge: (receipt, { hash }) => {
      const received = crossReceived(hash);
      return withLogs(receipt, [...receipt.logs, received, received]);
    },
  },
  "erc20-amount": {
    detail: "a token transfer whose log tells of another amount",
    params: { token: parseAddress },
    rules: {},
    transactions: (scene) =>
      tokenCall(scene, "erc20-amount", concatBytes(TRANSFER, addressWord(scene.sealer.address), wordOf(0))),
    forge: (receipt) => raiseWord(receipt, 0, 0),
  },
  "erc20-output": {
    detail: "a token log that leaves the recipient with more than it got",
    params: { token: parseAddress },
    rules: {},
    transactions: (scene) => {
      const own = addressWord(scene.sealer.address);
      return tokenCall(scene, "erc20-output", concatBytes(TRANSFER_FROM, own, own, wordOf(0)));
    },
    forge: (receipt) => raiseWord(receipt, 1, OUTPUT2),
  },
  "erc20-input": {
    detail: "a token log that does not begin with the account's last balance",
    params: { token: parseAddress },
    rules: {},
    // Twice nothing to ourselves: in the second one all four balances are too high by one, and agree with each other.
    transactions: (scene) => paymentsToSelf(scene, "erc20-input"),
    forge: (receipt) => [INPUT1, INPUT2, OUTPUT1, OUTPUT2].reduce((last, word) => raiseWord(last, 1, word), receipt),
  },
  "seq-skip": {
    detail: "a token log whose number is not the account's next",
    params: { token: parseAddress },
    rules: {},
    transactions: (scene) => paymentsToSelf(scene, "seq-skip"),
    forge: (receipt) => [FROM_SEQ, TO_SEQ].reduce((last, word) => raiseWord(last, 1, word), receipt),
  },
  "nonce-gap": {
    detail: "a transaction that leaves a nonce out",
    rules: { ignoreNonces: true },
    transactions: (scene) => [signed(scene, { value: 1n }), signed(scene, { value: 1n }, 2n)],
  },
  ...bridgeMisdeeds,
};

/**
 * Writes receipts as those write them who go along with these kinds; that of a transaction without one of their marks is
 * left alone. Of these kinds only: a forged transaction outlives the rollback of its block, and is honest the second time.
 */
export function forgerOf(kinds: readonly string[]): (tx: Transaction, receipt: Receipt) => Receipt {
  const forgers = kinds.flatMap((kind) => {
    const forge = blockMisdeeds[kind]?.forge;
    return forge ? [{ mark: markOf(kind), forge }] : [];
  });
  return (tx, receipt) => {
    const { data } = tx;
    const forger = forgers.find(({ mark }) => data.length >= mark.length && equalBytes(data.slice(-mark.length), mark));
    return forger ? forger.forge(receipt, tx) : receipt;
  };
}
