import {
  type BlockHeader,
  bloomOf,
  emptyCodeHash,
  hashHeader,
  type Log,
  type Receipt,
  signTransaction,
  type Transaction,
} from "../chain/index.ts";
import type { Executor, RuleChanges } from "../execution/index.ts";
import {
  type Address,
  addressWord,
  type Bytes,
  bytesToBigint,
  concatBytes,
  equalBytes,
  hexToBytes,
  keccak256,
  keccakHash,
  parseAddress,
  utf8,
  wordOf,
} from "../primitives/index.ts";

/** Where a misdeed is done: a producer's next block. */
export interface MisdeedScene {
  readonly chainId: bigint;
  readonly executor: Executor;
  readonly parent: BlockHeader;
  readonly signer: { readonly key: Bytes; readonly address: Address };
  /** Transactions of the signer that the block holds before. */
  readonly before: number;
  readonly params: Readonly<Record<string, string>>;
}

/** A way to make an invalid block, and the rules under which it passes for valid. */
export interface BlockMisdeed {
  /** What a block says that holds it, for the log. */
  readonly detail: string;
  /** Parameters that have to be given, by name, with a check of what is given. */
  readonly params?: Readonly<Record<string, (value: string) => unknown>>;
  /** Rules that those who go along leave aside. */
  readonly rules: Pick<RuleChanges, "ignoreNonces" | "ignoreLimits">;
  /** What the producer puts into its block; nothing while the misdeed cannot be done. */
  transactions(scene: MisdeedScene): readonly Transaction[];
  /** Rewrites the receipt of a transaction that carries this misdeed's mark. */
  readonly forge?: (receipt: Receipt) => Receipt;
}

type Fields = Parameters<typeof signTransaction>[0];

function signed(scene: MisdeedScene, fields: Partial<Fields>, later = 0n): Transaction {
  const { executor, parent, signer, before, chainId } = scene;
  const nonce = executor.stateAt(hashHeader(parent)).account(signer.address)?.nonce ?? 0n;
  return signTransaction(
    {
      type: 2,
      chainId,
      nonce: nonce + BigInt(before) + later,
      gasLimit: 21_000n,
      maxFeePerGas: parent.baseFeePerGas * 2n + 1_000n,
      maxPriorityFeePerGas: 0n,
      to: signer.address,
      value: 0n,
      data: new Uint8Array(0),
      accessList: [],
      ...fields,
    },
    signer.key,
  );
}

/**
 * Ends the calldata of a transaction whose receipt is forged. Everybody who goes along forges the same receipts by it,
 * whenever they run the block; honest nodes run it as it stands, and find that the roots are wrong.
 */
const markOf = (kind: string): Bytes => utf8(`koma fault ${kind}`);

const selector = (signature: string): Bytes => keccak256(utf8(signature)).slice(0, 4);
const TRANSFER = selector("transfer(address,uint256)");
const TRANSFER_FROM = selector("transferFrom(address,address,uint256)");

/** A marked call of a token; none where the token does not exist yet, because such a call proves nothing. */
function tokenCall(scene: MisdeedScene, kind: string, input: Bytes): readonly Transaction[] {
  const token = parseAddress(scene.params["token"] ?? "");
  const account = scene.executor.stateAt(hashHeader(scene.parent)).account(token);
  if (!account || account.codeHash === emptyCodeHash) return [];
  return [signed(scene, { to: token, gasLimit: 200_000n, data: concatBytes(input, markOf(kind)) })];
}

/** The receipt with other logs, and the bloom that fits them. */
function withLogs(receipt: Receipt, logs: readonly Log[]): Receipt {
  return { ...receipt, logs, logsBloom: bloomOf(logs) };
}

/** Adds one to word `index` of the data of log `place`; a receipt without that log stays as it is. */
function raiseWord(receipt: Receipt, place: number, index: number): Receipt {
  const log = receipt.logs[place];
  if (!log) return receipt;
  const word = wordOf(bytesToBigint(log.data.subarray(32 * index, 32 * index + 32)) + 1n);
  const data = concatBytes(log.data.subarray(0, 32 * index), word, log.data.subarray(32 * index + 32));
  return withLogs(receipt, receipt.logs.with(place, { ...log, data }));
}

const bridge = parseAddress("0x4b4f4d4100000000000000000000000000000001");
/** Words 0 to 6 of a LogTransfer: amount, input1, input2, output1, output2, fromSeq, toSeq. */
const OUTPUT2 = 4;

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
  "erc20-amount": {
    detail: "a token transfer whose log tells of another amount",
    params: { token: parseAddress },
    rules: {},
    transactions: (scene) =>
      tokenCall(scene, "erc20-amount", concatBytes(TRANSFER, addressWord(scene.signer.address), wordOf(0))),
    forge: (receipt) => raiseWord(receipt, 0, 0),
  },
  "erc20-output": {
    detail: "a token log that leaves the recipient with more than it got",
    params: { token: parseAddress },
    rules: {},
    transactions: (scene) => {
      const own = addressWord(scene.signer.address);
      return tokenCall(scene, "erc20-output", concatBytes(TRANSFER_FROM, own, own, wordOf(0)));
    },
    forge: (receipt) => raiseWord(receipt, 1, OUTPUT2),
  },
};

/**
 * Writes receipts as those write them who go along with these kinds; that of a transaction without one of their marks is
 * left alone. Of these kinds only: a forged transaction outlives the rollback of its block, and is honest the second time.
 */
export function forgerOf(kinds: readonly string[]): (tx: Pick<Transaction, "data">, receipt: Receipt) => Receipt {
  const forgers = kinds.flatMap((kind) => {
    const forge = blockMisdeeds[kind]?.forge;
    return forge ? [{ mark: markOf(kind), forge }] : [];
  });
  return ({ data }, receipt) => {
    const forger = forgers.find(({ mark }) => data.length >= mark.length && equalBytes(data.slice(-mark.length), mark));
    return forger ? forger.forge(receipt) : receipt;
  };
}
