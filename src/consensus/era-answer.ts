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

/** Eras of one answer, and the bytes after which no further one is put into it. */
const ANSWER_ERAS = 32;
const ANSWER_BYTES = 1024 * 1024;

/** How did this era and those after it end? `[instance]` */
export function encodeEraRequest(instance: Hash): Bytes {
  return encodeRlp([hashToBytes(instance)]);
}

/** `[end, …]`: as many of the encoded ends, which are in the order of eras, as fit into one answer. */
export function encodeEraAnswer(ends: Iterable<Bytes>): Bytes {
  const taken: Bytes[] = [];
  let size = 0;
  for (const end of ends) {
    taken.push(end);
    size += end.length;
    if (taken.length >= ANSWER_ERAS || size >= ANSWER_BYTES) break;
  }
  return encodeRlp(taken);
}

/** Undefined for anything that {@link encodeEraRequest} would not give. */
export function decodeEraRequest(request: Bytes): Hash | undefined {
  return read(request, (bytes) => readHash(readList(bytes, 1)[0]));
}

/** Undefined for what is no list of ends; what each of them says is not looked at. */
export function decodeEraAnswer(answer: Bytes): readonly Bytes[] | undefined {
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
