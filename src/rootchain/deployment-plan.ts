import { BugError, UserError } from "../errors.ts";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  bigintToBytes,
  encodeRlp,
  keccak256,
} from "../primitives/index.ts";
import type { RootParameters } from "./parameters.ts";

/** The contracts of a deployment that others talk to, by name. */
export const rootContractNames = [
  "KMC",
  "StakeManager",
  "KomaRegistry",
  "CheckpointManager",
  "ChallengeManager",
  "ProducerElection",
  "DepositManager",
  "WithdrawManager",
  "ExitNFT",
] as const;

export type RootContractName = (typeof rootContractNames)[number];

/** Addresses by name; beside {@link rootContractNames} the verifiers of fraud and, on a devnet, the demo token. */
export type RootContracts = Readonly<Record<RootContractName, Address>> & Readonly<Record<string, Address>>;

/** @throws {UserError} KOMA_E_ROOTCHAIN_CONTRACT_MISSING naming what the record lacks */
export function requireRootContracts(contracts: Readonly<Record<string, Address>>): RootContracts {
  const missing = rootContractNames.filter((name) => contracts[name] === undefined);
  if (missing.length > 0) {
    throw new UserError("KOMA_E_ROOTCHAIN_CONTRACT_MISSING", "The network does not name all root contracts.", {
      facts: { missing: missing.join(", ") },
    });
  }
  return contracts as RootContracts;
}

export interface KmcAllocation {
  readonly account: Address;
  /** Wei of KMC. */
  readonly amount: bigint;
}

/** One transaction of the deployment. Arguments may name contracts that come later: all addresses are known before. */
export type DeploymentStep =
  | {
      readonly kind: "create";
      readonly name: string;
      readonly artifact: string;
      readonly args: (at: AddressBook) => readonly unknown[];
    }
  /** An ERC-1967 proxy of the code named `${name}Code`, initialised in its constructor. */
  | { readonly kind: "proxy"; readonly name: string; readonly args: (at: AddressBook) => readonly unknown[] }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly artifact: string;
      readonly method: string;
      readonly args: (at: AddressBook) => readonly unknown[];
    };

export type AddressBook = (name: string) => Address;

export interface DeploymentInputs {
  readonly deployer: Address;
  readonly guardian: Address;
  readonly insurance: Address;
  readonly params: RootParameters;
  readonly kmcGenesis: readonly KmcAllocation[];
  /** Seconds. */
  readonly genesisTime: number;
  readonly demoToken: boolean;
  /** Producers of the seed stage, 1 to 16 keys. */
  readonly foundation: readonly Address[];
}

/** Verifiers of fraud with the kinds they judge and the contracts they read. */
const VERIFIERS: readonly { readonly name: string; readonly kinds: readonly number[]; readonly reads: string[] }[] = [
  { name: "BlockFraud", kinds: [1, 2, 3, 4], reads: ["CheckpointManager", "KomaRegistry", "StakeManager"] },
  { name: "TxFraud", kinds: [5, 6, 8], reads: ["CheckpointManager"] },
  { name: "ReceiptFraud", kinds: [9, 12, 13], reads: ["CheckpointManager", "KomaRegistry"] },
  { name: "BridgeFraud", kinds: [10, 11], reads: ["CheckpointManager", "KomaRegistry", "DepositManager"] },
  { name: "LogFraud", kinds: [14], reads: ["CheckpointManager", "KomaRegistry"] },
  { name: "CrossFraud", kinds: [19], reads: ["CheckpointManager"] },
  { name: "SignerFraud", kinds: [20], reads: ["CheckpointManager", "StakeManager"] },
  { name: "ConsensusFraud", kinds: [21], reads: ["KomaRegistry", "StakeManager"] },
];

/** Kinds that InteractiveFraud hears. */
const INTERACTIVE_KINDS = [7, 15, 18] as const;
/** The kind of DataCourt, which a network has only when its parameters ask for it. */
const UNAVAILABLE_DATA = 17;

/**
 * Everything that is created and wired, in order. Contracts that know each other need no setters beyond those the
 * contracts have themselves, because every address follows from the deployer and a nonce.
 */
export function planDeployment(inputs: DeploymentInputs): readonly DeploymentStep[] {
  const { deployer, guardian, insurance, params: p } = inputs;
  const create = (name: string, artifact: string, args: (at: AddressBook) => readonly unknown[]): DeploymentStep => ({
    kind: "create",
    name,
    artifact,
    args,
  });
  const code = (name: string, args: (at: AddressBook) => readonly unknown[] = () => []): DeploymentStep =>
    create(`${name}Code`, name, args);
  const proxy = (name: string, args: (at: AddressBook) => readonly unknown[]): DeploymentStep => ({
    kind: "proxy",
    name,
    args,
  });
  const call = (name: string, method: string, args: (at: AddressBook) => readonly unknown[]): DeploymentStep => ({
    kind: "call",
    name,
    artifact: name,
    method,
    args,
  });

  return [
    create("KMC", "KMC", () => [
      inputs.kmcGenesis.map(({ account }) => account),
      inputs.kmcGenesis.map(({ amount }) => amount),
      p.annualInflationBps,
      deployer,
    ]),
    create("StakeModule", "StakeModule", () => []),
    create("DelegationModule", "DelegationModule", () => []),
    code("StakeManager", (at) => [at("StakeModule"), at("DelegationModule")]),
    code("KomaRegistry"),
    code("CheckpointManager"),
    code("ChallengeManager"),
    create("NomineeModule", "NomineeModule", () => []),
    create("OfficeModule", "OfficeModule", () => []),
    code("ProducerElection", (at) => [at("NomineeModule"), at("OfficeModule")]),
    code("ProducerRewards"),
    code("DepositManager"),
    code("WithdrawManager"),
    create("ExitNFT", "ExitNFT", (at) => [at("WithdrawManager")]),
    proxy("StakeManager", (at) => [
      deployer,
      guardian,
      p.maxPause,
      at("KMC"),
      insurance,
      inputs.genesisTime,
      stakeParameters(p),
    ]),
    proxy("KomaRegistry", (at) => [deployer, at("KMC"), p.minInterval, p.replacementLead]),
    proxy("CheckpointManager", (at) => [
      deployer,
      guardian,
      p.maxPause,
      at("StakeManager"),
      at("KomaRegistry"),
      {
        minInterval: p.minInterval,
        proposerTimeout: p.proposerTimeout,
        maxCheckpointLength: p.maxCheckpointLength,
      },
    ]),
    proxy("ChallengeManager", (at) => [
      deployer,
      at("CheckpointManager"),
      at("StakeManager"),
      at("KomaRegistry"),
      p.commitWindow,
      p.lateSlashWindow,
      p.attachWindow,
    ]),
    proxy("ProducerElection", (at) => [
      deployer,
      guardian,
      p.maxPause,
      {
        kmc: at("KMC"),
        stakes: at("StakeManager"),
        registry: at("KomaRegistry"),
        challengeManager: at("ChallengeManager"),
        insurance,
      },
      electionParameters(p),
      inputs.foundation,
    ]),
    proxy("ProducerRewards", (at) => [
      deployer,
      at("KMC"),
      at("StakeManager"),
      at("CheckpointManager"),
      at("ProducerElection"),
      { perBlock: p.payPerBlockWei, perRound: p.payPerRoundWei, standbyBps: p.standbyRewardBps },
    ]),
    proxy("DepositManager", (at) => [
      deployer,
      guardian,
      p.maxPause,
      at("KMC"),
      at("KomaRegistry"),
      at("WithdrawManager"),
    ]),
    proxy("WithdrawManager", (at) => [
      deployer,
      { exitPeriod: p.exitPeriod, exitBond: p.exitBondWei, payoutGas: p.payoutGas },
      at("KomaRegistry"),
      at("CheckpointManager"),
      at("DepositManager"),
      at("ExitNFT"),
    ]),
    ...VERIFIERS.map(({ name, reads }) => create(name, name, (at) => reads.map(at))),
    create("MissingClaims", "MissingClaims", (at) => [
      ...["CheckpointManager", "KomaRegistry", "DepositManager"].map(at),
      p.depositDeadline,
    ]),
    create("InteractiveFraud", "InteractiveFraud", (at) => [
      at("ChallengeManager"),
      at("MissingClaims"),
      p.challengeBondWei,
      p.answerWindow,
      p.deliveryWindow,
    ]),
    ...(p.dataWindow > 0
      ? [create("DataCourt", "DataCourt", (at) => [at("ChallengeManager"), p.dataWindow, p.demandEscrowWei])]
      : []),
    ...(p.timelockDelay > 0
      ? [
          create("KomaTimelock", "KomaTimelock", (at) => [
            p.timelockDelay,
            [deployer],
            at("StakeManager"),
            at("WithdrawManager"),
          ]),
        ]
      : []),
    ...(inputs.demoToken ? [create("DemoToken", "DemoToken", () => [])] : []),
    call("KMC", "bindStakeManager", (at) => [at("StakeManager")]),
    call("StakeManager", "wire", (at) => [at("CheckpointManager"), at("ChallengeManager")]),
    call("KomaRegistry", "wire", (at) => [at("DepositManager"), at("ChallengeManager")]),
    call("CheckpointManager", "wire", (at) => [at("ChallengeManager")]),
    // The registry first: a verdict that reaches the election must find its sets taken.
    call("KomaRegistry", "wireElection", (at) => [at("ProducerElection")]),
    call("ChallengeManager", "wireElection", (at) => [at("ProducerElection")]),
    ...VERIFIERS.flatMap(({ name, kinds }) =>
      kinds.map((kind) => call("ChallengeManager", "registerVerifier", (at) => [kind, at(name)])),
    ),
    ...INTERACTIVE_KINDS.map((kind) =>
      call("ChallengeManager", "registerVerifier", (at) => [kind, at("InteractiveFraud")]),
    ),
    ...(p.dataWindow > 0
      ? [call("ChallengeManager", "registerVerifier", (at) => [UNAVAILABLE_DATA, at("DataCourt")])]
      : []),
  ];
}

/** Address of every contract of the plan, from the deployer and the nonce of the plan's first step. */
export function planAddresses(
  steps: readonly DeploymentStep[],
  deployer: Address,
  firstNonce: number,
): ReadonlyMap<string, Address> {
  const addresses = new Map<string, Address>();
  steps.forEach((step, index) => {
    if (step.kind === "call") return;
    if (addresses.has(step.name)) throw new BugError(`the deployment makes ${step.name} twice`);
    addresses.set(step.name, createdAddress(deployer, firstNonce + index));
  });
  return addresses;
}

/** Of the contract that a transaction creates: the last 20 bytes of the hash of its sender and nonce (yellow paper, section 7). */
function createdAddress(sender: Address, nonce: number): Address {
  const hash = keccak256(encodeRlp([addressToBytes(sender), bigintToBytes(BigInt(nonce))]));
  return addressFromBytes(hash.subarray(12));
}

export function addressBookOf(addresses: ReadonlyMap<string, Address>): AddressBook {
  return (name) => {
    const address = addresses.get(name);
    if (address === undefined) throw new BugError(`the deployment has no ${name}`);
    return address;
  };
}

function electionParameters(p: RootParameters): Readonly<Record<string, bigint | number | boolean>> {
  return {
    producerStake: p.producerStakeWei,
    tenureLength: p.tenureLength,
    voteOpenLead: p.voteOpenLead,
    voteCloseLead: p.voteCloseLead,
    replacementLead: p.replacementLead,
    minProducers: p.minProducers,
    maxProducers: p.maxProducers,
    standbyCount: p.standbyCount,
    maxPerRegion: p.maxPerRegion,
    oddOnly: false,
  };
}

function stakeParameters(p: RootParameters): Readonly<Record<string, bigint | number>> {
  return {
    minStake: p.minStakeWei,
    rewardPerBlock: p.rewardPerBlockWei,
    epochLength: p.epochLength,
    unbonding: p.unbonding,
    challengePeriod: p.challengePeriod,
    gameMaxDuration: p.gameMaxDuration,
    lateSlashWindow: p.lateSlashWindow,
    jailTime: p.jailTime,
    signerCooldown: p.signerCooldown,
    maxValidators: p.maxValidators,
    maxCheckpointLength: p.maxCheckpointLength,
    claimBatch: p.claimBatch,
    slashBpsA: p.slashBpsA,
    slashBpsB: p.slashBpsB,
    slashBpsC: p.slashBpsC,
    bountyBps: p.bountyBps,
    burnBps: p.burnBps,
    proposerBonusBps: p.proposerBonusBps,
  };
}
