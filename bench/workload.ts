import { readFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { Interface, parseEther } from "ethers";
import { signTransaction, type TransactionFields } from "../src/chain/index.ts";
import { type Address, bytesToHex, type Hash, type Hex, hexToBytes } from "../src/primitives/index.ts";
import { createRpcClient, type RpcClient } from "../src/rpc/index.ts";
import { type DerivedAccount, deriveAccounts, TEST_MNEMONIC } from "../src/wallet/index.ts";
import { SENDERS, type Target } from "./target.ts";

export type LoadKind = "transfer" | "erc20";

/** A transaction that only has to be sent. */
export interface SignedTransaction {
  readonly hash: Hash;
  readonly raw: Hex;
  readonly sender: number;
}

const MAX_FEE_PER_GAS = 1_000_000_000_000n;
const TIP_PER_GAS = 1_000_000_000n;
const TRANSFER_GAS = 21_000n;
const TOKEN_TRANSFER_GAS = 100_000n;

/**
 * Signs the load before any clock starts: one after the other from every sender, each with nonces without gaps. For `erc20`
 * a token is deployed first, and every sender draws some of it.
 */
export async function prepareLoad(
  target: Target,
  kind: LoadKind,
  count: number,
): Promise<readonly SignedTransaction[]> {
  const rpc = createRpcClient(target.url);
  const chainId = BigInt(await rpc.request<Hex>("eth_chainId"));
  const senders = deriveAccounts(TEST_MNEMONIC, SENDERS);
  const token = kind === "erc20" ? await deployToken(rpc, chainId, senders) : undefined;
  const nonces = await Promise.all(senders.map(({ address }) => nonceOf(rpc, address)));
  return Array.from({ length: count }, (_, i) => {
    const sender = i % senders.length;
    const nonce = nonces[sender] as bigint;
    nonces[sender] = nonce + 1n;
    const recipient = senders[(i + 1) % senders.length]?.address as Address;
    const call = token ? tokenTransfer(token, recipient) : { to: recipient, value: 1n, gasLimit: TRANSFER_GAS };
    return { ...sign({ chainId, nonce, ...call }, senders[sender] as DerivedAccount), sender };
  });
}

const erc20 = new Interface([
  "function faucet(uint256 amount)",
  "function transfer(address to, uint256 amount) returns (bool)",
]);

function tokenTransfer(token: Address, recipient: Address) {
  return { to: token, data: callData("transfer", recipient, 1n), gasLimit: TOKEN_TRANSFER_GAS };
}

function callData(name: string, ...values: readonly unknown[]) {
  return hexToBytes(erc20.encodeFunctionData(name, values));
}

async function deployToken(rpc: RpcClient, chainId: bigint, senders: readonly DerivedAccount[]): Promise<Address> {
  const artifact = new URL("../contracts/artifacts/DemoToken.json", import.meta.url);
  const { bytecode } = JSON.parse(readFileSync(artifact, "utf8")) as { bytecode: Hex };
  const [deployer] = senders as [DerivedAccount];
  const create = { chainId, nonce: await nonceOf(rpc, deployer.address), gasLimit: 3_000_000n };
  const deployment = sign({ ...create, data: hexToBytes(bytecode) }, deployer);
  await rpc.request("eth_sendRawTransaction", [deployment.raw]);
  const { contractAddress } = await receiptOf(rpc, deployment.hash);
  const draws = await Promise.all(
    senders.map(async (sender) => {
      const nonce = await nonceOf(rpc, sender.address);
      const data = callData("faucet", parseEther("10000"));
      return sign({ chainId, nonce, gasLimit: 200_000n, to: contractAddress, data }, sender);
    }),
  );
  for (const draw of draws) await rpc.request("eth_sendRawTransaction", [draw.raw]);
  for (const draw of draws) await receiptOf(rpc, draw.hash);
  return contractAddress;
}

function sign(fields: Omit<TransactionFields, "maxFeePerGas">, { privateKey }: DerivedAccount) {
  const signed = signTransaction(
    { ...fields, maxFeePerGas: MAX_FEE_PER_GAS, maxPriorityFeePerGas: TIP_PER_GAS },
    privateKey,
  );
  return { hash: signed.hash, raw: bytesToHex(signed.raw) };
}

async function nonceOf(rpc: RpcClient, address: Address): Promise<bigint> {
  return BigInt(await rpc.request<Hex>("eth_getTransactionCount", [address, "pending"]));
}

async function receiptOf(rpc: RpcClient, hash: Hash): Promise<{ readonly contractAddress: Address }> {
  for (let tries = 0; tries < 600; tries++) {
    const receipt = await rpc.request<{ status: Hex; contractAddress: Address } | null>("eth_getTransactionReceipt", [
      hash,
    ]);
    if (receipt) {
      if (receipt.status !== "0x1") throw new Error(`transaction ${hash} failed`);
      return receipt;
    }
    await after(100);
  }
  throw new Error(`transaction ${hash} was not included within a minute`);
}
