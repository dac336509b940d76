import { type Address, addressOfKey, bytesToHex } from "../../../src/primitives/index.ts";
import { loadArtifacts } from "../../../src/rootchain/index.ts";
import { type DevnetData, testKeys } from "../../support/devnet.ts";
import type { createKoma } from "../../support/koma.ts";

/** The devnet that all tools are tried on, once it is up. */
export interface ToolsDevnet {
  readonly koma: ReturnType<typeof createKoma>;
  readonly devnet: DevnetData;
  readonly rpcUrl: string;
  readonly wsUrl: string;
}

export const keys = {
  alice: bytesToHex(testKeys.alice),
  bob: bytesToHex(testKeys.bob),
  carol: bytesToHex(testKeys.carol),
};
export const alice = addressOfKey(testKeys.alice);
export const bob = addressOfKey(testKeys.bob);
export const artifact = loadArtifacts().of("DemoToken");
export const coins = 10n ** 18n;
export const chainId = 80_401;

/** An address nobody has used yet. */
export const stranger = (() => {
  let count = 0;
  return (): Address => `0x${(++count).toString(16).padStart(40, "c")}` as Address;
})();

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
