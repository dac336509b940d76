// Blocks for the proof vectors, made with @ethereumjs and ethers only: what our own encoders, tries and proof builders,
// in TypeScript and in Solidity, are compared with must not come from them.
import { createBlockHeader } from "@ethereumjs/block";
import { Common, createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { createMerkleProof, createMPT, type MerklePatriciaTrie } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { createTx, type TypedTransaction } from "@ethereumjs/tx";
import { createAddressFromString, type Address as EthereumAddress } from "@ethereumjs/util";
import { Bloom } from "@ethereumjs/vm";
import {
  concat,
  getBytes,
  hexlify,
  id,
  keccak256,
  SigningKey,
  toBeHex,
  toUtf8Bytes,
  Wallet,
  zeroPadValue,
} from "ethers";

export const CHAIN_ID = 80401;
export const SEALER = new Wallet(id("koma vectors: sealer"));

const common: Common = createCustomCommon({ chainId: CHAIN_ID, name: "koma-vectors" }, Mainnet, {
  hardfork: Hardfork.Cancun,
});
/** EIP-155 is what tells a protected legacy transaction from an unprotected one. */
const unprotected = new Common({ chain: Mainnet, hardfork: Hardfork.Homestead });

export interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export interface Receipt {
  readonly type: number;
  readonly status: 0 | 1;
  readonly cumulativeGasUsed: bigint;
  readonly logs: readonly Log[];
}

export interface BlockVector {
  readonly number: number;
  readonly timestamp: number;
  readonly transactionsRoot: string;
  readonly receiptsRoot: string;
  readonly parentHash: string;
  readonly blockHash: string;
  readonly sealingHash: string;
  readonly sealer: string;
  readonly header: string;
  readonly transactions: readonly string[];
  readonly receipts: readonly string[];
  readonly entries: readonly EntryVector[];
}

export interface EntryVector {
  readonly index: number;
  readonly type: number;
  readonly transaction: string;
  readonly transactionHash: string;
  readonly sender: string;
  readonly nonce: number;
  readonly creates: boolean;
  readonly txNodes: readonly string[];
  readonly receipt: string;
  readonly status: number;
  readonly cumulativeGasUsed: string;
  readonly receiptNodes: readonly string[];
  readonly logs: readonly Log[];
}

/** Same seed, same number: vectors must not change between runs. */
function draw(seed: string, below: number): number {
  return Number(BigInt(id(seed)) % BigInt(below));
}

/** `length` bytes that look random. */
function fill(seed: string, length: number): string {
  let out = "0x";
  for (let i = 0; out.length < 2 + 2 * length; i++) out += id(`${seed}/${i}`).slice(2);
  return out.slice(0, 2 + 2 * length);
}

/** Types in turn: legacy with and without replay protection, access list, dynamic fee; every seventh creates. */
function drawTransaction(seed: string, nonce: number): TypedTransaction {
  const key = getBytes(id(`koma vectors: user ${draw(`${seed}/user`, 5)}`));
  const creates = nonce % 7 === 3;
  const fields = {
    nonce,
    gasLimit: 21_000 + draw(`${seed}/gas`, 1_000_000),
    value: draw(`${seed}/zero`, 3) === 0 ? 0n : BigInt(id(`${seed}/value`)) % 10n ** 21n,
    data: fill(`${seed}/data`, draw(`${seed}/length`, 200)) as `0x${string}`,
    ...(creates ? {} : { to: createAddressFromString(fill(`${seed}/to`, 20)) as EthereumAddress }),
  };
  const gasPrice = BigInt(1 + draw(`${seed}/price`, 10 ** 11));
  const keys = Array.from({ length: draw(`${seed}/keys`, 3) }, (_, i) => fill(`${seed}/key/${i}`, 32));
  const accessList = keys.length === 0 ? [] : [{ address: fill(`${seed}/accessed`, 20), storageKeys: keys }];
  switch (nonce % 4) {
    case 0:
      return createTx({ ...fields, type: 0, gasPrice }, { common }).sign(key);
    case 1:
      return createTx({ ...fields, type: 0, gasPrice }, { common: unprotected }).sign(key);
    case 2:
      return createTx(
        { ...fields, type: 1, chainId: CHAIN_ID, gasPrice, accessList: accessList as never },
        { common },
      ).sign(key);
    default:
      return createTx(
        {
          ...fields,
          type: 2,
          chainId: CHAIN_ID,
          maxFeePerGas: gasPrice,
          maxPriorityFeePerGas: gasPrice / 3n,
          accessList: accessList as never,
        },
        { common },
      ).sign(key);
  }
}

function drawLogs(seed: string, count: number): readonly Log[] {
  return Array.from({ length: count }, (_, i) => ({
    address: fill(`${seed}/log/${i}`, 20),
    topics: Array.from({ length: draw(`${seed}/topics/${i}`, 5) }, (_unused, t) => fill(`${seed}/topic/${i}/${t}`, 32)),
    data: fill(`${seed}/logdata/${i}`, draw(`${seed}/loglength/${i}`, 130)),
  }));
}

export function encodeReceipt(receipt: Receipt): Uint8Array {
  const bloom = new Bloom();
  for (const log of receipt.logs) {
    bloom.add(getBytes(log.address));
    for (const topic of log.topics) bloom.add(getBytes(topic));
  }
  const fields = RLP.encode([
    receipt.status === 1 ? 1n : new Uint8Array(0),
    receipt.cumulativeGasUsed,
    bloom.bitvector,
    receipt.logs.map((log) => [log.address, [...log.topics], log.data]),
  ]);
  return receipt.type === 0 ? fields : Uint8Array.of(receipt.type, ...fields);
}

export async function orderedTrie(values: readonly Uint8Array[]): Promise<MerklePatriciaTrie> {
  const trie = await createMPT();
  for (const [index, value] of values.entries()) await trie.put(RLP.encode(index), value);
  return trie;
}

/** A node of under 32 bytes stands inside its parent, so it is not listed; the root always is. */
export async function proveIndex(trie: MerklePatriciaTrie, index: number): Promise<readonly string[]> {
  const nodes = await createMerkleProof(trie, RLP.encode(index));
  return nodes.filter((node, i) => i === 0 || node.length >= 32).map((node) => hexlify(node));
}

/** P10: keccak256("KOMA seal v1" ‖ chain id as 32 bytes ‖ hash of the header without the seal). */
function sealingHashOf(unsealedHash: string): string {
  return keccak256(concat([toUtf8Bytes("KOMA seal v1"), zeroPadValue(toBeHex(CHAIN_ID), 32), unsealedHash]));
}

/** A sealed block of `count` transactions, with proofs of those at `proven`. */
export async function drawBlock(block: {
  readonly number: number;
  readonly timestamp: number;
  readonly parentHash: string;
  readonly count: number;
  readonly proven: readonly number[];
  readonly freeExtraData: string;
}): Promise<BlockVector> {
  const seed = `block ${block.number}`;
  const transactions = Array.from({ length: block.count }, (_, i) => drawTransaction(`${seed}/${i}`, i));
  let cumulativeGasUsed = 0n;
  const receipts = transactions.map((transaction, i): Receipt => {
    // The very first receipt has no gas at all: zero is 0x80, which an SDK once wrote as 0x00.
    if (block.number !== 1) cumulativeGasUsed += 21_000n + BigInt(draw(`${seed}/used/${i}`, 60_000));
    const status = draw(`${seed}/status/${i}`, 4) === 0 ? 0 : 1;
    const logCount = status === 0 ? 0 : i === 7 ? 12 : draw(`${seed}/logs/${i}`, 4);
    return { type: transaction.type, status, cumulativeGasUsed, logs: drawLogs(`${seed}/${i}`, logCount) };
  });
  const rawTransactions = transactions.map((transaction) => transaction.serialize());
  const rawReceipts = receipts.map(encodeReceipt);
  const txTrie = await orderedTrie(rawTransactions);
  const receiptTrie = await orderedTrie(rawReceipts);

  const sealed = (extraData: string) =>
    createBlockHeader(
      {
        parentHash: block.parentHash as `0x${string}`,
        coinbase: createAddressFromString(SEALER.address),
        stateRoot: id(`${seed}/state`) as `0x${string}`,
        transactionsTrie: txTrie.root(),
        receiptTrie: receiptTrie.root(),
        number: block.number,
        gasLimit: 30_000_000,
        gasUsed: cumulativeGasUsed,
        timestamp: block.timestamp,
        extraData: extraData as `0x${string}`,
        mixHash: id(`${seed}/randao`) as `0x${string}`,
        baseFeePerGas: 7n + BigInt(block.number),
      },
      { common, skipConsensusFormatValidation: true },
    );
  const sealingHash = sealingHashOf(hexlify(sealed(block.freeExtraData).hash()));
  const { r, s, v } = new SigningKey(SEALER.privateKey).sign(sealingHash);
  const header = sealed(concat([block.freeExtraData, r, s, toBeHex(v, 1)]));

  const entries: EntryVector[] = [];
  for (const index of block.proven) {
    const transaction = transactions[index] as TypedTransaction;
    const receipt = receipts[index] as Receipt;
    entries.push({
      index,
      type: transaction.type,
      transaction: hexlify(rawTransactions[index] as Uint8Array),
      transactionHash: hexlify(transaction.hash()),
      sender: transaction.getSenderAddress().toString(),
      nonce: Number(transaction.nonce),
      creates: transaction.to === undefined,
      txNodes: await proveIndex(txTrie, index),
      receipt: hexlify(rawReceipts[index] as Uint8Array),
      status: receipt.status,
      cumulativeGasUsed: receipt.cumulativeGasUsed.toString(),
      receiptNodes: await proveIndex(receiptTrie, index),
      logs: receipt.logs,
    });
  }
  return {
    number: block.number,
    timestamp: block.timestamp,
    transactionsRoot: hexlify(txTrie.root()),
    receiptsRoot: hexlify(receiptTrie.root()),
    parentHash: block.parentHash,
    blockHash: hexlify(header.hash()),
    sealingHash,
    sealer: SEALER.address.toLowerCase(),
    header: hexlify(header.serialize()),
    transactions: rawTransactions.map((raw) => hexlify(raw)),
    receipts: rawReceipts.map((raw) => hexlify(raw)),
    entries,
  };
}
