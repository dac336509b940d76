import {
  type ConsensusMessage,
  type Effect,
  encodeMessage,
  isDoneInEndedEra,
  isForEndedEra,
  type KomaBft,
} from "../consensus/index.ts";
import { type Bytes, type Hash, timestamp } from "../primitives/index.ts";
import type { EffectPorts } from "./effect-loop.ts";

/**
 * An era whose switch block is final: answers those who are not there yet, takes evidence, asks for nothing and makes
 * nothing (KoMaBFT spec 15).
 */
export interface AnsweringEra {
  readonly core: KomaBft;
  receive(message: ConsensusMessage, from: string): void;
}

export function answerFor(core: KomaBft, { clock, network, units, listener, logger }: EffectPorts): AnsweringEra {
  const { instance } = core;

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        network.send(effect.to, "consensus", encodeMessage(effect.message));
        return;
      case "serveBlock": {
        const payload = units.unit(instance.id, effect.block as string as Hash)?.payload;
        if (payload) send(effect.to, { kind: "block", instance: instance.id, block: effect.block, payload });
        return;
      }
      case "broadcast":
        return network.broadcast("consensus", encodeMessage(effect.message), effect.except);
      case "reportFault":
        return listener.faultReported(effect, effect.earlier ?? instance);
      case "disconnect":
        logger.warn({ peer: effect.peer, reason: effect.reason }, "disconnecting a peer that broke a rule");
        return network.disconnect(effect.peer, effect.reason.code);
      default:
        return;
    }
  }

  function send(to: string, message: ConsensusMessage): void {
    const frame: Bytes = encodeMessage(message);
    network.send(to, "consensus", frame);
  }

  return {
    core,
    receive(message, from) {
      if (!isForEndedEra(message)) return;
      for (const effect of core.handleMessage(message, from, timestamp(clock.now()))) {
        if (isDoneInEndedEra(effect)) perform(effect);
      }
    },
  };
}
