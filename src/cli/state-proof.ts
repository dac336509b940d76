import { ProtocolError } from "../errors.ts";
import { type Address, type Hash, type Hex, isHash, isHex } from "../primitives/index.ts";
import type { NetClient } from "./net-client.ts";

/** A node's answer to `eth_getProof`, well formed; whether it leads to a state root is for whoever has one to say. */
export interface StateProofAnswer {
  readonly address: Address;
  readonly accountProof: readonly Hex[];
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly codeHash: Hash;
  readonly storageHash: Hash;
  readonly storageProof: readonly { readonly key: Hash; readonly value: bigint; readonly proof: readonly Hex[] }[];
}

/**
 * Asks a node to prove an account and slots of it after a block.
 *
 * @throws {ProtocolError} KOMA_E_RPC_MALFORMED; what the node refuses with, such as KOMA_E_STATE_PRUNED
 */
export async function proveState(
  net: NetClient,
  address: Address,
  slots: readonly Hash[],
  block: bigint,
): Promise<StateProofAnswer> {
  const { createRpcClient } = await import("../rpc/index.ts");
  const asked = [address, slots, `0x${block.toString(16)}`];
  const answer = (await createRpcClient(net.rpcUrl()).request("eth_getProof", asked)) as Fields | null;
  const { accountProof, balance, nonce, codeHash, storageHash, storageProof } = answer ?? {};
  if (!areNodes(accountProof) || !Array.isArray(storageProof) || storageProof.length !== slots.length)
    throw malformed();
  if (!isHash(codeHash) || !isHash(storageHash)) throw malformed();
  return {
    address,
    accountProof,
    balance: word(balance),
    nonce: word(nonce),
    codeHash,
    storageHash,
    storageProof: slots.map((key, place) => {
      const { value, proof } = (storageProof as readonly (Fields | null)[])[place] ?? {};
      if (!areNodes(proof)) throw malformed();
      return { key, value: word(value), proof };
    }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function word(value: unknown): bigint {
  if (typeof value === "string" && /^0x[0-9a-f]{1,64}$/.test(value)) return BigInt(value);
  throw malformed();
}

function areNodes(value: unknown): value is readonly Hex[] {
  return Array.isArray(value) && value.every((node) => isHex(node));
}

function malformed(): ProtocolError {
  return new ProtocolError("KOMA_E_RPC_MALFORMED", "The node's answer to eth_getProof is none.", {
    facts: { method: "eth_getProof" },
  });
}
