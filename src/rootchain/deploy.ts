import { type Address, addressOfKey, type Bytes } from "../primitives/index.ts";
import { type Artifacts, loadArtifacts } from "./artifacts.ts";
import { type ChainRegistration, registrationArguments } from "./chain-registration.ts";
import { type DeployerSituation, sendBurst } from "./deployment-burst.ts";
import {
  type AddressBook,
  addressBookOf,
  type DeploymentStep,
  type KmcAllocation,
  planAddresses,
  planDeployment,
  type RootContracts,
} from "./deployment-plan.ts";
import { suggestFees } from "./gas-and-fees.ts";
import { planHandOver } from "./hand-over.ts";
import { createRootRpc, type RootRpc, RootRpcError } from "./json-rpc.ts";
import { chooseParameters, type RootParameters } from "./parameters.ts";
import { readQuantity, readRecord } from "./quantity.ts";

/** Where a deployment is, or will be. */
export interface RootDeployment {
  readonly addresses: RootContracts;
  /** Root chain block before which no event of these contracts can be. */
  readonly startBlock: bigint;
  /** Id of the root chain. */
  readonly chainId: bigint;
  readonly params: RootParameters;
}

export interface DeployOptions {
  readonly url: string;
  /** Pays for the deployment and owns the contracts afterwards; with a timelock it announces what that is to do. */
  readonly deployerKey: Bytes;
  /** Overrides of the devnet defaults. */
  readonly params?: Partial<RootParameters>;
  /** Divides the default durations, ≥ 1. */
  readonly timeScale?: number;
  /**
   * Chains to register. A function is asked before anything is sent, with the addresses that the contracts will have:
   * a genesis names them, and the registration names the genesis.
   */
  readonly chains: readonly ChainRegistration[] | ((deployment: RootDeployment) => readonly ChainRegistration[]);
  /** First holders of KMC. What the chains' escrows and pools need is added, by way of the deployer. */
  readonly kmcGenesis: readonly KmcAllocation[];
  /** May pause for a limited time; default: the deployer. */
  readonly guardian?: Address;
  /** Takes a share of slashed stake; default: the deployer. */
  readonly insurance?: Address;
  /** Producers until the first election takes effect, who also fill up sets; default: those of the first chain. */
  readonly foundation?: readonly Address[];
  /** Also deploys the demo token and maps it on every chain; default false. */
  readonly demoToken?: boolean;
  /** Makes a block of what was sent, on a chain that makes none by itself. */
  readonly mine?: () => Promise<void>;
  readonly signal?: AbortSignal;
  /** Milliseconds until the deployment is given up, default 120,000. */
  readonly timeoutMs?: number;
}

/**
 * Deploys the root contracts behind their proxies, wires them and registers chains, all as one burst of transactions
 * with nonces given out beforehand: on a chain that mines at once it takes about a second.
 *
 * @throws {UserError} KOMA_E_PARAMETERS_INVALID
 * @throws {ProtocolError} KOMA_E_DEPLOYMENT_FAILED naming the step
 * @throws {EnvironmentError} KOMA_E_ROOTCHAIN_UNREACHABLE, KOMA_E_ROOTCHAIN_TIMEOUT, KOMA_E_CONTRACTS_NOT_BUILT
 */
export async function deployRootContracts(options: DeployOptions): Promise<RootDeployment> {
  const artifacts = loadArtifacts();
  const params = chooseParameters(options.params, options.timeScale);
  const rpc = createRootRpc(options.url);
  const deployer = addressOfKey(options.deployerKey);
  const root = await lookAround(rpc, deployer, options.signal);

  const inputs = {
    deployer,
    guardian: options.guardian ?? deployer,
    insurance: options.insurance ?? deployer,
    params,
    genesisTime: root.timestamp + params.stakingLead,
    demoToken: options.demoToken ?? false,
  };
  // Neither who holds KMC nor who the first producers are moves an address; the chains, which are asked for, decide both.
  const outline = planDeployment({ ...inputs, kmcGenesis: [], foundation: [] });
  const addresses = planAddresses(outline, deployer, root.nonce);
  const deployment: RootDeployment = {
    addresses: publicAddresses(addresses),
    startBlock: root.blockNumber + 1n,
    chainId: root.chainId,
    params,
  };
  const chains = typeof options.chains === "function" ? options.chains(deployment) : options.chains;
  const escrowed = chains.reduce((sum, { genesisSupplyWei }) => sum + (genesisSupplyWei ?? 0n), 0n);
  const passedOn = escrowed + params.workPoolWei * BigInt(chains.length);
  const kmcGenesis = [...options.kmcGenesis, ...(passedOn > 0n ? [{ account: deployer, amount: passedOn }] : [])];
  const steps = [
    ...planDeployment({ ...inputs, kmcGenesis, foundation: options.foundation ?? chains[0]?.producers ?? [deployer] }),
    ...chainSteps(chains, params, artifacts, inputs.demoToken, escrowed),
    ...planHandOver(params),
  ];
  await sendBurst({
    rpc,
    deployerKey: options.deployerKey,
    situation: root,
    steps,
    at: addressBookOf(addresses),
    artifacts,
    timeoutMs: options.timeoutMs ?? 120_000,
    ...(options.mine ? { mine: options.mine } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return deployment;
}

async function lookAround(
  rpc: RootRpc,
  deployer: Address,
  signal: AbortSignal | undefined,
): Promise<DeployerSituation> {
  const [answers, fees] = await Promise.all([
    rpc.batch(
      [
        { method: "eth_chainId", params: [] },
        { method: "eth_getTransactionCount", params: [deployer, "pending"] },
        { method: "eth_getBlockByNumber", params: ["latest", false] },
      ],
      signal,
    ),
    suggestFees(rpc, signal),
  ]);
  for (const answer of answers) if (answer instanceof RootRpcError) throw answer;
  const [chainId, nonce, block] = answers;
  const head = readRecord(block, "block");
  return {
    chainId: readQuantity(chainId, "chain id"),
    nonce: Number(readQuantity(nonce, "nonce")),
    blockNumber: readQuantity(head["number"], "block number"),
    blockGasLimit: readQuantity(head["gasLimit"], "gas limit"),
    timestamp: Number(readQuantity(head["timestamp"], "time")),
    // A burst of full blocks raises the base fee by an eighth each; four times today's covers twelve of them.
    fees: { ...fees, maxFeePerGas: 2n * fees.maxFeePerGas },
  };
}

/** Parts of the code behind a proxy that stand at addresses of their own. */
const CODE_PARTS: readonly string[] = ["StakeModule", "DelegationModule", "NomineeModule", "OfficeModule"];

/** What others talk to: proxies and contracts, not the code behind the proxies. */
function publicAddresses(addresses: ReadonlyMap<string, Address>): RootContracts {
  return Object.fromEntries(
    [...addresses].filter(([name]) => !name.endsWith("Code") && !CODE_PARTS.includes(name)),
  ) as RootContracts;
}

function chainSteps(
  chains: readonly ChainRegistration[],
  params: RootParameters,
  artifacts: Artifacts,
  demoToken: boolean,
  escrowed: bigint,
): readonly DeploymentStep[] {
  const call = (artifact: string, method: string, args: (at: AddressBook) => readonly unknown[]): DeploymentStep => ({
    kind: "call",
    name: artifact,
    artifact,
    method,
    args,
  });
  return [
    ...chains.map((chain) => {
      const args = registrationArguments(chain, params, artifacts);
      return call("KomaRegistry", "registerChain", () => args);
    }),
    ...(escrowed > 0n ? [call("KMC", "approve", (at) => [at("DepositManager"), escrowed])] : []),
    ...chains
      .filter(({ genesisSupplyWei }) => (genesisSupplyWei ?? 0n) > 0n)
      .map((chain) =>
        call("DepositManager", "seedEscrow", (at) => [chain.chainId, at("KMC"), chain.genesisSupplyWei ?? 0n]),
      ),
    ...(params.workPoolWei > 0n && chains.length > 0
      ? [call("KMC", "approve", (at) => [at("ProducerRewards"), params.workPoolWei * BigInt(chains.length)])]
      : []),
    ...(params.workPoolWei > 0n
      ? chains.map((chain) => call("ProducerRewards", "fill", () => [chain.chainId, params.workPoolWei]))
      : []),
    ...(demoToken
      ? chains.map((chain) => call("KomaRegistry", "mapToken", (at) => [chain.chainId, at("DemoToken")]))
      : []),
  ];
}
