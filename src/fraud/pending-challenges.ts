import type { Address } from "../primitives/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import { fraudKindOf } from "./kinds.ts";
import { demandName } from "./unavailable.ts";

/** A challenge that waits for an answer: whoever has what is missing can show it and be paid. */
export interface PendingChallenge {
  /** As commands take it: a number, or d and a number for a demand for data. */
  readonly id: string;
  readonly type: string;
  readonly checkpoint: bigint;
  /** Block whose data is demanded. */
  readonly block: bigint | undefined;
  /** What is said to be missing, in words. */
  readonly missing: string;
  /** Seconds since the Unix epoch. */
  readonly deadline: bigint;
}

type ChallengedRootChain = Pick<RootChain, "checkpoints" | "contracts" | "interactive" | "demands">;

/**
 * Claims and demands of a chain that are open. The events are read only while some checkpoint is held up.
 *
 * @param fromBlock root-chain block before which none can have been opened
 */
export async function pendingChallenges(
  root: ChallengedRootChain,
  chainId: bigint,
  fromBlock: bigint,
): Promise<readonly PendingChallenge[]> {
  const { number, finalizedUpTo } = await root.checkpoints.head(chainId);
  const count = Number(number - 1n - finalizedUpTo);
  const pending = count > 0 ? await root.checkpoints.list(chainId, finalizedUpTo + 1n, count) : [];
  if (!pending.some(({ openChallenges }) => openChallenges > 0)) return [];
  return [...(await openClaims(root, chainId, fromBlock)), ...(await openDemands(root, chainId, fromBlock))];
}

async function openClaims(
  root: ChallengedRootChain,
  chainId: bigint,
  fromBlock: bigint,
): Promise<readonly PendingChallenge[]> {
  if (root.contracts["InteractiveFraud"] === undefined) return [];
  const interactive = root.interactive();
  const all = await interactive.list(chainId, fromBlock);
  const states = await Promise.all(all.map(({ id }) => interactive.stateOf(id)));
  return all.flatMap(({ id, claim }, place) => {
    if (states[place] !== "open") return [];
    const type = fraudKindOf(String(claim.kind))?.type ?? String(claim.kind);
    const missing = missingOf(type, claim.subject, claim.value);
    return [{ id: id.toString(), type, checkpoint: claim.number, block: undefined, missing, deadline: claim.deadline }];
  });
}

function missingOf(type: string, subject: Address, value: bigint): string {
  if (type === "nonce-gap") return `nonce ${value} of ${subject}`;
  if (type === "utxo-gap") return `a log about ${subject} after number ${value}`;
  return `the delivery of deposit ${value}`;
}

async function openDemands(
  root: ChallengedRootChain,
  chainId: bigint,
  fromBlock: bigint,
): Promise<readonly PendingChallenge[]> {
  if (root.contracts["DataCourt"] === undefined) return [];
  const demands = root.demands();
  const all = await demands.list(chainId, fromBlock);
  const states = await Promise.all(all.map(({ id }) => demands.stateOf(id)));
  return all.flatMap(({ id, demand }, place) => {
    if (states[place] !== "open") return [];
    const { number: checkpoint, block, part, deadline } = demand;
    const missing = `the ${part} of block ${block}`;
    return [{ id: demandName(id), type: "unavailable", checkpoint, block, missing, deadline }];
  });
}
