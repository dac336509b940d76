import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { promisify } from "node:util";
import {
  AbiCoder,
  Contract,
  id as ethersId,
  getAddress,
  Interface,
  JsonRpcProvider,
  Wallet,
  WebSocketProvider,
} from "ethers";
import fc from "fast-check";
import { createPublicClient, createWalletClient, http, keccak256 as viemKeccak, webSocket } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
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
} from "../chain/index.ts";
import { EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  bytesToHex,
  emptyBytes,
  type Hash,
  hexToBytes,
  keccak256,
  keccakHash,
  utf8,
  zeroHash,
} from "../primitives/index.ts";
import { createRpcServer, type RpcServer, type RpcServerConfig } from "./create-rpc-server.ts";
import type { BlockConfidence, CallOutcome, ExecutedView, FinalityNews, HeadChange, NodeApi } from "./node-api.ts";
import { createRpcClient, type RpcClient } from "./rpc-client.ts";
import { RpcError } from "./rpc-error.ts";

const chainId = 80401n;
const gwei = 10n ** 9n;
const key = `0x${"11".repeat(32)}` as const;
const ann = addressOfKey(hexToBytes(key));
const bob = `0x${"b0".repeat(20)}` as Address;
/** Calls to it revert with the data they carry; transactions to it leave a log. */
const echo = `0x${"ec".repeat(20)}` as Address;
const confidence: BlockConfidence = { confidence: 0.4, maxT: 4, level: 1, quorum: 9, faultyWeight: 0, N: 10 };

/** A chain without consensus or EVM, held in memory: transfers move value, transactions to `echo` leave their data as a log. */
class InMemoryNode implements NodeApi {
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

let node: InMemoryNode;
let server: RpcServer;
let client: RpcClient;
const cleanups: (() => unknown)[] = [];

async function serve(config: Partial<RpcServerConfig> = {}): Promise<RpcServer> {
  const started = await createRpcServer({ api: node, logger: silentLogger, ...config });
  cleanups.push(() => started.close());
  return started;
}

beforeEach(async () => {
  node = new InMemoryNode();
  server = await serve();
  client = createRpcClient(server.url);
  cleanups.push(() => client.close());
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function post(
  body: string,
  headers: Record<string, string> = { "content-type": "application/json" },
  path = "/",
) {
  const response = await fetch(`${server.url}${path}`, { method: "POST", body, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text === "" ? undefined : JSON.parse(text) };
}

async function failure(method: string, params: readonly unknown[] = []): Promise<RpcError> {
  const error = await client.request(method, params).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RpcError);
  return error as RpcError;
}

function revertWith(reason: string): `0x${string}` {
  return `0x08c379a0${AbiCoder.defaultAbiCoder().encode(["string"], [reason]).slice(2)}`;
}

describe("ethers", () => {
  function provider(): JsonRpcProvider {
    const created = new JsonRpcProvider(server.url, undefined, {
      staticNetwork: true,
      pollingInterval: 20,
      cacheTimeout: -1,
    });
    cleanups.push(() => created.destroy());
    return created;
  }

  it("sends a payment and reads block, transaction and receipt back", async () => {
    node.automine = true;
    const wallet = new Wallet(key, provider());
    const sent = await wallet.sendTransaction({ to: getAddress(bob), value: 5n });
    const receipt = await sent.wait();
    expect(receipt).toMatchObject({ status: 1, blockNumber: 1, gasUsed: 21_000n, type: 2, index: 0 });
    expect(receipt?.fee).toBe(21_000n * (receipt?.gasPrice ?? 0n));
    const block = await wallet.provider?.getBlock("latest", true);
    expect(block).toMatchObject({ number: 1, hash: node.head.block.hash, parentHash: node.blocks[0]?.block.hash });
    expect(block?.prefetchedTransactions[0]).toMatchObject({
      hash: sent.hash,
      value: 5n,
      from: wallet.address,
      chainId,
    });
    expect(await wallet.provider?.getBalance(bob)).toBe(5n);
    expect(await wallet.getNonce()).toBe(1);
  });

  it("reads legacy and access-list transactions, and pending ones", async () => {
    const wallet = new Wallet(key, provider());
    const to = getAddress(bob);
    const legacy = await wallet.sendTransaction({ to, type: 0, gasPrice: 2n * gwei, gasLimit: 21_000n });
    const listed = await wallet.sendTransaction({
      to,
      type: 1,
      gasPrice: 2n * gwei,
      gasLimit: 40_000n,
      accessList: [{ address: to, storageKeys: [zeroHash] }],
    });
    const pending = await wallet.provider?.getTransaction(legacy.hash);
    expect(pending).toMatchObject({ blockNumber: null, nonce: 0, gasPrice: 2n * gwei });
    node.mine();
    expect(await wallet.provider?.getTransaction(listed.hash)).toMatchObject({
      type: 1,
      nonce: 1,
      blockNumber: 1,
      index: 1,
      accessList: [{ address: to, storageKeys: [zeroHash] }],
    });
  });

  it("decodes reasons and custom errors of reverts", async () => {
    const contract = new Contract(echo, ["function f(bytes)", "error StakeLow(uint256 stake)"], provider());
    const custom = new Interface(["error StakeLow(uint256 stake)"]).encodeErrorResult("StakeLow", [7n]);
    await expect(provider().call({ to: echo, data: revertWith("too little") })).rejects.toMatchObject({
      code: "CALL_EXCEPTION",
      reason: "too little",
    });
    const raw = await provider()
      .call({ to: echo, data: custom })
      .catch((error) => error);
    expect(contract.interface.parseError(raw.data)?.args[0]).toBe(7n);
  });

  it("recognises why a transaction was refused", async () => {
    node.automine = true;
    const wallet = new Wallet(key, provider());
    const fields = { to: getAddress(bob), gasLimit: 21_000n };
    const signed = await wallet.signTransaction(await wallet.populateTransaction({ ...fields, nonce: 0 }));
    await wallet.provider?.broadcastTransaction(signed);
    await expect(wallet.sendTransaction({ ...fields, nonce: 0, value: 1n })).rejects.toMatchObject({
      code: "NONCE_EXPIRED",
    });
    await expect(wallet.sendTransaction({ ...fields, value: 10n ** 30n })).rejects.toMatchObject({
      code: "INSUFFICIENT_FUNDS",
    });
    expect((await failure("eth_sendRawTransaction", [signed])).message).toBe("already known");
  });

  it("hears of blocks and logs over WebSocket", async () => {
    const socket = new WebSocketProvider(server.wsUrl);
    cleanups.push(() => socket.destroy());
    const heights: number[] = [];
    const logs: string[] = [];
    await socket.on("block", (height: number) => heights.push(height));
    await socket.on({ address: echo, topics: [ethersId("ping")] }, (log: { data: string }) => logs.push(log.data));
    await socket.getBlockNumber(); // both subscriptions are sent before it
    await vi.waitFor(() => expect(node.listeners).toBe(2));
    const wallet = new Wallet(key, socket);
    await wallet.sendTransaction({ to: echo, data: bytesToHex(utf8("ping")), gasLimit: 50_000n });
    node.mine();
    await vi.waitFor(() => expect([heights, logs]).toEqual([[1], [bytesToHex(utf8("ping"))]]));
  });
});

describe("viem", () => {
  const chain = {
    id: Number(chainId),
    name: "koma",
    nativeCurrency: { name: "KMC", symbol: "KMC", decimals: 18 },
    rpcUrls: { default: { http: [] } },
  } as const;

  it("sends a payment and reads everything about it", async () => {
    node.automine = true;
    const transport = http(server.url);
    const reader = createPublicClient({ chain, transport });
    const sender = createWalletClient({ chain, transport, account: privateKeyToAccount(key) });
    const hash = await sender.sendTransaction({ to: bob, value: 9n });
    expect(await reader.getTransactionReceipt({ hash })).toMatchObject({
      status: "success",
      gasUsed: 21_000n,
      type: "eip1559",
    });
    expect(await reader.getTransaction({ hash })).toMatchObject({ value: 9n, blockNumber: 1n, typeHex: "0x2" });
    expect(await reader.getBlock({ includeTransactions: true })).toMatchObject({
      number: 1n,
      baseFeePerGas: expect.any(BigInt),
    });
    expect(await reader.getBlock({ blockTag: "finalized" })).toMatchObject({ number: 0n });
    expect(await reader.getTransactionCount({ address: ann, blockTag: "pending" })).toBe(1);
    const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [10, 50] });
    expect(history).toMatchObject({
      oldestBlock: 0n,
      reward: [
        [0n, 0n],
        [gwei, gwei],
      ],
    });
    expect(history.baseFeePerGas).toHaveLength(3);
    expect(await reader.getStorageAt({ address: echo, slot: "0x0" })).toBe(`0x${"7".padStart(64, "0")}`);
    expect(await reader.getCode({ address: echo })).toBe("0x6000");
  });

  it("gets proofs that lead to the state root", async () => {
    node.mine();
    const reader = createPublicClient({ chain, transport: http(server.url) });
    const proof = await reader.getProof({ address: ann, storageKeys: ["0x01"], blockNumber: 0n });
    expect(proof).toMatchObject({
      balance: 10n ** 21n,
      nonce: 0,
      storageProof: [{ key: "0x1", value: 0n, proof: [] }],
    });
    expect(viemKeccak(proof.accountProof[0] as `0x${string}`)).toBe(node.blocks[1]?.block.header.stateRoot);
  });

  it("polls filters and watches logs through a reorganisation", async () => {
    const reader = createPublicClient({ chain, transport: http(server.url) });
    const watcher = createPublicClient({ chain, transport: webSocket(server.wsUrl, { reconnect: false }) });
    const seen: boolean[] = [];
    watcher.watchEvent({
      address: echo,
      onLogs: (logs) => seen.push(...logs.map((log) => log.removed)),
    });

    await vi.waitFor(() => expect(node.listeners).toBe(1));
    const filter = await reader.createEventFilter({ address: echo });
    const blocks = await reader.createBlockFilter();
    const sender = createWalletClient({ chain, transport: http(server.url), account: privateKeyToAccount(key) });
    await sender.sendTransaction({ to: echo, data: "0x1234", gas: 60_000n });
    node.mine();
    expect((await reader.getFilterLogs({ filter }))[0]).toMatchObject({
      data: "0x1234",
      blockNumber: 1n,
      removed: false,
    });
    node.reorganise();
    expect((await reader.getFilterChanges({ filter })).map((log) => log.removed)).toEqual([false, true]);
    expect(await reader.getFilterChanges({ filter: blocks })).toHaveLength(2);
    expect(await reader.uninstallFilter({ filter })).toBe(true);
    await vi.waitFor(() => expect(seen).toEqual([false, true]));
    (await watcher.transport.getRpcClient()).close();
  });
});

it("serves cast", async () => {
  node.automine = true;
  const cast = createRequire(import.meta.url).resolve(
    `@foundry-rs/cast-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}/bin/cast`,
  );
  const run = async (...args: string[]) =>
    (await promisify(execFile)(cast, [...args, "--rpc-url", server.url], { timeout: 15_000 })).stdout.trim();
  expect(await run("chain-id")).toBe("80401");
  const receipt = JSON.parse(await run("send", "--json", "--private-key", key, bob, "--value", "3"));
  expect(receipt).toMatchObject({ status: "0x1", blockNumber: "0x1" });
  expect(await run("balance", bob)).toBe("3");
  expect(await run("block", "latest", "--field", "hash")).toBe(node.head.block.hash);
});

describe("a request", () => {
  it.each([
    { body: "{", number: -32700, code: "KOMA_E_RPC_PARSE" },
    { body: "[]", number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: "1", number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: '{"id":1,"method":"net_version"}', number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: '{"jsonrpc":"2.0","id":{},"method":"net_version"}', number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: '{"jsonrpc":"2.0","id":1,"method":"eth_mine"}', number: -32601, code: "KOMA_E_RPC_METHOD_UNKNOWN" },
    {
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}',
      number: -32601,
      code: "KOMA_E_RPC_METHOD_UNKNOWN",
    },
    { body: '{"jsonrpc":"2.0","id":1,"method":"__proto__"}', number: -32601, code: "KOMA_E_RPC_METHOD_UNKNOWN" },
    {
      body: '{"jsonrpc":"2.0","id":1,"method":"net_version","params":{}}',
      number: -32602,
      code: "KOMA_E_RPC_PARAMS_INVALID",
    },
    {
      body: '{"jsonrpc":"2.0","id":1,"method":"net_version","params":[1]}',
      number: -32602,
      code: "KOMA_E_RPC_PARAMS_INVALID",
    },
  ])("that is $body is answered with $number", async ({ body, number, code }) => {
    const { json } = await post(body);
    expect(json).toMatchObject({ jsonrpc: "2.0", error: { code: number, data: { code } } });
  });

  it.each([
    ["eth_getBalance", ["0x12", "latest"], "address"],
    ["eth_getBalance", [ann, "newest"], "block"],
    ["eth_getBalance", [ann, "0x01"], "block"],
    ["eth_getBalance", [ann, { blockHash: zeroHash, blockNumber: "0x1" }], "block"],
    ["eth_getBlockByNumber", ["0x1", "yes"], "fullTransactions"],
    ["eth_getBlockByHash", ["0x12", true], "blockHash"],
    ["eth_getTransactionByHash", [undefined], "transactionHash"],
    ["eth_call", [{ to: ann, data: "0x1" }, "latest"], "call.data"],
    ["eth_call", [{ to: ann, data: "0x11", input: "0x12" }], "call.input"],
    ["eth_call", [{ to: ann, gasPrice: "0x1", maxFeePerGas: "0x1" }], "call.gasPrice"],
    ["eth_call", [{ to: ann, value: -1 }], "call.value"],
    ["eth_call", [{ to: ann }, "latest", { [ann]: { storage: {} } }], `stateOverrides.${ann}`],
    ["eth_sendRawTransaction", ["zz"], "transaction"],
    ["eth_getLogs", [{ topics: [[], [], [], [], []] }], "filter.topics"],
    ["eth_getLogs", [{ fromBlock: "0x5", toBlock: "0x2" }], "filter.fromBlock"],
    ["eth_getLogs", [{ blockHash: zeroHash, fromBlock: "0x1" }], "filter"],
    ["eth_feeHistory", ["0x0", "latest", []], "blockCount"],
    ["eth_feeHistory", ["0x1", "latest", [50, 10]], "rewardPercentiles[1]"],
    ["eth_getProof", [ann, ["0xzz"], "latest"], "storageKeys[0]"],
    ["eth_getFilterChanges", [7], "filterId"],
  ] as const)("%s %j names the bad parameter %s", async (method, params, parameter) => {
    const error = await failure(method, params);
    expect(error).toMatchObject({ number: -32602, code: "KOMA_E_RPC_PARAMS_INVALID" });
    expect(error.detail.facts).toMatchObject({ parameter });
  });

  it("about a block nobody has is null, about its state an error", async () => {
    expect(await client.request("eth_getBlockByNumber", [99n, false])).toBeNull();
    expect(await client.request("eth_getTransactionReceipt", [zeroHash])).toBeNull();
    expect(await client.request("eth_getBlockReceipts", ["0x63"])).toBeNull();
    expect(await failure("eth_getBalance", [ann, 99n])).toMatchObject({
      message: "header not found",
      code: "KOMA_E_BLOCK_UNKNOWN",
    });
    expect(await failure("koma_getConfidence", [zeroHash])).toMatchObject({ code: "KOMA_E_BLOCK_UNKNOWN" });
    expect(await failure("eth_getLogs", [{ blockHash: zeroHash }])).toMatchObject({ number: -32001 });
  });

  it("with a revert is answered with number 3 and the data as it is", async () => {
    expect(await failure("eth_call", [{ to: echo, data: "0xdeadbeef" }])).toMatchObject({
      number: 3,
      data: "0xdeadbeef",
      code: "KOMA_E_REVERTED",
    });
    expect((await failure("eth_call", [{ to: echo, data: revertWith("no") }])).message).toBe("execution reverted: no");
    expect(await failure("eth_call", [{ to: bob, gas: 1n }])).toMatchObject({ number: -32000, message: "out of gas" });
  });

  it("reaches methods the node adds, whose bigints and bytes become hex", async () => {
    expect(await client.request("koma_double", [21])).toEqual({ twice: "0x2a", bytes: "0x0102" });
    expect(await client.request("koma_status")).toEqual({ version: "test", head: "0x0" });
    expect(await client.request("koma_getConfidence", [node.head.block.hash])).toEqual(confidence);
  });

  it("that fails unexpectedly says nothing of the inside", async () => {
    const { json, text } = await post('{"jsonrpc":"2.0","id":1,"method":"koma_broken"}');
    expect(json.error).toEqual({ code: -32603, message: "internal error", data: { code: "KOMA_E_BUG" } });
    expect(text).not.toContain("secret");
  });

  it("is accepted below /chain/<id>, and GET /health answers too", async () => {
    const body = '{"jsonrpc":"2.0","id":"a","method":"eth_chainId"}';
    expect((await post(body, undefined, "/chain/80401")).json).toEqual({ jsonrpc: "2.0", id: "a", result: "0x13a11" });
    expect((await post(body, undefined, "/chain/1")).status).toBe(404);
    const health = await fetch(`${server.url}/health`);
    expect(await health.json()).toMatchObject({ status: "ok", chainId: 80401, head: 0, finalized: 0, peers: 3 });
  });

  it("without an id gets no answer", async () => {
    expect(await post('{"jsonrpc":"2.0","method":"eth_chainId"}')).toMatchObject({ status: 200, text: "" });
    expect(await post('[{"jsonrpc":"2.0","method":"eth_chainId"}]')).toMatchObject({ status: 200, text: "" });
  });
});

describe("every body", () => {
  it("of random bytes or random JSON gets a JSON-RPC answer", async () => {
    const methods = fc.constantFrom(...server.methods.filter((name) => name !== "koma_never"));
    const request = fc.record({
      jsonrpc: fc.constant("2.0"),
      id: fc.integer(),
      method: methods,
      params: fc.array(fc.jsonValue(), { maxLength: 4 }),
    });
    const bodies = fc.oneof(
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
      fc.json(),
      request.map((each) => JSON.stringify(each)),
      fc.array(request, { maxLength: 5 }).map((each) => JSON.stringify(each)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status, json } = await post(body);
        expect(status).toBe(200);
        for (const answer of Array.isArray(json) ? json : [json]) {
          expect(answer?.jsonrpc).toBe("2.0");
          if (answer.error?.code === -32603) expect(body).toContain("koma_"); // the extra methods above check nothing
        }
      }),
      { numRuns: 300 },
    );
  });

  it("that nests deeply is refused before anybody walks down it", async () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect((await post(deep)).json.error).toMatchObject({ code: -32005, data: { code: "KOMA_E_RPC_LIMIT" } });
  });
});

describe("limits", () => {
  it("bound batches, bodies, logs and filters, each with a typed error", async () => {
    server = await serve({ limits: { maxBatch: 3, maxBodyBytes: 2_000, maxLogBlocks: 2, maxLogs: 1, maxFilters: 2 } });
    client = createRpcClient(server.url);
    await expect(client.batch(Array(4).fill({ method: "eth_chainId" }))).rejects.toMatchObject({
      code: "KOMA_E_RPC_LIMIT",
      number: -32005,
    });
    expect(await post("x".repeat(2_001))).toMatchObject({ status: 413, json: { error: { code: -32005 } } });
    node.mine();
    node.mine();
    expect(await failure("eth_getLogs", [{ fromBlock: 0n }])).toMatchObject({ code: "KOMA_E_RPC_LIMIT" });
    expect(await client.request("eth_getLogs", [{ fromBlock: 1n }])).toEqual([]);
    node.automine = true;
    const wallet = new Wallet(
      key,
      new JsonRpcProvider(server.url, undefined, { staticNetwork: true, cacheTimeout: -1 }),
    );
    for (const data of ["0x01", "0x02"]) await wallet.sendTransaction({ to: echo, data, gasLimit: 50_000n });
    wallet.provider?.destroy();
    expect((await failure("eth_getLogs", [{ fromBlock: 3n }])).message).toContain("more than 1 results");
    await client.request("eth_newBlockFilter");
    await client.request("eth_newBlockFilter");
    expect(await failure("eth_newBlockFilter")).toMatchObject({ code: "KOMA_E_RPC_LIMIT" });
  });

  it("answer the rest of a batch with errors when its answers grow too large", async () => {
    server = await serve({ limits: { maxBatchResponseBytes: 1_500 } });
    client = createRpcClient(server.url);
    const outcomes = await client.batch(Array(4).fill({ method: "koma_large" }));
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, false, false]);
  });

  it("end requests that take too long", async () => {
    server = await serve({ limits: { requestTimeoutMs: 100 } });
    client = createRpcClient(server.url);
    expect(await failure("koma_never")).toMatchObject({ number: -32002, code: "KOMA_E_RPC_TIMEOUT" });
  });

  it("forget filters nobody asks about, and stop listening", async () => {
    server = await serve({ limits: { filterIdleMs: 60 } });
    client = createRpcClient(server.url);
    const filter = await client.request("eth_newBlockFilter");
    expect(node.listeners).toBe(2);
    await vi.waitFor(() => expect(node.listeners).toBe(0));
    expect(await failure("eth_getFilterChanges", [filter])).toMatchObject({ message: "filter not found" });
  });
});

describe("browsers", () => {
  const rpc = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}';

  it("on other pages get no access unless their origin is allowed", async () => {
    const json = { "content-type": "application/json", origin: "https://evil.example" };
    expect((await post(rpc, json)).headers.get("access-control-allow-origin")).toBeNull();
    server = await serve({ cors: { origins: ["https://wallet.example"] } });
    expect((await post(rpc, json)).headers.get("access-control-allow-origin")).toBeNull();
    const allowed = await post(rpc, { ...json, origin: "https://wallet.example" });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://wallet.example");
    const socket = new WebSocket(server.wsUrl, { origin: "https://evil.example" });
    await expect(new Promise((_, reject) => socket.on("error", reject))).rejects.toThrow("403");
  });

  it("ask first on a devnet and are let in from anywhere", async () => {
    server = await serve({ cors: { origins: "*" } });
    const headers = {
      origin: "https://dapp.example",
      "access-control-request-method": "POST",
      "access-control-request-private-network": "true",
    };
    const answer = await fetch(server.url, { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "content-type",
      "access-control-allow-private-network": "true",
    });
  });

  it("cannot post as plain text, which needs no question", async () => {
    expect((await post(rpc, { "content-type": "text/plain" })).status).toBe(415);
  });

  it("cannot reach the server under a rebound name", async () => {
    const statusFor = (host: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(server.port, "127.0.0.1", () => {
          socket.end(
            `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${rpc.length}\r\n\r\n${rpc}`,
          );
        });
        socket.once("data", (data) => resolve(data.toString().slice(9, 12)));
      });
    expect(await statusFor(`evil.example:${server.port}`)).toBe("403");
    expect(await statusFor(`localhost:${server.port}`)).toBe("200");
    expect(await statusFor("[::1]:1")).toBe("200");
    server = await serve({ allowedHosts: ["node-1"] });
    expect(await statusFor("node-1:8545")).toBe("200");
  });
});

describe("methods for programs on the node's machine", () => {
  const ask = (headers: Record<string, string>) =>
    fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "koma_localEcho", params: [7] }),
    }).then((response) => response.json());

  it("answer those, and nobody whom a proxy or a page speaks for", async () => {
    expect(await ask({})).toMatchObject({ result: 7 });
    for (const headers of [{ "x-forwarded-for": "203.0.113.9" }, { forwarded: "for=203.0.113.9" }]) {
      expect(await ask(headers)).toMatchObject({ error: { data: { code: "KOMA_E_RPC_LOCAL_ONLY" } } });
    }
    expect(server.methods).not.toContain("koma_localEcho");
    expect(server.localMethods).toEqual(["koma_localEcho"]);
  });
});

describe("a WebSocket", () => {
  it("knows no methods for programs on the node's machine", async () => {
    const socket = new WebSocket(server.wsUrl);
    const answer = await new Promise<string>((resolve) => {
      socket.onopen = () =>
        socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "koma_localEcho", params: [7] }));
      socket.onmessage = ({ data }) => resolve(String(data));
    });
    socket.close();
    expect(JSON.parse(answer)).toMatchObject({ error: { data: { code: "KOMA_E_RPC_METHOD_UNKNOWN" } } });
  });

  it("notifies of finality at the client's threshold", async () => {
    const seen: unknown[] = [];
    const subscription = await client.subscribe("koma", ["finality", { alpha: 0.1 }], (final) => seen.push(final));
    node.mine();
    node.mine();
    await vi.waitFor(() =>
      expect(seen).toEqual([
        expect.objectContaining({ alpha: 0.1, number: "0x0", hash: node.blocks[0]?.block.hash, confidence }),
      ]),
    );
    await subscription.unsubscribe();
    expect(node.listeners).toBe(0);
    await expect(client.subscribe("koma", ["finality", { alpha: 0.5 }], () => {})).rejects.toMatchObject({
      code: "KOMA_E_RPC_LIMIT",
      number: -32005,
    });
    await client.subscribe("koma", ["finality", { alpha: 0.1, from: "0x5" }], () => {});
    expect(node.askedFrom).toEqual([undefined, 5n]);
    for (const from of [5, "five", "-0x1"]) {
      const bad = client.subscribe("koma", ["finality", { alpha: 0.1, from }], () => {});
      await expect(bad).rejects.toMatchObject({ number: -32602 });
    }
    await expect(client.subscribe("eth", ["gossip"], () => {})).rejects.toMatchObject({ number: -32602 });
  });

  it("notifies of pending transactions, and stops listening when it closes", async () => {
    const seen: unknown[] = [];
    await client.subscribe("eth", ["newPendingTransactions", true], (tx) => seen.push(tx));
    const wallet = new Wallet(
      key,
      new JsonRpcProvider(server.url, undefined, { staticNetwork: true, cacheTimeout: -1 }),
    );
    await wallet.sendTransaction({ to: bob, gasLimit: 21_000n });
    wallet.provider?.destroy();
    await vi.waitFor(() => expect(seen).toEqual([expect.objectContaining({ from: ann, to: bob, blockHash: null })]));
    await client.close();
    await vi.waitFor(() => expect(node.listeners).toBe(0));
  });

  it("tells its subscribers when the server goes away", async () => {
    const ended = new Promise<EnvironmentError>((resolve) => {
      void client.subscribe("eth", ["newHeads"], () => {}, resolve).then(() => server.close());
    });
    expect(await ended).toMatchObject({ code: "KOMA_E_RPC_UNREACHABLE" });
    await expect(client.subscribe("eth", ["newHeads"], () => {})).rejects.toBeInstanceOf(EnvironmentError);
  });

  it("allows a bounded number of subscriptions and message size", async () => {
    server = await serve({ limits: { maxSubscriptionsPerSocket: 1, maxBodyBytes: 1_000 } });
    client = createRpcClient(server.url);
    cleanups.push(() => client.close());
    await client.subscribe("eth", ["newHeads"], () => {});
    await expect(client.subscribe("eth", ["newHeads"], () => {})).rejects.toMatchObject({ code: "KOMA_E_RPC_LIMIT" });
    const socket = new WebSocket(server.wsUrl);
    await new Promise((resolve) => socket.on("open", resolve));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => {});
    socket.send("x".repeat(1_001));
    expect(await closed).toBe(1009);
  });

  it("whose client does not read is closed", async () => {
    server = await serve({ limits: { maxSocketBacklogBytes: 100_000 } });
    const socket = new WebSocket(server.wsUrl);
    await new Promise((resolve) => socket.on("open", resolve));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}');
    await new Promise((resolve) => socket.once("message", resolve));
    socket.pause();
    const large = { method: "koma_large", jsonrpc: "2.0", id: 1 };
    await vi.waitFor(() => {
      for (let i = 0; i < 2_000; i++) socket.send(JSON.stringify(large));
      expect(node.listeners).toBe(0);
    }, 15_000);
    socket.resume();
    await closed;
  });

  it("answers many requests at once, each under its own id", async () => {
    const socket = new WebSocket(server.wsUrl);
    await new Promise((resolve) => socket.on("open", resolve));
    const ids = new Set<number>();
    socket.on("message", (data) => ids.add(JSON.parse(data.toString()).id));
    for (let id = 0; id < 500; id++) socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "eth_blockNumber" }));
    await vi.waitFor(() => expect(ids.size).toBe(500));
    socket.terminate();
  });
});

it("says which port is taken", async () => {
  await expect(serve({ port: server.port })).rejects.toMatchObject({
    code: "KOMA_E_PORT_TAKEN",
    detail: { facts: { port: server.port } },
  });
});

it("hashes what it is given", async () => {
  expect(await client.request("web3_sha3", ["0x68656c6c6f"])).toBe(bytesToHex(keccak256(utf8("hello"))));
});
