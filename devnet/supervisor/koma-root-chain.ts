import { type Address, parseAddress, parseAmount, utf8 } from "../../src/primitives/index.ts";
import {
  connectRootChain,
  deployRootContracts,
  predeployAlloc,
  type RootParameters,
  type RootSeat,
} from "../../src/rootchain/index.ts";
import { deriveAccounts } from "../../src/wallet/index.ts";
import type { DevnetPlan } from "../plan.ts";
import { callRootChain } from "./root-chain-call.ts";
import type { RootChainSetup, RootDeployment, SetupIo } from "./root-chain-setup.ts";

/** KMC that deposits can bring to the chain: all there can ever be on the root chain. */
const NATIVE_POOL_WEI = parseAmount("10000000000");
/** Of the demo token, to each of the first accounts; its faucet gives no more at once. */
const DEMO_TOKENS = parseAmount("10000");
const DEMO_ACCOUNTS = 10;
/** Blocks for which a retired producer's key stays acceptable, beside two eras: a change takes that long to be confirmed. */
const SET_GRACE_BLOCKS = 64;
const OPEN_GAP_SLOTS = 4;

/** The real root contracts. */
export const komaRootChainSetup: RootChainSetup = {
  async deploy(io, openChain) {
    const { plan, url, signal } = io;
    const { chain } = plan.network;
    let deployment: RootDeployment | undefined;
    const own = plan.network.l1.engine === "anvil";
    // A transaction that comes while anvil makes a block of those before it may wait for them for ever. So it makes blocks
    // when it is told to.
    if (own) await callRootChain(url, "evm_setAutomine", [false], signal);
    const { addresses, startBlock } = await deployRootContracts({
      url,
      deployerKey: io.deployer,
      params: parametersOf(plan),
      kmcGenesis: kmcHolders(plan),
      demoToken: true,
      ...(own ? { mine: async () => void (await callRootChain(url, "evm_mine", [], signal)) } : {}),
      signal,
      chains: (planned) => {
        const { KMC: kmc } = planned.addresses;
        const alloc = predeployAlloc({ nativePoolWei: NATIVE_POOL_WEI, kmc, seats: firstSeats(plan) });
        deployment = { contracts: planned.addresses, startBlock: planned.startBlock, alloc };
        const { genesisHash, nativeSupply } = openChain(deployment);
        return [
          {
            chainId: BigInt(chain.id),
            name: chain.name,
            genesisHash,
            slotMs: chain.blockTimeMs,
            openGapSlots: OPEN_GAP_SLOTS,
            setGraceBlocks: 2 * chain.eraBlocks + SET_GRACE_BLOCKS,
            targetInterval: targetInterval(plan),
            producers: plan.nodes.filter(({ producer }) => producer).map(({ signer }) => parseAddress(signer)),
            genesisSupplyWei: nativeSupply,
          },
        ];
      },
    });
    if (own) await callRootChain(url, "evm_setAutomine", [true], signal);
    return { contracts: addresses, startBlock, alloc: deployment?.alloc ?? {} };
  },

  async stake(io, { contracts }) {
    await Promise.all([stakeAll(io, contracts), handOutDemoTokens(io, contracts)]);
    const owner = connectRootChain({ url: io.url, contracts, signerKey: io.deployer });
    await owner.stakes.begin(io.signal);
  },
};

/** One after the other: seats are given out in the order of the plan, whatever the machine is doing. */
async function stakeAll(io: SetupIo, contracts: Readonly<Record<string, Address>>): Promise<void> {
  for (const { name, stakeWei, peerId, validator } of io.plan.nodes) {
    if (!validator) continue;
    const { stakes } = connectRootChain({ url: io.url, contracts, signerKey: io.key(name, "owner") });
    const signerKey = io.key(name, "signer");
    await stakes.stake({ amount: BigInt(stakeWei), signerKey, peerId: utf8(peerId) }, io.signal);
  }
}

/** The seats that {@link stakeAll} takes: the lowest free one each time. */
function firstSeats({ nodes }: DevnetPlan): readonly RootSeat[] {
  return nodes
    .filter(({ validator }) => validator)
    .map(({ signer, stakeWei, producer }, seat) => ({
      seat,
      signer: parseAddress(signer),
      power: BigInt(stakeWei),
      producer,
    }));
}

async function handOutDemoTokens(io: SetupIo, contracts: Readonly<Record<string, Address>>): Promise<void> {
  const { mnemonic, count } = io.plan.network.accounts;
  await Promise.all(
    deriveAccounts(mnemonic, Math.min(count, DEMO_ACCOUNTS)).map(async ({ privateKey }) => {
      const root = connectRootChain({ url: io.url, contracts, signerKey: privateKey });
      await root.token(contracts["DemoToken"] as Address).faucet(DEMO_TOKENS, io.signal);
    }),
  );
}

/**
 * KMC on the root chain: the validators' stakes and as much again as standing for producer takes, and as much for each
 * account as it has on the chain.
 */
function kmcHolders(plan: DevnetPlan): readonly { readonly account: Address; readonly amount: bigint }[] {
  const producerStake = BigInt(plan.network.staking.producerStakeWei);
  return [
    ...plan.nodes
      .filter(({ validator }) => validator)
      .map(({ owner, stakeWei }) => ({ account: parseAddress(owner), amount: BigInt(stakeWei) + producerStake })),
    ...plan.accounts.map(({ address, kmcWei }) => ({ account: parseAddress(address), amount: BigInt(kmcWei) })),
  ];
}

function parametersOf(plan: DevnetPlan): Partial<RootParameters> {
  const { chain, staking } = plan.network;
  return {
    challengePeriod: Math.max(1, Math.round(chain.challengeMs / 1000)),
    ...(chain.dataMs === undefined ? {} : { dataWindow: Math.max(1, Math.round(chain.dataMs / 1000)) }),
    unbonding: Math.round(staking.unbondingMs / 1000),
    epochLength: Math.round(staking.epochMs / 1000),
    minStakeWei: BigInt(staking.minStakeWei),
    maxValidators: staking.maxValidators,
    producerStakeWei: BigInt(staking.producerStakeWei),
    maxProducers: chain.producerSeats,
    minProducers: Math.min(5, chain.producerSeats),
    tenureLength: Math.round(chain.tenureMs / 1000),
    ...(chain.voteOpenMs === undefined ? {} : { voteOpenLead: Math.round(chain.voteOpenMs / 1000) }),
    ...(chain.voteLeadMs === undefined ? {} : { voteCloseLead: Math.round(chain.voteLeadMs / 1000) }),
    // Checkpoints of a few blocks come faster than the default allows.
    minInterval: Math.min(4, targetInterval(plan)),
  };
}

/** Seconds between two checkpoints. */
function targetInterval({ network: { chain } }: DevnetPlan): number {
  return Math.max(1, Math.floor((chain.checkpointEvery * chain.blockTimeMs) / 1000));
}
