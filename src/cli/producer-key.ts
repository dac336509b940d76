import { Flags } from "@oclif/core";
import { type Address, type Bytes, hashToBytes, signDigest } from "../primitives/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import { createRpcClient } from "../rpc/index.ts";
import { openKey } from "./key-ring.ts";
import type { Ctx } from "./koma-command.ts";
import type { NetClient } from "./net-client.ts";

export const producerKeyFlag = Flags.string({
  summary: "Key that seals the blocks, from `koma keys list` or NODE.producer of a devnet; default: the signer key.",
  env: "KOMA_PRODUCER_KEY",
  helpValue: "KEY",
});

/** A producer key with its agreement to seal for one validator. */
export interface ProvenKey {
  readonly address: Address;
  /** Signature by it of `ProducerElection.keyDigest`. */
  readonly proof: Bytes;
}

/** Opens the key that `--producer-key` names, and has it sign that it seals for the owner's validator. */
export async function proveProducerKey(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  { name, owner, validatorId }: { readonly name: string; readonly owner: Address; readonly validatorId: bigint },
): Promise<ProvenKey> {
  const { address, privateKey } = await openKey(ctx, net, name);
  const digest = await root.elections.keyDigest(owner, validatorId);
  return { address, proof: signDigest(hashToBytes(digest), privateKey) };
}

/** How a node seals blocks, in its `koma_status`. */
export interface NodeSealing {
  /** The node's own keys; absent without such a key. */
  readonly signer?: string;
  readonly producerKeys: readonly string[];
  /** In the present era: whether its validator produces, with which key, and whether the node has that; null outside the committee. */
  readonly sealing: { readonly inOffice: boolean; readonly key: string; readonly held: boolean } | null;
}

/** Asks the devnet's node of that name; undefined when there is none or it does not answer. */
export async function sealingOfNode(
  net: NetClient,
  name: string | null,
  signal: AbortSignal,
): Promise<NodeSealing | undefined> {
  const node = net.manifest.nodes.find((each) => each.name === name);
  if (!node) return undefined;
  try {
    return await createRpcClient(node.rpcUrl).request<NodeSealing>("koma_status", [], signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined; // A stopped node says nothing of its keys, and the election can be shown without.
  }
}

/** Whether one of the node's keys is this one. */
export function hasKey({ signer, producerKeys }: NodeSealing, key: string): boolean {
  return [signer, ...producerKeys].some((own) => own?.toLowerCase() === key.toLowerCase());
}

/** What gives a node the key that it lacks. */
export function giveKeyStep(key: string): string {
  return `give the node the key ${key}: koma node start --dir DIR --producer-key FILE`;
}
