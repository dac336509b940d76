import { type Block, decodeBlock, decodeReceipt, type Receipt, signTransaction } from "../chain/index.ts";
import { EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  bytesToHex,
  emptyBytes,
  type Hash,
  type Hex,
  hexToBytes,
} from "../primitives/index.ts";
import { createRpcClient, type RpcClient } from "./rpc-client.ts";
import { RpcError } from "./rpc-error.ts";

/** What a person's transaction says; what is left out the chain decides. */
export interface TransactionRequest {
  /** Left out to create a contract. */
  readonly to?: Address;
  /** Wei. */
  readonly value?: bigint;
  readonly data?: Bytes;
  readonly gasLimit?: bigint;
  /** Wei per gas, all of it; default twice the base fee and the suggested tip. */
  readonly gasPrice?: bigint;
  readonly nonce?: bigint;
}

/** A receipt as the node tells it. */
export interface ReceiptView {
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  readonly blockHash: Hash;
  readonly blockNumber: bigint;
  readonly status: "success" | "reverted";
  readonly gasUsed: bigint;
  readonly effectiveGasPrice: bigint;
  readonly contractAddress: Address | undefined;
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hash[]; readonly data: Hex }[];
}

export interface ConfidenceView {
  readonly confidence: number;
  readonly maxT: number | null;
  readonly level: number;
  readonly quorum: number | null;
  readonly faultyWeight: number;
  readonly N: number;
}

/** A side-chain as commands use it: typed questions, and transactions that are signed here and never leave a key. */
export interface ChainClient {
  readonly chainId: bigint;
  readonly rpc: RpcClient;
  blockNumber(tag?: "latest" | "safe" | "finalized"): Promise<bigint>;
  balance(address: Address): Promise<bigint>;
  call(to: Address, data: Bytes): Promise<Bytes>;
  send(request: TransactionRequest, key: Bytes): Promise<Hash>;
  receipt(transaction: Hash): Promise<ReceiptView | undefined>;
  /** @throws {ProtocolError} KOMA_E_TX_REVERTED when the transaction was included and failed */
  waitForReceipt(transaction: Hash, signal: AbortSignal): Promise<ReceiptView>;
  confidence(block: Hash): Promise<ConfidenceView | undefined>;
  /** Waits until the transaction's block has at least this confidence, wherever the block ends up. */
  waitForConfidence(transaction: Hash, confidence: number, signal: AbortSignal): Promise<ReceiptView>;
  /** A block and its receipts, decoded here and tied to each other by their roots. */
  block(at: bigint | Hash): Promise<{ readonly block: Block; readonly receipts: readonly Receipt[] } | undefined>;
}

const POLL_MS = 150;

/** Opens a node's RPC. @throws {EnvironmentError} KOMA_E_RPC_UNREACHABLE */
export async function openChainClient(url: string): Promise<ChainClient> {
  const rpc = createRpcClient(url);
  const chainId = BigInt(await rpc.request<Hex>("eth_chainId"));
  const quantity = async (method: string, params: readonly unknown[]) => BigInt(await rpc.request<Hex>(method, params));

  async function receipt(hash: Hash): Promise<ReceiptView | undefined> {
    const found = await rpc.request<JsonReceipt | null>("eth_getTransactionReceipt", [hash]);
    return found ? readReceipt(found) : undefined;
  }

  async function confidence(block: Hash): Promise<ConfidenceView | undefined> {
    return (await rpc.request<ConfidenceView | null>("koma_getConfidence", [block])) ?? undefined;
  }

  async function fees(gasPrice: bigint | undefined) {
    if (gasPrice !== undefined) return { maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice };
    const head = await rpc.request<{ baseFeePerGas: Hex }>("eth_getBlockByNumber", ["latest", false]);
    const tip = await quantity("eth_maxPriorityFeePerGas", []);
    return { maxFeePerGas: 2n * BigInt(head.baseFeePerGas) + tip, maxPriorityFeePerGas: tip };
  }

  async function send(request: TransactionRequest, key: Bytes): Promise<Hash> {
    const from = addressOfKey(key);
    const message = {
      from,
      ...(request.to ? { to: request.to } : {}),
      value: request.value ?? 0n,
      data: request.data ?? emptyBytes,
    };
    const [nonce, price, gasLimit] = await Promise.all([
      request.nonce ?? quantity("eth_getTransactionCount", [from, "pending"]),
      fees(request.gasPrice),
      request.gasLimit ?? quantity("eth_estimateGas", [message]),
    ]);
    const { to, value, data } = { to: request.to, value: message.value, data: message.data };
    const signed = signTransaction({ chainId, nonce, gasLimit, ...price, to, value, data }, key);
    return rpc.request<Hash>("eth_sendRawTransaction", [bytesToHex(signed.raw)]);
  }

  async function waitForReceipt(hash: Hash, signal: AbortSignal): Promise<ReceiptView> {
    for (;;) {
      const found = await receipt(hash);
      if (found?.status === "reverted") {
        throw new ProtocolError("KOMA_E_TX_REVERTED", `Transaction ${hash} was included and reverted.`, {
          facts: { transaction: hash, block: found.blockNumber },
          fix: [`koma tx show ${hash}`],
        });
      }
      if (found) return found;
      await pause(signal);
    }
  }

  return {
    chainId,
    rpc,
    blockNumber: async (tag = "latest") => {
      const header = await rpc.request<{ number: Hex }>("eth_getBlockByNumber", [tag, false]);
      return BigInt(header.number);
    },
    balance: (address) => quantity("eth_getBalance", [address, "latest"]),
    async call(to, data) {
      return hexToBytes(await rpc.request<Hex>("eth_call", [{ to, data: bytesToHex(data) }, "latest"]));
    },
    send,
    receipt,
    waitForReceipt,
    confidence,
    async waitForConfidence(hash, wanted, signal) {
      for (;;) {
        const found = await waitForReceipt(hash, signal);
        const reached = await confidence(found.blockHash);
        if (reached && reached.confidence >= wanted) return found;
        await pause(signal);
      }
    },
    async block(at) {
      const selector = typeof at === "bigint" ? `0x${at.toString(16)}` : at;
      let raw: Hex;
      try {
        raw = await rpc.request<Hex>("debug_getRawBlock", [selector]);
      } catch (error) {
        if (error instanceof RpcError && error.code === "KOMA_E_BLOCK_UNKNOWN") return undefined;
        throw error;
      }
      const block = decodeBlock(hexToBytes(raw), chainId);
      if (!block.ok) throw malformed(url, "block", block.rejection.code);
      const rawReceipts = await rpc.request<readonly Hex[]>("debug_getRawReceipts", [block.value.hash]);
      const receipts = rawReceipts.map((bytes) => {
        const decoded = decodeReceipt(hexToBytes(bytes));
        if (!decoded.ok) throw malformed(url, "receipt", decoded.rejection.code);
        return decoded.value;
      });
      return { block: block.value, receipts };
    },
  };
}

interface JsonReceipt {
  readonly transactionHash: Hash;
  readonly transactionIndex: Hex;
  readonly blockHash: Hash;
  readonly blockNumber: Hex;
  readonly status: Hex;
  readonly gasUsed: Hex;
  readonly effectiveGasPrice: Hex;
  readonly contractAddress: Address | null;
  readonly logs: ReceiptView["logs"];
}

function readReceipt(json: JsonReceipt): ReceiptView {
  return {
    transactionHash: json.transactionHash,
    transactionIndex: Number(json.transactionIndex),
    blockHash: json.blockHash,
    blockNumber: BigInt(json.blockNumber),
    status: json.status === "0x1" ? "success" : "reverted",
    gasUsed: BigInt(json.gasUsed),
    effectiveGasPrice: BigInt(json.effectiveGasPrice),
    contractAddress: json.contractAddress ?? undefined,
    logs: json.logs,
  };
}

function malformed(url: string, what: string, code: string): ProtocolError {
  return new ProtocolError("KOMA_E_RPC_MALFORMED", `${url} answered with a ${what} that does not decode (${code}).`, {
    facts: { url, code },
  });
}

/** One look and the next; the command's signal says when to give up. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(reasonOf(signal));
    const onAbort = () => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, POLL_MS);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function reasonOf(signal: AbortSignal): Error {
  if (signal.reason instanceof Error) return signal.reason;
  return new EnvironmentError("KOMA_E_TIMEOUT", "The wait was given up.", {});
}

/** Hash, number or one of the moving tags, as a person types it. @throws {UserError} KOMA_E_BLOCK_MALFORMED */
export function parseBlockSelector(text: string): bigint | Hash | "latest" | "safe" | "finalized" | "earliest" {
  if (text === "latest" || text === "safe" || text === "finalized" || text === "earliest") return text;
  if (/^[0-9]{1,18}$/.test(text)) return BigInt(text);
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hash;
  throw new UserError("KOMA_E_BLOCK_MALFORMED", `"${text.slice(0, 80)}" names no block.`, {
    fix: ["Give a number, a block hash, latest, safe or finalized."],
  });
}
