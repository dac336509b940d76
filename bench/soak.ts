// `npm run bench:soak`: a long run of four validators at 80 % of the load that they were found to carry.
//
//   npm run bench:soak -- --minutes 60
//   npm run bench:soak -- --minutes 3 --rate 100
import { setTimeout as after } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRpcClient } from "../src/rpc/index.ts";
import { koma, komaVersion } from "./devnet.ts";
import { drive } from "./drive.ts";
import { machine, processCost } from "./machine.ts";
import { startSoakLoad } from "./soak-load.ts";
import { judgeSoak, type SoakMinute, type SoakRun } from "./soak-verdict.ts";
import { quantile } from "./statistics.ts";
import { type Target, withKoma } from "./target.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    validators: { type: "string", default: "4" },
    /** Transactions a second; measured where it is not given. */
    rate: { type: "string" },
  },
});
const minutes = Number(values.minutes);

const SHARE = 0.8;
const MINUTE_MS = 60_000;
const LOOK_MS = 5_000;
/** Blocks of a checkpoint, as devnets have it. */
const CHECKPOINT_EVERY = 16;
/** Of a burst's rate; a steady load costs more, each transaction having a request of its own. */
const STEPS = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const STEP_S = 15;
const BURST = 5_000;
const CARRIED_P99_MS = 3_000;

interface Status {
  readonly finalized: { readonly number: string };
  readonly checkpoint: { readonly next: string | null; readonly nextStart: string | null };
}

/** The highest of some rates whose transactions are in a block within 3 s, 99 of 100. */
async function carried(target: Target): Promise<number> {
  const burst = (await drive(target, { kind: "transfer", rate: "max", count: BURST })).minedTps;
  let best = 0;
  for (const share of STEPS) {
    const rate = Math.round(burst * share);
    const { inclusionMs, acceptedTps } = await drive(target, { kind: "transfer", rate, count: rate * STEP_S });
    process.stdout.write(
      `${rate} a second for ${STEP_S} s: accepted ${acceptedTps.toFixed(0)}, inclusion p99 ${inclusionMs.p99.toFixed(0)} ms\n`,
    );
    if (inclusionMs.p99 >= CARRIED_P99_MS) break;
    best = rate;
  }
  if (best === 0)
    throw new Error(`the devnet does not carry ${STEPS[0]} of the ${burst.toFixed(0)} a second of a burst`);
  return best;
}

async function status(target: Target): Promise<{ readonly next: number; readonly waiting: number }> {
  const { finalized, checkpoint } = await createRpcClient(target.url).request<Status>("koma_status");
  const waiting = Number(finalized.number) + 1 - Number(checkpoint.nextStart ?? 0);
  return { next: Number(checkpoint.next ?? 0), waiting };
}

const pss = (pid: number) => processCost(pid).pssMib;

async function soak(target: Target, home: string, rate: number): Promise<SoakRun> {
  const load = await startSoakLoad(target, rate);
  const taken: SoakMinute[] = [];
  process.stdout.write(
    "| minute | sent | refused | inclusion p50 / p99 ms | MiB of each node | root chain MiB | checkpoints | final blocks waiting for one |\n" +
      "| ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |\n",
  );
  const begin = performance.now();
  for (let minute = 1; minute <= minutes; minute++) {
    let waitingBlocks = 0;
    let checkpoints = 0;
    while (performance.now() < begin + minute * MINUTE_MS) {
      const left = begin + minute * MINUTE_MS - performance.now();
      await Promise.race([after(Math.min(LOOK_MS, Math.max(0, left))), load.broken]);
      const now = await status(target);
      waitingBlocks = Math.max(waitingBlocks, now.waiting);
      checkpoints = now.next;
    }
    const rootChainMib = target.rootChainPid === undefined ? undefined : pss(target.rootChainPid);
    const one: SoakMinute = {
      ...load.take(),
      memoryMib: target.pids.map(pss),
      rootChainMib,
      checkpoints,
      waitingBlocks,
    };
    taken.push(one);
    const ms = (q: number) => quantile(one.inclusionMs, q).toFixed(0);
    process.stdout.write(
      `| ${minute} | ${one.sent} | ${one.refused} | ${ms(0.5)} / ${ms(0.99)} | ${one.memoryMib.map((mib) => mib.toFixed(0)).join(", ")} | ` +
        `${one.rootChainMib?.toFixed(0) ?? ""} | ${checkpoints} | ${waitingBlocks} |\n`,
    );
  }
  const lost = await load.finish();
  const rest = load.take();
  const last = taken.pop() as SoakMinute;
  const sent = last.sent + rest.sent;
  const refused = last.refused + rest.refused;
  taken.push({ ...last, sent, refused, inclusionMs: [...last.inclusionMs, ...rest.inclusionMs] });
  const listed = await koma<readonly { start: string; end: string; state: string }[]>(
    home,
    ...["checkpoint", "list", "--limit", "1000000"],
  );
  const checkpoints = listed
    .map(({ start, end, state }) => ({ start: BigInt(start), end: BigInt(end), state }))
    .sort((a, b) => Number(a.start - b.start));
  return { minutes: taken, checkpointEvery: CHECKPOINT_EVERY, checkpoints, lost };
}

process.stdout.write(`${await komaVersion()} on ${machine()}\n\n`);
const run = await withKoma(
  Number(values.validators),
  async (target, home) => {
    const most = values.rate === undefined ? await carried(target) : Number(values.rate) / SHARE;
    const rate = Math.round(most * SHARE);
    process.stdout.write(`\n${values.validators} validators, ${rate} transfers a second for ${minutes} minutes\n\n`);
    return soak(target, home, rate);
  },
  { set: [`chains[0].checkpoint.every=${CHECKPOINT_EVERY}`] },
);
const verdict = judgeSoak(run);
process.stdout.write(`\nmachine at the end: ${machine()}\n\n| criterion | found | |\n| --- | --- | --- |\n`);
for (const { name, found, met } of verdict) {
  process.stdout.write(`| ${name} | ${found} | ${met ? "met" : "**missed**"} |\n`);
}
if (verdict.some(({ met }) => !met)) process.exitCode = 1;
