import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTestChain, type TestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { systemClock } from "../clock.ts";
import type { LogFacts, Logger } from "../logger.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  emptyBytes,
  keccak256,
  keccakHash,
  signDigest,
  utf8,
  zeroHash,
} from "../primitives/index.ts";
import { type Checkpoint, checkpointDigest } from "../rootchain/index.ts";
import { buildCheckpoint, type CheckpointedBlock } from "./build.ts";
import type { Interval } from "./interval.ts";
import { decodeVote, encodeVote } from "./messages.ts";
import { drawProposer, type StakedSeat } from "./proposer.ts";
import { type CheckpointHead, type CheckpointService, createCheckpointService } from "./service.ts";
import type { Certificate } from "./signatures.ts";

const CHAIN = 80_401n;
const EVERY = 4;
/** Long enough that nothing of it runs out by itself, unless a test waits for that. */
const YIELD_MS = 3_000;
const domain = { rootChainId: 31_337n, contract: `0x${"ab".repeat(20)}` as Address };
const keys = ["ann", "bob", "cid", "dee"].map((name) => keccak256(utf8(name)));
const seats: readonly StakedSeat[] = keys.map((key, seat) => ({ seat, signer: addressOfKey(key), power: 100n }));
const firstHead: CheckpointHead = {
  number: 1n,
  nextStart: 1n,
  generation: 0n,
  epoch: 1n,
  prevCheckpoint: zeroHash,
  round: 0,
  maxLength: 256,
};

/** A round in which this seat proposes the next checkpoint. */
function roundOf(seat: number, head: CheckpointHead = firstHead): number {
  for (let round = 0; ; round++) {
    if (drawProposer(seats, head.prevCheckpoint, CHAIN, head.number, round) === seats[seat]?.signer) return round;
  }
}

describe("the checkpoint service", () => {
  const directories = temporaryDirectories();
  const running: CheckpointService[] = [];
  const opened: TestChain[] = [];
  let chain: TestChain;
  let blocks: readonly CheckpointedBlock[];
  let head: CheckpointHead;
  let submitted: Certificate[];
  let asked: number;
  /** Another chain's checkpoint is more overdue; and how often that was asked. */
  let wantedElsewhere: boolean;
  let wantedAsked: number;
  beforeEach(async () => {
    chain = await openChain();
    const made: CheckpointedBlock[] = [];
    for (let i = 0; i < 8; i++) made.push((await chain.extend([])).block);
    blocks = made;
    head = { ...firstHead, round: roundOf(0) };
    submitted = [];
    asked = 0;
    wantedElsewhere = false;
    wantedAsked = 0;
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.stop()));
    for (const each of opened.splice(0)) each.close();
    directories.cleanUp();
  });

  async function openChain(directory = directories.create()): Promise<TestChain> {
    const made = await openTestChain({ directory });
    opened.push(made);
    return made;
  }

  interface Staker {
    readonly service: CheckpointService;
    /** Votes that it sent. */
    readonly votes: Bytes[];
    readonly said: string[];
    /** What it finds on its own chain; tests change it. */
    own: { height: bigint; generation: bigint; blocks: readonly CheckpointedBlock[]; objection: string | undefined };
    receive(...votes: readonly Bytes[]): Promise<boolean[]>;
  }

  /** A staker with its own durable record of what it signed. Its broadcasts go nowhere unless the test carries them. */
  function staker(seat: number, { store }: TestChain = chain): Staker {
    const key = keys[seat] as Bytes;
    const votes: Bytes[] = [];
    const said: string[] = [];
    const own: Staker["own"] = { height: 4n, generation: 0n, blocks, objection: undefined };
    const note = (_: LogFacts, sentence: string) => void said.push(sentence);
    const logger: Logger = { error: note, warn: note, info: note, debug: note, child: () => logger };
    const service = createCheckpointService(
      { chainId: CHAIN, domain, every: EVERY, yieldMs: YIELD_MS, signer: addressOfKey(key), signerKey: key },
      {
        rootChain: {
          async head() {
            asked += 1;
            return head;
          },
          seats: async () => seats,
          async isWantedElsewhere(signer) {
            if (signer === seats[0]?.signer) wantedAsked += 1;
            return wantedElsewhere;
          },
          async submit(certificate) {
            submitted.push(certificate);
            head = { ...head, number: head.number + 1n, nextStart: certificate.checkpoint.end + 1n, round: 0 };
            return keccakHash(utf8("transaction"));
          },
          pending: async () => [],
          async attest() {},
        },
        source: {
          generation: () => own.generation,
          finalizedHeight: () => own.height,
          blocks: ({ start, end }: Interval) => own.blocks.slice(Number(start) - 1, Number(end)),
          objection: async () => own.objection,
        },
        signed: {
          record({ generation, start, end, content }) {
            const known = store.signatures.checkpoint({ generation, start, end });
            if (known) return known.structHash === content;
            store.signatures.recordCheckpoint(
              { generation, start, end },
              { structHash: content, signature: emptyBytes },
            );
            return true;
          },
        },
        broadcast: (payload) => void votes.push(payload),
        clock: systemClock,
        logger,
      },
    );
    service.start();
    running.push(service);
    return {
      service,
      votes,
      said,
      own,
      receive: (...payloads) => Promise.all(payloads.map((payload) => service.handleVote(payload))),
    };
  }

  const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });
  /** Until it has asked the root chain twice more: whatever it would have done is done. */
  async function looked(service: CheckpointService): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const before = asked;
      service.poke();
      await until(() => expect(asked).toBeGreaterThan(before));
    }
  }

  function voteOf(seat: number, over: Partial<Checkpoint> = {}, round = head.round): Bytes {
    const proposer = drawProposer(seats, head.prevCheckpoint, CHAIN, head.number, round) as Address;
    const built = buildCheckpoint({ ...head, chainId: CHAIN }, { start: 1n, end: 4n }, blocks.slice(0, 4), proposer);
    const checkpoint = { ...built, ...over };
    const signature = signDigest(checkpointDigest(checkpoint, domain), keys[seat] as Bytes);
    return encodeVote({ round, checkpoint, signature });
  }

  function checkpointIn(vote: Bytes | undefined): Checkpoint {
    const decoded = decodeVote(vote as Bytes);
    if (!decoded.ok) throw new Error(decoded.rejection.reason);
    return decoded.value.checkpoint;
  }

  it("keeps the two votes of a staker that says different things of the same blocks, and signs the right one", async () => {
    const bob = staker(1);
    await looked(bob.service);
    const other = { rootHash: keccakHash(utf8("something else")) };
    expect(await bob.receive(voteOf(0), voteOf(0, other), voteOf(2), voteOf(3, other))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(bob.service.doubleVotes().map(({ signer }) => signer)).toEqual([seats[0]?.signer]);
    await until(() => expect(bob.votes).toHaveLength(1));
    expect(checkpointIn(bob.votes[0])).toEqual(checkpointIn(voteOf(0)));
  });

  it("proposes when it is its turn and enough blocks are final", async () => {
    const ann = staker(0);
    ann.own.height = 3n;
    await looked(ann.service);
    expect(ann.votes).toEqual([]);
    ann.own.height = 5n;
    ann.service.poke();
    await until(() => expect(ann.votes).toHaveLength(1));
    expect(checkpointIn(ann.votes[0])).toMatchObject({ number: 1n, start: 1n, end: 5n, proposer: seats[0]?.signer });
  });

  it("cuts a checkpoint at the root contract's limit of today, and signs none that is longer", async () => {
    head = { ...head, maxLength: 3 };
    const ann = staker(0);
    const bob = staker(1, await openChain());
    await looked(bob.service);
    await bob.receive(voteOf(0));
    await until(() => expect(ann.votes).toHaveLength(1));
    expect(checkpointIn(ann.votes[0])).toMatchObject({ start: 1n, end: 3n });
    await looked(bob.service);
    expect(bob.votes).toEqual([]);
    // The owner of the contracts allows longer ones: the vote that waited is right now.
    head = { ...head, maxLength: 4 };
    bob.service.poke();
    await until(() => expect(bob.votes).toHaveLength(1));
    expect(checkpointIn(bob.votes[0])).toMatchObject({ start: 1n, end: 4n });
  });

  it("signs what its own blocks give, and the proposer submits once more than two thirds did", async () => {
    const ann = staker(0);
    await until(() => expect(ann.votes).toHaveLength(1));
    const others = [staker(1, await openChain()), staker(2, await openChain())];
    for (const { service } of others) await looked(service);
    for (const { receive } of others) expect(await receive(ann.votes[0] as Bytes)).toEqual([true]);
    await until(() => expect(others.map(({ votes }) => votes.length)).toEqual([1, 1]));
    expect(submitted).toEqual([]);
    await ann.receive(...others.flatMap(({ votes }) => votes));
    await until(() => expect(submitted).toHaveLength(1));
    expect(submitted[0]).toMatchObject({ bitmap: 0b0111n, signedPower: 300n, totalPower: 400n });
    await looked(ann.service);
    expect(submitted).toHaveLength(1);
  });

  it("lets a chain go first that is more overdue, until that has its checkpoint or for a while", async () => {
    const ann = staker(0);
    await until(() => expect(ann.votes).toHaveLength(1));
    wantedElsewhere = true;
    await ann.receive(...[1, 2, 3].map((seat) => voteOf(seat)));
    await until(() => expect(wantedAsked).toBeGreaterThan(1));
    expect(submitted).toEqual([]);
    wantedElsewhere = false;
    await until(() => expect(submitted).toHaveLength(1));

    // Nobody serves the other chain: this one goes on without it.
    head = { ...head, round: roundOf(0, head) };
    ann.own.height = 8n;
    wantedElsewhere = true;
    ann.service.poke();
    await until(() => expect(ann.votes).toHaveLength(2));
    const { proposer } = checkpointIn(ann.votes[1]);
    const built = buildCheckpoint({ ...head, chainId: CHAIN }, { start: 5n, end: 8n }, blocks.slice(4), proposer);
    const votes = [1, 2, 3].map((seat) =>
      encodeVote({
        round: head.round,
        checkpoint: built,
        signature: signDigest(checkpointDigest(built, domain), keys[seat] as Bytes),
      }),
    );
    await ann.receive(...votes);
    await until(() => expect(submitted).toHaveLength(2));
  });

  it("refuses what differs from its own blocks, says so once, and signs nothing of it", async () => {
    const bob = staker(1);
    await looked(bob.service);
    await bob.receive(voteOf(0, { rootHash: keccakHash(utf8("other blocks")) }));
    await until(() => expect(bob.said).toContain("proposed checkpoint differs from our own blocks"));
    await looked(bob.service);
    expect(bob.votes).toEqual([]);
    expect(bob.said.filter((sentence) => sentence.includes("differs"))).toHaveLength(1);
  });

  it.each<{ what: string; over: Partial<Checkpoint> }>([
    { what: "of another number", over: { number: 2n } },
    { what: "that leaves blocks out", over: { start: 2n } },
    { what: "that ends before it begins", over: { end: 0n } },
    { what: "that it has not all final", over: { end: 5n } },
    { what: "on another predecessor", over: { prevCheckpoint: keccakHash(utf8("another")) } },
    { what: "of another generation", over: { generation: 1n } },
    { what: "of somebody whose turn it is not", over: { proposer: seats[2]?.signer as Address } },
  ])("does not sign a checkpoint $what", async ({ over }) => {
    const bob = staker(1);
    await looked(bob.service);
    await bob.receive(voteOf(0, over), voteOf(2, over));
    await looked(bob.service);
    expect(bob.votes).toEqual([]);
  });

  it("waits with its signature until it has the blocks itself", async () => {
    const bob = staker(1);
    bob.own.height = 2n;
    await looked(bob.service);
    await bob.receive(voteOf(0));
    await looked(bob.service);
    expect(bob.votes).toEqual([]);
    bob.own.height = 4n;
    bob.service.poke();
    await until(() => expect(bob.votes).toHaveLength(1));
  });

  it("neither proposes nor signs over an unknown deposit, and does both when it is known", async () => {
    const other = await openChain();
    const ann = staker(0);
    const bob = staker(1, other);
    for (const { own } of [ann, bob]) own.objection = "deposit 9 is not confirmed on the root chain";
    await looked(ann.service);
    await bob.receive(voteOf(0));
    await looked(bob.service);
    expect([...ann.votes, ...bob.votes]).toEqual([]);
    expect(ann.said.filter((sentence) => sentence === "refusing to sign a checkpoint")).toHaveLength(1);
    for (const { own, service } of [ann, bob]) {
      own.objection = undefined;
      service.poke();
    }
    await until(() => expect([ann.votes.length, bob.votes.length]).toEqual([1, 1]));
  });

  it("does nothing between a rejection on the root chain and its own rollback", async () => {
    head = { ...head, generation: 1n };
    const ann = staker(0);
    const bob = staker(1, await openChain());
    await looked(ann.service);
    await bob.receive(voteOf(0, { generation: 1n }));
    await looked(bob.service);
    expect([...ann.votes, ...bob.votes]).toEqual([]);
    // The blocks of the new generation: the void ones must not be signed again under it.
    for (const { own, service } of [ann, bob]) {
      own.generation = 1n;
      service.poke();
    }
    await until(() => expect([ann.votes.length, bob.votes.length]).toEqual([1, 1]));
  });

  it("never signs two contents for one range, not even after a restart", async () => {
    const bob = staker(1);
    await looked(bob.service);
    await bob.receive(voteOf(0));
    await until(() => expect(bob.votes).toHaveLength(1));
    await bob.service.stop();
    opened.splice(opened.indexOf(chain), 1);
    chain.close();
    const again = staker(1, await openChain(chain.directory));
    // As if its disk had given it other blocks: it finds the proposal right, and must not sign it.
    const other = blocks.map((block, i) => ({ ...block, hash: (blocks[i + 1] ?? block).hash }));
    again.own.blocks = other;
    await looked(again.service);
    const proposer = seats[0]?.signer as Address;
    const contradiction = buildCheckpoint(
      { ...head, chainId: CHAIN },
      { start: 1n, end: 4n },
      other.slice(0, 4),
      proposer,
    );
    await again.receive(voteOf(0, contradiction));
    await until(() => expect(again.said).toContain("another content was signed for this range before"));
    expect(again.votes).toEqual([]);
    // The same content of the next proposer is no contradiction, nor is it with another predecessor.
    again.own.blocks = blocks;
    head = { ...head, prevCheckpoint: keccakHash(utf8("a predecessor that was submitted anew")) };
    head = { ...head, round: roundOf(2, head) };
    await looked(again.service);
    await again.receive(voteOf(2));
    await until(() => expect(again.votes).toHaveLength(1));
  });

  it("lets votes of one staker, however many, not crowd out those of the others", async () => {
    const ann = staker(0);
    await until(() => expect(ann.votes).toHaveLength(1));
    const flood = Array.from({ length: 300 }, (_, i) => voteOf(3, { rootHash: keccakHash(utf8(`flood ${i}`)) }));
    await ann.receive(voteOf(1), ...flood, voteOf(2));
    await until(() => expect(submitted).toHaveLength(1));
    expect(submitted[0]?.bitmap).toBe(0b0111n);
  });

  it("does not ask the root chain anew for every vote", async () => {
    const bob = staker(1);
    await looked(bob.service);
    const before = asked;
    for (let i = 0; i < 50; i++) await bob.receive(voteOf(3, { rootHash: keccakHash(utf8(`other ${i}`)) }));
    await bob.receive(voteOf(0));
    await until(() => expect(bob.votes).toHaveLength(1));
    expect(asked - before).toBeLessThan(10);
  });

  it("takes a vote that nobody signed for malformed, one of a stranger for nothing", async () => {
    const bob = staker(1);
    await looked(bob.service);
    const vote = voteOf(0);
    const unsigned = vote.slice();
    unsigned.fill(0xff, unsigned.length - 65);
    expect(await bob.receive(unsigned, utf8("nonsense"))).toEqual([false, false]);
    const checkpoint = checkpointIn(vote);
    const stranger = signDigest(checkpointDigest(checkpoint, domain), keccak256(utf8("stranger")));
    expect(await bob.receive(encodeVote({ round: head.round, checkpoint, signature: stranger }))).toEqual([true]);
    await looked(bob.service);
    expect(bob.votes).toEqual([]);
  });
});
