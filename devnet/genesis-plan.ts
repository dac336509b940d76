import type { Genesis, GenesisAccount, RootChainConfig } from "../src/chain/index.ts";
import { type Address, parseAddress, parseAmount } from "../src/primitives/index.ts";
import type { DevnetPlan } from "./plan.ts";

/** Native KMC of each key that seals blocks, for the gas of system transactions. */
const VALIDATOR_KMC_WEI = parseAmount("1000");
/** Wei per gas in the genesis block: one gwei, as most development chains have it. */
const BASE_FEE_WEI = 1_000_000_000n;

/**
 * The genesis of a devnet's chain. Pure.
 *
 * @param alloc      contracts that exist from the first block on
 * @param timestamp  seconds since the Unix epoch
 */
export function planGenesis(
  plan: DevnetPlan,
  rootChain: RootChainConfig,
  alloc: Readonly<Record<Address, GenesisAccount>>,
  timestamp: bigint,
): Genesis {
  const { chain, staking } = plan.network;
  const funded = Object.fromEntries([...genesisBalances(plan)].map(([address, balance]) => [address, { balance }]));
  return {
    version: 1,
    chainId: BigInt(chain.id),
    name: chain.name,
    timestamp,
    gasLimit: BigInt(chain.gasLimit),
    baseFeePerGas: BASE_FEE_WEI,
    alloc: { ...funded, ...alloc },
    validators: plan.nodes
      .filter(({ validator }) => validator)
      .map(({ name, signer, stakeWei, producer, peerId }) => ({
        name,
        signer: parseAddress(signer),
        stake: BigInt(stakeWei),
        producer,
        peerId,
      })),
    consensus: {
      baseRoundMs: chain.blockTimeMs,
      maxRoundExp: chain.pinnedRound ? 0 : 4,
      eraMinBlocks: chain.eraBlocks,
      eraMinMs: 0,
      weightScale: 1_000_000,
      maxLevel: 20,
      openGapSlots: 4,
      maxValidators: staking.maxValidators,
      thresholds: chain.thresholds,
    },
    checkpoint: { every: chain.checkpointEvery, proposerTimeoutMs: 5_000 },
    rootChain,
    devnet: true,
  };
}

/** Wei of native KMC in people's hands at genesis: what the bridge must hold on the root chain, so that all can leave. */
export function nativeSupply(plan: DevnetPlan): bigint {
  return [...genesisBalances(plan).values()].reduce((sum, balance) => sum + balance, 0n);
}

function genesisBalances(plan: DevnetPlan): ReadonlyMap<Address, bigint> {
  const balances = new Map<Address, bigint>();
  const give = (address: string, wei: bigint): void => {
    const key = parseAddress(address);
    balances.set(key, (balances.get(key) ?? 0n) + wei);
  };
  for (const account of plan.accounts) give(account.address, BigInt(account.kmcWei));
  for (const { validator, signer, producerKey } of plan.nodes) {
    if (!validator) continue;
    give(signer, VALIDATOR_KMC_WEI);
    give(producerKey, VALIDATOR_KMC_WEI);
  }
  return balances;
}
