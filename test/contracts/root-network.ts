import {
  type Address,
  addressOfKey,
  type Bytes,
  compactSignature,
  type Hash,
  keccakHash,
  signDigest,
  utf8,
  zeroHash,
} from "../../src/primitives/index.ts";
import {
  type Checkpoint,
  checkpointDigest,
  connectRootChain,
  deployRootContracts,
  type RootChain,
  type RootDeployment,
  type RootParameters,
} from "../../src/rootchain/index.ts";
import { type Anvil, key } from "./anvil.ts";

export const chainId = 80401n;
export const kmc = (amount: number): bigint => BigInt(amount) * 10n ** 18n;

/** Deployed root contracts with one chain and no stake. Account 0 owns them; accounts 0 to 4 hold a million KMC each. */
export function deployTestRoot(anvil: Anvil, params: Partial<RootParameters> = {}): Promise<RootDeployment> {
  return deployRootContracts({
    params,
    url: anvil.url,
    mine: () => anvil.mine(1),
    deployerKey: key(0),
    kmcGenesis: [0, 1, 2, 3, 4].map((index) => ({ account: addressOfKey(key(index)), amount: kmc(1_000_000) })),
    demoToken: true,
    chains: [
      {
        chainId,
        name: "main",
        genesisHash: keccakHash(utf8("genesis")),
        slotMs: 1_000,
        openGapSlots: 4,
        setGraceBlocks: 128,
        targetInterval: 16,
        producers: [addressOfKey(key(1))],
        genesisSupplyWei: kmc(500),
      },
    ],
  });
}

/** @param patience milliseconds until a request or a transaction is given up; default: as nodes do */
export function connectAs(anvil: Anvil, root: RootDeployment, account: number, patience?: number): RootChain {
  const limits = patience === undefined ? {} : { timeoutMs: patience, confirmTimeoutMs: patience };
  return connectRootChain({ url: anvil.url, contracts: root.addresses, signerKey: key(account), ...limits });
}

/** Accounts 1 to 3 stake, each signing with its own key, and epoch 0 begins. */
export async function stakeValidators(anvil: Anvil, root: RootDeployment): Promise<void> {
  await Promise.all(
    [1, 2, 3].map((index) => connectAs(anvil, root, index).stakes.stake({ amount: kmc(1_000), signerKey: key(index) })),
  );
  await connectAs(anvil, root, 0).stakes.begin();
}

/** Submits a checkpoint over `start..end`, signed by all three validators, and returns its number. */
export async function submitCheckpoint(
  root: RootDeployment,
  client: RootChain,
  block: {
    readonly start: bigint;
    readonly end: bigint;
    readonly rootHash: Hash;
    /** Default: something that is no block's hash. */
    readonly lastBlockHash?: Hash;
  },
): Promise<bigint> {
  return (await submitSigned(root, client, block, [1, 2, 3].map(key))).number;
}

/** Submits a checkpoint with the signatures of all seats, whose keys are among `keys`. */
export async function submitSigned(
  root: RootDeployment,
  client: RootChain,
  block: { readonly start: bigint; readonly end: bigint; readonly rootHash: Hash; readonly lastBlockHash?: Hash },
  keys: readonly Bytes[],
): Promise<{ readonly number: bigint; readonly bitmap: bigint; readonly gasUsed: bigint }> {
  const head = await client.checkpoints.head(chainId);
  const checkpoint: Checkpoint = {
    chainId,
    epoch: head.epoch,
    number: head.number,
    proposer: head.proposer,
    lastBlockHash: keccakHash(utf8(`last ${block.end}`)),
    ...block,
    accountHash: zeroHash,
    prevCheckpoint: head.prevCheckpoint,
    generation: head.generation,
  };
  const digest = checkpointDigest(checkpoint, {
    rootChainId: root.chainId,
    contract: root.addresses.CheckpointManager,
  });
  const seats = await client.stakes.activeSet();
  const keyOf = new Map<Address, Bytes>(keys.map((signerKey) => [addressOfKey(signerKey), signerKey]));
  const signatures = seats.map(({ signer }) => compactSignature(signDigest(digest, keyOf.get(signer) as Bytes)));
  const bitmap = seats.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n);
  const { gasUsed } = await client.checkpoints.submit(checkpoint, bitmap, signatures);
  return { number: checkpoint.number, bitmap, gasUsed };
}
