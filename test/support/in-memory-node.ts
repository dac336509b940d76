import {
  accountKey,
  type Block,
  type BlockHeader,
  bloomOf,
  createBlock,
  decodeTransaction,
  effectiveGasPrice,
  emptyBloom,
  emptyCodeHash,
  emptyTrieRoot,
  encodeAccount,
  encodeReceipt,
  intrinsicGas,
  joinBlooms,
  type Log,
  nextBaseFee,
  orderedTrie,
  type Receipt,
  type Transaction,
  Trie,
} from "../../src/chain/index.ts";
import { ProtocolError, UserError } from "../../src/errors.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  emptyBytes,
  type Hash,
  hexToBytes,
  keccakHash,
  zeroHash,
} from "../../src/primitives/index.ts";
import type {
  BlockConfidence,
  CallOutcome,
  ExecutedView,
  FinalityNews,
  HeadChange,
  NodeApi,
} from "../../src/rpc/node-api.ts";

export const chainId = 80401n;
export const gwei = 10n ** 9n;
export const key = `0x${"11".repeat(32)}` as const;
export const ann = addressOfKey(hexToBytes(key));
export const bob = `0x${"b0".repeat(20)}` as Address;
/** Calls to it revert with the data they carry; transactions to it leave a log. */
export const echo = `0x${"ec".repeat(20)}` as Address;
export const confidence: BlockConfidence = { confidence: 0.4, maxT: 4, level: 1, quorum: 9, faultyWeight: 0, N: 10 };

/** A chain without consensus or EVM, held in memory: transfers move value, transactions to `echo` leave their data as a log. */
export class InMemoryNode implements NodeApi {
  readonly chainId = chainId;
  readonly clientVersion = "koma/test";
  readonly blocks: ExecutedView[] = [];
  readonly pending: Transaction[] = [];
  readonly extra: Record<string, (params: readonly unknown[]) => unknown> = {
    koma_double: ([value]) => ({ twice: 2n * BigInt(value as number), bytes: Uint8Array.of(1, 2) }),
    koma_broken: () => {
      throw new Error("/secret/path");
    },
    koma_never: () => new Promise(() => {}),
    koma_large: () => "x".repeat(1_000),
  };
  readonly #heads = new Set<(change: HeadChange) => void>();
  readonly #pendings = new Set<(transaction: Transaction) => void>();
  readonly #finals = new Set<(news: FinalityNews) => void>();
  automine = false;

  constructor() {
    this.mine();
  }

  get head(): ExecutedView {
    return this.blocks.at(-1) as ExecutedView;
  }

  get listeners(): number {
    return this.#heads.size + this.#pendings.size + this.#finals.size;
  }

  balances(height: number): Map<Address, { nonce: bigint; balance: bigint }> {
    const state = new Map([[ann, { nonce: 0n, balance: 10n ** 21n }]]);
    for (const { block, outcomes } of this.blocks.slice(0, height + 1)) {
      for (const [i, tx] of block.transactions.entries()) {
        const paid = (outcomes[i]?.gasUsed ?? 0n) * effectiveGasPrice(tx, block.header.baseFeePerGas);
        const from = state.get(tx.sender) ?? { nonce: 0n, balance: 0n };
        state.set(tx.sender, { nonce: from.nonce + 1n, balance: from.balance - paid - tx.value });
        if (tx.to === undefined) continue;
        const to = state.get(tx.to) ?? { nonce: 0n, balance: 0n };
        state.set(tx.to, { ...to, balance: to.balance + tx.value });
      }
    }
    return state;
  }

  mine(): ExecutedView {
    const parent = this.blocks.at(-1)?.block;
    const transactions = this.pending.splice(0);
    let cumulativeGasUsed = 0n;
    const outcomes = transactions.map((tx) => ({ gasUsed: intrinsicGas(tx) }));
    const receipts = transactions.map((tx, i): Receipt => {
      cumulativeGasUsed += outcomes[i]?.gasUsed ?? 0n;
      const log: Log = { address: echo, topics: [keccakHash(tx.data)], data: tx.data };
      const logs = tx.to === echo ? [log] : [];
      return { type: tx.type, status: 1, cumulativeGasUsed, logs, logsBloom: bloomOf(logs) };
    });
    const header: BlockHeader = {
      parentHash: parent?.hash ?? zeroHash,
      coinbase: bob,
      stateRoot: this.trie(this.blocks.length - 1).root(),
      transactionsRoot:
        transactions.length === 0 ? emptyTrieRoot : orderedTrie(transactions.map((tx) => tx.raw)).root(),
      receiptsRoot: receipts.length === 0 ? emptyTrieRoot : orderedTrie(receipts.map(encodeReceipt)).root(),
      logsBloom: receipts.length === 0 ? emptyBloom() : joinBlooms(receipts.map((receipt) => receipt.logsBloom)),
      number: parent === undefined ? 0n : parent.header.number + 1n,
      gasLimit: 30_000_000n,
      gasUsed: cumulativeGasUsed,
      timestamp: 1_700_000_000n + BigInt(this.blocks.length),
      extraData: emptyBytes,
      prevRandao: zeroHash,
      baseFeePerGas: parent === undefined ? gwei : nextBaseFee(parent.header),
    };
    const view: ExecutedView = { block: createBlock(header, transactions), receipts, outcomes };
    this.blocks.push(view);
    for (const listener of this.#heads) listener({ removed: [], added: [view] });
    const final = this.blocks.at(-3)?.block;
    if (final) {
      const news: FinalityNews = { kind: "final", hash: final.hash, header: final.header, confidence };
      for (const listener of this.#finals) listener(news);
    }
    return view;
  }

  /** Takes the head off the chain and puts an empty block in its place. */
  reorganise(): void {
    const removed = this.blocks.pop() as ExecutedView;
    const parent = this.head.block.header;
    const header = { ...removed.block.header, logsBloom: emptyBloom(), gasUsed: 0n, parentHash: this.head.block.hash };
    const view = {
      block: createBlock({ ...header, timestamp: parent.timestamp + 9n }, []),
      receipts: [],
      outcomes: [],
    };
    this.blocks.push(view);
    for (const listener of this.#heads) listener({ removed: [removed], added: [view] });
  }

  trie(height: number): Trie {
    return Trie.fromEntries(
      [...this.balances(height)].map(([address, { nonce, balance }]) => [
        accountKey(address),
        encodeAccount({ nonce, balance, storageRoot: emptyTrieRoot, codeHash: emptyCodeHash }),
      ]),
    );
  }

  peerCount = () => 3;
  syncing = () => false as const;
  status = () => ({ version: "test", head: this.head.block.header.number });

  header(at: Parameters<NodeApi["header"]>[0]) {
    const block = this.#select(at);
    return block && { header: block.header, hash: block.hash, canonical: true };
  }
  #select(at: Parameters<NodeApi["header"]>[0]): Block | undefined {
    if (at.kind === "hash") return this.block(at.hash);
    if (at.kind === "number") return this.blocks[Number(at.number)]?.block;
    const depth = { latest: 0, pending: 0, safe: 1, finalized: 2, earliest: this.blocks.length - 1 }[at.tag];
    return this.blocks[Math.max(0, this.blocks.length - 1 - depth)]?.block;
  }
  block = (hash: Hash) => this.executed(hash)?.block;
  executed = (hash: Hash) => this.blocks.find(({ block }) => block.hash === hash);
  transaction(hash: Hash) {
    for (const { block, receipts, outcomes } of this.blocks) {
      const index = block.transactions.findIndex((tx) => tx.hash === hash);
      if (index < 0) continue;
      return {
        transaction: block.transactions[index] as Transaction,
        receipt: receipts[index] as Receipt,
        gasUsed: outcomes[index]?.gasUsed ?? 0n,
        blockHash: block.hash,
        blockNumber: block.header.number,
        baseFeePerGas: block.header.baseFeePerGas,
        index,
        firstLogIndex: receipts.slice(0, index).reduce((sum, receipt) => sum + receipt.logs.length, 0),
      };
    }
    return this.pending.find((tx) => tx.hash === hash);
  }
  logs({ from, to, addresses, topics, limit }: Parameters<NodeApi["logs"]>[0]) {
    const logs = this.blocks.slice(Number(from), Number(to) + 1).flatMap(({ block, receipts }) =>
      receipts.flatMap((receipt, transactionIndex) =>
        receipt.logs.map((log, logIndex) => ({
          ...log,
          blockHash: block.hash,
          blockNumber: block.header.number,
          transactionHash: block.transactions[transactionIndex]?.hash ?? zeroHash,
          transactionIndex,
          logIndex: transactionIndex + logIndex,
        })),
      ),
    );
    const wanted = topics?.[0];
    const found = logs.filter(
      (log) =>
        (addresses ?? [log.address]).includes(log.address) && [null, undefined, log.topics[0]].includes(wanted as Hash),
    );
    return { logs: found.slice(0, limit), complete: found.length <= limit };
  }

  submitTransaction(raw: Bytes): Hash {
    const decoded = decodeTransaction(raw, chainId);
    if (!decoded.ok) throw new ProtocolError("KOMA_E_TX_MALFORMED", `invalid transaction: ${decoded.rejection.code}`);
    const tx = decoded.value;
    if (this.transaction(tx.hash) !== undefined) throw new ProtocolError("KOMA_E_TX_KNOWN", "already known");
    const account = this.account(tx.sender);
    if (tx.nonce < account.nonce) {
      const facts = { expected: account.nonce, found: tx.nonce };
      throw new ProtocolError(
        "KOMA_E_TX_NONCE_LOW",
        `nonce too low: next nonce ${account.nonce}, tx nonce ${tx.nonce}`,
        { facts },
      );
    }
    if (account.balance < tx.value + tx.gasLimit * tx.maxFeePerGas) {
      throw new ProtocolError("KOMA_E_TX_FUNDS", "insufficient funds for gas * price + value");
    }
    this.pending.push(tx);
    for (const listener of this.#pendings) listener(tx);
    if (this.automine) this.mine();
    return tx.hash;
  }
  pendingNonce = (address: Address) =>
    this.account(address).nonce + BigInt(this.pending.filter((tx) => tx.sender === address).length);
  pool = () => ({ pending: this.pending, queued: [] });
  fees = () => ({ baseFeePerGas: nextBaseFee(this.head.block.header), maxPriorityFeePerGas: gwei });

  account(address: Address, at?: Hash) {
    const height = at === undefined ? this.blocks.length - 1 : this.blocks.findIndex(({ block }) => block.hash === at);
    return this.balances(height).get(address) ?? { nonce: 0n, balance: 0n };
  }
  code = (address: Address) => (address === echo ? Uint8Array.of(0x60, 0x00) : emptyBytes);
  slot = () => Uint8Array.of(7);
  call(request: Parameters<NodeApi["call"]>[0]): CallOutcome {
    if (request.gasLimit === 1n) return { kind: "failed", reason: "out of gas" };
    if (request.to !== echo) return { kind: "returned", data: request.data, gasUsed: 21_000n };
    return { kind: "reverted", data: request.data, gasUsed: 22_000n };
  }
  estimateGas(request: Parameters<NodeApi["estimateGas"]>[0]) {
    const outcome = this.call({ ...request, to: bob });
    return outcome.kind === "returned"
      ? { kind: "estimated" as const, gas: intrinsicGas({ data: request.data, to: request.to, accessList: [] }) }
      : outcome;
  }
  prove(address: Address, slots: readonly Hash[], at: Hash) {
    const height = this.blocks.findIndex(({ block }) => block.hash === at);
    return {
      ...this.account(address, at),
      codeHash: emptyCodeHash,
      storageHash: emptyTrieRoot,
      accountProof: this.trie(height).prove(accountKey(address)),
      storageProof: slots.map((slot) => ({ key: slot, value: 0n, proof: [] })),
    };
  }
  confidence = (hash: Hash) => (this.executed(hash) ? confidence : undefined);

  onHead(listener: (change: HeadChange) => void) {
    this.#heads.add(listener);
    return () => this.#heads.delete(listener);
  }
  onPendingTransaction(listener: (transaction: Transaction) => void) {
    this.#pendings.add(listener);
    return () => this.#pendings.delete(listener);
  }
  readonly local = { koma_localEcho: ([value]: readonly unknown[]) => value };
  readonly askedFrom: (bigint | undefined)[] = [];
  onFinal(alpha: number, listener: (news: FinalityNews) => void, from?: bigint) {
    if (alpha !== 0.1 && alpha !== 1 / 3) throw new UserError("KOMA_E_RPC_LIMIT", "too many thresholds");
    this.askedFrom.push(from);
    this.#finals.add(listener);
    return () => this.#finals.delete(listener);
  }
}
