import { type ConsensusMessage, isTailOver, type KomaBft } from "../consensus/index.ts";
import type { PeerId } from "../network/index.ts";
import { type Timestamp, timestamp } from "../primitives/index.ts";
import { type AnsweringEra, answerFor } from "./answering-era.ts";
import type { EffectLoop } from "./effect-loop.ts";
import type { EraSignatures } from "./era-signatures.ts";
import type { EraRunPorts } from "./running-era.ts";

/**
 * The era before the current one: for a few rounds it still makes units, for thresholds that take longer than a third;
 * then it only answers those who are not as far yet (KoMaBFT spec 13).
 */
export interface EndedEra {
  /** Still knows its units. */
  readonly core: KomaBft;
  /** A message about this era's instance. */
  receive(message: ConsensusMessage, from: PeerId): void;
  /** The thresholds have changed. */
  watch(thresholds: readonly number[]): void;
  /** A threshold has the switch block: once all of them have it there is nothing left to make. */
  shorten(): void;
  /** Nothing of it is run or answered any more, and its units may go. */
  close(): void;
}

/** What an ended era goes on with, and until when at the latest. */
export interface EraTail {
  readonly loop: EffectLoop;
  readonly until: Timestamp;
}

/** @param tail absent for an era that ended in an earlier life of this node: it only answers */
export function createEndedEra(core: KomaBft, signatures: EraSignatures, ports: EraRunPorts, tail?: EraTail): EndedEra {
  const { store, clock } = ports;
  const answering: AnsweringEra = answerFor(core, ports);
  const cancel = tail && clock.schedule(tail.until, endTail);
  let loop = tail?.loop;

  function endTail(): void {
    cancel?.();
    loop?.close();
    loop = undefined;
  }

  return {
    core,
    receive(message, from) {
      if (message.kind === "finality") return signatures.receive(message.signed, from);
      (loop ?? answering).receive(message, from);
    },
    watch(thresholds) {
      const effects = core.watch(thresholds);
      loop?.perform(effects);
    },
    shorten() {
      if (isTailOver(core.status(timestamp(clock.now())))) endTail();
    },
    close() {
      endTail();
      store.instances.close(core.instance.id);
    },
  };
}
