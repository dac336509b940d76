import { type ConsensusMessage, decodeMessage, encodeMessage } from "../consensus/index.ts";
import { type Bytes, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import type { Prng } from "./prng.ts";

/** Of what passed by, so many messages are kept to be repeated and spoilt. */
const KEPT = 256;

/** What a peer that sends nonsense sends: noise, spoilt and repeated messages, messages of another instance. */
export class GarbageSource {
  readonly #prng: Prng;
  readonly #heard: ConsensusMessage[] = [];
  #position = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  hear(message: ConsensusMessage): void {
    this.#heard[this.#position++ % KEPT] = message;
  }

  /** A message that the receiver's decoder lets through; undefined: it refused the bytes, as it mostly must. */
  next(): ConsensusMessage | undefined {
    const heard = this.#prng.pick(this.#heard);
    const dice = this.#prng.between(0, 3);
    if (heard === undefined || dice === 0) return decoded(this.#noise());
    if (dice === 1) return heard;
    if (dice === 2) return { ...heard, instance: foreignInstance };
    return decoded(this.#spoilt(encodeMessage(heard)));
  }

  #noise(): Bytes {
    return Uint8Array.from({ length: this.#prng.between(0, 200) }, () => this.#prng.between(0, 255));
  }

  #spoilt(bytes: Bytes): Bytes {
    const copy = bytes.slice();
    const at = this.#prng.between(0, copy.length - 1);
    copy[at] = (copy[at] as number) ^ this.#prng.between(1, 255);
    return copy;
  }
}

const foreignInstance: Hash = keccakHash(utf8("another instance"));

function decoded(bytes: Bytes): ConsensusMessage | undefined {
  const message = decodeMessage(bytes);
  return message.ok ? message.value : undefined;
}
