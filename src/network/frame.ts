import { accept, type Bytes, type Check, concatBytes, emptyBytes, reject } from "../primitives/index.ts";
import { type Channel, channelFromByte, channelsByRank, channelToByte } from "./channel.ts";

/**
 * What a frame asks of its receiver. `notify`, `request`, `response` and `error` belong to the modules above; the other
 * four keep a connection and travel on the channel "status".
 */
export type FrameKind = "notify" | "request" | "response" | "error" | "hello" | "goodbye" | "ping" | "pong";

const kinds: readonly FrameKind[] = ["notify", "request", "response", "error", "hello", "goodbye", "ping", "pong"];

/** One message between two nodes. */
export interface Frame {
  readonly channel: Channel;
  readonly kind: FrameKind;
  /** Pairs a response or error with its request, and a pong with its ping; 0 where there is nothing to pair. */
  readonly id: number;
  readonly payload: Bytes;
}

/** Bytes before the payload: u32 length of what follows it, u8 channel, u8 kind, u32 id. */
export const frameHeaderBytes = 10;

/** Bytes of the header that count towards the length field. */
const countedHeaderBytes = 6;

/**
 * Payload bytes of one fragment. A longer message goes in several, so that a vote never waits behind a whole block: the
 * sender may put fragments of other channels in between.
 */
export const fragmentBytes = 64 * 1024;

/** Set in the kind byte of every fragment of a message but the last. */
const moreFlag = 0x80;

/**
 * Writes one fragment of a message.
 *
 * @param more  true when further fragments of the same message follow; the part must then fill a fragment
 */
export function encodeFragmentHeader(frame: Omit<Frame, "payload">, partBytes: number, more: boolean): Bytes {
  const header = new Uint8Array(frameHeaderBytes);
  const view = new DataView(header.buffer);
  view.setUint32(0, countedHeaderBytes + partBytes);
  header[4] = channelToByte(frame.channel);
  header[5] = kinds.indexOf(frame.kind) | (more ? moreFlag : 0);
  view.setUint32(6, frame.id);
  return header;
}

/** All fragments of a message in one piece, as the wire would carry them if nothing came in between. */
export function encodeFrame(frame: Frame): Bytes {
  const parts: Bytes[] = [];
  let offset = 0;
  do {
    const part = frame.payload.subarray(offset, offset + fragmentBytes);
    offset += part.length;
    parts.push(encodeFragmentHeader(frame, part.length, offset < frame.payload.length), part);
  } while (offset < frame.payload.length);
  return concatBytes(...parts);
}

export type FrameRejection =
  | { readonly code: "Length"; readonly found: number; readonly max: number }
  | { readonly code: "Channel"; readonly found: number }
  | { readonly code: "Kind"; readonly found: number }
  | { readonly code: "Fragment"; readonly channel: Channel; readonly reason: "short" | "mixed" }
  | { readonly code: "TooLarge"; readonly channel: Channel; readonly max: number };

interface PartialMessage {
  readonly kind: FrameKind;
  readonly id: number;
  readonly parts: Bytes[];
  size: number;
}

/**
 * Turns the bytes of a stream back into frames. Nothing larger than one fragment and the messages under assembly, each
 * within its channel's limit, is ever held. After a rejection the stream has no known boundary and must be dropped.
 */
export class FrameReader {
  readonly #maxMessageBytes: Readonly<Record<Channel, number>>;
  readonly #assembling = new Map<Channel, PartialMessage>();
  #buffer: Bytes = emptyBytes;

  constructor(maxMessageBytes: Readonly<Record<Channel, number>>) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Adds what arrived; call {@link next} until it answers `undefined`. */
  push(bytes: Bytes): void {
    this.#buffer = this.#buffer.length === 0 ? bytes : concatBytes(this.#buffer, bytes);
  }

  /** The next whole message, `undefined` when more bytes are needed. */
  next(): Check<Frame | undefined, FrameRejection> {
    for (;;) {
      const fragment = this.#nextFragment();
      if (!fragment.ok || fragment.value === undefined) return fragment as Check<undefined, FrameRejection>;
      const frame = this.#assemble(fragment.value.frame, fragment.value.more);
      if (!frame.ok || frame.value !== undefined) return frame;
    }
  }

  #nextFragment(): Check<{ frame: Frame; more: boolean } | undefined, FrameRejection> {
    const buffer = this.#buffer;
    if (buffer.length < 4) return accept(undefined);
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const length = view.getUint32(0);
    const max = countedHeaderBytes + fragmentBytes;
    // The length is judged before waiting for the rest, so that a lie cannot make this node buffer.
    if (length < countedHeaderBytes || length > max) return reject({ code: "Length", found: length, max });
    if (buffer.length < 4 + length) return accept(undefined);
    const channel = channelFromByte(buffer[4] as number);
    if (channel === undefined) return reject({ code: "Channel", found: buffer[4] as number });
    const kind = kinds[(buffer[5] as number) & ~moreFlag];
    if (kind === undefined) return reject({ code: "Kind", found: buffer[5] as number });
    const more = ((buffer[5] as number) & moreFlag) !== 0;
    // A copy: handlers keep payloads, and a view would keep the whole packet it came in alive.
    const payload = buffer.slice(frameHeaderBytes, 4 + length);
    const id = view.getUint32(6);
    this.#buffer = buffer.subarray(4 + length);
    return accept({ frame: { channel, kind, id, payload }, more });
  }

  #assemble(frame: Frame, more: boolean): Check<Frame | undefined, FrameRejection> {
    const { channel, kind, id, payload } = frame;
    // Full fragments only: otherwise a peer could spend a header of ours on every byte of its own.
    if (more && payload.length !== fragmentBytes) return reject({ code: "Fragment", channel, reason: "short" });
    const begun = this.#assembling.get(channel);
    if (begun !== undefined && (begun.kind !== kind || begun.id !== id)) {
      return reject({ code: "Fragment", channel, reason: "mixed" });
    }
    const size = (begun?.size ?? 0) + payload.length;
    const max = this.#maxMessageBytes[channel];
    if (size > max) return reject({ code: "TooLarge", channel, max });
    if (more) {
      if (begun === undefined) this.#assembling.set(channel, { kind, id, parts: [payload], size });
      else {
        begun.parts.push(payload);
        begun.size = size;
      }
      return accept(undefined);
    }
    if (begun === undefined) return accept(frame);
    this.#assembling.delete(channel);
    return accept({ channel, kind, id, payload: concatBytes(...begun.parts, payload) });
  }
}

export function describeFrameRejection(rejection: FrameRejection): string {
  switch (rejection.code) {
    case "Length":
      return `a frame says it is ${rejection.found} bytes long; at most ${rejection.max} are allowed`;
    case "Channel":
      return `channel ${rejection.found} does not exist (known: 0 to ${channelsByRank.length - 1})`;
    case "Kind":
      return `frame kind ${rejection.found} does not exist`;
    case "Fragment":
      return rejection.reason === "short"
        ? `a fragment on ${rejection.channel} is shorter than a fragment may be`
        : `two messages are mixed up on ${rejection.channel}`;
    case "TooLarge":
      return `a message on ${rejection.channel} is longer than ${rejection.max} bytes`;
  }
}
