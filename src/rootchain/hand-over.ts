import type { AddressBook, DeploymentStep } from "./deployment-plan.ts";
import type { RootParameters } from "./parameters.ts";

/** Contracts with an owner, who upgrades them and sets their parameters. */
const OWNED = [
  "StakeManager",
  "KomaRegistry",
  "CheckpointManager",
  "ChallengeManager",
  "ProducerElection",
  "ProducerRewards",
  "DepositManager",
  "WithdrawManager",
] as const;

/**
 * The last steps of a deployment: everything goes to the timelock, if there is one. Everything else that takes an owner comes
 * before, as afterwards it would have to wait.
 */
export function planHandOver({ timelockDelay }: RootParameters): readonly DeploymentStep[] {
  if (timelockDelay === 0) return [];
  const call = (name: string, method: string, args: (at: AddressBook) => readonly unknown[]): DeploymentStep => ({
    kind: "call",
    name,
    artifact: name,
    method,
    args,
  });
  return [
    ...OWNED.map((name) => call(name, "transferOwnership", (at) => [at("KomaTimelock")])),
    call("KomaTimelock", "accept", (at) => [OWNED.map(at)]),
  ];
}
