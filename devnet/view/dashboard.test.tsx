import { render } from "ink-testing-library";
import { expect, test } from "vitest";
import type { DevnetReport } from "../report.ts";
import { Dashboard } from "./dashboard.tsx";

const node = (name: string, state: string, finalized: number) => ({
  name,
  roles: ["validator"],
  state,
  pid: 1,
  rpcUrl: "",
  height: finalized + 1,
  finalized,
  peers: 2,
  restarts: 0,
});

const report: DevnetReport = {
  name: "demo",
  status: "degraded",
  chains: [
    {
      id: 80401,
      name: "main",
      rpcUrl: "",
      height: 35,
      finalized: 34,
      hash: "0x",
      producer: "validator-1",
      checkpoint: { number: 2, start: 17, end: 32, state: "submitted" },
    },
  ],
  nodes: [node("validator-0", "ready", 34), node("validator-1", "crashed", 20)],
  l1: { chainId: 31337, rpcUrl: "", height: 12, pid: 5 },
  faults: [
    {
      handle: "f1",
      kind: "bad-nonce",
      nodes: ["validator-0"],
      collude: [],
      at: null,
      times: 1,
      params: {},
      until: null,
    },
  ],
  troubles: ["validator-1 has crashed (exit code 7)"],
};

test("the view shows the chain, every node, the faults and what is wrong", () => {
  expect(render(<Dashboard report={report} />).lastFrame()).toMatchInlineSnapshot(`
    "demo degraded   root chain 31337 block 12
    chain 80401 main: final 34, head 35, last by validator-1, checkpoint 2 submitted

    validator-0    ready     final     34  head     35  peers  2
    validator-1    crashed   final     20  head     21  peers  2
    fault f1: bad-nonce by validator-0
    ! validator-1 has crashed (exit code 7)"
  `);
});
