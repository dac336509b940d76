import {
  checkContent,
  type Era,
  type EraRules,
  type Instance,
  instanceOfEra,
  nextEra,
  type SwitchBlock,
  verifyFinalityProof,
} from "../consensus/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Network, PeerId } from "../network/index.ts";
import {
  type Bytes,
  decodeRlp,
  encodeRlp,
  type Hash,
  hashToBytes,
  MalformedRlp,
  readBytes,
  readHash,
  readList,
} from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import { decodeEraEnd, type EraEnd } from "./era-end.ts";

/** The end of an era that this node did not see, proven by those who did. */
export interface ProvenEnd {
  readonly instance: Instance;
  readonly switchBlock: SwitchBlock;
  /** keccak256 of the switch block's encoding. */
  readonly payloadHash: Hash;
  /** As the peer sent it. */
  readonly end: EraEnd;
  /**
   * The era that begins on the switch block, if the root chain's set is the one that the peer names. Proofs of later eras
   * vouch for that, because instance ids bind it; of the last one only the block itself can tell.
   */
  readonly next: Era;
}

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

/** Eras of one answer, and the bytes after which no further one is put into it. */
const ANSWER_ERAS = 32;
const ANSWER_BYTES = 1024 * 1024;
const MALFORMED_POINTS = 20;

export function createEraExchange(
  rules: EraRules,
  { network, store }: { readonly network: Network; readonly store: Store },
): EraExchange {
  function isOnChain({ proof }: EraEnd): boolean {
    return store.blocks.hashOf(BigInt(proof.height)) === proof.block;
  }

  return {
    async serve(request, from) {
      const instance = readRequest(request);
      if (!instance) {
        network.penalize(from, MALFORMED_POINTS, "malformed request for eras");
        throw new ProtocolError("KOMA_E_REQUEST_MALFORMED", "a request for eras is the id of an instance");
      }
      const ends: Bytes[] = [];
      let size = 0;
      for (
        let era = store.eras.get(instance);
        era?.end && ends.length < ANSWER_ERAS && size < ANSWER_BYTES;
        era = store.eras.find(era.generation, era.number + 1n)
      ) {
        const end = decodeEraEnd(era.end);
        // An era that the root chain has taken back leads nowhere.
        if (!end || !isOnChain(end)) break;
        ends.push(era.end);
        size += era.end.length;
      }
      return encodeRlp(ends);
    },

    async ask(peer, era, signal) {
      const first = instanceOfEra(rules, era);
      const answer = await network.request(peer, "consensus", encodeRlp([hashToBytes(first.id)]), signal);
      const ends = readAnswer(answer);
      const checked = ends && follow(rules, era, ends);
      if (checked) return checked;
      network.penalize(peer, MALFORMED_POINTS, "ends of eras that nobody signed");
      return [];
    },
  };
}

/**
 * The ends that are proven: every one is bound by the instance ids of the eras after it, so the last proof vouches for all.
 *
 * @returns undefined when an end contradicts its era
 */
export function follow(rules: EraRules, from: Era, ends: readonly Bytes[]): readonly ProvenEnd[] | undefined {
  const found: ProvenEnd[] = [];
  let proven = 0;
  let era = from;
  for (const bytes of ends) {
    const end = decodeEraEnd(bytes);
    const instance = instanceOfEra(rules, era);
    const checked = end && checkContent(end.unit, instance);
    if (!end || !checked?.ok) return undefined;
    const { observations, blockHash, t } = checked.value.body;
    const { block, height } = end.proof;
    const isSlot = t % rules.params.baseRoundMs === 0 && Number.isSafeInteger(t + rules.params.baseRoundMs);
    if (!blockHash || !isSlot || height <= era.keyBlock.height) return undefined;
    const switchBlock = { hash: block, height, t, observations, staked: end.staked };
    const next = nextEra(era, switchBlock, rules);
    found.push({ instance, switchBlock, payloadHash: blockHash, end, next });
    const proof = verifyFinalityProof(end.proof, instance);
    if (proof.ok) proven = found.length;
    // Too few signatures are no lie: the next era's may vouch for this one too.
    else if (proof.rejection.code !== "TooLittleWeight") return undefined;
    era = next;
  }
  return found.slice(0, proven);
}

function readRequest(request: Bytes): Hash | undefined {
  return read(request, (bytes) => readHash(readList(bytes, 1)[0]));
}

function readAnswer(answer: Bytes): readonly Bytes[] | undefined {
  return read(answer, (item) => {
    const items = readList(item);
    if (items.length > ANSWER_ERAS) throw new MalformedRlp("too many eras");
    return items.map((end) => readBytes(end).slice());
  });
}

function read<T>(bytes: Bytes, parse: (item: Parameters<typeof readList>[0]) => T): T | undefined {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return undefined;
  try {
    return parse(decoded.value);
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}
