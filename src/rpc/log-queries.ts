import { ProtocolError } from "../errors.ts";
import { invalidParams, limitExceeded } from "./json-rpc-error.ts";
import { matchingLogs } from "./json-views.ts";
import type { RpcLimits } from "./limits.ts";
import type { BlockSelector, LocatedLog, LogCriteria, NodeApi } from "./node-api.ts";
import type { LogFilter } from "./params.ts";

/**
 * Logs that match a filter, in the order of the chain.
 *
 * @throws {UserError} KOMA_E_RPC_LIMIT when the range or the answer is too large; the message says what would fit
 * @throws {ProtocolError} KOMA_E_BLOCK_UNKNOWN for a block hash nobody knows
 */
export async function queryLogs(api: NodeApi, limits: RpcLimits, filter: LogFilter): Promise<readonly LocatedLog[]> {
  if (filter.blockHash !== undefined) {
    const view = await api.executed(filter.blockHash);
    if (view === undefined) {
      throw new ProtocolError("KOMA_E_BLOCK_UNKNOWN", "unknown block", { facts: { hash: filter.blockHash } });
    }
    return bounded(matchingLogs(view, filter), limits);
  }
  const from = await heightOf(api, filter.from);
  const to = await heightOf(api, filter.to);
  if (from > to) throw invalidParams("filter.fromBlock", `invalid block range: ${from} is after ${to}`);
  const head = await heightOf(api, { kind: "tag", tag: "latest" });
  if (from > head) return [];
  const last = to < head ? to : head;
  const span = Number(last - from) + 1;
  if (span > limits.maxLogBlocks) {
    throw limitExceeded(`query exceeds max block range ${limits.maxLogBlocks}`, {
      blocks: span,
      limit: limits.maxLogBlocks,
    });
  }
  const { addresses, topics } = filter;
  const criteria: LogCriteria = {
    ...(addresses === undefined ? {} : { addresses }),
    ...(topics === undefined ? {} : { topics }),
  };
  const page = await api.logs({ ...criteria, from, to: last, limit: limits.maxLogs });
  if (!page.complete) throw tooManyLogs(limits);
  return page.logs;
}

function bounded(logs: readonly LocatedLog[], limits: RpcLimits): readonly LocatedLog[] {
  if (logs.length > limits.maxLogs) throw tooManyLogs(limits);
  return logs;
}

function tooManyLogs(limits: RpcLimits) {
  return limitExceeded(`query returned more than ${limits.maxLogs} results; narrow the block range or the topics`, {
    limit: limits.maxLogs,
  });
}

/** A number may lie in the future; a tag without a block (nothing is final yet) means the start of the chain. */
async function heightOf(api: NodeApi, selector: BlockSelector): Promise<bigint> {
  if (selector.kind === "number") return selector.number;
  return (await api.header(selector))?.header.number ?? 0n;
}
