import { readFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { Interface, parseEther } from "ethers";
import { signTransaction, type TransactionFields } from "../src/chain/index.ts";
import {
  type Address,
  bigintToFixedBytes,
  bytesToHex,
  type Hash,
  type Hex,
  hexToBytes,
} from "../src/primitives/index.ts";
import { createRpcClient, type RpcClient } from "../src/rpc/index.ts";
import { type DerivedAccount, deriveAccounts, TEST_MNEMONIC } from "../src/wallet/index.ts";
import { computer, storageWriter } from "./contracts.ts";
import { SENDERS, type Target } from "./target.ts";

/** `storage` writes 20 slots, `compute` spends 430,000 gas on arithmetic. */
export type LoadKind = "transfer" | "erc20" | "storage" | "compute";

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
/** Of 20 slots that were empty, as a sender's first call finds them. */
const STORAGE_GAS = 600_000n;
const COMPUTE_GAS = 500_000n;

/**
 * Signs the load before any clock starts: one after the other from every sender, each with nonces without gaps. Contracts that
 * it calls are deployed first; of the token every sender draws some.
 */
export async function prepareLoad(
  target: Target,
  kind: LoadKind,
  count: number,
): Promise<readonly SignedTransaction[]> {
  const next = await openWorkload(target, kind);
  return Array.from({ length: count }, next);
}

/** The same, one transaction at a time. */
export async function openWorkload(target: Target, kind: LoadKind): Promise<() => SignedTransaction> {
  const rpc = createRpcClient(target.url);
  const chainId = BigInt(await rpc.request<Hex>("eth_chainId"));
  const senders = deriveAccounts(TEST_MNEMONIC, SENDERS);
  const callOf = await prepareCalls(rpc, kind, chainId, senders);
  const nonces = await Promise.all(senders.map(({ address }) => nonceOf(rpc, address)));
  let made = 0;
  return () => {
    const i = made++;
    const sender = i % senders.length;
    const nonce = nonces[sender] as bigint;
    nonces[sender] = nonce + 1n;
    return { ...sign({ chainId, nonce, ...callOf(i) }, senders[sender] as DerivedAccount), sender };
  };
}

const erc20 = new Interface([
  "function faucet(uint256 amount)",
  "function transfer(address to, uint256 amount) returns (bool)",
]);

type Call = Pick<TransactionFields, "to" | "value" | "data" | "gasLimit">;

async function prepareCalls(
  rpc: RpcClient,
  kind: LoadKind,
  chainId: bigint,
  senders: readonly DerivedAccount[],
): Promise<(index: number) => Call> {
  const recipient = (i: number) => senders[(i + 1) % senders.length]?.address as Address;
  const [deployer] = senders as [DerivedAccount];
  switch (kind) {
    case "transfer":
      return (i) => ({ to: recipient(i), value: 1n, gasLimit: TRANSFER_GAS });
    case "erc20": {
      const to = await deployToken(rpc, chainId, senders);
      return (i) => ({ to, data: callData("transfer", recipient(i), 1n), gasLimit: TOKEN_TRANSFER_GAS });
    }
    case "storage": {
      const to = await deploy(rpc, chainId, deployer, storageWriter);
      // Another word every time: writing what is there already would be no write.
      return (i) => ({ to, data: bigintToFixedBytes(BigInt(i + 1), 32), gasLimit: STORAGE_GAS });
    }
    case "compute": {
      const to = await deploy(rpc, chainId, deployer, computer);
      return () => ({ to, gasLimit: COMPUTE_GAS });
    }
  }
}

function callData(name: string, ...values: readonly unknown[]) {
  return hexToBytes(erc20.encodeFunctionData(name, values));
}

async function deployToken(rpc: RpcClient, chainId: bigint, senders: readonly DerivedAccount[]): Promise<Address> {
  const artifact = new URL("../contracts/artifacts/DemoToken.json", import.meta.url);
  const { bytecode } = JSON.parse(readFileSync(artifact, "utf8")) as { bytecode: Hex };
  const contractAddress = await deploy(rpc, chainId, senders[0] as DerivedAccount, bytecode);
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

async function deploy(rpc: RpcClient, chainId: bigint, deployer: DerivedAccount, bytecode: Hex): Promise<Address> {
  const create = { chainId, nonce: await nonceOf(rpc, deployer.address), gasLimit: 3_000_000n };
  const deployment = sign({ ...create, data: hexToBytes(bytecode) }, deployer);
  await rpc.request("eth_sendRawTransaction", [deployment.raw]);
  return (await receiptOf(rpc, deployment.hash)).contractAddress;
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
