// `npm run bench:slash`: how long from the order to cheat until the guilty have lost stake, for every kind of fraud that a
// node of a devnet can commit. Real processes, a real root chain, one devnet for each kind, one after the other.
//
//   npm run bench:slash
//   npm run bench:slash -- --behaviours nonce-gap,double-vote
import { setTimeout as after } from "node:timers/promises";
import { parseArgs } from "node:util";
import { koma, komaVersion, type RunningDevnet, tryKoma, withHome } from "./devnet.ts";
import { machine } from "./machine.ts";

interface Row {
  readonly behaviour: string;
  readonly type: string;
  readonly kind: number;
  /** Who does it; default: one validator, with as many accomplices as it takes. */
  readonly node?: string;
  /** A deposit of a user that comes before the order, or after it. */
  readonly deposit?: "before" | "after";
  /** How often, or to how many blocks; default once. */
  readonly times?: number;
  /** What has to be convicted before, of that kind. */
  readonly following?: { readonly behaviour: string; readonly type: string };
}

const ROWS: readonly Row[] = [
  { kind: 1, type: "block-sequence", behaviour: "bad-parent" },
  { kind: 2, type: "block-leaf", behaviour: "leaf-field" },
  { kind: 1, type: "block-sequence", behaviour: "time-warp" },
  { kind: 3, type: "block-producer", behaviour: "wrong-producer" },
  { kind: 3, type: "block-producer", behaviour: "bad-seal" },
  {
    kind: 4,
    type: "banned-block",
    behaviour: "banned-block",
    following: { behaviour: "wrong-producer", type: "block-producer" },
  },
  { kind: 5, type: "duplicate-nonce", behaviour: "bad-nonce" },
  { kind: 6, type: "nonce-mismatch", behaviour: "bad-nonce" },
  { kind: 7, type: "nonce-gap", behaviour: "nonce-gap" },
  { kind: 8, type: "bad-transaction", behaviour: "tip-above-fee" },
  { kind: 9, type: "bad-receipt", behaviour: "log-forge" },
  { kind: 10, type: "deposit-mismatch", behaviour: "deposit-phantom" },
  { kind: 11, type: "deposit-duplicate", behaviour: "deposit-twice", deposit: "before" },
  { kind: 12, type: "erc20-transfer", behaviour: "erc20-amount" },
  { kind: 13, type: "erc20-log", behaviour: "erc20-output" },
  { kind: 14, type: "utxo-continuity", behaviour: "erc20-input" },
  { kind: 15, type: "utxo-gap", behaviour: "seq-skip" },
  { kind: 17, type: "unavailable", behaviour: "withhold-block", node: "*" },
  { kind: 17, type: "unavailable", behaviour: "withhold-receipts", node: "*", times: 60, deposit: "after" },
  { kind: 18, type: "deposit-skipped", behaviour: "deposit-skip", node: "all", deposit: "after" },
  { kind: 19, type: "cross-receive", behaviour: "cross-twice" },
  { kind: 20, type: "checkpoint-equivocation", behaviour: "double-vote" },
  { kind: 21, type: "consensus-equivocation", behaviour: "equivocate" },
];

/** Kind 17 has a court only where a network asks for it. */
const DATA = "chains[0].checkpoint.data=20s";

const { values } = parseArgs({ options: { behaviours: { type: "string" } } });
const wanted = values.behaviours?.split(",");
const LIMIT_MS = 180_000;

interface Challenge {
  readonly state: string;
  readonly challenge: string | null;
  readonly bountyWei: string | null;
  readonly slashed: readonly object[];
}

interface Outcome {
  readonly behaviour: string;
  readonly kind: number;
  readonly type: string;
  readonly seconds: number;
  readonly seats: number;
  readonly bountyWei: string;
}

function measure({
  behaviour,
  type,
  kind,
  node = "validator-0",
  deposit,
  times = 1,
  following,
}: Row): Promise<Outcome> {
  return withHome(async (home) => {
    await koma<RunningDevnet>(home, "devnet", "up", "--challenge-period", "60s", "--set", DATA);
    const paidIn = ["bridge", "deposit", "--amount", "1", "--from", "erin"];
    if (deposit === "before") await koma(home, ...paidIn, "--wait");
    if (following) {
      await koma(home, "devnet", "fault", "behave", node, following.behaviour, "--times", "1");
      await challenged(home, following.type);
    }
    const began = performance.now();
    const often = node === "all" ? [] : ["--times", `${times}`];
    await koma(home, "devnet", "fault", "behave", node, behaviour, ...often);
    if (deposit === "after") await koma(home, ...paidIn);
    const verdict = await challenged(home, type);
    const slashed = verdict.state === "opened" ? await conclude(home, verdict.challenge as string) : verdict;
    const seconds = (performance.now() - began) / 1000;
    if (slashed.slashed.length === 0) throw new Error(`${type} cost nobody anything`);
    return { behaviour, kind, type, seconds, seats: slashed.slashed.length, bountyWei: slashed.bountyWei ?? "0" };
  });
}

function challenged(home: string, type: string): Promise<Challenge> {
  return repeat(`${type} to be proven`, async () => {
    const run = await tryKoma<Challenge>(home, "proof", "challenge", type, "--from", "dave");
    return run.exitCode === 0 ? run.data : undefined;
  });
}

/** As soon as the time for answers is over. */
function conclude(home: string, challenge: string): Promise<Challenge> {
  return repeat(`challenge ${challenge} to be over`, async () => {
    const run = await tryKoma<Challenge>(home, "proof", "conclude", challenge, "--from", "dave");
    return run.exitCode === 0 ? run.data : undefined;
  });
}

async function repeat<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await after(250)) {
    const outcome = await attempt();
    if (outcome !== undefined) return outcome;
  }
  throw new Error(`waited ${LIMIT_MS / 1000} s for ${what}`);
}

console.info(`${await komaVersion()}, ${machine()}\n`);
console.info(
  "| kind | | behaviour | slashed after, s | seats | bounty, KMC |\n| ---: | --- | --- | ---: | ---: | ---: |",
);
const outcomes: Outcome[] = [];
for (const row of ROWS.filter(({ behaviour }) => !wanted || wanted.includes(behaviour))) {
  const outcome = await measure(row);
  outcomes.push(outcome);
  const { kind, type, behaviour, seconds, seats, bountyWei } = outcome;
  const bounty = Number(BigInt(bountyWei) / 10n ** 15n) / 1000;
  console.info(`| ${kind} | ${type} | ${behaviour} | ${seconds.toFixed(1)} | ${seats} | ${bounty} |`);
}
console.info(`\n${JSON.stringify(outcomes)}`);
