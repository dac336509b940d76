import type { Timestamp } from "../primitives/index.ts";
import type { Effect } from "./effects.ts";
import type { ConsensusParams } from "./instance.ts";
import type { KomaBftStatus } from "./koma-bft.ts";
import type { ConsensusMessage } from "./messages.ts";

/**
 * Rounds after its last one for which an era goes on: one more level of every summit each, which is what thresholds above
 * a third wait for. Eight reach 99.6 % of what is possible at all.
 */
const TAIL_ROUNDS = 8;

/** Until when an era goes on beside the next one, at most. @param slot of its switch block */
export function endOfTail(
  now: Timestamp,
  slot: Timestamp,
  { baseRoundMs }: Pick<ConsensusParams, "baseRoundMs">,
): number {
  return Math.max(now, slot) + TAIL_ROUNDS * baseRoundMs;
}

/** True once every threshold has the switch block: nothing is left to do in the era. */
export function isTailOver({ finals }: Pick<KomaBftStatus, "finals">): boolean {
  return finals.every(({ last, violated }) => violated || last?.terminal === true);
}

/** What an era that only answers still listens to: questions, and evidence (KoMaBFT spec 15). */
export function isForEndedEra(message: ConsensusMessage): boolean {
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

/** What is still done for an era that only answers: it makes nothing, asks for nothing, and reports faults. */
export function isDoneInEndedEra(effect: Effect): boolean {
  switch (effect.kind) {
    case "send":
      return !isQuestion(effect.message);
    case "serveBlock":
    case "broadcast":
    case "reportFault":
    case "disconnect":
      return true;
    default:
      // What would go on with the era: there is nothing to go on with.
      return false;
  }
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
