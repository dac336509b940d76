import type { Hex } from "../../primitives/index.ts";
import type { FilterStore } from "../filters.ts";
import { invalidParams } from "../json-rpc-error.ts";
import { logToJson } from "../json-views.ts";
import type { RpcLimits } from "../limits.ts";
import { queryLogs } from "../log-queries.ts";
import { costly, type MethodGroup, method } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { readLogFilter } from "../params.ts";

/** Logs, and filters for clients that poll. */
export function ethFilterMethods(api: NodeApi, limits: RpcLimits, filters: FilterStore): MethodGroup {
  return {
    eth_getLogs: costly(1, async ([filter]) => {
      const logs = await queryLogs(api, limits, readLogFilter(filter, "filter"));
      return logs.map((log) => logToJson(log));
    }),
    eth_newFilter: method(1, ([filter]) => filters.add({ kind: "logs", filter: readLogFilter(filter, "filter") })),
    eth_newBlockFilter: method(0, () => filters.add({ kind: "blocks" })),
    eth_newPendingTransactionFilter: method(1, () => filters.add({ kind: "pendingTransactions" })),
    eth_getFilterChanges: method(1, ([id]) => filters.takeChanges(readFilterId(id))),
    eth_getFilterLogs: costly(1, async ([id]) => {
      const logs = await queryLogs(api, limits, filters.logFilter(readFilterId(id)));
      return logs.map((log) => logToJson(log));
    }),
    eth_uninstallFilter: method(1, ([id]) => filters.remove(readFilterId(id))),
  };
}

function readFilterId(value: unknown): Hex {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    throw invalidParams("filterId", "expected the id of a filter");
  }
  return value.toLowerCase() as Hex;
}
