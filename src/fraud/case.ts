import {
  type ChainArchive,
  checkpointHistory,
  createCheckpointReader,
  describeRecord,
  type SubmittedCheckpoint,
} from "../checkpoint/index.ts";
import { type KomaError, ProtocolError, UserError } from "../errors.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { RootChain, RootEvent, Verdict } from "../rootchain/index.ts";
import type { CheckpointLookup } from "./check-file.ts";
import type { Challenge } from "./evidence.ts";
import type { Fault, ScanRules } from "./find-faults.ts";
import type { KnownDeposit } from "./find-gaps.ts";
import { craftChallenge } from "./finders.ts";
import type { FraudKind } from "./kinds.ts";
import { scanCheckpoint } from "./scan.ts";

/** What looking for fraud in a chain needs to know from the root chain. */
export interface FraudCase {
  readonly chainId: bigint;
  readonly archive: ChainArchive;
  readonly rules: ScanRules;
  /** Blocks for which a producer's key stays acceptable after its set has ended. */
  readonly graceBlocks: bigint;
  /** Deposits that the root chain holds for the chain; without them none is found to be left out. */
  readonly deposits?: readonly KnownDeposit[];
}

/** What a case asks of the root chain's client. */
export type CaseRootChain = Pick<RootChain, "events" | "registry" | "checkpoints" | "deposits" | "stakes">;

/**
 * @param fromBlock root-chain block before which no event of the contracts can be
 * @throws {UserError} KOMA_E_CHAIN_UNREGISTERED
 */
export async function openCase(
  root: CaseRootChain,
  chainId: bigint,
  archive: ChainArchive,
  fromBlock: bigint,
): Promise<FraudCase> {
  const [chain, rejections, mappings, deposits] = await Promise.all([
    root.registry.chain(chainId),
    root.events({ contract: "CheckpointManager", event: "CheckpointRejected", fromBlock }),
    root.events({ contract: "KomaRegistry", event: "TokenMapped", fromBlock }),
    root.events({ contract: "DepositManager", event: "Deposited", fromBlock }),
  ]);
  if (!chain) {
    throw new UserError("KOMA_E_CHAIN_UNREGISTERED", `Chain ${chainId} is not registered on the root chain.`, {
      facts: { chainId },
    });
  }
  const banned = new Set(
    rejections.filter(({ args }) => args["chainId"] === chainId).map(({ args }) => args["bannedBlock"] as Hash),
  );
  const tokens = new Map(
    mappings
      .filter(({ args }) => args["chainId"] === chainId)
      .map(({ args }) => [args["childToken"] as Address, args["rootToken"] as Address]),
  );
  const children = new Map([...tokens].map(([child, rootToken]) => [rootToken, child]));
  const hashes = new Map(
    deposits
      .filter(({ args }) => args["chainId"] === chainId)
      .map(({ args }) => [args["id"] as bigint, args["depositHash"] as Hash]),
  );
  return {
    chainId,
    archive,
    deposits: deposits.filter(({ args }) => args["chainId"] === chainId).map(({ args }) => knownDepositOf(args)),
    rules: {
      chainId,
      banned: (hash) => banned.has(hash),
      rootTokenOf: (child) => tokens.get(child),
      producers: {
        graceBlocks: BigInt(chain.setGraceBlocks),
        openGapSlots: chain.openGapSlots,
        slotMs: chain.slotMs,
        authorized: (key, from, to) => root.registry.isAuthorizedProducer(chainId, key, Number(from), Number(to)),
        isSigner: async (key) => (await root.stakes.validatorOfSigner(key)) !== undefined,
      },
      bridge: { depositHash: (id) => hashes.get(id), childTokenOf: (rootToken) => children.get(rootToken) },
    },
    graceBlocks: BigInt(chain.setGraceBlocks),
  };
}

function knownDepositOf(args: RootEvent["args"]): KnownDeposit {
  return {
    id: args["id"] as bigint,
    kind: Number(args["kind"]),
    rootToken: args["rootToken"] as Address,
    recipient: args["recipient"] as Address,
    amount: args["amount"] as bigint,
    data: args["data"] as string,
    createdAt: args["createdAt"] as bigint,
    depositHash: args["depositHash"] as Hash,
  };
}

/** Checkpoints by number, those that were rolled back included; what proof files are checked against. */
export function openLookup(root: CaseRootChain, chainId: bigint, fromBlock: bigint): CheckpointLookup {
  const read = (event: string) => root.events({ contract: "CheckpointManager", event, fromBlock });
  return {
    live: createCheckpointReader(root.checkpoints, chainId).checkpoint,
    rootTokenOf: (child) => root.registry.rootTokenOf(chainId, child),
    childTokenOf: (rootToken) => root.registry.childTokenOf(chainId, rootToken),
    depositHash: (id) => root.deposits.depositHash(chainId, id),
    async rolledBack(number) {
      const events = await Promise.all([read("CheckpointSubmitted"), read("CheckpointRejected")]);
      return checkpointHistory(chainId, events.flat())
        .filter((entry) => !entry.live && entry.number === number)
        .map(({ start, end, rootHash }) => ({ checkpoint: number, start, end, rootHash: rootHash as Hash }));
    },
  };
}

/** Checkpoints that can still be rolled back, oldest first. */
export async function pendingCheckpoints(
  root: CaseRootChain,
  chainId: bigint,
): Promise<readonly SubmittedCheckpoint[]> {
  const head = await root.checkpoints.head(chainId);
  const count = Number(head.number - 1n - head.finalizedUpTo);
  const records = count > 0 ? await root.checkpoints.list(chainId, head.finalizedUpTo + 1n, count) : [];
  const described = await Promise.all(
    records.map(async (record) =>
      describeRecord(chainId, record, await root.checkpoints.isFinal(chainId, record.number)),
    ),
  );
  return described.filter(({ status }) => status === "pending");
}

export interface FoundFault {
  readonly checkpoint: bigint;
  readonly fault: Fault;
}

/** A checkpoint that could not be looked into, because no node has the blocks that were signed. */
export interface UnreadCheckpoint {
  readonly checkpoint: bigint;
  readonly why: string;
}

/** Every provable fault of the wanted kind in these checkpoints, in their order. */
export async function findFraud(
  fraud: FraudCase,
  checkpoints: readonly SubmittedCheckpoint[],
  wanted?: FraudKind,
): Promise<{ readonly found: readonly FoundFault[]; readonly unread: readonly UnreadCheckpoint[] }> {
  const found: FoundFault[] = [];
  const unread: UnreadCheckpoint[] = [];
  for (const checkpoint of checkpoints) {
    try {
      for (const fault of await scanCheckpoint(fraud.archive, checkpoint, fraud.rules)) {
        if (!wanted || provesAs(fault, wanted)) found.push({ checkpoint: checkpoint.number, fault });
      }
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== "KOMA_E_BLOCKS_DIFFER") throw error;
      unread.push({ checkpoint: checkpoint.number, why: error.message });
    }
  }
  return { found, unread };
}

/** A used nonce that is used again is also one that does not ascend. */
function provesAs(fault: Fault, wanted: FraudKind): boolean {
  return fault.type === wanted.type || (fault.type === "duplicate-nonce" && wanted.type === "nonce-mismatch");
}

/** A fault that the root contracts agree is one. */
export interface ProvenFault extends FoundFault {
  readonly challenge: Challenge;
  readonly verdict: Verdict;
}

/** A fault that the root contracts would not convict. */
export interface RefusedFault extends FoundFault {
  readonly code: string;
  readonly why: string;
}

/**
 * The first of the faults that the root contracts convict, judged without sending anything, and those before it that they
 * do not.
 *
 * @param judge what `ChallengeManager.judge` answers, or the error that it reverts with
 */
export async function proveFraud(
  fraud: FraudCase,
  found: readonly FoundFault[],
  judge: (kind: number, evidence: Challenge["evidence"]) => Promise<Verdict>,
): Promise<{ readonly proven: ProvenFault | undefined; readonly refused: readonly RefusedFault[] }> {
  const refused: RefusedFault[] = [];
  for (const candidate of found) {
    try {
      const challenge = await craftChallenge(fraud.archive, candidate.fault, fraud.graceBlocks);
      const verdict = await judge(challenge.kind, challenge.evidence);
      return { proven: { ...candidate, challenge, verdict }, refused };
    } catch (error) {
      // The chain's own answer to this fault; the next one may stand. An endpoint that is away is no answer.
      if (!(error instanceof ProtocolError || error instanceof UserError)) throw error;
      refused.push({ ...candidate, code: (error as KomaError).code, why: error.message });
    }
  }
  return { proven: undefined, refused };
}
