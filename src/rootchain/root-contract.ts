import type { Interface, Result } from "ethers";
import { EnvironmentError } from "../errors.ts";
import type { Address, Hash, Hex } from "../primitives/index.ts";
import { refusalOf } from "./contract-error.ts";
import type { RootRpc } from "./json-rpc.ts";
import type { RootCall } from "./sent-transaction.ts";

/** One deployed contract, as the typed groups of the client use it. */
export interface RootContract {
  readonly address: Address;
  readonly abi: Interface;
  /**
   * Calls a view, in the state after the newest block or after block `at`.
   *
   * @throws {ProtocolError} the view reverted, with its custom error decoded
   * @throws {EnvironmentError} KOMA_E_ROOTCHAIN_CONTRACT_MISSING when nothing is deployed there
   */
  read(method: string, args?: readonly unknown[], signal?: AbortSignal, at?: Hash): Promise<Result>;
  /** A transaction that calls `method`; sending it is the sender's work. */
  call(action: string, method: string, args?: readonly unknown[], value?: bigint): RootCall;
}

export function openRootContract(rpc: RootRpc, name: string, address: Address, abi: Interface): RootContract {
  return {
    address,
    abi,
    async read(method, args = [], signal, at) {
      const data = abi.encodeFunctionData(method, args);
      let answer: unknown;
      try {
        // By hash (EIP-1898): after a reorganisation a number would mean another block.
        const block = at === undefined ? "latest" : { blockHash: at };
        answer = await rpc.request("eth_call", [{ to: address, data }, block], signal);
      } catch (error) {
        throw refusalOf(`read ${method} of ${name}`, error);
      }
      if (typeof answer !== "string" || answer === "0x") throw missing(name, address, rpc.url);
      return abi.decodeFunctionResult(method, answer);
    },
    call(action, method, args = [], value = 0n) {
      return { action, to: address, data: abi.encodeFunctionData(method, args) as Hex, value };
    },
  };
}

function missing(name: string, address: Address, url: string): EnvironmentError {
  return new EnvironmentError("KOMA_E_ROOTCHAIN_CONTRACT_MISSING", `There is no ${name} at ${address}.`, {
    facts: { name, address, url },
    fix: ["Check that the URL is that of the network's root chain: koma contract addresses"],
  });
}
