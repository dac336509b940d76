import {
  decodeEraAnswer,
  decodeEraEnd,
  decodeEraRequest,
  type Era,
  type EraEnd,
  type EraRules,
  encodeEraAnswer,
  encodeEraRequest,
  followEnds,
  instanceOfEra,
  type ProvenEnd,
} from "../consensus/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Network, PeerId } from "../network/index.ts";
import type { Bytes, Hash } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/** Ends of eras, asked for and given: how a node that was away learns which instance runs now (KoMaBFT spec 13). */
export interface EraExchange {
  /** Answers a peer. @throws {ProtocolError} KOMA_E_REQUEST_MALFORMED */
  serve(request: Bytes, from: PeerId): Promise<Bytes>;
  /**
   * How `era` and those after it ended, as one peer tells it. Checked: the last one has signatures of more than two thirds
   * of the weight of its era, over an instance that follows from all the ends before it.
   */
  ask(peer: PeerId, era: Era, signal: AbortSignal): Promise<readonly ProvenEnd[]>;
}

const MALFORMED_POINTS = 20;

export function createEraExchange(
  rules: EraRules,
  { network, store }: { readonly network: Network; readonly store: Store },
): EraExchange {
  function isOnChain({ proof }: EraEnd): boolean {
    return store.blocks.hashOf(BigInt(proof.height)) === proof.block;
  }

  function* endsFrom(instance: Hash): Generator<Bytes> {
    for (let era = store.eras.get(instance); era?.end; era = store.eras.find(era.generation, era.number + 1n)) {
      const end = decodeEraEnd(era.end);
      // An era that the root chain has taken back leads nowhere.
      if (!end || !isOnChain(end)) return;
      yield era.end;
    }
  }

  return {
    async serve(request, from) {
      const instance = decodeEraRequest(request);
      if (!instance) {
        network.penalize(from, MALFORMED_POINTS, "malformed request for eras");
        throw new ProtocolError("KOMA_E_REQUEST_MALFORMED", "a request for eras is the id of an instance");
      }
      return encodeEraAnswer(endsFrom(instance));
    },

    async ask(peer, era, signal) {
      const first = instanceOfEra(rules, era);
      const answer = await network.request(peer, "consensus", encodeEraRequest(first.id), signal);
      const ends = decodeEraAnswer(answer);
      const checked = ends && followEnds(rules, era, ends);
      if (checked) return checked;
      network.penalize(peer, MALFORMED_POINTS, "ends of eras that nobody signed");
      return [];
    },
  };
}
