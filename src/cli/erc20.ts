import { ProtocolError, UserError } from "../errors.ts";
import type { Address, Bytes } from "../primitives/index.ts";
import type { ChainClient } from "../rpc/index.ts";

/** An ERC-20 on a KOMA chain, as far as commands use it. Amounts are in its smallest unit. */
export interface ChainToken {
  readonly address: Address;
  symbol(): Promise<string>;
  decimals(): Promise<number>;
  balanceOf(account: Address): Promise<bigint>;
  transferData(to: Address, amount: bigint): Bytes;
  approveData(spender: Address, amount: bigint): Bytes;
}

const ABI = [
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function balanceOf(address) view returns (uint256)",
  "function transfer(address to, uint256 amount) returns (bool)",
  "function approve(address spender, uint256 amount) returns (bool)",
];

export async function openChainToken(chain: ChainClient, address: Address): Promise<ChainToken> {
  const { Interface } = await import("ethers");
  const { hexToBytes } = await import("../primitives/index.ts");
  const abi = new Interface(ABI);

  async function read(method: string, args: readonly unknown[] = []): Promise<unknown> {
    const output = await chain.call(address, hexToBytes(abi.encodeFunctionData(method, args)));
    if (output.length === 0) {
      throw new UserError("KOMA_E_TOKEN_UNKNOWN", `There is no token at ${address}.`, {
        facts: { address },
        fix: ["Name KMC, dUSD, or the address of a token of this chain."],
      });
    }
    try {
      return abi.decodeFunctionResult(method, output)[0] as unknown;
    } catch (cause) {
      throw new ProtocolError("KOMA_E_TOKEN_UNKNOWN", `The contract at ${address} is no ERC-20 token.`, {
        facts: { address, method },
        cause,
      });
    }
  }

  return {
    address,
    symbol: async () => String(await read("symbol")).slice(0, 64),
    decimals: async () => Number(await read("decimals")),
    balanceOf: async (account) => BigInt((await read("balanceOf", [account])) as bigint),
    transferData: (to, amount) => hexToBytes(abi.encodeFunctionData("transfer", [to, amount])),
    approveData: (spender, amount) => hexToBytes(abi.encodeFunctionData("approve", [spender, amount])),
  };
}
