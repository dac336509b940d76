import { expect, it } from "vitest";
import { hashFromBytes } from "../primitives/index.ts";
import { type SelfDescriptionParts, selfDescription } from "./self-description.ts";

/** Of Ethereum's main network, whose fork hash at its genesis EIP-2124 names. */
const genesisHash = hashFromBytes(
  Uint8Array.from(Buffer.from("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3", "hex")),
);

function described(statesFrom: bigint, transactionsFrom: bigint) {
  return selfDescription({
    genesis: { chainId: 80_401n, validators: [] },
    genesisHash,
    chain: { head: { header: { number: 300n }, hash: genesisHash } },
    store: { state: { historyStart: () => statesFrom }, blocks: { transactionsStart: () => transactionsFrom } },
  } as unknown as SelfDescriptionParts);
}

it("tells its rules as EIP-7910 has them: Cancun from the genesis on, without blobs", () => {
  const config = described(0n, 0n)["eth_config"]?.([]) as { current: { precompiles: object; forkId: string } };
  expect(config).toMatchObject({
    current: { activationTime: 0, chainId: 80_401n, forkId: "0xfc64ec04", blobSchedule: { max: 0, target: 0 } },
    next: null,
    last: null,
  });
  expect(Object.keys(config.current.precompiles)).toHaveLength(10);
  expect(config.current.precompiles).toMatchObject({
    ECREC: "0x0000000000000000000000000000000000000001",
    KZG_POINT_EVALUATION: "0x000000000000000000000000000000000000000a",
  });
});

it("tells how far back states and transactions are kept", () => {
  const states = { disabled: false, oldestBlock: 160n };
  const history = { disabled: false, oldestBlock: 128n };
  expect(described(160n, 128n)["eth_capabilities"]?.([])).toEqual({
    head: { number: 300n, hash: genesisHash },
    state: states,
    tx: history,
    logs: history,
    receipts: history,
    blocks: history,
    stateproofs: states,
  });
});
