import type { Clock } from "../clock.ts";
import {
  type BlockRef,
  type ConsensusMessage,
  type Effect,
  encodeEndorsement,
  encodeMessage,
  encodeUnit,
  type Instance,
  type KomaBft,
  sealerOf,
  type UnitHash,
} from "../consensus/index.ts";
import { assertNever } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Network, PeerId } from "../network/index.ts";
import { type Hash, timestamp } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import type { BlockService } from "./block-service.ts";

/** What the loop tells the node; everything else it does by itself. */
export interface EffectListener {
  headChanged(head: BlockRef | undefined, instance: Instance): void;
  /** A block was executed and its unit is about to enter the state. */
  executed(): void;
  finalized(effect: Extract<Effect, { kind: "finalize" }>, instance: Instance): void;
  faultReported(effect: Extract<Effect, { kind: "reportFault" }>, instance: Instance): void;
  alarmed(alarm: Extract<Effect, { kind: "alarm" }>["alarm"], instance: Instance): void;
  /** A durable write failed: this consensus object must not be used again. */
  fatal(error: unknown): void;
}

export interface EffectPorts {
  readonly clock: Clock;
  readonly network: Network;
  readonly units: Store["units"];
  readonly signatures: Store["signatures"];
  readonly blocks: BlockService;
  readonly listener: EffectListener;
  /** Told of every message before consensus judges it. */
  readonly heard?: (message: ConsensusMessage, instance: Instance) => void;
  /** What this node sends to contradict its own unit; a devnet's fault. */
  readonly contradiction?: (message: ConsensusMessage, instance: Instance) => ConsensusMessage | undefined;
  readonly logger: Logger;
}

/**
 * Where the pure core meets the world: hands it messages and time, and performs its effects in the order given.
 * A `persist` is durable before the effect after it starts.
 */
export interface EffectLoop {
  readonly core: KomaBft;
  /** Performs effects that somebody else got from the core (`start`, `restore`). */
  perform(effects: readonly Effect[]): void;
  /** A message about this instance from a peer. */
  receive(message: ConsensusMessage, from: PeerId): void;
  /** Cancels every timer; late answers of block builders are dropped. */
  close(): void;
}

export function createEffectLoop(core: KomaBft, ports: EffectPorts): EffectLoop {
  const { instance } = core;
  const { clock, network, units, signatures, blocks, listener, logger } = ports;
  const timers = new Set<() => void>();
  let queue: Effect[] = [];
  let draining = false;
  let closed = false;
  let turn = 0;

  function perform(effects: readonly Effect[]): void {
    if (closed) return;
    queue.push(...effects);
    if (draining) return;
    draining = true;
    try {
      for (let effect = queue.shift(); effect && !closed; effect = queue.shift()) performOne(effect);
    } catch (error) {
      queue = [];
      close();
      listener.fatal(error);
    } finally {
      draining = false;
    }
  }

  function performOne(effect: Effect): void {
    switch (effect.kind) {
      case "persist":
        return persist(effect);
      case "persistEndorsement":
        return persistEndorsement(effect);
      case "broadcast":
        return broadcast(effect);
      case "send":
        return network.send(effect.to, "consensus", encodeMessage(effect.message));
      case "sendToAny":
        return sendToAny(effect.message);
      case "serveBlock":
        return serveBlock(effect.to, effect.block);
      case "schedule":
        return schedule(effect);
      case "buildBlock":
        return build(effect);
      case "validateBlock":
        return validate(effect);
      case "headChanged":
        return listener.headChanged(effect.head, instance);
      case "finalize":
        return listener.finalized(effect, instance);
      case "reportFault":
        return listener.faultReported(effect, effect.earlier ?? instance);
      case "disconnect":
        logger.warn({ peer: effect.peer, reason: effect.reason }, "disconnecting a peer that broke a rule");
        return network.disconnect(effect.peer, effect.reason.code);
      case "alarm":
        logger.error({ alarm: effect.alarm }, "consensus alarm");
        return listener.alarmed(effect.alarm, instance);
      default:
        return assertNever(effect);
    }
  }

  function persist({ unit, payload, own }: Extract<Effect, { kind: "persist" }>): void {
    const row = {
      hash: unit.hash as string as Hash,
      creator: unit.creator,
      seq: unit.seq,
      bytes: encodeUnit(unit),
      ...(payload ? { payload } : {}),
    };
    if (!own) return units.appendUnit(instance.id, row);
    units.appendOwnUnit(instance.id, row);
    if (unit.body.blockHash) blocks.adopt(unit.hash, unit.body.blockHash);
  }

  function persistEndorsement({ endorsement, own }: Extract<Effect, { kind: "persistEndorsement" }>): void {
    const unit = endorsement.unit as string as Hash;
    const row = { unit, endorser: endorsement.endorser, bytes: encodeEndorsement(endorsement) };
    if (!own) return units.appendEndorsement(instance.id, row);
    signatures.recordEndorsement(instance.id, own.creator, {
      ...row,
      expected: own.after as string as Hash | undefined,
    });
  }

  function broadcast({ message, except }: Extract<Effect, { kind: "broadcast" }>): void {
    network.broadcast("consensus", encodeMessage(message), except);
    // Only what comes from us is sent to all without exception.
    const second = except === undefined ? ports.contradiction?.(message, instance) : undefined;
    if (second) network.broadcast("consensus", encodeMessage(second), undefined);
  }

  function sendToAny(message: ConsensusMessage): void {
    const peers = network.peers();
    const peer = peers[turn++ % Math.max(1, peers.length)];
    if (peer) network.send(peer.id, "consensus", encodeMessage(message));
  }

  function serveBlock(to: PeerId, block: UnitHash): void {
    const payload = units.unit(instance.id, block as string as Hash)?.payload;
    if (!payload) return;
    network.send(to, "consensus", encodeMessage({ kind: "block", instance: instance.id, block, payload }));
  }

  function schedule({ timer, at }: Extract<Effect, { kind: "schedule" }>): void {
    const cancel = clock.schedule(at, () => {
      timers.delete(cancel);
      answer(() => core.handleTimer(timer, clock.now()));
    });
    timers.add(cancel);
  }

  function build({ slot, parent, sealer, deadline }: Extract<Effect, { kind: "buildBlock" }>): void {
    blocks.build(slot, { parent, sealer, deadline, key: instance.keyBlock.hash }).then(
      (payload) => answer(() => core.propose(slot, payload, clock.now())),
      (error: unknown) => {
        logger.error({ error, slot }, "building a block failed; the slot stays empty");
        answer(() => core.propose(slot, undefined, clock.now()));
      },
    );
  }

  function validate({ block, parent }: Extract<Effect, { kind: "validateBlock" }>): void {
    if (!instance.committee.validators[block.creator]) {
      return answer(() => core.resolveBlock(block.unit, "invalid", clock.now()));
    }
    const sealer = sealerOf(instance, block.creator, timestamp(block.t), parent);
    blocks.validate(block, parent, sealer, instance.keyBlock.hash).then(
      (verdict) => {
        answer(() => core.resolveBlock(block.unit, verdict, clock.now()));
        if (verdict === "valid" && !closed) guarded(() => listener.executed());
      },
      (error: unknown) => {
        // Our own failure is no verdict about the block: it is asked for again.
        logger.error({ error, block: block.unit }, "executing a block failed");
        answer(() => core.resolveBlock(block.unit, "unavailable", clock.now()));
      },
    );
  }

  function answer(effects: () => readonly Effect[]): void {
    if (!closed) guarded(() => perform(effects()));
  }

  /** Nobody waits for what timers and builders start: what is thrown there ends the node in order, not the process. */
  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      close();
      listener.fatal(error);
    }
  }

  function close(): void {
    closed = true;
    for (const cancel of timers) cancel();
    timers.clear();
  }

  return {
    core,
    perform,
    receive(message, from) {
      if (closed) return;
      ports.heard?.(message, instance);
      perform(core.handleMessage(message, from, timestamp(clock.now())));
    },
    close,
  };
}
