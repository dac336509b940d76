import { renderToString } from "ink";
import { render } from "ink-testing-library";
import { expect, test } from "vitest";
import type { RecentBlock } from "../recent-blocks.ts";
import type { DevnetReport } from "../report.ts";
import { Dashboard } from "./dashboard.tsx";
import { LiveDashboard } from "./live-dashboard.tsx";

const nowMs = Date.parse("2026-01-01T00:03:20.000Z");

const node = (name: string, state: string, finalized: number, port: number) => ({
  name,
  roles: ["validator", "producer"],
  state,
  pid: 1,
  rpcUrl: `http://127.0.0.1:${port}`,
  height: finalized + 1,
  finalized,
  peers: 2,
  restarts: 0,
});

const block = (number: number, confidence: number | null, ageMs: number): RecentBlock => ({
  number,
  hash: `0x${number.toString(16).padStart(64, "0")}`,
  parentHash: `0x${(number - 1).toString(16).padStart(64, "0")}`,
  producer: `validator-${number % 2}`,
  txs: number % 3,
  time: new Date(nowMs - ageMs).toISOString(),
  confidence,
});

const report: DevnetReport = {
  name: "demo",
  status: "ready",
  startedAt: "2026-01-01T00:00:00.000Z",
  chains: [
    {
      id: 80401,
      name: "main",
      rpcUrl: "http://127.0.0.1:22100",
      height: 37,
      finalized: 35,
      hash: "0x",
      producer: "validator-1",
      checkpoint: { number: 2, start: 17, end: 32, state: "pending" },
    },
  ],
  nodes: [node("validator-0", "ready", 34, 22100), node("validator-1", "ready", 34, 22110)],
  l1: { chainId: 31337, rpcUrl: "", height: 12, pid: 5 },
  blocks: [block(37, null, 0), block(36, 0.25, 2_000), block(35, 0.375, 4_000), block(34, 0.875, 65_000)],
  blocksSeenBy: "validator-0",
  load: { tps: 1, finalityLag: 2, nodes: [] },
  faults: [],
  troubles: [],
};

const sick: DevnetReport = {
  ...report,
  status: "degraded",
  nodes: [node("validator-0", "ready", 34, 22100), { ...node("validator-1", "crashed", 20, 22110), restarts: 3 }],
  faults: [
    {
      handle: "f1",
      kind: "bad-nonce",
      nodes: ["validator-0"],
      collude: ["validator-1"],
      at: null,
      times: 1,
      params: {},
      until: null,
    },
  ],
  troubles: ["validator-1 has crashed (exit code 7)"],
};

function draw(shown: DevnetReport, columns: number, rows = 24): string {
  const hints = ["q or Ctrl-C leave", "│ final at 1/3", "┆ 1/2, 3/4, 7/8", "blocks as validator-0 sees them"];
  return renderToString(<Dashboard {...{ report: shown, nowMs, columns, rows, color: false, hints }} />, { columns });
}

test("at 50 columns a node has its state and heights, a block its bar", () => {
  expect(draw(report, 50)).toMatchInlineSnapshot(`
    "demo ready  up 3 min
    chain 80401 main · final block 35 · head 37
    checkpoint 2 (blocks 17 to 32) pending
    root chain 31337 block 12

    node         state  final  head  peers
    validator-0  ready     34    35      2
    validator-1  ready     34    35      2

    block  producer       age  confidence
       37  validator-1    0 s  ·····│·┆···┆·┆·       –
       36  validator-0    2 s  ███▊·│·┆···┆·┆·  25.0 %
       35  validator-1    4 s  █████▋·┆···┆·┆·  37.5 %
       34  validator-0  1 min  █████████████▏·  87.5 %

    q or Ctrl-C leave · │ final at 1/3"
  `);
});

test("at 80 columns there are the nodes' addresses and the mark that a block reached", () => {
  expect(draw(report, 80)).toMatchInlineSnapshot(`
    "demo ready  up 3 min
    chain 80401 main · final block 35 · head 37
    checkpoint 2 (blocks 17 to 32) pending · root chain 31337 block 12

    node         state  final  head  peers  rpc
    validator-0  ready     34    35      2  http://127.0.0.1:22100
    validator-1  ready     34    35      2  http://127.0.0.1:22110

    block  producer     txs    age  confidence
       37  validator-1    1    0 s  ·······│···┆·····┆··┆··       –
       36  validator-0    0    2 s  █████▊·│···┆·····┆··┆··  25.0 %
       35  validator-1    2    4 s  ████████▋··┆·····┆··┆··  37.5 %  final
       34  validator-0    1  1 min  ████████████████████▏··  87.5 %  final, ≥ 87.5 %

    q or Ctrl-C leave · │ final at 1/3 · ┆ 1/2, 3/4, 7/8"
  `);
});

test("at 120 columns nothing is left out", () => {
  expect(draw(report, 120)).toMatchInlineSnapshot(`
    "demo ready  up 3 min
    chain 80401 main · final block 35 · head 37 · checkpoint 2 (blocks 17 to 32) pending · root chain 31337 block 12

    node         state  final  head  peers  rpc                     roles
    validator-0  ready     34    35      2  http://127.0.0.1:22100  validator, producer
    validator-1  ready     34    35      2  http://127.0.0.1:22110  validator, producer

    block  producer     txs    age  confidence
       37  validator-1    1    0 s  ·············│······┆·········┆····┆····       –
       36  validator-0    0    2 s  ██████████···│······┆·········┆····┆····  25.0 %
       35  validator-1    2    4 s  ███████████████·····┆·········┆····┆····  37.5 %  final
       34  validator-0    1  1 min  ███████████████████████████████████┆····  87.5 %  final, ≥ 87.5 %

    q or Ctrl-C leave · │ final at 1/3 · ┆ 1/2, 3/4, 7/8 · blocks as validator-0 sees them"
  `);
});

test("a crash, restarts and faults are told", () => {
  expect(draw(sick, 80)).toMatchInlineSnapshot(`
    "demo degraded  up 3 min
    chain 80401 main · final block 35 · head 37
    checkpoint 2 (blocks 17 to 32) pending · root chain 31337 block 12

    node         state    final  head  peers  restarts  rpc
    validator-0  ready       34    35      2         0  http://127.0.0.1:22100
    validator-1  crashed     20    21      2         3  http://127.0.0.1:22110

    block  producer     txs    age  confidence
       37  validator-1    1    0 s  ·······│···┆·····┆··┆··       –
       36  validator-0    0    2 s  █████▊·│···┆·····┆··┆··  25.0 %
       35  validator-1    2    4 s  ████████▋··┆·····┆··┆··  37.5 %  final
       34  validator-0    1  1 min  ████████████████████▏··  87.5 %  final, ≥ 87.5 %

    ! validator-1 has crashed (exit code 7)
    fault f1: bad-nonce by validator-0, with validator-1

    q or Ctrl-C leave · │ final at 1/3 · ┆ 1/2, 3/4, 7/8"
  `);
});

test("a devnet that is down shows what was last known, and what to do", () => {
  const troubles = ["the devnet is stopped", "goes on here after: koma devnet up --name demo"];
  const nodes = report.nodes.map((each) => ({ ...each, state: "stopped", pid: null, peers: 0 }));
  const stopped = { ...report, status: "stopped", startedAt: null, nodes, blocks: [], blocksSeenBy: null, troubles };
  expect(draw(stopped, 50)).toMatchInlineSnapshot(`
    "demo stopped
    chain 80401 main · final block 35 · head 37
    checkpoint 2 (blocks 17 to 32) pending
    root chain 31337 block 12

    node         state    final  head  peers
    validator-0  stopped     34    35      0
    validator-1  stopped     34    35      0

    ! the devnet is stopped
    ! goes on here after: koma devnet up --name demo

    q or Ctrl-C leave · │ final at 1/3"
  `);
});

test("a devnet that comes up shows no blocks and no heights", () => {
  const chains = report.chains.map((chain) => ({ ...chain, height: 0, finalized: 0, checkpoint: null }));
  const young = { ...report, status: "starting", chains, blocks: [], l1: { ...report.l1, height: 0 } };
  expect(draw(young, 80).split("\n").slice(0, 2)).toEqual([
    "demo starting  up 3 min",
    "chain 80401 main · root chain 31337",
  ]);
});

test.each([20, 50, 80, 120])(
  "no line is longer than %i columns and none wraps, whatever there is to tell",
  (columns) => {
    const many = Array.from({ length: 16 }, (_, index) => ({
      ...node(`a-validator-with-a-long-name-${index}`, index === 15 ? "crashed" : "ready", 1_000_000 + index, 22_100),
      restarts: index,
    }));
    const troubles = Array.from({ length: 9 }, (_, index) => `${"long ".repeat(40)}${index}`);
    const lines = draw({ ...sick, nodes: many, troubles }, columns).split("\n");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThan(24);
    if (columns >= 50) expect(lines.join("\n")).toContain("crashed");
  },
);

test("colours are left out when they are not wanted", () => {
  const frame = (color: boolean): string =>
    renderToString(<Dashboard {...{ report: sick, nowMs, columns: 80, rows: 24, color, hints: ["q leaves"] }} />);
  expect(frame(false)).not.toContain("\u001b");
});

test.each([
  { key: "q", input: "q" },
  { key: "Ctrl-C", input: "\u0003" },
])("$key leaves", ({ input }) => {
  let left = 0;
  const view = render(<LiveDashboard report={report} color={false} over={false} onLeave={() => left++} />);
  view.stdin.write("x");
  expect(left).toBe(0);
  view.stdin.write(input);
  expect(left).toBe(1);
  view.unmount();
});

test("hints go when the view is over", () => {
  const props = { report, color: false, onLeave: () => {} };
  const view = render(<LiveDashboard {...props} over={false} />);
  expect(view.lastFrame()).toContain("q or Ctrl-C leave");
  view.rerender(<LiveDashboard {...props} over />);
  expect(view.lastFrame()).not.toContain("leave");
  view.unmount();
});
