import { crc32 } from "node:zlib";
import type { Genesis } from "../chain/index.ts";
import { type Hash, hashToBytes } from "../primitives/index.ts";
import type { ExtraMethod } from "../rpc/index.ts";
import type { Store } from "../storage/index.ts";
import type { ChainView } from "./chain-view.ts";

export interface SelfDescriptionParts {
  readonly genesis: Pick<Genesis, "chainId" | "validators">;
  readonly genesisHash: Hash;
  readonly chain: Pick<ChainView, "head">;
  readonly store: {
    readonly state: Pick<Store["state"], "historyStart">;
    readonly blocks: Pick<Store["blocks"], "transactionsStart">;
  };
}

/** Of Cancun, in the order of their addresses, which begin with 1; the names are those of EIP-7910. */
const PRECOMPILES = [
  "ECREC",
  "SHA256",
  "RIPEMD160",
  "ID",
  "MODEXP",
  "BN254_ADD",
  "BN254_MUL",
  "BN254_PAIRING",
  "BLAKE2F",
  "KZG_POINT_EVALUATION",
];
/** EIP-4844. It prices blobs, which no block here may carry. */
const BLOB_BASE_FEE_UPDATE_FRACTION = 3_338_477;

/** What a node says of its rules and of its memory to tools that compare nodes or choose one to ask. */
export function selfDescription({
  genesis,
  genesisHash,
  chain,
  store,
}: SelfDescriptionParts): Readonly<Record<string, ExtraMethod>> {
  return {
    // EIP-7910. The rules are those of Cancun from the genesis on, and no fork is planned.
    eth_config: () => ({
      current: {
        activationTime: 0,
        blobSchedule: { baseFeeUpdateFraction: BLOB_BASE_FEE_UPDATE_FRACTION, max: 0, target: 0 },
        chainId: genesis.chainId,
        forkId: forkHash(genesisHash),
        precompiles: Object.fromEntries(PRECOMPILES.map((name, index) => [name, precompileAddress(index + 1)])),
        // Ethereum's, of which Cancun has EIP-4788's alone; a header names no beacon block here, so it is not there.
        systemContracts: {},
      },
      next: null,
      last: null,
    }),
    // No resource names a window of blocks: what goes is what the root chain has settled (decision 0034).
    eth_capabilities() {
      const { head } = chain;
      const from = (oldest: bigint) => ({ disabled: false, oldestBlock: oldest });
      const states = from(store.state.historyStart());
      const history = from(store.blocks.transactionsStart());
      return {
        head: { number: head.header.number, hash: head.hash },
        state: states,
        tx: history,
        logs: history,
        receipts: history,
        blocks: history,
        stateproofs: states,
      };
    },
  };
}

/** FORK_HASH of EIP-6122: nothing but the genesis, because no fork came after it. */
function forkHash(genesisHash: Hash): string {
  return `0x${crc32(hashToBytes(genesisHash)).toString(16).padStart(8, "0")}`;
}

function precompileAddress(number: number): string {
  return `0x${number.toString(16).padStart(40, "0")}`;
}
