import { type BlockHeader, hashHeader, signTransaction, type Transaction } from "../chain/index.ts";
import type { ConsensusMessage, Instance } from "../consensus/index.ts";
import { UserError } from "../errors.ts";
import type { Executor } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import type { Address, Bytes } from "../primitives/index.ts";
import type { NodeCommand } from "./admin-channel.ts";
import type { BlockFaults } from "./block-service.ts";
import { contradictionOf } from "./equivocation.ts";
import type { NodeEventBus } from "./events.ts";

type BehaveCommand = Extract<NodeCommand, { type: "behave" }>;

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
}

export interface BehavioursConfig {
  /** Name of this node: whether a behaviour makes it an actor or an accomplice. */
  readonly name: string;
  readonly devnet: boolean;
  readonly chainId: bigint;
  readonly signer?: { readonly key: Bytes; readonly address: Address };
}

/**
 * Kinds that nodes know; none takes a parameter. `bad-nonce`: the producer puts two different transactions with one nonce into its block.
 * `sign-anything`: accepts blocks with wrong nonces, and so signs the checkpoint over them; what colluding stakers do.
 * `equivocate`: signs two consensus units with one number and sends both to everybody.
 */
export const behaviourKinds = ["bad-nonce", "sign-anything", "equivocate"] as const;
type BehaviourKind = (typeof behaviourKinds)[number];

interface Running {
  readonly kind: BehaviourKind;
  readonly handle: string;
  /** Does it; otherwise goes along with it. */
  readonly actor: boolean;
  /** First block that it concerns. */
  readonly from: bigint;
  left: number;
}

export function createBehaviours(
  config: BehavioursConfig,
  ports: { readonly executor: Executor; readonly events: NodeEventBus; readonly logger: Logger },
): Behaviours {
  const running = new Map<string, Running>();

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
    const [unknown] = Object.keys(command.params);
    if (unknown !== undefined)
      throw invalid(`The behaviour ${kind} has no parameter "${unknown.slice(0, 60)}".`, "params");
    const from = command.at ?? "0";
    if (!/^[0-9]{1,15}$/.test(from))
      throw invalid(`A behaviour begins at a block's number, not at "${from.slice(0, 60)}".`, "at");
    const actor = command.actors.includes(config.name);
    if (kind !== "sign-anything" && actor && !config.signer) {
      throw new UserError("KOMA_E_NOT_A_PRODUCER", "This node signs nothing, so it cannot sign anything wrong.", {});
    }
    running.set(command.handle, {
      kind,
      handle: command.handle,
      actor,
      from: BigInt(from),
      left: command.times ?? Number.POSITIVE_INFINITY,
    });
    ports.logger.warn({ handle: command.handle, kind }, "misbehaving on request");
  }

  function acting(wanted: BehaviourKind, block: bigint): Running | undefined {
    return concerned(block).find(({ kind, actor, left }) => kind === wanted && actor && left > 0);
  }

  const cheating = (block: bigint) => acting("bad-nonce", block);

  function concerned(block: bigint): readonly Running[] {
    return [...running.values()].filter(({ from }) => from <= block);
  }

  /** Two transfers to ourselves that differ only in their value: both are well signed, and only one can be right. */
  function doubleSpend(parent: BlockHeader, signer: { readonly key: Bytes; readonly address: Address }): Transaction[] {
    const state = ports.executor.stateAt(hashHeader(parent));
    const nonce = state.account(signer.address)?.nonce ?? 0n;
    return [1n, 2n].map((value) =>
      signTransaction(
        {
          type: 2,
          chainId: config.chainId,
          nonce,
          gasLimit: 21_000n,
          maxFeePerGas: parent.baseFeePerGas * 2n + 1_000n,
          maxPriorityFeePerGas: 0n,
          to: signer.address,
          value,
          data: new Uint8Array(0),
          accessList: [],
        },
        signer.key,
      ),
    );
  }

  return {
    begin,
    end(handle) {
      running.delete(handle);
    },
    blockFaults(block) {
      // Whoever takes part goes on accepting the bad block until it is healed, also when its own part is done.
      if (concerned(block).every(({ kind }) => kind === "equivocate")) return undefined;
      const { signer } = config;
      return { extra: (parent) => (cheating(block) && signer ? doubleSpend(parent, signer) : []), ignoreNonces: true };
    },
    contradiction(message, instance) {
      const { signer } = config;
      if (message.kind !== "unit" || !signer) return undefined;
      if (instance.committee.validators[message.unit.creator]?.signer !== signer.address) return undefined;
      const cheat = acting("equivocate", ports.executor.finalHead.number + 1n);
      const second = cheat && contradictionOf(message, instance, signer.key);
      if (!second) return undefined;
      cheat.left -= 1;
      const detail = `two units with number ${message.unit.seq} in instance ${instance.id}`;
      const { handle, kind } = cheat;
      ports.events.emit({ type: "behaviour", handle, kind, event: "performed", detail });
      if (cheat.left === 0) ports.events.emit({ type: "behaviour", handle, kind, event: "finished", detail });
      return second;
    },
    proposed(block) {
      const done = cheating(block);
      if (!done) return;
      done.left -= 1;
      const detail = `block ${block} holds two transactions with one nonce`;
      const { handle, kind } = done;
      ports.events.emit({ type: "behaviour", handle, kind, event: "performed", detail });
      if (done.left > 0) return;
      // Who hears that it is over heals the accomplices: not before the block is final, or they would refuse it.
      const unsubscribe = ports.events.subscribe((event) => {
        if (event.type !== "blockFinalized" || event.number < block) return;
        unsubscribe();
        ports.events.emit({ type: "behaviour", handle, kind, event: "finished", detail });
      });
    },
  };
}

function invalid(message: string, argument: string): UserError {
  return new UserError("KOMA_E_ARGUMENT_INVALID", message, { facts: { argument } });
}
