import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { account, temporaryDirectories, testGenesis } from "../../test/support/chain-fixture.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import {
  consensusDomain,
  createEraCore,
  decodeEraAnswer,
  decodeEraEnd,
  decodeMessage,
  type Effect,
  encodeEraRequest,
  encodeMessage,
  type Instance,
  identifyUnit,
  indexOfSigner,
  type KomaBft,
  type MessageBody,
  signFinality,
  type UnitHash,
} from "../consensus/index.ts";
import { EnvironmentError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { type Bytes, type Hash, keccakHash, timestamp, utf8, zeroHash } from "../primitives/index.ts";
import { openStore, type Store } from "../storage/index.ts";
import { type ConsensusDriver, createConsensusDriver } from "./consensus-driver.ts";
import { createFinalUnits } from "./final-units.ts";

// Alice's node runs one short era after the other; bob, who is honest, follows and signs. Mallory has no key. She has written down
// every frame that ever left one of the two, and gives any of them back at any time: whole, damaged, or as a question for
// units that were deleted long ago.

const START = 1_700_000_000_000;
const ALICE = account("alice");
const BOB = account("bob");
const DOMAIN = consensusDomain(testGenesis().chainId);
const ERAS = 4;
const BLOCKS = 2;

const directories = temporaryDirectories();
afterEach(() => directories.cleanUp());

/** A frame, when it was first sent, and in which era. */
interface Said {
  readonly frame: Bytes;
  readonly instance: Hash;
}

/** What Mallory does at one moment. */
type Move =
  | { readonly kind: "replay"; readonly which: number }
  | { readonly kind: "damage"; readonly which: number; readonly place: number; readonly byte: number }
  | { readonly kind: "ask"; readonly which: number; readonly about: number; readonly question: number }
  /** She says that what was said in one era was said in another. */
  | { readonly kind: "move"; readonly which: number; readonly to: number }
  /** How did this era and those after it end? */
  | { readonly kind: "ends"; readonly which: number }
  | { readonly kind: "restart" };

const which = fc.nat({ max: 100_000 });
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("replay" as const), which }), weight: 6 },
  {
    arbitrary: fc.record({ kind: fc.constant("damage" as const), which, place: fc.nat(), byte: fc.nat({ max: 255 }) }),
    weight: 3,
  },
  {
    arbitrary: fc.record({ kind: fc.constant("ask" as const), which, about: which, question: fc.nat({ max: 6 }) }),
    weight: 6,
  },
  { arbitrary: fc.record({ kind: fc.constant("move" as const), which, to: which }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant("ends" as const), which }), weight: 2 },
  { arbitrary: fc.constant({ kind: "restart" as const }), weight: 1 },
);

class Scene {
  readonly clock = new VirtualClock(START);
  readonly store: Store;
  readonly said: Said[] = [];
  readonly instances: Instance[] = [];
  /** Everything that went wrong, or that somebody was blamed for. */
  readonly blamed: string[] = [];
  readonly fatals: unknown[] = [];
  readonly faults: unknown[] = [];
  /** Frames that went to Mallory. */
  answers = 0;
  driver: ConsensusDriver;
  #bob: KomaBft | undefined;
  readonly #genesis = {
    ...testGenesis(),
    validators: [
      { name: "alice", signer: ALICE.address, stake: 8n, producer: true },
      { name: "bob", signer: BOB.address, stake: 2n, producer: false },
    ],
    consensus: { ...testGenesis().consensus, eraMinBlocks: BLOCKS, eraMinMs: 0, maxRoundExp: 0 },
  };
  /** Blocks of the chain as consensus made it: the shell below consensus, without an EVM. */
  readonly #heights = new Map<Hash, bigint>([[zeroHash, 0n]]);
  readonly #chain = {
    numberOf: (hash: Hash) => this.#heights.get(hash),
    hashOf: (height: bigint) => [...this.#heights].find(([, known]) => known === height)?.[0],
  };

  constructor() {
    this.store = openStore(directories.create(), { chainId: this.#genesis.chainId, logger: silentLogger });
    this.store.protection.begin(ALICE.address, START);
    this.driver = this.#open();
    this.driver.start();
  }

  async restart(): Promise<void> {
    await this.driver.stop();
    this.driver = this.#open();
    this.driver.start();
  }

  /** Mallory's frame comes in. */
  hear(frame: Bytes): void {
    this.driver.receive(frame, "mallory");
  }

  /** Somebody who was away asks; gives how many ends it is told. */
  async serveEnds(which: number): Promise<number> {
    const { instance } = this.said[which % this.said.length] as Said;
    const ends = decodeEraAnswer(await this.driver.serveEras(encodeEraRequest(instance), "mallory"));
    if (!ends?.every((end) => decodeEraEnd(end))) throw new Error("an answer that does not decode");
    return ends.length;
  }

  async runFor(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end; ) {
      this.clock.advanceTo(Math.min(end, this.clock.now() + 100));
      // Blocks are built and run by promises.
      for (let turn = 0; turn < 6; turn++) await Promise.resolve();
      this.#follow();
    }
  }

  async close(): Promise<void> {
    await this.driver.stop();
    this.store.close();
  }

  #open(): ConsensusDriver {
    const { clock, store } = this;
    const finalUnits = createFinalUnits(store.meta);
    const hashOf = (unit: UnitHash) => keccakHash(utf8(`block of ${unit}`));
    const network = {
      send: (to: string, _channel: string, frame: Bytes) => this.#sent(frame, to),
      broadcast: (_channel: string, frame: Bytes) => this.#sent(frame, undefined),
      disconnect: (peer: string, reason: string) => void this.blamed.push(`${peer}: ${reason}`),
      penalize: (peer: string, _points: number, reason: string) => void this.blamed.push(`${peer}: ${reason}`),
      peers: () => [{ id: "bob" }],
      request: () => Promise.reject(new EnvironmentError("KOMA_E_PEER_GONE", "nobody answers")),
    };
    const driver: ConsensusDriver = createConsensusDriver(
      {
        genesis: this.#genesis,
        genesisHash: zeroHash,
        thresholds: () => [1 / 3],
        signer: ALICE,
        pruneConsensus: true,
      },
      {
        clock,
        network: network as never,
        store: { ...store, blocks: { ...store.blocks, ...this.#chain } },
        units: store.units,
        signatures: store.signatures,
        finalUnits,
        blocks: {
          build: async (slot: number) => utf8(`block of slot ${slot}`),
          validate: async () => "valid",
          hashOf,
          unitOf: () => undefined,
          adopt() {},
          link() {},
          forgetUnits() {},
        },
        blockSync: { serve: async () => new Uint8Array(0), fetch: async () => undefined },
        staked: () => undefined,
        settled: async () => {},
        eraEnded() {},
        onVouched() {},
        onFinalityConflict: (evidence) => void this.faults.push(evidence),
        listener: {
          headChanged() {},
          executed() {},
          alarmed() {},
          faultReported: (effect) => void this.faults.push(effect),
          fatal: (error) => void this.fatals.push(error),
          finalized: ({ block }, instance) => {
            const hash = hashOf(block.unit);
            this.#heights.set(hash, BigInt(block.height));
            finalUnits.mark(instance.id, 1 / 3, { unit: block.unit, block: hash });
            if (block.terminal) clock.schedule(clock.now(), () => this.driver.endEra(instance, block, hash));
          },
        },
        logger: silentLogger,
      },
    );
    return driver;
  }

  #sent(frame: Bytes, to: string | undefined): void {
    const message = decodeMessage(frame);
    if (!message.ok) throw new Error("an honest node sends what decodes");
    if (to === "mallory") this.answers += 1;
    else this.said.push({ frame, instance: message.value.instance });
    if (to === "mallory") return;
    this.clock.schedule(timestamp(this.clock.now() + 5), () => {
      if (message.value.instance === this.#bob?.instance.id) {
        this.#perform(this.#bob.handleMessage(message.value, "alice", this.clock.now()));
      }
    });
  }

  /** Bob is where alice is. */
  #follow(): void {
    const { instance } = this.driver.core;
    if (instance.id === this.#bob?.instance.id) return;
    const previous = this.#bob?.instance;
    this.instances.push(instance);
    const config = { thresholds: [1 / 3], signer: BOB, local: { listenMs: 0 } };
    this.#bob = createEraCore({ instance, previous }, config);
    this.#perform(this.#bob.start(this.clock.now()));
  }

  #perform(effects: readonly Effect[]): void {
    const bob = this.#bob as KomaBft;
    for (const effect of effects) {
      if (effect.kind === "disconnect") this.blamed.push(`${effect.peer} by bob: ${effect.reason.code}`);
      if (effect.kind === "reportFault") this.faults.push(effect);
      if (effect.kind === "schedule") {
        this.clock.schedule(effect.at, () => this.#perform(bob.handleTimer(effect.timer, this.clock.now())));
      }
      if (effect.kind === "validateBlock") {
        this.clock.schedule(this.clock.now(), () =>
          this.#perform(bob.resolveBlock(effect.block.unit, "valid", this.clock.now())),
        );
      }
      if (effect.kind === "broadcast" || effect.kind === "send" || effect.kind === "sendToAny") {
        const frame = encodeMessage(effect.message);
        this.said.push({ frame, instance: effect.message.instance });
        this.clock.schedule(timestamp(this.clock.now() + 5), () => this.driver.receive(frame, "bob"));
      }
    }
  }
}

/** A question about what was said in some era. */
function questionAbout({ frame, instance }: Said, kind: number): Bytes {
  const message = decodeMessage(frame);
  const said = message.ok && message.value.kind === "unit" ? message.value.unit : undefined;
  const unit = said ? identifyUnit(DOMAIN, said).hash : (instance as string as UnitHash);
  const questions: readonly MessageBody[] = [
    { kind: "getUnit", unit },
    { kind: "getBlock", block: unit },
    { kind: "getPanorama", unit },
    { kind: "getLane", creator: kind % 2, from: 0, to: 19 },
    { kind: "getEvidence", creator: kind % 2 },
    { kind: "getEndorsements", unit },
    { kind: "state", panorama: [0, 0], answer: true },
  ];
  return encodeMessage({ instance, ...(questions[kind % questions.length] as MessageBody) });
}

function make(move: Exclude<Move, { kind: "restart" | "ends" }>, said: readonly Said[]): Bytes {
  const chosen = said[move.which % said.length] as Said;
  switch (move.kind) {
    case "replay":
      return chosen.frame;
    case "damage": {
      const frame = Uint8Array.from(chosen.frame);
      frame[move.place % frame.length] = move.byte;
      return frame;
    }
    case "ask":
      return questionAbout(said[move.about % said.length] as Said, move.question);
    case "move": {
      const message = decodeMessage(chosen.frame);
      if (!message.ok) throw new Error("what was said decodes");
      const { instance } = said[move.to % said.length] as Said;
      return encodeMessage({ ...message.value, instance });
    }
  }
}

test("whatever comes for eras that are over or deleted: nothing is thrown, nobody honest is blamed, eras go on", async () => {
  let answers = 0;
  let served = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyMove, { maxLength: 12 }), { minLength: 10, maxLength: 10 }),
      async (course) => {
        const scene = new Scene();
        try {
          for (const moves of course) {
            await scene.runFor(700);
            for (const move of moves) {
              if (scene.said.length === 0) break;
              if (move.kind === "restart") await scene.restart();
              else if (move.kind === "ends") served += await scene.serveEnds(move.which);
              else scene.hear(make(move, scene.said));
              expect(scene.driver.core.status(scene.clock.now()).pendingUnits).toBeLessThan(40);
            }
          }
          for (let turn = 0; turn < 40 && scene.instances.length < ERAS; turn++) await scene.runFor(500);
          expect(scene.instances.length).toBeGreaterThanOrEqual(ERAS);
          expect(scene.fatals).toEqual([]);
          expect(scene.faults).toEqual([]);
          expect(scene.blamed.filter((entry) => !entry.startsWith("mallory: "))).toEqual([]);
          // What was deleted does not come back through what is sent later.
          await scene.runFor(500);
          const [first] = scene.instances as [Instance];
          expect([...scene.store.units.units(first.id)]).toEqual([]);
          answers += scene.answers;
        } finally {
          await scene.close();
        }
      },
    ),
    { numRuns: 8 },
  );
  expect(answers).toBeGreaterThan(8);
  expect(served).toBeGreaterThan(0);
}, 60_000);

test("a finality signature that comes before its era is open here counts in it", async () => {
  // Two lives of the same chain: nothing in them is left to chance.
  const first = new Scene();
  while (first.instances.length < 3) await first.runFor(500);
  const [, second] = first.instances as [Instance, Instance];
  const end = endOf(first.store, second);
  await first.close();
  const again = new Scene();
  await again.runFor(500);
  const index = indexOfSigner(second.committee, BOB.address) as number;
  const signed = signFinality(second, { index, privateKey: BOB.key }, end.proof);
  again.driver.receive(encodeMessage({ kind: "finality", instance: second.id, signed }), "bob");
  while (again.instances.length < 3) await again.runFor(500);
  expect(endOf(again.store, second).proof.block).toBe(end.proof.block);
  expect(end.proof.signatures.map(({ validator }) => validator)).not.toContain(index);
  expect(endOf(again.store, second).proof.signatures.map(({ validator }) => validator)).toContain(index);
  await again.close();
}, 60_000);

function endOf(store: Store, instance: Instance) {
  const stored = store.eras.get(instance.id)?.end;
  const end = stored && decodeEraEnd(stored);
  if (!end) throw new Error("the era has ended");
  return end;
}
