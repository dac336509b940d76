import { ProtocolError } from "../errors.ts";
import { type Address, isHex } from "../primitives/index.ts";
import type { StatsProof, WorkTotals } from "../rootchain/index.ts";
import type { NetClient } from "./net-client.ts";
import { proveState } from "./state-proof.ts";

/** What a signer did in all eras that the chain has recorded, as of its newest block. */
export async function recordedWork(net: NetClient, signer: Address): Promise<WorkTotals> {
  const { createRpcClient } = await import("../rpc/index.ts");
  const { decodeWorkTotals, predeployAddresses, workTotalsSlot } = await import("../rootchain/index.ts");
  const slot = [predeployAddresses.ProducerStats, workTotalsSlot(signer), "latest"];
  const word = await createRpcClient(net.rpcUrl()).request("eth_getStorageAt", slot);
  if (!isQuantity(word)) throw malformed("eth_getStorageAt");
  return decodeWorkTotals(BigInt(word));
}

/** The same as of a block, and what proves it to the root chain. */
export async function provenWork(
  net: NetClient,
  signer: Address,
  block: bigint,
): Promise<{ readonly totals: WorkTotals; readonly proof: StatsProof }> {
  const { createRpcClient } = await import("../rpc/index.ts");
  const { decodeWorkTotals, predeployAddresses, workTotalsSlot } = await import("../rootchain/index.ts");
  const [header, { accountProof, storageProof }] = await Promise.all([
    createRpcClient(net.rpcUrl()).request("debug_getRawHeader", [`0x${block.toString(16)}`]),
    proveState(net, predeployAddresses.ProducerStats, [workTotalsSlot(signer)], block),
  ]);
  const [slot] = storageProof;
  if (!isHex(header) || !slot) throw malformed("debug_getRawHeader");
  return { totals: decodeWorkTotals(slot.value), proof: { header, account: accountProof, slot: slot.proof } };
}

function isQuantity(value: unknown): value is string {
  return typeof value === "string" && /^0x[0-9a-f]{1,64}$/.test(value);
}

function malformed(method: string): ProtocolError {
  return new ProtocolError("KOMA_E_RPC_MALFORMED", `The node's answer to ${method} is none.`, {
    facts: { method },
  });
}
