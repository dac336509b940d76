import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Genesis } from "../../src/chain/index.ts";
import {
  type CheckpointRootChain,
  type CheckpointService,
  createCheckpointService,
  drawProposer,
} from "../../src/checkpoint/index.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/logger.ts";
import { connectNodeRootChain } from "../../src/node/root-chain-client.ts";
import { addressOfKey, keccakHash, utf8, zeroHash } from "../../src/primitives/index.ts";
import { registrationArguments } from "../../src/rootchain/chain-registration.ts";
import {
  createTransactionSender,
  loadArtifacts,
  type RootChain,
  type RootDeployment,
} from "../../src/rootchain/index.ts";
import { chainOf } from "../support/archived-blocks.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, stakeValidators } from "./root-network.ts";

/** Accounts of the root chain. */
const STAKERS = [1, 2, 3];
const EVERY = 4;

/** One chain as its stakers' nodes run it, as far as checkpoints are concerned. */
interface RunChain {
  readonly id: bigint;
  final: bigint;
  readonly services: CheckpointService[];
}

describe("one set of stakers that checkpoints two chains", () => {
  let anvil: Anvil;
  let root: RootDeployment;
  let client: RootChain;
  const stop = new AbortController();
  const chains: RunChain[] = [];

  beforeAll(async () => {
    anvil = await startAnvil();
    root = await deployTestRoot(anvil, { minInterval: 1, proposerTimeout: 600 });
    await stakeValidators(anvil, root);
    client = connectAs(anvil, root, 4);
    await anvil.pass(3);
    chains.push(await open(chainId), await open(await registerAnother()));
    // From here on transactions meet in the mempool, as on a real root chain.
    await anvil.rpc.request("evm_setAutomine", [false]);
    await anvil.rpc.request("evm_setIntervalMining", [1]);
  });
  afterAll(async () => {
    stop.abort();
    await Promise.all(chains.flatMap(({ services }) => services.map((service) => service.stop())));
    await anvil.stop();
  });

  /** A second chain whose first checkpoint is the turn of the same staker as the first chain's. */
  async function registerAnother(): Promise<bigint> {
    const seats = await client.stakes.activeSet();
    const turn = (id: bigint) => drawProposer(seats, zeroHash, id, 1n, 0);
    let id = chainId + 1n;
    while (turn(id) !== turn(chainId)) id += 1n;
    const registration = {
      chainId: id,
      name: "second",
      genesisHash: keccakHash(utf8("second genesis")),
      slotMs: 1_000,
      openGapSlots: 4,
      setGraceBlocks: 128,
      targetInterval: 16,
      producers: [addressOfKey(key(1))],
    };
    const artifacts = loadArtifacts();
    const args = registrationArguments(registration, root.params, artifacts);
    const data = artifacts.interfaceOf("KomaRegistry").encodeFunctionData("registerChain", [...args]) as `0x${string}`;
    const owner = createTransactionSender({ rpc: anvil.rpc, key: key(0) });
    await owner.send({ action: "register a second chain", to: root.addresses.KomaRegistry, data });
    return id;
  }

  /** A node of every staker on a chain: each staker has one key and one account for all chains. */
  async function open(id: bigint): Promise<RunChain> {
    const blocks = chainOf(24, `chain ${id}`).map(({ block }) => block);
    const chain: RunChain = { id, final: -1n, services: [] };
    const rootChain = {
      chainId: root.chainId,
      confirmations: 0,
      contracts: root.addresses,
      startBlock: root.startBlock,
    };
    const genesis = { chainId: id, rootChain } as unknown as Genesis;
    for (const index of STAKERS) {
      const options = { url: anvil.url, signerKey: key(index), logger: silentLogger, signal: stop.signal };
      const { checkpoints } = connectNodeRootChain(genesis, options);
      chain.services.push(serviceOf(chain, index, checkpoints, blocks));
    }
    return chain;
  }

  function serviceOf(
    chain: RunChain,
    index: number,
    rootChain: CheckpointRootChain,
    blocks: ReturnType<typeof chainOf>[number]["block"][],
  ): CheckpointService {
    const signed = new Map<string, string>();
    return createCheckpointService(
      {
        chainId: chain.id,
        domain: { rootChainId: root.chainId, contract: root.addresses.CheckpointManager },
        every: EVERY,
        yieldMs: 20_000,
        signer: addressOfKey(key(index)),
        signerKey: key(index),
      },
      {
        rootChain,
        source: {
          generation: () => 0n,
          finalizedHeight: () => chain.final,
          blocks: ({ start, end }) => blocks.slice(Number(start), Number(end) + 1),
          objection: async () => undefined,
        },
        signed: {
          record({ start, end, content }) {
            const place = `${start} ${end}`;
            if (!signed.has(place)) signed.set(place, content);
            return signed.get(place) === content;
          },
        },
        broadcast(payload) {
          for (const [place, service] of chain.services.entries()) {
            if (place !== index - 1) void service.handleVote(payload);
          }
        },
        clock: systemClock,
        logger: silentLogger,
      },
    );
  }

  /** What the root chain took, in its order. */
  async function submitted() {
    const { startBlock: fromBlock } = root;
    const events = await client.events({ contract: "CheckpointManager", event: "CheckpointSubmitted", fromBlock });
    return events.map(({ args }) => {
      return { chain: args["chainId"], number: args["number"], end: args["end"], proposer: args["proposer"] };
    });
  }

  it("has them both accepted, the more overdue one first where it is one staker's turn for both", async () => {
    const [first, second] = chains as [RunChain, RunChain];
    await anvil.pass(2 * 16);
    const due = await client.checkpoints.dueChains();
    expect(due.map((entry) => entry.chainId)).toEqual([first.id, second.id]);
    expect(due[0]?.dueAt).toBeLessThan(due[1]?.dueAt ?? 0);
    const { proposer } = await client.checkpoints.head(first.id);
    expect((await client.checkpoints.head(second.id)).proposer).toBe(proposer);
    const theirs = second.services[STAKERS.findIndex((index) => addressOfKey(key(index)) === proposer)];

    const all = chains.flatMap(({ services }) => services);
    for (const service of all) service.start();
    await expect.poll(() => all.every((service) => service.status().head), { timeout: 15_000 }).toBe(true);
    // The later one has its blocks first. Its checkpoint is complete, and waits nevertheless.
    second.final = 3n;
    await expect.poll(() => theirs?.status().signers.length, { timeout: 15_000 }).toBe(STAKERS.length);
    expect(await submitted()).toEqual([]);
    first.final = 3n;
    const once = [
      { chain: first.id, number: 1n, end: 3n, proposer },
      { chain: second.id, number: 1n, end: 3n, proposer },
    ];
    await expect.poll(submitted, { timeout: 20_000 }).toEqual(once);

    // And on they go, whoever is drawn for which of them.
    first.final = second.final = 7n;
    const ends = async () => (await submitted()).map(({ chain, end }) => `${chain} ${end}`).sort();
    const expected = chains.flatMap(({ id }) => [`${id} 3`, `${id} 7`]).sort();
    await expect.poll(ends, { timeout: 20_000 }).toEqual(expected);
    for (const { id } of chains) {
      const records = await client.checkpoints.list(id, 1n, 2);
      expect(records.map(({ signerBitmap }) => signerBitmap)).toEqual([0b111n, 0b111n]);
    }
  }, 60_000);
});
