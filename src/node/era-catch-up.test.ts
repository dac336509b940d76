import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTestChain, producer, type TestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { type Block, createBlock, encodeBlock, sealHeader } from "../chain/index.ts";
import {
  committeeFromStakes,
  consensusDomain,
  type Era,
  type EraRules,
  firstEra,
  instanceOfEra,
  nextEra,
  type ProvenEnd,
  type StakedValidator,
  signUnit,
} from "../consensus/index.ts";
import { silentLogger } from "../logger.ts";
import {
  addressOfKey,
  decodeRlp,
  encodeRlp,
  keccak256,
  keccakHash,
  readList,
  readNumber,
  timestamp,
  utf8,
} from "../primitives/index.ts";
import { createBlockSync } from "./block-sync.ts";
import { createEraCatchUp, type EraCatchUp } from "./era-catch-up.ts";

const PEER = "a peer";
const ROUND_MS = 1_000;

describe("an era's catch-up from a scripted peer", () => {
  const directories = temporaryDirectories();
  let theirs: TestChain;
  let ours: TestChain;
  let clock: VirtualClock;
  let catchUp: EraCatchUp;
  /** The peer's final blocks from height 1, and the eras they end. */
  let blocks: Block[];
  let ends: ProvenEnd[];
  let rules: EraRules;
  let era: Era;
  let events: string[];
  let fetched: number;
  let asked: number;
  let progress: ReturnType<EraCatchUp["progress"]> | undefined;
  beforeEach(async () => {
    theirs = await openTestChain({ directory: directories.create() });
    ours = await openTestChain({ directory: directories.create() });
    clock = new VirtualClock(1_000_000);
    blocks = [];
    ends = [];
    events = [];
    fetched = 0;
    asked = 0;
    const genesisHash = ours.executor.finalHead.hash;
    rules = { chainId: ours.genesis.chainId, genesisHash, params: ours.genesis.consensus };
    era = firstEra(genesisHash, committeeFromStakes(ours.genesis.validators, 1_000_000), timestamp(0));
    const blockSync = createBlockSync({
      chainId: ours.genesis.chainId,
      store: ours.store,
      executor: ours.executor,
      clock,
      logger: silentLogger,
      network: {
        peers: () => [{ id: PEER }],
        async request(_peer: string, _channel: string, payload: Uint8Array) {
          fetched += 1;
          const request = decodeRlp(payload);
          const [first, count] = readList(request.ok ? request.value : new Uint8Array(0), 2);
          return encodeRlp(
            blocks
              .slice(readNumber(first) - 1)
              .slice(0, readNumber(count))
              .map(encodeBlock),
          );
        },
      } as never,
    });
    catchUp = createEraCatchUp(rules, {
      exchange: {
        serve: async () => new Uint8Array(0),
        async ask(_peer, { number }) {
          asked += 1;
          return ends.filter(({ next }) => next.number > number);
        },
      },
      blockSync,
      store: ours.store,
      clock,
      logger: silentLogger,
      current: () => era,
      pause: async () => {
        events.push("pause");
      },
      // The state of this chain names nobody.
      staked: () => undefined,
      vouched(committed) {
        events.push(`${committed.length} final`);
        progress = catchUp.progress();
      },
      remember: () => {},
      resume(next) {
        events.push(`era ${next.number}`);
        era = next;
      },
      fatal: (error) => events.push(String(error)),
    });
  });
  afterEach(async () => {
    await catchUp.stop();
    theirs.close();
    ours.close();
    directories.cleanUp();
  });

  /** The peer's next block, which ends an era; and whom it says that the state after it names. */
  async function endEra(
    change: (honest: Block) => Block = (honest) => honest,
    staked?: readonly StakedValidator[],
  ): Promise<void> {
    const { block } = await theirs.extend([]);
    const last = change(block);
    blocks.push(last);
    const before = ends.at(-1)?.next ?? era;
    const instance = instanceOfEra(rules, before);
    const t = timestamp(before.start + 3 * ROUND_MS);
    const observations = before.committee.validators.map(() => 2);
    const payloadHash = keccakHash(encodeBlock(last));
    const body = { panoramaRoot: payloadHash, observations, t, roundExp: 0, blockHash: payloadHash, endorsed: [] };
    const content = { instance: instance.id, creator: 0, seq: 0, prev: undefined, body, hashes: [] };
    const unit = signUnit(consensusDomain(rules.chainId), content, keccak256(utf8("any key")));
    const height = blocks.length;
    const end = { unit, proof: { height, block: last.hash, unit: unit.hash, signatures: [] }, staked };
    const switchBlock = { hash: last.hash, height, t, observations, staked };
    ends.push({ instance, switchBlock, payloadHash, end, next: nextEra(before, switchBlock, rules) });
  }

  const withWrongState = ({ header, transactions }: Block) => {
    const extraData = new Uint8Array(0);
    const wrong = { ...header, extraData, stateRoot: keccakHash(utf8("richer")) };
    return createBlock(sealHeader(wrong, ours.genesis.chainId, producer.key), transactions);
  };

  /** Strangers speak for as long as makes this node ask. */
  function strangersSpeak(): void {
    for (const after of [0, 20 * ROUND_MS]) {
      clock.advanceTo(clock.now() + after);
      catchUp.strangerSpoke(PEER);
    }
  }

  it("fetches the blocks of eras that ended, and goes on in the one that runs", async () => {
    await endEra();
    await endEra();
    strangersSpeak();
    await vi.waitFor(() => expect(events).toEqual(["pause", "1 final", "1 final", "era 2"]));
    expect(progress).toEqual({ startingBlock: 0n, currentBlock: 2n, highestBlock: 2n });
    await vi.waitFor(() => expect(catchUp.progress()).toBe(false));
  });

  it("believes the state, and not the peer, about the validators of the root chain", async () => {
    const intruder = { signer: addressOfKey(keccak256(utf8("intruder"))), stake: 1n, producer: true };
    await endEra();
    await endEra((honest) => honest, [intruder]);
    strangersSpeak();
    await vi.waitFor(() => expect(events).toEqual(["pause", "1 final", "1 final", "era 2"]));
    expect(era.following).toEqual(era.committee);
    expect(ends.at(-1)?.next.following.validators.map(({ signer }) => signer)).toEqual([intruder.signer]);
  });

  it("takes no further end from a peer whose word the state contradicts", async () => {
    const intruder = { signer: addressOfKey(keccak256(utf8("intruder"))), stake: 1n, producer: true };
    await endEra((honest) => honest, [intruder]);
    await endEra();
    strangersSpeak();
    await vi.waitFor(() => expect(events).toEqual(["pause", "1 final", "era 1"]));
    expect(ours.store.blocks.head()?.hash).toBe(blocks[0]?.hash);
  });

  it("goes on in the last era that was in order when two thirds signed an invalid block, and fetches it once", async () => {
    await endEra();
    await endEra(withWrongState);
    strangersSpeak();
    await vi.waitFor(() => expect(events).toEqual(["pause", "1 final", "era 1"]));
    expect(ours.store.blocks.head()?.hash).toBe(blocks[0]?.hash);
    expect(asked).toBe(2);
    strangersSpeak();
    await vi.waitFor(() => expect(asked).toBe(3));
    await catchUp.stop();
    expect(events).toHaveLength(3);
    expect(fetched).toBe(2);
  });
});
