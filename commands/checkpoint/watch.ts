import type { CheckpointEvent } from "../../src/checkpoint/index.ts";
import {
  type Ctx,
  isoTime,
  KomaCommand,
  type NetClient,
  nodeNameOf,
  openRootChain,
  percentOf,
  restUntil,
  seatsOf,
} from "../../src/cli/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

/** One line of the stream. */
export interface WatchedCheckpoint {
  /** Seconds since the Unix epoch. */
  readonly at: number;
  /**
   * `watching` is the first line. `pending`: was there before. `submitted`; `attested`: signatures came afterwards; `challenged`: something is
   * said to be missing, which puts finality off; `rejected`: gone, with all after it; `final`. `reorganised`: the root chain left a
   * branch. `trouble`: it does not answer.
   */
  readonly type: CheckpointEvent["event"] | "watching";
  readonly number: string | null;
  /** Blocks and root, of one that is pending or submitted. */
  readonly start: string | null;
  readonly end: string | null;
  readonly root: string | null;
  readonly proposer: string | null;
  readonly challengeEndsAt: string | null;
  /** Share of the stake that signed, of one that is submitted. */
  readonly powerPct: number | null;
  /** Seats whose signatures were added. */
  readonly seats: readonly number[];
  /** Number of the challenge, for proof status. */
  readonly challenge: string | null;
  readonly tx: string | null;
  readonly code: string | null;
  readonly why: string | null;
}

export default class CheckpointWatch extends KomaCommand<undefined, WatchedCheckpoint> {
  static override kind = "checkpoint.watch";
  static override summary = "Tell what happens to the chain's checkpoints, as it happens.";
  static override description =
    `Begins with those that are pending, then tells each submission, signatures that come late, challenges, rejections, and when one becomes
final. An event is told as soon as the root chain has it; when the root chain takes it back, that is told too. Ctrl-C ends it. For the past:
koma checkpoint list.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --timeout 1m --json",
  ];

  async execute(ctx: Ctx<WatchedCheckpoint>): Promise<undefined> {
    await this.parse(CheckpointWatch);
    const { watchCheckpoints } = await import("../../src/checkpoint/index.ts");
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chainId = BigInt(net.chainId);
    const [{ number: newest }, power] = await Promise.all([root.head(ctx.signal), root.stakes.totalPower()]);
    const log = root.watch({ from: newest + 1n, confirmations: 0 });
    const ports = {
      poll: (signal: AbortSignal) => log.poll(signal),
      pending: () => pendingRecords(root, chainId),
      isFinal: (number: bigint) => root.checkpoints.isFinal(chainId, number),
      now: async () => (await root.head(ctx.signal)).timestamp,
    };
    ctx.out.record(item("watching"), "watching; Ctrl-C ends it");
    for await (const event of watchCheckpoints(chainId, ports, ctx.signal, () => restUntil(ctx.signal, REST_MS))) {
      const told = itemOf(event, power);
      ctx.out.record(told, `${new Date(told.at * 1000).toISOString().slice(11, 19)}  ${sentenceOf(told, net)}`);
    }
  }
}

const REST_MS = 500;

async function pendingRecords(root: RootChain, chainId: bigint) {
  const head = await root.checkpoints.head(chainId);
  const count = Number(head.number - 1n - head.finalizedUpTo);
  const records = count > 0 ? await root.checkpoints.list(chainId, head.finalizedUpTo + 1n, count) : [];
  const final = await Promise.all(records.map(({ number }) => root.checkpoints.isFinal(chainId, number)));
  return records.filter((_, place) => !final[place]);
}

function item(type: WatchedCheckpoint["type"]): WatchedCheckpoint {
  return {
    at: Math.floor(Date.now() / 1000),
    type,
    number: null,
    start: null,
    end: null,
    root: null,
    proposer: null,
    challengeEndsAt: null,
    powerPct: null,
    seats: [],
    challenge: null,
    tx: null,
    code: null,
    why: null,
  };
}

function itemOf(event: CheckpointEvent, power: bigint): WatchedCheckpoint {
  const told = { ...item(event.event), number: "number" in event ? event.number.toString() : null };
  switch (event.event) {
    case "pending": {
      const { start, end, rootHash, proposer, challengeEnd } = event.record;
      const range = { start: start.toString(), end: end.toString(), root: rootHash };
      return { ...told, ...range, proposer, challengeEndsAt: isoTime(challengeEnd) };
    }
    case "submitted": {
      const { args, transactionHash } = event.submission;
      return {
        ...told,
        start: String(args["start"]),
        end: String(args["end"]),
        root: String(args["rootHash"]),
        proposer: String(args["proposer"]),
        challengeEndsAt: isoTime(args["challengeEnd"] as bigint),
        powerPct: percentOf(args["signedPower"] as bigint, power),
        tx: transactionHash,
      };
    }
    case "attested":
      return { ...told, seats: seatsOf(event.seats), tx: event.transaction };
    case "challenged":
      return { ...told, challenge: event.challenge.toString(), tx: event.transaction };
    case "rejected":
      return { ...told, tx: event.transaction };
    case "trouble":
      return { ...told, code: event.code, why: event.why };
    case "reorganised":
      return { ...told, why: `Blocks after ${event.to} of the root chain are gone.` };
    case "final":
      return told;
  }
}

/** A line of a terminal holds it. */
function sentenceOf(told: WatchedCheckpoint, net: NetClient): string {
  const name = `#${told.number}`;
  const range = `blocks ${told.start}-${told.end}`;
  const until = `until ${told.challengeEndsAt?.slice(11, 19)}`;
  switch (told.type) {
    case "pending":
      return `${name} pending, ${range}, ${until}`;
    case "submitted": {
      const who = nodeNameOf(net, told.proposer ?? "") ?? told.proposer;
      return `${name} submitted by ${who}, ${range}, ${told.powerPct} %, ${until}`;
    }
    case "attested":
      return `${name} signed by seat ${told.seats.join(", ")} too`;
    case "challenged":
      return `${name} challenged: koma proof status ${told.challenge}`;
    case "rejected":
      return `${name} rejected, with all after it`;
    case "final":
      return `${name} final`;
    case "trouble":
      return `${told.why} Trying on.`;
    default:
      return told.why ?? "";
  }
}
