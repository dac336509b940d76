import { ProtocolError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import type { BlockSelector, ExecutedView, HeaderView, NodeApi } from "./node-api.ts";
import { readBlockReference } from "./params.ts";

/**
 * The block whose state a call asks about.
 *
 * @throws {ProtocolError} KOMA_E_BLOCK_UNKNOWN, KOMA_E_BLOCK_NOT_CANONICAL
 */
export async function requireBlock(api: NodeApi, parameter: unknown, name: string): Promise<HeaderView> {
  const { selector, requireCanonical } = readBlockReference(parameter, name);
  const found = await api.header(selector);
  if (found === undefined) throw unknownBlock(selector);
  if (requireCanonical && !found.canonical) {
    throw new ProtocolError("KOMA_E_BLOCK_NOT_CANONICAL", "hash is not currently canonical", {
      facts: { hash: found.hash },
    });
  }
  return found;
}

/** A block with its receipts, or nothing when the node has no such block. */
export async function findExecuted(api: NodeApi, selector: BlockSelector): Promise<ExecutedView | undefined> {
  const hash = await findHash(api, selector);
  return hash === undefined ? undefined : api.executed(hash);
}

export async function findHash(api: NodeApi, selector: BlockSelector): Promise<Hash | undefined> {
  return selector.kind === "hash" ? selector.hash : (await api.header(selector))?.hash;
}

export function unknownBlock(selector: BlockSelector): ProtocolError {
  // Tools look for go-ethereum's "header not found".
  return new ProtocolError("KOMA_E_BLOCK_UNKNOWN", "header not found", {
    facts: { block: describeSelector(selector) },
  });
}

function describeSelector(selector: BlockSelector): string {
  switch (selector.kind) {
    case "tag":
      return selector.tag;
    case "number":
      return selector.number.toString();
    case "hash":
      return selector.hash;
  }
}
