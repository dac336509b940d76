import { join } from "node:path";
import type { LatePlan, PendingCheckpoint, Staker } from "../checkpoint/index.ts";
import { UserError } from "../errors.ts";
import type { CheckpointRecord, RootChain } from "../rootchain/index.ts";
import { blockSources } from "./chain-archive.ts";
import { didYouMean, nearNames } from "./near-names.ts";
import type { NetClient } from "./net-client.ts";

/** The devnet's validators: their signer keys are in its folder, and each has a node of its own to ask. */
export async function stakersAtHand(net: NetClient): Promise<readonly Staker[]> {
  const { readKeyFile } = await import("../wallet/index.ts");
  const { openChainClient } = await import("../rpc/index.ts");
  const sources = blockSources(net);
  const validators = net.manifest.nodes.filter(({ roles }) => roles.includes("validator"));
  return Promise.all(
    validators.map(async ({ name, rpcUrl }) => ({
      name,
      key: await readKeyFile(join(net.dir, "keys", `${name}.signer`)),
      finalizedHeight: async () => (await openChainClient(rpcUrl)).blockNumber("finalized"),
      block: async (number: bigint) => sources.find((source) => source.name === name)?.block(number),
    })),
  );
}

/** What late signatures for a submitted checkpoint need to know. */
export async function latePlan(
  net: NetClient,
  root: RootChain,
  record: CheckpointRecord,
): Promise<{ readonly plan: LatePlan; readonly pending: PendingCheckpoint }> {
  const { zeroHash } = await import("../primitives/index.ts");
  const chainId = BigInt(net.chainId);
  const [seats, before] = await Promise.all([
    root.stakes.activeSet(),
    record.number > 1n ? root.checkpoints.checkpoint(chainId, record.number - 1n) : undefined,
  ]);
  const domain = { rootChainId: BigInt(net.l1ChainId), contract: root.checkpoints.address };
  return { plan: { chainId, domain, seats }, pending: { ...record, prevCheckpoint: before?.structHash ?? zeroHash } };
}

/** KOMA_E_VALIDATOR_NOT_FOUND with those that there are. */
export function noStaker(name: string, stakers: readonly Pick<Staker, "name">[]): UserError {
  const known = stakers.map((staker) => staker.name);
  const near = nearNames(name, known);
  return new UserError("KOMA_E_VALIDATOR_NOT_FOUND", `There is no validator "${name.slice(0, 60)}" at hand.`, {
    facts: { known: known.join(", ") },
    fix: near.length > 0 ? [didYouMean(near)] : ["koma devnet status"],
  });
}
