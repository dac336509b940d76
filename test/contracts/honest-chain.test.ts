import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchivedBlock, SubmittedCheckpoint } from "../../src/checkpoint/index.ts";
import { craftChallenge, type Fault, findFaults } from "../../src/fraud/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";
import { temporaryDirectories } from "../support/chain-fixture.ts";
import { createPrng, type Prng } from "../support/prng.ts";
import { type Anvil, startAnvil } from "./anvil.ts";
import { type CheckpointedChain, openCheckpointedChain } from "./checkpointed-chain.ts";
import { MUTATIONS, mutate } from "./mutations.ts";
import { chainId, connectAs, deployTestRoot, stakeValidators } from "./root-network.ts";

/** `KOMA_FUZZ_BLOCKS=10000 KOMA_FUZZ_SEED=2 npx vitest run --project contracts test/contracts/honest-chain.test.ts`. */
const BLOCKS = Number(process.env["KOMA_FUZZ_BLOCKS"] ?? 32);
const SEED = Number(process.env["KOMA_FUZZ_SEED"] ?? 1);
const PER_CHECKPOINT = 16;

const reason = "";

/** What somebody could claim about every transaction, receipt and log of a checkpoint, and about pairs of them. */
async function claims(
  given: CheckpointedChain,
  checkpoint: SubmittedCheckpoint,
  prng: Prng,
): Promise<readonly Fault[]> {
  const all: Fault[] = [];
  let before: { block: bigint; index: number } | undefined;
  let tokenLog: { block: bigint; index: number; log: number } | undefined;
  for (let block = checkpoint.start; block <= checkpoint.end; block++) {
    const archived = await given.archive.block(block);
    if (!archived) throw new Error(`block ${block} is missing`);
    if (block > 0n) {
      all.push({ type: "block-sequence", block, reason }, { type: "block-producer", block, reason });
      all.push({ type: "banned-block", block, hash: archived.block.hash });
    }
    for (const [index, { sender, nonce, to }] of archived.block.transactions.entries()) {
      const second = { block, index };
      all.push({ type: "bad-transaction", ...second, reason }, { type: "bad-receipt", ...second, reason });
      if (to === given.token || prng.next() < 0.2) {
        all.push({ type: "erc20-transfer", ...second, token: given.token, reason, earlier: tokenLog });
      }
      const logs = archived.receipts[index]?.logs ?? [];
      for (const log of logs.keys()) all.push({ type: "erc20-log", ...second, log, reason });
      if (before) {
        const pair = { sender, first: before, second, firstNonce: nonce, secondNonce: nonce };
        all.push({ type: "duplicate-nonce", ...pair }, { type: "nonce-mismatch", ...pair });
      }
      if (!before || prng.next() < 0.5) before = second;
      const own = logs.findIndex(({ address }) => address === given.token);
      if (own >= 0) tokenLog = { ...second, log: own };
    }
  }
  return all;
}

/** AT-34 of the attack catalogue. */
describe("every verifier", () => {
  const directories = temporaryDirectories();
  const prng = createPrng(SEED);
  let anvil: Anvil;
  let client: RootChain;
  let given: CheckpointedChain;

  beforeAll(async () => {
    // Old blocks stay provable: nothing here waits for finality.
    anvil = await startAnvil();
    const root = await deployTestRoot(anvil);
    await stakeValidators(anvil, root);
    client = connectAs(anvil, root, 4);
    given = await openCheckpointedChain({ anvil, root, client, directory: directories.create(), prng });
  });
  afterAll(async () => {
    given?.close();
    directories.cleanUp();
    await anvil.stop();
  });

  const rules = () => ({
    chainId,
    banned: () => false,
    rootTokenOf: (child: string) => (child === given.token ? given.rootToken : undefined),
  });

  const outcome = async (fault: Fault): Promise<string> => {
    const { kind, evidence } = await craftChallenge(given.archive, fault, 128n);
    return client.challenges.judge(kind, evidence).then(
      () => "convicted",
      (error: { detail?: { facts?: { contractError?: string } } }) =>
        error.detail?.facts?.contractError ?? String(error),
    );
  };

  it(
    `refuses every claim about ${BLOCKS} honest blocks of random traffic, and no finder makes one`,
    async () => {
      let judged = 0;
      let transactions = 0;
      for (let done = 0; done < BLOCKS; done += PER_CHECKPOINT) {
        const checkpoint = await given.grow(Math.min(PER_CHECKPOINT, BLOCKS - done));
        const blocks: ArchivedBlock[] = [];
        for (let block = checkpoint.start; block <= checkpoint.end; block++) {
          const archived = await given.archive.block(block);
          if (archived) blocks.push(archived);
        }
        transactions += blocks.reduce((sum, { block }) => sum + block.transactions.length, 0);
        expect(findFaults({ blocks, checkpoint, rules: rules() })).toEqual([]);
        const faults = await claims(given, checkpoint, prng);
        for (let from = 0; from < faults.length; from += 16) {
          const some = faults.slice(from, from + 16);
          const outcomes = await Promise.all(some.map(outcome));
          // What is claimed and what came of it: a conviction names its seed and its place.
          expect(
            some.filter((_, i) => outcomes[i] !== "NotFraud").map((fault, i) => ({ fault, outcome: outcomes[i] })),
          ).toEqual([]);
          judged += some.length;
        }
      }
      console.info(`seed ${SEED}: ${BLOCKS} blocks, ${transactions} transactions, ${judged} claims refused`);
      expect(transactions).toBeGreaterThan(BLOCKS);
    },
    Math.max(120_000, BLOCKS * 2_000),
  );

  it("convicts when one field of a valid block is another, each as its own kind", async () => {
    const honest: ArchivedBlock[] = [];
    for (let block = 1n; block < given.next(); block++) {
      const archived = await given.archive.block(block);
      if (archived) honest.push(archived);
    }
    const mutants = MUTATIONS.map((mutation, i) =>
      mutate({ mutation, prng, honest, token: given.token, number: given.next() + BigInt(i) }),
    );
    const checkpoint = await given.forge(mutants.map(({ archived }) => archived));
    const convicted = await Promise.all(mutants.map(async ({ fault }) => outcome(fault)));
    expect(
      mutants
        .filter((_, i) => convicted[i] !== "convicted")
        .map(({ name, fault }, i) => ({ name, fault, outcome: convicted[i] })),
    ).toEqual([]);
    // And the finder sees those that a node can show.
    for (const { archived, fault, name, readable } of mutants) {
      if (!readable) continue;
      const found = findFaults({ blocks: [archived], checkpoint, rules: rules() });
      expect(
        found.map(({ type }) => type),
        name,
      ).toContain(fault.type);
    }
  });
});
