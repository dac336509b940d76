import { TypedDataEncoder } from "ethers";
import { describe, expect, it } from "vitest";
import { type Address, bytesToHex, keccakHash, utf8, zeroHash } from "../primitives/index.ts";
import { type Checkpoint, checkpointDigest, checkpointHash } from "./checkpoint.ts";

const domain = { rootChainId: 31337n, contract: `0x${"ab".repeat(20)}` as Address };
const checkpoint: Checkpoint = {
  chainId: 80401n,
  epoch: 3n,
  number: 7n,
  proposer: `0x${"cd".repeat(20)}` as Address,
  start: 97n,
  end: 112n,
  rootHash: keccakHash(utf8("root")),
  lastBlockHash: keccakHash(utf8("last")),
  accountHash: zeroHash,
  prevCheckpoint: keccakHash(utf8("previous")),
  generation: 1n,
};

describe("a checkpoint", () => {
  it("is signed as ethers signs the same typed data", () => {
    const types = {
      Checkpoint: [
        { name: "chainId", type: "uint64" },
        { name: "epoch", type: "uint64" },
        { name: "number", type: "uint64" },
        { name: "proposer", type: "address" },
        { name: "start", type: "uint64" },
        { name: "end", type: "uint64" },
        { name: "rootHash", type: "bytes32" },
        { name: "lastBlockHash", type: "bytes32" },
        { name: "accountHash", type: "bytes32" },
        { name: "prevCheckpoint", type: "bytes32" },
        { name: "generation", type: "uint64" },
      ],
    };
    const named = { name: "KOMA Checkpoint", version: "1", chainId: 31337n, verifyingContract: domain.contract };
    expect(bytesToHex(checkpointDigest(checkpoint, domain))).toBe(TypedDataEncoder.hash(named, types, checkpoint));
    expect(checkpointHash(checkpoint)).toBe(TypedDataEncoder.hashStruct("Checkpoint", types, checkpoint));
  });
});
