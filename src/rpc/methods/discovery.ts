import { type MethodGroup, method } from "../method-table.ts";
import type { NodeApi } from "../node-api.ts";
import { openRpcDocument } from "../open-rpc.ts";

/** What the server can do. @param names  all methods over HTTP, once they are known */
export function discoveryMethods(api: NodeApi, names: () => readonly string[]): MethodGroup {
  return {
    "rpc.discover": method(0, () => openRpcDocument(names(), api.clientVersion)),
    rpc_modules: method(0, () => {
      const namespaces = names().map((name) => name.split(/[_.]/, 1)[0] ?? name);
      return Object.fromEntries([...new Set(namespaces)].map((namespace) => [namespace, "1.0"]));
    }),
  };
}
