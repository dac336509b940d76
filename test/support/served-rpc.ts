import { afterEach, beforeEach, expect } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { createRpcServer, type RpcServer, type RpcServerConfig } from "../../src/rpc/create-rpc-server.ts";
import { createRpcClient, type RpcClient } from "../../src/rpc/rpc-client.ts";
import { RpcError } from "../../src/rpc/rpc-error.ts";
import { InMemoryNode } from "./in-memory-node.ts";

/** A JSON-RPC server of its own for every test, with a chain in memory behind it. */
export interface ServedRpc {
  node: InMemoryNode;
  /** The one that `post` and `failure` ask; a test may put another in its place. */
  server: RpcServer;
  client: RpcClient;
  /** Called in reverse order after the test. */
  readonly cleanups: (() => unknown)[];
  serve(config?: Partial<RpcServerConfig>): Promise<RpcServer>;
  post(
    body: string,
    headers?: Record<string, string>,
    path?: string,
  ): Promise<{ status: number; headers: Headers; text: string; json: ReturnType<typeof JSON.parse> }>;
  /** The error that a method answers with. */
  failure(method: string, params?: readonly unknown[]): Promise<RpcError>;
}

/** Registers what makes a server before each test of the file, and closes it afterwards. */
export function serveRpc(): ServedRpc {
  const cleanups: (() => unknown)[] = [];
  const served = {
    cleanups,
    async serve(config: Partial<RpcServerConfig> = {}) {
      const started = await createRpcServer({ api: served.node, logger: silentLogger, ...config });
      cleanups.push(() => started.close());
      return started;
    },
    async post(body: string, headers = { "content-type": "application/json" }, path = "/") {
      const response = await fetch(`${served.server.url}${path}`, { method: "POST", body, headers });
      const text = await response.text();
      const json = text === "" ? undefined : JSON.parse(text);
      return { status: response.status, headers: response.headers, text, json };
    },
    async failure(method: string, params: readonly unknown[] = []) {
      const error = await served.client.request(method, params).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(RpcError);
      return error as RpcError;
    },
  } as ServedRpc;
  beforeEach(async () => {
    served.node = new InMemoryNode();
    served.server = await served.serve();
    served.client = createRpcClient(served.server.url);
    cleanups.push(() => served.client.close());
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return served;
}
