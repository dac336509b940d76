import {
  type Address,
  addressWord,
  type Bytes,
  hexToBytes,
  signDigest,
  structHash,
  typedDigest,
  wordOf,
} from "../primitives/index.ts";
import type { RootClientContext } from "./root-client.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** An ERC-20 token on the root chain. Amounts are in its smallest unit; for KMC that is wei. */
export interface RootToken {
  readonly address: Address;
  symbol(): Promise<string>;
  decimals(): Promise<number>;
  totalSupply(): Promise<bigint>;
  balanceOf(account: Address): Promise<bigint>;
  allowance(owner: Address, spender: Address): Promise<bigint>;
  transfer(to: Address, amount: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  approve(spender: Address, amount: bigint, signal?: AbortSignal): Promise<SentTransaction>;
  /** Approves `amount` unless that much is approved already; undefined when it was. */
  ensureAllowance(spender: Address, amount: bigint, signal?: AbortSignal): Promise<SentTransaction | undefined>;
  /** Draws from the faucet of a demo token. */
  faucet(amount: bigint, signal?: AbortSignal): Promise<SentTransaction>;
}

export function openRootToken(context: RootClientContext, address: Address): RootToken {
  // The demo token's ABI is that of any ERC-20 with permit, plus its faucet.
  const contract = context.contractAt("DemoToken", address);
  const token: RootToken = {
    address,
    symbol: async () => (await contract.read("symbol"))[0] as string,
    decimals: async () => Number((await contract.read("decimals"))[0]),
    totalSupply: async () => BigInt((await contract.read("totalSupply"))[0] as bigint),
    balanceOf: async (account) => BigInt((await contract.read("balanceOf", [account]))[0] as bigint),
    allowance: async (owner, spender) => BigInt((await contract.read("allowance", [owner, spender]))[0] as bigint),
    transfer: (to, amount, signal) =>
      context.send(contract.call(`transfer tokens to ${to}`, "transfer", [to, amount]), signal),
    approve: (spender, amount, signal) =>
      context.send(contract.call(`approve ${spender}`, "approve", [spender, amount]), signal),
    async ensureAllowance(spender, amount, signal) {
      const owner = context.sender(`approve ${spender}`).address;
      if ((await token.allowance(owner, spender)) >= amount) return undefined;
      return await token.approve(spender, amount, signal);
    },
    faucet: (amount, signal) => context.send(contract.call("draw from the faucet", "faucet", [amount]), signal),
  };
  return token;
}

/** An EIP-2612 approval as arguments of a contract's `…WithPermit` function. */
export interface SignedPermit {
  /** Seconds. */
  readonly deadline: bigint;
  readonly v: number;
  readonly r: Bytes;
  readonly s: Bytes;
}

export interface PermitRequest {
  readonly token: Address;
  readonly owner: Address;
  readonly ownerKey: Bytes;
  readonly spender: Address;
  readonly amount: bigint;
  /** Seconds the permit holds from the newest block on, default 3,600. */
  readonly lifetime?: number;
}

/** Signs an approval, so that approving and spending are one transaction. */
export async function signPermit(context: RootClientContext, request: PermitRequest): Promise<SignedPermit> {
  const contract = context.contractAt("DemoToken", request.token);
  const [domain, nonce, block] = await Promise.all([
    contract.read("DOMAIN_SEPARATOR"),
    contract.read("nonces", [request.owner]),
    context.rpc.request("eth_getBlockByNumber", ["latest", false]),
  ]);
  const now = BigInt((block as { timestamp: string }).timestamp);
  const deadline = now + BigInt(request.lifetime ?? 3_600);
  const struct = structHash("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)", [
    addressWord(request.owner),
    addressWord(request.spender),
    wordOf(request.amount),
    wordOf(nonce[0] as bigint),
    wordOf(deadline),
  ]);
  const digest = typedDigest(hexToBytes(domain[0] as string), struct);
  const signature = signDigest(digest, request.ownerKey);
  return { deadline, v: signature[64] as number, r: signature.slice(0, 32), s: signature.slice(32, 64) };
}
