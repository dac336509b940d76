import { childBridgeAddress, type Deposit } from "../bridge/index.ts";
import { type BlockHeader, hashHeader, maxCost, type Transaction } from "../chain/index.ts";
import type { CheckpointedBlock } from "../checkpoint/index.ts";
import type { ConsensusMessage, Instance } from "../consensus/index.ts";
import { UserError } from "../errors.ts";
import type { Executor, RuleChanges } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { Checkpoint } from "../rootchain/index.ts";
import type { NodeCommand } from "./admin-channel.ts";
import { blockMisdeeds, forgerOf } from "./block-misdeeds.ts";
import type { BlockFaults } from "./block-service.ts";
import { checkpointLies, checkpointMisdeeds, contradictCheckpoint } from "./checkpoint-misdeeds.ts";
import { contradictionOf, secondProposalOf } from "./equivocation.ts";
import type { NodeEventBus } from "./events.ts";
import type { SealingKey } from "./sealing-keys.ts";
import { type Withheld, withholdings } from "./withholding.ts";

type BehaveCommand = Extract<NodeCommand, { type: "behave" }>;

type FinalBlocks = readonly CheckpointedBlock[] | undefined;

/** Faults that a devnet's node commits on request. Nothing of this exists outside a devnet. */
export interface Behaviours {
  /** @throws {UserError} KOMA_E_BEHAVIOUR_UNKNOWN, KOMA_E_ARGUMENT_INVALID, KOMA_E_NOT_A_DEVNET, KOMA_E_NOT_A_PRODUCER */
  begin(command: BehaveCommand): void;
  end(handle: string): void;
  /** What the running behaviours change about the block with this number; undefined where this node is honest. */
  blockFaults(block: bigint): BlockFaults | undefined;
  /** A block of ours was proposed: faults that are done a number of times count it. */
  proposed(block: bigint): void;
  /** What this node sends beside a message of its own that contradicts it; undefined while it is honest. */
  contradiction(message: ConsensusMessage, instance: Instance): ConsensusMessage | undefined;
  /** Final blocks, if they are there, as this node signs them in a checkpoint. */
  checkpointed(blocks: FinalBlocks): FinalBlocks;
  /** The same blocks as this node signed them, also when that is over: whoever asks for the leaves gets those. */
  signedBlocks(blocks: FinalBlocks): FinalBlocks;
  /** What of a block this node keeps from others; undefined while it is honest. */
  withheld(block: bigint): Withheld;
  /** What this node signs beside a checkpoint that contradicts it; undefined while it is honest. */
  secondVote(checkpoint: Checkpoint): Checkpoint | undefined;
}

export interface BehavioursConfig {
  /** Name of this node: whether a behaviour makes it an actor or an accomplice. */
  readonly name: string;
  readonly devnet: boolean;
  readonly chainId: bigint;
  readonly signer?: SealingKey;
  readonly producers?: readonly SealingKey[];
}

/**
 * Kinds that nodes know. Those of `blockMisdeeds` make a producer build a block that is invalid in one way.
 * `sign-anything`: accepts blocks that are invalid in any of these ways, and so signs the checkpoint over them; what
 * colluding stakers do. `equivocate`: signs two consensus units with one number and sends both to everybody; `double-seal`: two
 * of them with a block each, sealed for one second. Those of
 * `checkpointMisdeeds` are done to checkpoints. Those of `withholdings` keep one block or its receipts from everybody who asks,
 * on the network and on the root chain; `times` blocks from the first on.
 */
export const behaviourKinds: readonly string[] = [
  ...Object.keys(blockMisdeeds),
  ...checkpointMisdeeds,
  ...withholdings,
  "sign-anything",
  "equivocate",
  "double-seal",
];
/** Kinds that leave blocks alone. */
const beyondBlocks: readonly string[] = [...checkpointMisdeeds, ...withholdings, "equivocate", "double-seal"];

interface Running {
  readonly kind: string;
  readonly handle: string;
  /** Does it; otherwise goes along with it. */
  readonly actor: boolean;
  /** First block that it concerns. */
  readonly from: bigint;
  readonly params: Readonly<Record<string, string>>;
  left: number;
}

export function createBehaviours(
  config: BehavioursConfig,
  ports: {
    readonly executor: Executor;
    readonly events: NodeEventBus;
    readonly logger: Logger;
    /** Confirmed deposits of the root chain; without them none is delivered twice. */
    readonly deposit?: (id: bigint) => Deposit | undefined;
    /** The block that the root chain banned last; without it none is checkpointed again. */
    readonly banned?: () => Hash | undefined;
  },
): Behaviours {
  const running = new Map<string, Running>();
  /** What the block with that number holds of these, from when it is built until it is proposed. */
  const committed = new Map<bigint, readonly Running[]>();
  /** Those of them that changed its deliveries, until the rest of it is made. */
  const altered = new Map<bigint, readonly Running[]>();
  /** What false checkpoints tell of blocks, by the hash of the last block and where they begin. */
  const lies = new Map<string, readonly CheckpointedBlock[]>();

  function begin(command: BehaveCommand): void {
    if (!config.devnet) {
      throw new UserError("KOMA_E_NOT_A_DEVNET", "Only a node of a devnet misbehaves on request.", {
        fix: ["Use a devnet: koma devnet up"],
      });
    }
    const kind = behaviourKinds.find((known) => known === command.kind);
    if (!kind) {
      throw new UserError("KOMA_E_BEHAVIOUR_UNKNOWN", `"${command.kind}" is no behaviour of this version.`, {
        facts: { known: behaviourKinds.join(", ") },
        fix: behaviourKinds.map((known) => `koma devnet fault behave NODE ${known}`),
      });
    }
    checkParams(kind, command.params);
    const from = command.at ?? "0";
    if (!/^[0-9]{1,15}$/.test(from))
      throw invalid(`A behaviour begins at a block's number, not at "${from.slice(0, 60)}".`, "at");
    const actor = command.actors.includes(config.name);
    const withholds = withholdings.includes(kind);
    // What others have already cannot be kept from them.
    const next = ports.executor.finalHead.number + 1n;
    const first = withholds && BigInt(from) < next ? next : BigInt(from);
    if (kind !== "sign-anything" && actor && !config.signer) {
      throw new UserError("KOMA_E_NOT_A_PRODUCER", "This node signs nothing, so it cannot sign anything wrong.", {});
    }
    running.set(command.handle, {
      kind,
      handle: command.handle,
      actor,
      from: first,
      params: command.params,
      left: command.times ?? (withholds ? 1 : Number.POSITIVE_INFINITY),
    });
    if (withholds) {
      const detail = `${kind === "withhold-block" ? "block" : "receipts of block"} ${first} and so many blocks: ${command.times ?? 1}`;
      ports.events.emit({ type: "behaviour", handle: command.handle, kind, event: "performed", detail });
    }
    ports.logger.warn({ handle: command.handle, kind }, "misbehaving on request");
  }

  function acting(block: bigint, does: (kind: string) => boolean): readonly Running[] {
    return concerned(block).filter(({ kind, actor, left }) => does(kind) && actor && left > 0);
  }

  function concerned(block: bigint): readonly Running[] {
    return [...running.values()].filter(({ from }) => from <= block);
  }

  /** What the producer does to its block: every misdeed that was ordered, in the order of the orders. */
  function commit(
    block: bigint,
    parent: BlockHeader,
    deliveries: readonly Transaction[],
    sealer: SealingKey,
  ): readonly Transaction[] {
    const { chainId } = config;
    const { executor, deposit = () => undefined } = ports;
    const own = deliveries.filter(({ sender }) => sender === sealer.address);
    let funds = (executor.stateAt(hashHeader(parent)).account(sealer.address)?.balance ?? 0n) - most(own);
    const delivered = own.filter(({ to }) => to === childBridgeAddress).length;
    const extra: Transaction[] = [];
    const done: Running[] = [...(altered.get(block) ?? [])];
    altered.clear();
    for (const cheat of acting(block, (kind) => kind in blockMisdeeds)) {
      const before = own.length + extra.length;
      const scene = { chainId, executor, parent, sealer, before, delivered, params: cheat.params, deposit };
      const transactions = blockMisdeeds[cheat.kind]?.transactions(scene) ?? [];
      // A producer key may have no coin: the block is made without it, and the misdeed waits.
      if (most(transactions) > funds) {
        ports.logger.warn(
          { handle: cheat.handle, kind: cheat.kind, sealer: sealer.address },
          "cannot pay for a misdeed",
        );
        continue;
      }
      funds -= most(transactions);
      extra.push(...transactions);
      if (transactions.length > 0) done.push(cheat);
    }
    committed.set(block, done);
    return extra;
  }

  /** What the producer delivers: every misdeed that is done to deliveries, if there are any to make. */
  function alter(block: bigint, due: readonly Deposit[]): readonly Deposit[] {
    if (due.length === 0) return due;
    const cheats = acting(block, (kind) => blockMisdeeds[kind]?.deliveries !== undefined);
    altered.set(block, cheats);
    return cheats.reduce((left, { kind }) => blockMisdeeds[kind]?.deliveries?.(left) ?? left, due);
  }

  /** Leniency of whoever takes part: no more than the misdeeds ask for, so that honest blocks stay honest. */
  function rulesOf(parts: readonly Running[]): RuleChanges {
    const all = parts.some(({ kind }) => kind === "sign-anything");
    const rules = parts.map(({ kind }) => blockMisdeeds[kind]?.rules ?? {});
    return {
      ignoreNonces: all || rules.some(({ ignoreNonces }) => ignoreNonces),
      ignoreLimits: all || rules.some(({ ignoreLimits }) => ignoreLimits),
      forge: forgerOf(all ? Object.keys(blockMisdeeds) : parts.map(({ kind }) => kind)),
    };
  }

  function keyOf(sealer: Address): SealingKey | undefined {
    return [...(config.signer ? [config.signer] : []), ...(config.producers ?? [])].find(
      ({ address }) => address === sealer,
    );
  }

  return {
    begin,
    end(handle) {
      running.delete(handle);
    },
    blockFaults(block) {
      // Whoever takes part goes on accepting the bad block until it is healed, also when its own part is done.
      const parts = concerned(block).filter(({ kind }) => !beyondBlocks.includes(kind));
      if (parts.length === 0) return undefined;
      return {
        extra: (parent, deliveries, sealer) => commit(block, parent, deliveries, sealer),
        deliveries: (due) => alter(block, due),
        rules: rulesOf(parts),
        overlooksDeposits: parts.some(
          ({ kind }) => kind === "sign-anything" || blockMisdeeds[kind]?.overlooksDeposits === true,
        ),
      };
    },
    contradiction(message, instance) {
      const { signer } = config;
      if (message.kind !== "unit" || !signer) return undefined;
      if (instance.committee.validators[message.unit.creator]?.signer !== signer.address) return undefined;
      const next = ports.executor.finalHead.number + 1n;
      const [cheat] = acting(next, (kind) => kind === "equivocate");
      const second = cheat && contradictionOf(message, instance, signer.key);
      if (second) {
        finishOne(cheat, `two units with number ${message.unit.seq} in instance ${instance.id}`);
        return second;
      }
      const [sealer] = acting(next, (kind) => kind === "double-seal");
      const again = sealer && secondProposalOf(message, instance, config.chainId, signer.key, keyOf);
      if (again) finishOne(sealer, `two blocks of second ${Math.floor(message.unit.body.t / 1000)}`);
      return again;
    },
    checkpointed(blocks) {
      const last = blocks?.at(-1);
      const parts = last ? concerned(last.header.number) : [];
      const cheat = parts.find(({ kind, left }) => Object.hasOwn(checkpointLies, kind) && left > 0);
      if (!blocks || !last || !cheat) return blocks;
      const place = placeOf(blocks);
      const scene = { chainId: config.chainId, banned: ports.banned?.() };
      const told = lies.get(place) ?? checkpointLies[cheat.kind]?.tell(blocks, scene);
      if (!told) return blocks;
      if (!lies.has(place)) untilSubmitted(cheat, last.header.number);
      lies.set(place, told);
      return told;
    },
    signedBlocks: (blocks) => blocks && (lies.get(placeOf(blocks)) ?? blocks),
    withheld(block) {
      const kinds = concerned(block)
        .filter(({ kind, from, left }) => withholdings.includes(kind) && block < from + BigInt(left))
        .map(({ kind }) => kind);
      if (kinds.includes("withhold-block")) return "block";
      return kinds.length > 0 ? "receipts" : undefined;
    },
    secondVote(checkpoint) {
      const [cheat] = acting(checkpoint.end, (kind) => kind === "double-vote");
      if (!cheat) return undefined;
      finishOne(cheat, `two checkpoints of blocks ${checkpoint.start} to ${checkpoint.end}`);
      return contradictCheckpoint(checkpoint);
    },
    proposed(block) {
      const done = committed.get(block) ?? [];
      committed.clear();
      for (const cheat of done) perform(cheat, block);
    },
  };

  /** Counts one that is over as soon as it is done. */
  function finishOne(cheat: Running, detail: string): void {
    const { handle, kind } = cheat;
    cheat.left -= 1;
    ports.events.emit({ type: "behaviour", handle, kind, event: "performed", detail });
    if (cheat.left === 0) ports.events.emit({ type: "behaviour", handle, kind, event: "finished", detail });
  }

  /** A false checkpoint counts when it is on the root chain: before that, others may have refused it. */
  function untilSubmitted(cheat: Running, end: bigint): void {
    const unsubscribe = ports.events.subscribe((event) => {
      if (event.type !== "checkpointSubmitted" || event.end < end) return;
      unsubscribe();
      if (event.end > end || cheat.left === 0) return;
      if (cheat.actor) finishOne(cheat, `the checkpoint up to block ${end} has ${checkpointLies[cheat.kind]?.detail}`);
      else cheat.left -= 1;
    });
  }

  function perform(cheat: Running, block: bigint): void {
    cheat.left -= 1;
    const detail = `block ${block} holds ${blockMisdeeds[cheat.kind]?.detail}`;
    const { handle, kind } = cheat;
    ports.events.emit({ type: "behaviour", handle, kind, event: "performed", detail });
    if (cheat.left > 0) return;
    // Who hears that it is over heals the accomplices: not before the block is final, or they would refuse it; and where
    // only the checkpoint is refused, not before that is submitted.
    const unsubscribe = ports.events.subscribe((event) => {
      const reached = blockMisdeeds[kind]?.overlooksDeposits
        ? event.type === "checkpointSubmitted" && event.end >= block
        : event.type === "blockFinalized" && event.number >= block;
      if (!reached) return;
      unsubscribe();
      ports.events.emit({ type: "behaviour", handle, kind, event: "finished", detail });
    });
  }
}

/** Most that transactions can take from their sender, wei. */
function most(transactions: readonly Transaction[]): bigint {
  return transactions.reduce((sum, transaction) => sum + maxCost(transaction), 0n);
}

function placeOf(blocks: readonly CheckpointedBlock[]): string {
  return `${blocks[0]?.header.number} ${blocks.at(-1)?.hash}`;
}

/** @throws {UserError} KOMA_E_ARGUMENT_INVALID for a parameter that is unknown, missing or malformed */
function checkParams(kind: string, given: Readonly<Record<string, string>>): void {
  const known = blockMisdeeds[kind]?.params ?? {};
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw invalid(`The behaviour ${kind} has no parameter "${unknown.slice(0, 60)}".`, "params");
  }
  for (const [name, check] of Object.entries(known)) {
    const value = given[name];
    if (value === undefined) throw invalid(`The behaviour ${kind} needs the parameter "${name}".`, "params");
    check(value);
  }
}

function invalid(message: string, argument: string): UserError {
  return new UserError("KOMA_E_ARGUMENT_INVALID", message, { facts: { argument } });
}
