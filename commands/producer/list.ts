import {
  type Ctx,
  type ElectionState,
  Flags,
  KomaCommand,
  type NetClient,
  openRootChain,
  percentOf,
  readElection,
  seatName,
} from "../../src/cli/index.ts";
import type { NomineeRecord, ProducerSeat, RootChain } from "../../src/rootchain/index.ts";

const SETS = ["current", "next", "pool", "all"] as const;
/** Newest blocks whose producers are counted. */
const RECENT_BLOCKS = 64;
/** Newest checkpoints that attendance is counted over. */
const RECENT_CHECKPOINTS = 32;

export interface ListedProducer {
  /** Null for a foundation producer. */
  readonly id: string | null;
  readonly name: string | null;
  readonly producerKey: string;
  /** Place in the set in force; null when it is not in it. */
  readonly seat: number | null;
  /** `producing`: in force now. `elected`: in an announced set. `standby`: takes the next free seat. `nominee`: stands. */
  readonly state: "producing" | "elected" | "standby" | "nominee";
  readonly bondWei: string;
  /** Share of the newest live checkpoints that its validator signed; null before there is one. */
  readonly uptimePct: number | null;
  /** Of the newest blocks, those that it sealed. */
  readonly blocks: number;
  readonly location: string | null;
  readonly tenuresServed: number;
  readonly slashes: number;
  readonly replacements: number;
}

export default class ProducerList extends KomaCommand<readonly ListedProducer[]> {
  static override kind = "producer.list";
  static override summary = "List block producers, those elected, stand-bys and nominees.";
  static override description =
    `Blocks counts the newest ${RECENT_BLOCKS} blocks; uptime is the share of the newest ${RECENT_CHECKPOINTS} checkpoints that the validator signed.
--set: current is in force, next is announced, pool are the stand-bys.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --set current --json",
  ];
  static override flags = {
    set: Flags.option({ options: SETS })({
      summary: "Which of them.",
      default: "all" as const,
      env: "KOMA_PRODUCER_SET",
    }),
  };

  async execute(ctx: Ctx): Promise<readonly ListedProducer[]> {
    const { flags } = await this.parse(ProducerList);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const root = await openRootChain(net);
    const [state, nominees] = await Promise.all([readElection(root), root.elections.nominees()]);
    const seats = seatsOfSet(flags.set, state, nominees);
    const [sealed, attendance] = await Promise.all([recentBlocks(net), recentAttendance(net, root)]);
    const listed = seats.map((seat): ListedProducer => {
      const nominee = nominees.find(({ id, key }) => id === seat.id || key === seat.key);
      const place = state.current.findIndex(({ key }) => key === seat.key);
      return {
        id: nominee?.id.toString() ?? null,
        name: seatName(net, seat.key, nominee?.owner),
        producerKey: seat.key,
        seat: place < 0 ? null : place,
        state: stateOfSeat(seat, state),
        bondWei: (nominee?.stake ?? 0n).toString(),
        uptimePct: attendance(seat),
        blocks: sealed.get(seat.key) ?? 0,
        location: nominee?.criteria.country ?? null,
        tenuresServed: nominee?.tenuresServed ?? 0,
        slashes: nominee?.slashes ?? 0,
        replacements: nominee?.replacements ?? 0,
      };
    });
    if (listed.length === 0) ctx.out.line(EMPTY[flags.set]);
    else {
      ctx.out.table(
        [
          { title: "#", align: "right" },
          { title: "name" },
          { title: "state" },
          { title: "seat", align: "right" },
          { title: "bond KMC", align: "right" },
          { title: "blocks", align: "right" },
          { title: "uptime", align: "right" },
          { title: "location", optional: true },
        ],
        listed.map((producer) => [
          producer.id ?? "-",
          producer.name ?? producer.producerKey,
          producer.state,
          producer.seat === null ? "" : String(producer.seat),
          formatAmount(BigInt(producer.bondWei)),
          String(producer.blocks),
          producer.uptimePct === null ? "-" : `${producer.uptimePct} %`,
          producer.location ?? "",
        ]),
      );
    }
    return listed;
  }
}

const EMPTY: Readonly<Record<(typeof SETS)[number], string>> = {
  current: "nobody produces",
  next: "no other set is announced",
  pool: "there are no stand-bys",
  all: "there are neither producers nor nominees",
};

function seatsOfSet(
  set: (typeof SETS)[number],
  { current, newest, now }: ElectionState,
  nominees: readonly NomineeRecord[],
): readonly ProducerSeat[] {
  const announced = newest.from > now ? newest.members : [];
  if (set === "current") return current;
  if (set === "next") return announced;
  if (set === "pool") return newest.standby;
  const everybody = [...current, ...announced, ...newest.standby, ...nominees.map(({ id, key }) => ({ id, key }))];
  return everybody.filter(({ key }, index) => everybody.findIndex((other) => other.key === key) === index);
}

function stateOfSeat({ key }: ProducerSeat, { current, newest }: ElectionState): ListedProducer["state"] {
  const among = (seats: readonly ProducerSeat[]): boolean => seats.some((seat) => seat.key === key);
  if (among(current)) return "producing";
  if (among(newest.members)) return "elected";
  return among(newest.standby) ? "standby" : "nominee";
}

async function recentBlocks(net: NetClient): Promise<ReadonlyMap<string, number>> {
  const { createRpcClient } = await import("../../src/rpc/index.ts");
  const rpc = createRpcClient(net.rpcUrl());
  const head = Number(BigInt((await rpc.request("eth_blockNumber", [])) as string));
  const numbers = Array.from({ length: Math.min(head, RECENT_BLOCKS) }, (_, back) => head - back);
  const blocks = await Promise.all(
    numbers.map((number) => rpc.request("eth_getBlockByNumber", [`0x${number.toString(16)}`, false])),
  );
  const sealed = new Map<string, number>();
  for (const block of blocks as readonly ({ readonly miner: string } | null)[]) {
    if (block) sealed.set(block.miner.toLowerCase(), (sealed.get(block.miner.toLowerCase()) ?? 0) + 1);
  }
  return sealed;
}

async function recentAttendance(net: NetClient, root: RootChain): Promise<(seat: ProducerSeat) => number | null> {
  const chainId = BigInt(net.chainId);
  const [validators, head] = await Promise.all([root.stakes.validators(), root.checkpoints.head(chainId)]);
  const from = head.number > BigInt(RECENT_CHECKPOINTS) ? head.number - BigInt(RECENT_CHECKPOINTS) : 1n;
  const recent = await root.checkpoints.list(chainId, from, RECENT_CHECKPOINTS);
  return ({ id, key }) => {
    const validator = validators.find((one) => one.id === id || one.signer === key);
    const due = recent.filter(({ epoch }) => validator !== undefined && epoch >= validator.activationEpoch);
    const signed = due.filter(({ signerBitmap }) => ((signerBitmap >> BigInt(validator?.seat ?? 0)) & 1n) === 1n);
    return due.length === 0 ? null : percentOf(BigInt(signed.length), BigInt(due.length));
  };
}
