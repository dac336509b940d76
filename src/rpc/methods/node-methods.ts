import { ProtocolError } from "../../errors.ts";
import { bytesToHex, keccak256 } from "../../primitives/index.ts";
import { quantity, toJsonValue } from "../json-views.ts";
import { type MethodGroup, method } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { readData, readHash } from "../params.ts";

/** `web3_*`, `net_*`, and what a node says of itself and of finality. */
export function nodeMethods(api: NodeApi): MethodGroup {
  return {
    web3_clientVersion: method(0, () => api.clientVersion),
    web3_sha3: method(1, ([data]) => bytesToHex(keccak256(readData(data, "data")))),
    net_version: method(0, () => api.chainId.toString()),
    net_listening: method(0, () => true),
    net_peerCount: method(0, () => quantity(api.peerCount())),
    eth_chainId: method(0, () => quantity(api.chainId)),
    eth_syncing: method(0, () => toJsonValue(api.syncing())),
    koma_status: method(0, async () => toJsonValue(await api.status())),
    koma_getConfidence: method(1, async ([hash]) => {
      const block = readHash(hash, "blockHash");
      const confidence = await api.confidence(block);
      if (confidence === undefined) {
        throw new ProtocolError("KOMA_E_BLOCK_UNKNOWN", "unknown block", { facts: { hash: block } });
      }
      return confidence;
    }),
  };
}
