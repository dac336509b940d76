import { type Common, createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import type { KZG } from "@ethereumjs/util";
import { BugError } from "../errors.ts";
import { keccak256 } from "../primitives/index.ts";
import { verifyProof } from "./point-evaluation.ts";

/** The EVM asks for one of these functions only; blobs do not exist on this chain. */
const kzg: KZG = {
  verifyProof,
  blobToKzgCommitment: noBlobs,
  computeBlobProof: noBlobs,
  verifyBlobProofBatch: noBlobs,
  computeCells: noBlobs,
  computeCellsAndProofs: noBlobs,
  recoverCellsAndProofs: noBlobs,
  verifyCellKzgProofBatch: noBlobs,
};

function noBlobs(): never {
  throw new BugError("there are no blobs on this chain");
}

/**
 * Rules of the chain for `@ethereumjs/evm`: Cancun for ever, our chain id, our keccak (hash-wasm, five times faster than
 * the library's own). A new object per EVM, because each EVM registers listeners on its own.
 */
export function chainCommon(chainId: bigint): Common {
  return createCustomCommon({ chainId: chainId.toString(), name: "koma" }, Mainnet, {
    hardfork: Hardfork.Cancun,
    customCrypto: { keccak256, kzg },
  });
}
