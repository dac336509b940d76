import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Genesis } from "../../src/chain/index.ts";
import { silentLogger } from "../../src/logger.ts";
import type { RootBlock } from "../../src/node/root-chain.ts";
import { connectNodeRootChain } from "../../src/node/root-chain-client.ts";
import {
  type Address,
  bytesToHex,
  type Hash,
  hexToBytes,
  keccakHash,
  utf8,
  wordOf,
} from "../../src/primitives/index.ts";
import { loadArtifacts, type RootChain, type RootDeployment } from "../../src/rootchain/index.ts";
import { type Anvil, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, stakeValidators, submitCheckpoint } from "./root-network.ts";

const LENGTH = 8n;

describe("a node that reads the root chain's history after checkpoints were rejected", () => {
  let anvil: Anvil;
  let root: RootDeployment;
  let client: RootChain;
  const stop = new AbortController();
  const live: RootBlock[] = [];
  let following: Promise<void>;

  beforeAll(async () => {
    anvil = await startAnvil();
    // Nothing becomes final while the test takes its time.
    root = await deployTestRoot(anvil, { challengePeriod: 3_600, maxCheckpointLength: 96 });
    await stakeValidators(anvil, root);
    client = connectAs(anvil, root, 4);
    following = follow(live);
  });
  afterAll(async () => {
    stop.abort();
    await following;
    await anvil.stop();
  });

  function connect(url = anvil.url) {
    const rootChain = {
      chainId: root.chainId,
      confirmations: 0,
      contracts: root.addresses,
      startBlock: root.startBlock,
    };
    const genesis = { chainId, rootChain } as unknown as Genesis;
    return connectNodeRootChain(genesis, { url, logger: silentLogger, signal: stop.signal });
  }

  function follow(into: RootBlock[], signal = stop.signal, url = anvil.url): Promise<void> {
    return connect(url).follow(
      undefined,
      {
        async block(block) {
          into.push(block);
        },
        rollback: () => Promise.reject(new Error("nothing is reorganised here")),
        done: () => {},
      },
      signal,
    );
  }

  const eventsOf = (blocks: readonly RootBlock[]) =>
    blocks.flatMap(({ events }) => events).filter(({ type }) => type !== "deposited");

  async function submit(): Promise<void> {
    await anvil.pass(root.params.minInterval);
    const { number, start, generation } = await client.checkpoints.head(chainId);
    const rootHash = keccakHash(utf8(`root ${number} of generation ${generation}`));
    await submitCheckpoint(root, client, { start, end: start + LENGTH - 1n, rootHash });
    await heard();
  }

  /** As ChallengeManager does when a challenge is right. */
  async function reject(number: bigint, bannedBlock: Hash): Promise<void> {
    const { ChallengeManager: from, CheckpointManager: to } = root.addresses as Record<string, Address>;
    const data = loadArtifacts()
      .interfaceOf("CheckpointManager")
      .encodeFunctionData("reject", [chainId, number, bytesToHex(wordOf(0)), bannedBlock]);
    await anvil.rpc.request("anvil_impersonateAccount", [from]);
    await anvil.rpc.request("anvil_setBalance", [from, "0xde0b6b3a7640000"]);
    await anvil.rpc.request("eth_sendTransaction", [{ from, to, data: bytesToHex(hexToBytes(data)) }]);
    await heard();
  }

  /** Until the node that follows live has read everything; it read each event while it was the newest. */
  async function heard(): Promise<void> {
    const happened = async () =>
      (
        await Promise.all(
          ["CheckpointSubmitted", "CheckpointRejected"].map((event) =>
            client.events({ contract: "CheckpointManager", event, fromBlock: root.startBlock }),
          ),
        )
      ).flat().length;
    await expect.poll(() => eventsOf(live).length, { timeout: 20_000 }).toBe(await happened());
  }

  it("takes the longest checkpoint from the root contract", async () => {
    expect(await connect().checkpoints.head()).toMatchObject({ number: 1n, nextStart: 0n, maxLength: 96 });
  });

  it("is told the same as one that followed all the while", async () => {
    for (let number = 1; number <= 5; number++) await submit();
    await reject(5n, keccakHash(utf8("bad block of 5")));
    await submit();
    await reject(3n, keccakHash(utf8("bad block of 3")));
    await submit();
    await submit();

    const replayed: RootBlock[] = [];
    const done = new AbortController();
    const replaying = follow(replayed, done.signal);
    await expect.poll(() => replayed.length, { timeout: 20_000 }).toBe(live.length);
    expect(replayed).toEqual(live);
    expect(
      eventsOf(replayed).flatMap((event) => {
        if (event.type === "checkpointRejected") return [`rejected ${event.number}, generation ${event.generation}`];
        if (event.type !== "checkpointSubmitted") return [];
        return [`submitted ${event.number}: ${event.start} to ${event.end}, generation ${event.generation}`];
      }),
    ).toEqual([
      "submitted 1: 0 to 7, generation 0",
      "submitted 2: 8 to 15, generation 0",
      "submitted 3: 16 to 23, generation 0",
      "submitted 4: 24 to 31, generation 0",
      "submitted 5: 32 to 39, generation 0",
      "rejected 5, generation 1",
      "submitted 5: 32 to 39, generation 1",
      "rejected 3, generation 2",
      "submitted 3: 16 to 23, generation 2",
      "submitted 4: 24 to 31, generation 2",
    ]);
    done.abort();
    await replaying;
  });

  it("waits for a root chain that stops answering in the middle of it", async () => {
    // The first questions for the times of blocks are lost on the way; the log itself asks in batches.
    let lost = 0;
    const proxy = createServer((request, response) => {
      const chunks: Uint8Array[] = [];
      request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        if (lost < 2 && body.startsWith("{") && body.includes("eth_getBlockByNumber")) {
          lost += 1;
          request.socket.destroy();
          return;
        }
        const headers = { "content-type": "application/json" };
        fetch(anvil.url, { method: "POST", headers, body })
          .then(async (answer) => response.end(await answer.text()))
          .catch((error: unknown) => response.destroy(error as Error));
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    const done = new AbortController();
    const replayed: RootBlock[] = [];
    const replaying = follow(replayed, done.signal, `http://127.0.0.1:${port}`);
    await expect.poll(() => replayed.length, { timeout: 60_000 }).toBe(live.length);
    done.abort();
    await replaying;
    proxy.close();
    expect(replayed).toEqual(live);
    expect(lost).toBe(2);
  });

  it("learns which of them later rejections took back", async () => {
    const { takenBackAfter } = connect();
    expect(await takenBackAfter(0n)).toBe(3n);
    expect(await takenBackAfter(1n)).toBe(3n);
    expect(await takenBackAfter(2n)).toBeUndefined();
  });
});
