import { type ConsensusMessage, type Effect, encodeMessage, type KomaBft } from "../consensus/index.ts";
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

  function isWelcome(message: ConsensusMessage): boolean {
    switch (message.kind) {
      case "state":
        return message.answer;
      case "getUnit":
      case "getPanorama":
      case "getLane":
      case "getBlock":
      case "getEvidence":
      case "evidence":
        return true;
      default:
        return false;
    }
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        if (!isQuestion(effect.message)) network.send(effect.to, "consensus", encodeMessage(effect.message));
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
        // What would go on with the era: there is nothing to go on with.
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
      if (!isWelcome(message)) return;
      for (const effect of core.handleMessage(message, from, timestamp(clock.now()))) perform(effect);
    },
  };
}

/** True for what would ask the peer for more of an era that is over. */
function isQuestion(message: ConsensusMessage): boolean {
  switch (message.kind) {
    case "getUnit":
    case "getPanorama":
    case "getLane":
    case "getBlock":
    case "getEvidence":
      return true;
    case "state":
      return message.answer;
    default:
      return false;
  }
}
