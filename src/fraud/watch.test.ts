import { describe, expect, it } from "vitest";
import { type BlockContent, chainOf, submit } from "../../test/support/archived-blocks.ts";
import { account, sign, testChainId } from "../../test/support/chain-fixture.ts";
import { createNetworkArchive, type SubmittedCheckpoint } from "../checkpoint/index.ts";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import { RootRpcError } from "../rootchain/index.ts";
import type { Challenge } from "./evidence.ts";
import { fraudKindOf } from "./kinds.ts";
import type { PendingChallenge } from "./pending-challenges.ts";
import type { Punishment } from "./punish.ts";
import { type ScanMemory, type WatchEvent, type WatchPorts, watchFraud, watchRound } from "./watch.ts";

const ann = account("alice");
const pay = (nonce: bigint, value = 1n) => sign(ann, { nonce, to: ann.address, value });
/** Block 9 spends the nonce of block 3 again. */
const contents: Readonly<Record<number, BlockContent>> = {
  3: { transactions: [pay(0n)] },
  9: { transactions: [pay(0n, 2n)] },
};
const blocks = chainOf(24, "main", contents);
const checkpoints = [submit(blocks, 1n, 0n, 7n), submit(blocks, 2n, 8n, 15n), submit(blocks, 3n, 16n, 23n)];
const offence = keccakHash(utf8("offence"));

function remembering(): ScanMemory & { readonly roots: Set<Hash> } {
  const roots = new Set<Hash>();
  return { roots, has: (root) => roots.has(root), add: async (root) => void roots.add(root) };
}

function portsOf(change: Partial<WatchPorts> = {}, source = blocks): WatchPorts {
  return {
    pending: async () => checkpoints,
    openCase: async () => ({
      chainId: testChainId,
      archive: createNetworkArchive([{ name: "node", block: async (number) => source[Number(number)] }], {
        checkpoint: async (number) => checkpoints[Number(number) - 1],
        checkpointCovering: async (block) => checkpoints.find(({ start, end }) => start <= block && block <= end),
      }),
      rules: { chainId: testChainId, banned: () => false, rootTokenOf: () => undefined },
      graceBlocks: 64n,
    }),
    judge: async () => ({
      offenceId: offence,
      class: 1,
      chainId: testChainId,
      number: 2n,
      blockHash: offence,
      signers: 0n,
    }),
    memory: remembering(),
    ...change,
  };
}

const punishment: Punishment = {
  offenceId: offence,
  transaction: offence,
  blockNumber: 1n,
  gasUsed: 1n,
  producer: ann.address,
  slashed: [],
  bounty: 5n,
  burned: 0n,
  insured: 0n,
};

async function collect(events: AsyncGenerator<WatchEvent>): Promise<readonly WatchEvent[]> {
  const all: WatchEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
const names = (events: readonly WatchEvent[]) => events.map(({ event }) => event);

describe("a look at every pending checkpoint", () => {
  it("tells of each, of every fault in it, and sends nothing", async () => {
    const ports = portsOf();
    const events = await collect(watchRound(ports, undefined, new Set()));
    expect(names(events)).toEqual(["scanned", "scanned", "fault", "scanned"]);
    expect(events[2]).toMatchObject({
      fault: { type: "duplicate-nonce", checkpoint: 2n, block: 9n, offence, refusal: undefined },
    });
  });

  it("does not look again at what is remembered, and tells of a fraud that stands once in every run", async () => {
    const memory = remembering();
    const reported = new Set<string>();
    await collect(watchRound(portsOf({ memory }), undefined, reported));
    expect(memory.roots.size).toBe(2);
    const blind = portsOf({ memory, openCase: () => Promise.reject(new Error("there is nothing to read")) });
    expect(await collect(watchRound(blind, undefined, reported))).toEqual([]);
    const restarted = await collect(watchRound(portsOf({ memory }), undefined, new Set()));
    expect(names(restarted)).toEqual(["scanned", "fault"]);
  });

  it("remembers a checkpoint whose faults convict nobody, and one that was rolled back", async () => {
    const memory = remembering();
    const judge = async () => {
      throw new ProtocolError("KOMA_E_NOT_FRAUD", "The evidence shows no fraud.");
    };
    await collect(watchRound(portsOf({ memory, judge }), undefined, new Set()));
    expect(memory.roots.size).toBe(3);
    const second = remembering();
    await collect(watchRound(portsOf({ memory: second, punish: async () => punishment }), undefined, new Set()));
    expect([...second.roots]).toEqual(checkpoints.slice(0, 2).map(({ rootHash }) => rootHash));
  });

  it("charges the guilty at once, and leaves the later checkpoints, which fall with the bad one", async () => {
    const sent: Challenge[] = [];
    const punish = async (challenge: Challenge) => {
      sent.push(challenge);
      return punishment;
    };
    const events = await collect(watchRound(portsOf({ punish }), undefined, new Set()));
    expect(names(events)).toEqual(["scanned", "scanned", "fault", "punished"]);
    expect(sent).toMatchObject([{ type: "duplicate-nonce", checkpoint: 2n }]);
  });

  it("goes on when somebody else was quicker", async () => {
    const punish = async () => {
      throw new ProtocolError("KOMA_E_ALREADY_PUNISHED", "That offence has been punished already.");
    };
    const events = await collect(watchRound(portsOf({ punish }), undefined, new Set()));
    expect(names(events)).toEqual(["scanned", "scanned", "fault", "refused", "scanned"]);
  });

  it("tells why the root contracts would not convict", async () => {
    const judge = async () => {
      throw new ProtocolError("KOMA_E_NOT_FRAUD", "The evidence shows no fraud.");
    };
    const events = await collect(watchRound(portsOf({ judge }), undefined, new Set()));
    expect(events[2]).toMatchObject({
      event: "fault",
      fault: { offence: undefined, refusal: { code: "KOMA_E_NOT_FRAUD" } },
    });
  });

  it("tells once of a checkpoint whose blocks nobody shows, and looks again until somebody does", async () => {
    const memory = remembering();
    const reported = new Set<string>();
    const blind = portsOf(
      { memory, pending: async () => [checkpoints[0] as SubmittedCheckpoint] },
      chainOf(24, "other"),
    );
    expect(names(await collect(watchRound(blind, undefined, reported)))).toEqual(["unread"]);
    expect(await collect(watchRound(blind, undefined, reported))).toEqual([]);
    const seeing = portsOf({ memory, pending: blind.pending });
    expect(names(await collect(watchRound(seeing, undefined, reported)))).toEqual(["scanned"]);
  });

  it("tells once of a contradiction in consensus", async () => {
    const challenge: Challenge = {
      kind: 21,
      type: "consensus-equivocation",
      chainId: 1n,
      checkpoint: 0n,
      block: 0n,
      evidence: "0x",
    };
    const verdict = await portsOf().judge(21, "0x");
    const contradictions = async () => ({ found: 1, proven: { challenge, verdict, fault: "two units" }, refused: [] });
    const ports = portsOf({ pending: async () => [], contradictions });
    const reported = new Set<string>();
    expect(await collect(watchRound(ports, undefined, reported))).toMatchObject([
      { event: "fault", fault: { type: "consensus-equivocation", checkpoint: undefined, offence } },
    ]);
    expect(await collect(watchRound(ports, undefined, reported))).toEqual([]);
  });
});

describe("what else a look tells of", () => {
  const demand: PendingChallenge = {
    id: "d1",
    type: "unavailable",
    checkpoint: 2n,
    block: 9n,
    missing: "the receipts of block 9",
    deadline: 1n,
  };
  const clean = { pending: async () => [] };

  it("are challenges that wait for an answer, each once, and of the wanted kind", async () => {
    const claim = { ...demand, id: "1", type: "nonce-gap", block: undefined };
    const ports = portsOf({ ...clean, challenges: async () => [claim, demand] });
    const reported = new Set<string>();
    const told = await collect(watchRound(ports, fraudKindOf("unavailable"), reported));
    expect(told).toEqual([{ event: "challenge", challenge: demand }]);
    expect(await collect(watchRound(ports, undefined, reported))).toEqual([{ event: "challenge", challenge: claim }]);
    expect(await collect(watchRound(ports, undefined, reported))).toEqual([]);
  });

  it("are sentences that somebody left half done, which it carries out at its second look", async () => {
    const finished: Hash[] = [];
    const sentences = {
      open: async () => (finished.length < 1 ? [offence] : []),
      finish: async (id: Hash) => finished.push(id) > 0,
    };
    const ports = portsOf({ ...clean, sentences });
    const reported = new Set<string>();
    expect(await collect(watchRound(ports, undefined, reported))).toEqual([]);
    expect(await collect(watchRound(ports, undefined, reported))).toEqual([{ event: "finished", offence }]);
    expect(await collect(watchRound(ports, undefined, reported))).toEqual([]);
    const late = async () => {
      throw new ProtocolError("KOMA_E_NO_OFFENCE", "Somebody else has done it.");
    };
    const other = portsOf({ ...clean, sentences: { open: async () => [offence], finish: late } });
    expect(await collect(watchRound(other, undefined, reported))).toEqual([]);
  });
});

describe("an answer that is none", () => {
  const busy = async () => {
    throw new RootRpcError("eth_call", -32_005, "limit exceeded", undefined);
  };

  it("does not acquit: a node that is asked too much is asked again", async () => {
    const memory = remembering();
    const only = { memory, pending: async () => [checkpoints[1] as SubmittedCheckpoint] };
    const controller = new AbortController();
    let rests = 0;
    const judges = [busy, busy, portsOf().judge];
    const judge: WatchPorts["judge"] = (...evidence) => (judges.shift() as WatchPorts["judge"])(...evidence);
    const rest = async () => {
      rests += 1;
      if (judges.length === 0) controller.abort();
    };
    const events = await collect(watchFraud(portsOf({ ...only, judge }), undefined, controller.signal, rest));
    expect(names(events)).toEqual(["scanned", "trouble", "scanned", "scanned", "fault"]);
    expect(events.at(-1)).toMatchObject({ fault: { offence } });
    expect(rests).toBe(3);
  });

  it("does not acquit either when the checkpoint was rolled back while it was looked into", async () => {
    const memory = remembering();
    const fraud = await portsOf().openCase();
    const archive = { ...fraud.archive, checkpointCovering: async () => undefined };
    const ports = portsOf({ memory, openCase: async () => ({ ...fraud, archive }) });
    const events = await collect(watchRound(ports, undefined, new Set()));
    expect(events.find(({ event }) => event === "fault")).toMatchObject({
      fault: { offence: undefined, refusal: { code: "KOMA_E_NOT_CHECKPOINTED" } },
    });
    expect(memory.roots.has(checkpoints[1]?.rootHash as Hash)).toBe(false);
  });
});

describe("a watch", () => {
  it("goes on over endpoints that are away, which it tells once, and ends with its signal", async () => {
    const controller = new AbortController();
    let looks = 0;
    const pending = async () => {
      looks += 1;
      if (looks <= 3) throw new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "Nobody answers.");
      return [checkpoints[0] as SubmittedCheckpoint];
    };
    const rest = async () => {
      if (looks === 5) controller.abort();
    };
    const events = await collect(watchFraud(portsOf({ pending }), undefined, controller.signal, rest));
    expect(names(events)).toEqual(["trouble", "scanned"]);
    expect(looks).toBe(5);
  });

  it("begins no further checkpoint once it is to end", async () => {
    const controller = new AbortController();
    const events: WatchEvent[] = [];
    for await (const event of watchFraud(portsOf(), undefined, controller.signal, async () => {})) {
      events.push(event);
      controller.abort();
    }
    expect(names(events)).toEqual(["scanned"]);
  });
});
