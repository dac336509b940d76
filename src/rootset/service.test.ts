import { beforeEach, describe, expect, it } from "vitest";
import { EnvironmentError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import {
  addressOfKey,
  type Bytes,
  type Hash,
  keccak256,
  keccakHash,
  signDigest,
  utf8,
  zeroHash,
} from "../primitives/index.ts";
import type { RecordedRootSet, RootSeat } from "../rootchain/index.ts";
import type { RootView } from "./change.ts";
import { type EraWork, eraWorkOf } from "./era-work.ts";
import { createRootSetService, LOOK_EVERY_BLOCKS, type RootSetService } from "./service.ts";
import { encodeRootSetVote } from "./vote.ts";

const CHAIN = 80_401n;
const keys = ["ann", "bob", "cid", "dee", "eve"].map((name) => keccak256(utf8(name)));
const seat = (index: number, power = 100n): RootSeat => ({
  seat: index,
  signer: addressOfKey(keys[index] as Bytes),
  power,
  producer: true,
});
const first: RecordedRootSet = {
  serial: 0n,
  rootBlock: 0n,
  rootBlockHash: zeroHash,
  seats: [0, 1, 2, 3].map((index) => seat(index)),
};
const viewAt = (rootBlock: bigint, seats: readonly RootSeat[]): RootView => ({
  rootBlock,
  rootBlockHash: keccakHash(utf8(`root ${rootBlock}`)),
  seats,
});
const joined = [...first.seats, seat(4)];

/** Validators that hear one another at once; each reads the same root chain and stands on the same final block. */
class Committee {
  readonly services: RootSetService[];
  readonly sent: Bytes[] = [];
  readonly fatals: unknown[] = [];
  recorded: RecordedRootSet | undefined = first;
  root: RootView | undefined;
  deaf = new Set<number>();
  recordedWork = 0n;
  readonly takenBack = new Set<Hash>();

  constructor(count: number) {
    this.services = Array.from({ length: count }, (_, index) => {
      const key = keys[index] as Bytes;
      return createRootSetService(
        { chainId: CHAIN, signer: { key, address: addressOfKey(key) } },
        {
          newestSet: async (every) => {
            expect(every).toBe(LOOK_EVERY_BLOCKS);
            if (this.deaf.has(index)) throw new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "no answer", {});
            return this.root;
          },
          recorded: () => this.recorded,
          recordedWork: () => this.recordedWork,
          isFinal: (block) => !this.takenBack.has(block),
          broadcast: (payload) => {
            this.sent.push(payload);
            this.services.forEach((other, i) => {
              if (i !== index) expect(other.handleVote(payload)).toBe(true);
            });
          },
          fatal: (error) => this.fatals.push(error),
          logger: silentLogger,
        },
      );
    });
  }

  async look(view: RootView | undefined): Promise<void> {
    this.root = view;
    for (const service of this.services) service.rootChainMoved();
    // Every reading is under way; stopping would end them, so a turn of the event loop lets them finish.
    await new Promise((resolve) => setImmediate(resolve));
  }

  due = (index: number) => this.recorded && this.services[index]?.due(this.recorded);
  workDue = (index: number, height: bigint, upTo = this.recordedWork) =>
    this.recorded && this.services[index]?.workDue(this.recorded, { height, upTo });
  eraEnded(work: EraWork): void {
    for (const service of this.services) service.eraEnded(work);
  }
}

describe("validators that look at the root chain", () => {
  let committee: Committee;
  beforeEach(() => {
    committee = new Committee(4);
  });

  it("sign what changed there, and any of them can record it", async () => {
    await committee.look(viewAt(2n, joined));
    for (const index of [0, 1, 2, 3]) {
      const certificate = committee.due(index);
      expect(certificate?.change).toMatchObject({ serial: 0n, rootBlock: 2n, changed: 16n, producers: 31n });
      expect(certificate?.signers).toBe(15n);
      expect(certificate?.signatures.map(({ length }) => length)).toEqual([64, 64, 64, 64]);
    }
  });

  it("say nothing while everything is as recorded, or while stakes do not count there yet", async () => {
    await committee.look(viewAt(2n, first.seats));
    await committee.look(undefined);
    expect(committee.sent).toEqual([]);
    expect(committee.due(0)).toBeUndefined();
  });

  it("need two thirds of the recorded power, however many seats that is", async () => {
    committee = new Committee(2);
    await committee.look(viewAt(2n, joined));
    expect(committee.due(0)).toBeUndefined();
    committee.recorded = { ...first, serial: 1n, seats: [seat(0, 300n), seat(1, 100n), seat(2, 100n), seat(3, 100n)] };
    await committee.look(viewAt(4n, joined));
    expect(committee.due(1)?.signers).toBe(3n);
  });

  it("go on without those who cannot read the root chain", async () => {
    committee.deaf.add(3);
    await committee.look(viewAt(2n, joined));
    expect(committee.due(0)?.signers).toBe(7n);
    // It has heard the signatures, and does not know for what.
    expect(committee.due(3)).toBeUndefined();
    expect(committee.fatals).toEqual([]);
  });

  it("forget votes for a set that is not the recorded one any more", async () => {
    await committee.look(viewAt(2n, joined));
    committee.recorded = { serial: 1n, rootBlock: 2n, rootBlockHash: keccakHash(utf8("root 2")), seats: joined };
    expect(committee.due(0)).toBeUndefined();
    for (const service of committee.services) service.poke();
    expect(committee.sent).toHaveLength(4);
    await committee.look(viewAt(4n, first.seats));
    expect(committee.due(0)?.change).toMatchObject({ serial: 1n, changed: 16n, entries: [0n] });
  });

  it("do not record twice what a block before has recorded", async () => {
    await committee.look(viewAt(2n, joined));
    const after = { serial: 1n, rootBlock: 2n, rootBlockHash: keccakHash(utf8("root 2")), seats: joined };
    expect(committee.services[0]?.due(after)).toBeUndefined();
  });

  it("repeat a vote that has not helped yet", async () => {
    committee = new Committee(1);
    await committee.look(viewAt(2n, joined));
    for (let block = 0; block < 16; block++) committee.services[0]?.poke();
    expect(committee.sent).toHaveLength(3);
  });

  it("keep what helps, however many other votes of a validator are repeated to them", async () => {
    const [service] = committee.services;
    await committee.look(viewAt(2n, joined));
    for (let i = 0; i < 40; i++) {
      const change = keccakHash(utf8(`another change ${i}`));
      for (const seatOf of [1, 2, 3]) {
        const signature = signDigest(keccak256(utf8(`another change ${i}`)), keys[seatOf] as Bytes);
        const old = encodeRootSetVote({ serial: 0n, change, seat: seatOf, signature });
        expect(service?.handleVote(old)).toBe(true);
      }
    }
    expect(committee.due(0)?.signers).toBe(15n);
  });

  it("charge for votes that nobody cast, and not for those that come too late or too early", () => {
    const [service] = committee.services;
    const change = keccakHash(utf8("a change"));
    const vote = (fields: { serial?: bigint; seat?: number; key?: number }) => {
      const signature = signDigest(keccak256(utf8("a change")), keys[fields.key ?? 1] as Bytes);
      return encodeRootSetVote({
        serial: fields.serial ?? 0n,
        change: change as Hash,
        seat: fields.seat ?? 1,
        signature,
      });
    };
    expect(service?.handleVote(vote({}))).toBe(true);
    expect(service?.handleVote(vote({ key: 2 }))).toBe(true); // Of a seat and change that are known already.
    expect(service?.handleVote(vote({ seat: 2 }))).toBe(false);
    expect(service?.handleVote(vote({ seat: 9 }))).toBe(false);
    expect(service?.handleVote(vote({ serial: 7n, seat: 9 }))).toBe(true);
    expect(service?.handleVote(Uint8Array.of(0xc0))).toBe(false);
    expect(service?.handleVote(utf8("not a vote"))).toBe(false);
  });
});

describe("validators at the end of an era", () => {
  const era = (firstBlock: bigint, lastBlock: bigint): EraWork => {
    const members = keys.slice(0, 4).map((key, i) => {
      return { signer: addressOfKey(key), weight: 10, asked: 9, came: 9 - i, expected: 4, made: i };
    });
    return eraWorkOf({ firstBlock, lastBlock, lastBlockHash: keccakHash(utf8(`block ${lastBlock}`)) }, members);
  };
  let committee: Committee;
  beforeEach(() => {
    committee = new Committee(4);
  });

  it("sign what everybody did in it, and any of them can record it", () => {
    committee.eraEnded(era(1n, 10n));
    for (const index of [0, 1, 2, 3]) {
      const certificate = committee.workDue(index, 12n);
      expect(certificate?.work).toEqual(era(1n, 10n));
      expect(certificate?.signers).toBe(15n);
      expect(certificate?.signatures).toHaveLength(4);
    }
  });

  it("record each era once, the older first", () => {
    committee.eraEnded(era(1n, 10n));
    committee.eraEnded(era(11n, 20n));
    expect(committee.workDue(0, 25n)?.work.lastBlock).toBe(10n);
    expect(committee.workDue(0, 25n, 10n)?.work.lastBlock).toBe(20n);
    expect(committee.workDue(0, 25n, 20n)).toBeUndefined();
  });

  it("need two thirds that found the same", () => {
    for (const index of [0, 1]) committee.services[index]?.eraEnded(era(1n, 10n));
    for (const index of [2, 3]) committee.services[index]?.eraEnded(era(2n, 10n));
    expect([0, 1, 2, 3].map((index) => committee.workDue(index, 12n))).toEqual(Array(4).fill(undefined));
  });

  it("record nothing of a block that is not on the branch, not yet there, or forgotten by it", () => {
    const work = era(1n, 10n);
    committee.eraEnded(work);
    expect(committee.workDue(0, 9n)).toBeUndefined();
    expect(committee.workDue(0, 265n)).toBeDefined();
    expect(committee.workDue(0, 266n)).toBeUndefined();
    committee.takenBack.add(work.lastBlockHash);
    expect(committee.workDue(0, 12n)).toBeUndefined();
  });

  it("sign it again when another set is recorded, and until it is recorded", () => {
    committee.eraEnded(era(1n, 10n));
    committee.recorded = { serial: 1n, rootBlock: 2n, rootBlockHash: keccakHash(utf8("root 2")), seats: joined };
    for (const service of committee.services) service.poke();
    expect(committee.workDue(2, 12n)?.signers).toBe(15n);
    const before = committee.sent.length;
    for (let block = 0; block < 8; block++) committee.services[0]?.poke();
    expect(committee.sent.length).toBe(before + 1);
    committee.recordedWork = 10n;
    for (let block = 0; block < 8; block++) committee.services[0]?.poke();
    expect(committee.sent.length).toBe(before + 1);
  });

  it("say nothing of an era in which nobody was asked anything", () => {
    committee.eraEnded(eraWorkOf({ firstBlock: 1n, lastBlock: 1n, lastBlockHash: zeroHash }, []));
    expect(committee.sent).toEqual([]);
  });
});
