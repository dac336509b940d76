import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGenesisBlock, type Genesis, serializeGenesis } from "../chain/index.ts";
import { addressOfKey } from "../primitives/index.ts";
import { createPrivateKey } from "../wallet/index.ts";
import { loadConfig } from "./config.ts";
import { createNodeFolder, type NodeFolderPlan } from "./node-folder.ts";

const signerKey = createPrivateKey();
const genesis: Genesis = {
  version: 1,
  chainId: 80_401n,
  name: "main",
  timestamp: 1_700_000_000n,
  gasLimit: 30_000_000n,
  baseFeePerGas: 1_000_000_000n,
  alloc: {},
  validators: [{ name: "validator-0", signer: addressOfKey(signerKey), stake: 1_000n, producer: true }],
  consensus: {
    baseRoundMs: 1_000,
    maxRoundExp: 0,
    eraMinBlocks: 32,
    eraMinMs: 0,
    weightScale: 1_000_000,
    maxLevel: 20,
    openGapSlots: 4,
    maxValidators: 16,
  },
  checkpoint: { every: 16, proposerTimeoutMs: 5_000 },
  rootChain: { chainId: 31_337n, confirmations: 2, contracts: {}, startBlock: 1n },
  devnet: true,
};

describe("a new node's folder", () => {
  let folder: string;
  let plan: NodeFolderPlan;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "koma-node-folder-"));
    writeFileSync(join(folder, "genesis.json"), serializeGenesis(genesis));
    plan = {
      folder: join(folder, "node"),
      name: "follower",
      genesisFile: join(folder, "genesis.json"),
      rootChainUrl: "http://127.0.0.1:8545",
      peers: [],
      host: "127.0.0.1",
      rpcPort: 0,
      p2pPort: 0,
      thresholds: [1 / 3],
    };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is one that a node can start from", async () => {
    const written = await createNodeFolder({ ...plan, signerKey });
    const config = loadConfig(written.folder);
    expect(config.genesisHash).toBe(createGenesisBlock(genesis).hash);
    expect(config.signer?.address).toBe(addressOfKey(signerKey));
    expect(written).toMatchObject({ chainId: 80_401n, signer: addressOfKey(signerKey) });
    expect(written.peerId).toMatch(/^16Uiu2/);
  });

  it("keeps of the past what it is told to", async () => {
    const { folder: at } = await createNodeFolder({ ...plan, storage: "window" });
    expect(loadConfig(at).storage).toBe("window");
  });

  it("keeps keys from other people", async () => {
    const { folder: at } = await createNodeFolder({ ...plan, signerKey });
    expect(statSync(join(at, "keys")).mode & 0o777).toBe(0o700);
    for (const key of ["identity", "signer"]) expect(statSync(join(at, "keys", key)).mode & 0o777).toBe(0o600);
  });

  it("holds no signer when it only follows", async () => {
    const { folder: at, files } = await createNodeFolder(plan);
    expect(files).not.toContain("keys/signer");
    expect(loadConfig(at).signer).toBeUndefined();
  });

  it("is never written over an existing node", async () => {
    await createNodeFolder(plan);
    await expect(createNodeFolder(plan)).rejects.toMatchObject({ code: "KOMA_E_NODE_EXISTS" });
  });

  it("is refused for a genesis that is missing or broken", async () => {
    await expect(createNodeFolder({ ...plan, genesisFile: join(folder, "nowhere") })).rejects.toMatchObject({
      code: "KOMA_E_FILE_UNREADABLE",
    });
    writeFileSync(join(folder, "genesis.json"), "{");
    await expect(createNodeFolder(plan)).rejects.toMatchObject({ code: "KOMA_E_GENESIS_INVALID" });
  });
});
