import type { Deposit } from "../bridge/index.ts";
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
import { type Bytes, bytesToBigint, concatBytes, emptyBytes, parseAddress, utf8, wordOf } from "../primitives/index.ts";
import type { SealingKey } from "./sealing-keys.ts";

/** Where a misdeed is done: a producer's next block. */
export interface MisdeedScene {
  readonly chainId: bigint;
  readonly executor: Executor;
  readonly parent: BlockHeader;
  /** Seals the block and is its coinbase; the bridge takes deliveries from nobody else. Not always the signer of units. */
  readonly sealer: SealingKey;
  /** Transactions of that key that the block holds before. */
  readonly before: number;
  /** Deliveries of deposits among them. */
  readonly delivered: number;
  readonly params: Readonly<Record<string, string>>;
  /** A confirmed deposit of the root chain. */
  readonly deposit: (id: bigint) => Deposit | undefined;
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
  readonly forge?: (receipt: Receipt, tx: Transaction) => Receipt;
  /** What is delivered instead of the deposits that are due. */
  readonly deliveries?: (due: readonly Deposit[]) => readonly Deposit[];
  /** Those who go along sign checkpoints over deliveries that are not the root chain's deposits. */
  readonly overlooksDeposits?: boolean;
}

type Fields = Parameters<typeof signTransaction>[0];

/** A transaction of the producer, free of what cannot be wrong. */
export function signed(scene: MisdeedScene, fields: Partial<Fields>, later = 0n): Transaction {
  const { executor, parent, sealer, before, chainId } = scene;
  const nonce = executor.stateAt(hashHeader(parent)).account(sealer.address)?.nonce ?? 0n;
  return signTransaction(
    {
      type: 2,
      chainId,
      nonce: nonce + BigInt(before) + later,
      gasLimit: 21_000n,
      maxFeePerGas: parent.baseFeePerGas * 2n + 1_000n,
      maxPriorityFeePerGas: 0n,
      to: sealer.address,
      value: 0n,
      data: new Uint8Array(0),
      accessList: [],
      ...fields,
    },
    sealer.key,
  );
}

/**
 * Ends the calldata of a transaction whose receipt is forged. Everybody who goes along forges the same receipts by it,
 * whenever they run the block; honest nodes run it as it stands, and find that the roots are wrong.
 */
export const markOf = (kind: string): Bytes => utf8(`koma fault ${kind}`);

/** A call of a token, marked by a kind; none where the token does not exist yet, because such a call proves nothing. */
export function tokenCall(scene: MisdeedScene, kind: string | undefined, input: Bytes): readonly Transaction[] {
  const token = parseAddress(scene.params["token"] ?? "");
  const account = scene.executor.stateAt(hashHeader(scene.parent)).account(token);
  if (!account || account.codeHash === emptyCodeHash) return [];
  return [
    signed(scene, {
      to: token,
      gasLimit: 200_000n,
      data: concatBytes(input, kind === undefined ? emptyBytes : markOf(kind)),
    }),
  ];
}

/** The receipt with other logs, and the bloom that fits them. */
export function withLogs(receipt: Receipt, logs: readonly Log[]): Receipt {
  return { ...receipt, logs, logsBloom: bloomOf(logs) };
}

/** Adds one to word `index` of the data of log `place`; a receipt without that log stays as it is. */
export function raiseWord(receipt: Receipt, place: number, index: number): Receipt {
  const log = receipt.logs[place];
  if (!log) return receipt;
  const word = wordOf(bytesToBigint(log.data.subarray(32 * index, 32 * index + 32)) + 1n);
  const data = concatBytes(log.data.subarray(0, 32 * index), word, log.data.subarray(32 * index + 32));
  return withLogs(receipt, receipt.logs.with(place, { ...log, data }));
}
