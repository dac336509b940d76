import type { Clock } from "../clock.ts";
import { EnvironmentError, type KomaError, ProtocolError } from "../errors.ts";
import { type Bytes, decodeRlp, encodeRlp, type Timestamp, utf8 } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import type { PeerId } from "./peer-id.ts";

interface Waiting {
  readonly channel: Channel;
  resolve(payload: Bytes): void;
  reject(error: unknown): void;
}

/** Ids whose answer came too late to be waited for, kept to tell a slow peer from one that invents answers. */
const rememberedLateIds = 256;

/** Requests sent to one peer and not yet answered. */
export class RequestTable {
  readonly #peer: PeerId;
  readonly #clock: Clock;
  readonly #maxInFlight: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #late = new Set<number>();
  #nextId = 1;

  constructor(peer: PeerId, clock: Clock, maxInFlight: number) {
    this.#peer = peer;
    this.#clock = clock;
    this.#maxInFlight = maxInFlight;
  }

  /**
   * Reserves an id and waits for its answer.
   *
   * @throws {EnvironmentError} KOMA_E_PEER_BUSY when too many requests are in flight; the answer rejects with
   *   KOMA_E_REQUEST_TIMEOUT, KOMA_E_PEER_GONE, KOMA_E_PEER_SLOW, the signal's reason, or the peer's own error
   */
  open(
    channel: Channel,
    timeoutMs: number,
    signal?: AbortSignal,
  ): { readonly id: number; readonly answer: Promise<Bytes> } {
    signal?.throwIfAborted();
    if (this.#waiting.size >= this.#maxInFlight) {
      throw new EnvironmentError("KOMA_E_PEER_BUSY", `Too many requests to peer ${this.#peer} are waiting.`, {
        facts: { peer: this.#peer, inFlight: this.#waiting.size },
      });
    }
    const id = this.#nextId;
    this.#nextId = id === 0xffffffff ? 1 : id + 1;
    const answer = new Promise<Bytes>((resolve, reject) => {
      const finish = () => {
        this.#waiting.delete(id);
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        finish();
        this.#rememberLate(id);
        reject(signal?.reason);
      };
      const cancelTimer = this.#clock.schedule((this.#clock.now() + timeoutMs) as Timestamp, () => {
        finish();
        this.#rememberLate(id);
        reject(
          new EnvironmentError("KOMA_E_REQUEST_TIMEOUT", `Peer ${this.#peer} did not answer within ${timeoutMs} ms.`, {
            facts: { peer: this.#peer, channel, timeoutMs },
          }),
        );
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(id, {
        channel,
        resolve: (payload) => {
          finish();
          resolve(payload);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      });
    });
    return { id, answer };
  }

  /** @returns false when nothing waits or waited for this answer */
  settle(kind: "response" | "error", channel: Channel, id: number, payload: Bytes): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return this.#late.delete(id);
    if (waiting.channel !== channel) return false;
    if (kind === "response") waiting.resolve(payload);
    else waiting.reject(decodeRefusal(payload, this.#peer));
    return true;
  }

  /** Ends one request without an answer, for example because its frame never left. */
  fail(id: number, error: KomaError): void {
    this.#waiting.get(id)?.reject(error);
  }

  failAll(error: KomaError): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
  }

  #rememberLate(id: number): void {
    this.#late.add(id);
    if (this.#late.size <= rememberedLateIds) return;
    const oldest = this.#late.values().next();
    if (!oldest.done) this.#late.delete(oldest.value);
  }
}

const maxRefusalText = 512;

/** Payload of an error frame: RLP of code and sentence, both cut to what a log line bears. */
export function encodeRefusal(code: string, sentence: string): Bytes {
  return encodeRlp([utf8(code.slice(0, 64)), utf8(sentence.slice(0, maxRefusalText))]);
}

function decodeRefusal(payload: Bytes, peer: PeerId): ProtocolError {
  const { code, sentence } = readRefusal(payload) ?? { code: "", sentence: "" };
  const known = /^KOMA_E_[A-Z0-9_]{1,48}$/.test(code) ? code : "KOMA_E_REQUEST_REFUSED";
  const said = sentence.replace(/[^\x20-\x7e]/g, "?").slice(0, maxRefusalText);
  return new ProtocolError(known, said === "" ? `Peer ${peer} refused the request.` : `Peer ${peer}: ${said}`, {
    facts: { peer },
  });
}

function readRefusal(payload: Bytes): { code: string; sentence: string } | undefined {
  if (payload.length > 4 * maxRefusalText) return undefined;
  const decoded = decodeRlp(payload);
  if (!decoded.ok || !Array.isArray(decoded.value)) return undefined;
  const [code, sentence] = decoded.value;
  if (!(code instanceof Uint8Array) || !(sentence instanceof Uint8Array)) return undefined;
  const decoder = new TextDecoder();
  return { code: decoder.decode(code), sentence: decoder.decode(sentence) };
}
