import type { GenesisAccount } from "../../src/chain/index.ts";
import type { Address, Bytes, Hash } from "../../src/primitives/index.ts";
import type { DevnetPlan } from "../plan.ts";

/** What the preparation needs of the root contracts; the module that knows them fits it. */
export interface RootChainSetup {
  /**
   * Deploys the root contracts with a devnet's parameters, registers the chain with its producers, backs its native KMC in
   * escrow, maps the demo token and hands it out.
   *
   * @param openChain asked, before anything is sent, for the genesis that the registration names
   */
  deploy(io: SetupIo, openChain: (deployment: RootDeployment) => OpenedChain): Promise<RootDeployment>;
  /** Registers every validator with its stake, and begins the first epoch. */
  stake(io: SetupIo, deployment: RootDeployment): Promise<void>;
}

export interface SetupIo {
  readonly url: string;
  readonly plan: DevnetPlan;
  readonly deployer: Bytes;
  key(node: string, purpose: "signer" | "owner"): Bytes;
  readonly signal: AbortSignal;
}

export interface RootDeployment {
  /** Address by contract name. */
  readonly contracts: Readonly<Record<string, Address>>;
  /** Root block of the deployment. */
  readonly startBlock: bigint;
  /** Contracts of the side-chain's genesis. */
  readonly alloc: Readonly<Record<Address, GenesisAccount>>;
}

export interface OpenedChain {
  readonly genesisHash: Hash;
  /** Wei of native KMC in the genesis. */
  readonly nativeSupply: bigint;
}
