import { describe, expect, it } from "vitest";
import { chainOf, submit } from "../../test/support/archived-blocks.ts";
import { alice, sign } from "../../test/support/chain-fixture.ts";
import { EnvironmentError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { type Timestamp, zeroAddress, zeroHash } from "../primitives/index.ts";
import { walkList } from "../proofs/index.ts";
import type { DataDemands, Demand, OpenedDemand } from "../rootchain/index.ts";
import { createDataAnswers } from "./data-answers.ts";

const transactions = Array.from({ length: 100 }, (_, nonce) =>
  sign(alice, { nonce: BigInt(nonce), to: alice.address, data: new Uint8Array(2_000).fill(1) }),
);
const blocks = chainOf(8, "data", { 2: { transactions } });
const checkpoint = submit(blocks, 1n, 0n, 7n);
const { size } = walkList(transactions.map(({ raw }) => raw));

const demand: Demand = {
  chainId: checkpoint.chainId,
  number: 1n,
  structHash: zeroHash,
  block: 2n,
  part: "txs",
  from: 0,
  to: size,
  offenceId: zeroHash,
  demander: zeroAddress,
  escrow: 1n,
  deadline: 1_000n,
};

/** A court with one demand, whose checkpoint is held until the node has shown the data; `fails` is what it says first. */
function serve(opened: OpenedDemand, shows: boolean, fails: readonly Error[] = []) {
  const failures = [...fails];
  const said: string[] = [];
  let shown = 0;
  let held = true;
  let now = 0;
  const unused = () => Promise.reject(new Error("not asked for"));
  const demands = {
    address: zeroAddress,
    shown: async () => ({ shown, demandedTo: size, ended: shown >= size }),
    async respond(_: OpenedDemand, chunk: { readonly nodes: readonly string[] }) {
      const failure = failures.shift();
      if (failure) throw failure;
      shown += chunk.nodes.reduce((sum, node) => sum + (node.length - 2) / 2, 0);
      said.push("respond");
    },
    stateOf: async () => (shown >= size ? "answered" : "open"),
    docket: async () => ({ held, open: 0, heldUntil: -1n }),
    async release() {
      said.push("release");
      held = false;
    },
    conclude: unused,
  } as unknown as DataDemands;
  const abort = new AbortController();
  const answers = createDataAnswers({
    rootChain: {
      checkpoints: { checkpoint: async () => checkpoint, checkpointCovering: async () => checkpoint },
      demands,
      structHash: async () => zeroHash,
      open: async () => [opened],
    },
    block(number) {
      // Time is over once it was asked for something that it does not show.
      if (!shows) now = 2_000_000;
      return shows ? blocks[Number(number)] : undefined;
    },
    clock: { now: () => now as Timestamp },
    logger: silentLogger,
    signal: abort.signal,
  });
  return { answers, said, abort };
}

describe("a validator of whom data is demanded", () => {
  it("shows it in as many transactions as it takes, and lets the checkpoint go", async () => {
    const { answers, said } = serve({ id: 1n, demand }, true);
    answers.demanded({ id: 1n, demand });
    answers.demanded({ id: 1n, demand });
    await answers.stopped();
    expect(said).toEqual(["respond", "respond", "respond", "release"]);
  });

  it("takes up what was demanded while it was away, and tries again when the root chain was", async () => {
    const away = new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "Nobody answers.");
    const { answers, said } = serve({ id: 3n, demand }, true, [away]);
    answers.start();
    await answers.stopped();
    await answers.stopped();
    expect(said.at(-1)).toBe("release");
  });

  it("says nothing when it withholds the block, or the checkpoint is gone", async () => {
    const withholding = serve({ id: 1n, demand }, false);
    withholding.answers.demanded({ id: 1n, demand });
    await withholding.answers.stopped();
    expect(withholding.said).toEqual([]);

    const gone = serve({ id: 1n, demand }, true);
    gone.answers.demanded({ id: 1n, demand: { ...demand, structHash: `0x${"11".repeat(32)}` as never } });
    await gone.answers.stopped();
    expect(gone.said).toEqual([]);
  });
});
