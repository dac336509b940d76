import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDoubleSealWatch, encodeHeader, outputId, readBalanceLog } from "../../src/chain/index.ts";
import {
  type ArchivedBlock,
  type CheckpointVote,
  createDoubleVoteWatch,
  createNetworkArchive,
  encodeVote,
  type SubmittedCheckpoint,
} from "../../src/checkpoint/index.ts";
import {
  craftChallenge,
  entriesOf,
  type Fault,
  findFaults,
  findFraud,
  type LogPosition,
  type ProvenFault,
  proveFraud,
  punish,
  readDeliveryLog,
  searchContradictions,
} from "../../src/fraud/index.ts";
import { createChainView } from "../../src/node/chain-view.ts";
import { createPaymentView } from "../../src/node/payment-view.ts";
import { createTransferLinks } from "../../src/node/transfer-links.ts";
import {
  addressOfKey,
  type Bytes,
  bytesToHex,
  keccakHash,
  signDigest,
  utf8,
  zeroHash,
} from "../../src/primitives/index.ts";
import { blockLeafOf } from "../../src/proofs/index.ts";
import { type Checkpoint, checkpointDigest, type RootChain, type RootDeployment } from "../../src/rootchain/index.ts";
import { alice, bob, carol, temporaryDirectories } from "../support/chain-fixture.ts";
import { createPrng, type Prng } from "../support/prng.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { type CheckpointedChain, openCheckpointedChain, sealer } from "./checkpointed-chain.ts";
import { MUTATIONS, mutate, resealed } from "./mutations.ts";
import { chainId, connectAs, deployTestRoot, stakeValidators } from "./root-network.ts";

/** `KOMA_FUZZ_BLOCKS=10000 KOMA_FUZZ_SEED=2 npx vitest run --project contracts test/contracts/honest-chain.test.ts`. */
const BLOCKS = Number(process.env["KOMA_FUZZ_BLOCKS"] ?? 32);
const SEED = Number(process.env["KOMA_FUZZ_SEED"] ?? 1);
/** Blocks before this one are made and not judged: to look again at what a long run found. */
const FROM = Number(process.env["KOMA_FUZZ_FROM"] ?? 0);
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
  const entries = new Map<string, LogPosition>();
  let delivered: { readonly at: LogPosition; readonly id: bigint } | undefined;
  let tokenLog: { block: bigint; index: number; log: number } | undefined;
  for (let block = checkpoint.start; block <= checkpoint.end; block++) {
    const archived = await given.archive.block(block);
    if (!archived) throw new Error(`block ${block} is missing`);
    all.push({ type: "block-leaf", block, reason });
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
      for (const [place, log] of logs.entries()) {
        const at = { ...second, log: place };
        const change = log.address === given.token ? readBalanceLog(log) : undefined;
        for (const { account } of change ? entriesOf(change) : []) {
          const first = entries.get(account);
          if (first) all.push({ type: "utxo-continuity", token: log.address, account, first, second: at, reason });
          if (!first || prng.next() < 0.7) entries.set(account, at);
        }
        const id = readDeliveryLog(log)?.id;
        if (id === undefined) continue;
        if (delivered) {
          all.push({ type: "deposit-duplicate", first: delivered.at, second: at, firstId: delivered.id, secondId: id });
        }
        delivered = { at, id };
      }
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
  let root: RootDeployment;
  let given: CheckpointedChain;

  beforeAll(async () => {
    // Old blocks stay provable: nothing here waits for finality.
    anvil = await startAnvil();
    root = await deployTestRoot(anvil);
    await stakeValidators(anvil, root);
    // A long run goes on beside other work, on the least priority: an answer that is late is no refusal.
    client = connectAs(anvil, root, 4, 600_000);
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

  async function honestBlocks(): Promise<readonly ArchivedBlock[]> {
    const blocks: ArchivedBlock[] = [];
    for (let block = 1n; block < given.next(); block++) {
      const archived = await given.archive.block(block);
      if (archived) blocks.push(archived);
    }
    return blocks;
  }

  const outcome = async (fault: Fault): Promise<string> => {
    const { kind, evidence } = await craftChallenge(given.archive, fault, 128n);
    try {
      await client.challenges.judge(kind, evidence);
      return "convicted";
    } catch (error) {
      const refusal = (error as { detail?: { facts?: { contractError?: string } } }).detail?.facts?.contractError;
      // Without a word of the contracts nothing was judged.
      if (refusal === undefined) throw error;
      return refusal;
    }
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
        if (checkpoint.end < FROM) continue;
        for (let from = 0; from < faults.length; from += 16) {
          const some = faults.slice(from, from + 16);
          const outcomes = await Promise.all(some.map(async (fault) => ({ fault, outcome: await outcome(fault) })));
          // What is claimed and what came of it: a conviction names its seed and its place.
          expect(outcomes.filter((each) => each.outcome !== "NotFraud")).toEqual([]);
          judged += some.length;
        }
        if (checkpoint.end % 1_000n < PER_CHECKPOINT) console.info(`block ${checkpoint.end}: ${judged} claims refused`);
      }
      console.info(`seed ${SEED}: ${BLOCKS} blocks, ${transactions} transactions, ${judged} claims refused`);
      expect(transactions).toBeGreaterThan(BLOCKS);
    },
    Math.max(120_000, BLOCKS * 2_000),
  );

  it("refuses what a node proves of two outputs of an honest chain, next to each other or apart", async () => {
    const { executor, store } = given.chain();
    const checkpoint = (await given.archive.checkpoint(1n)) as SubmittedCheckpoint;
    const opaque = { generation: 0n, structHash: zeroHash, seenAt: 0n, body: new Uint8Array(0) };
    store.checkpoints.put({ ...checkpoint, ...opaque });
    const payments = createPaymentView(createChainView(executor, store.blocks), store);
    const links = createTransferLinks({ chainId, payments, store });
    const outputs = [alice, bob, carol].map(({ address }) =>
      payments.history(given.token, address, 1_000).filter(({ block }) => block <= checkpoint.end),
    );
    const ids = (outputs.find(({ length }) => length > 2) ?? []).map((entry) => outputId(entry, entry));
    for (const [place, link] of ["follows", "apart"].entries()) {
      const proven = links.prove(ids[0] as string, ids[place + 1] as string);
      expect(proven.link).toBe(link);
      await expect(client.challenges.judge(14, proven.evidence)).rejects.toMatchObject({
        detail: { facts: { contractError: "NotFraud" } },
      });
    }
  });

  it("convicts when one field of a valid block is another, each as its own kind", async () => {
    const honest = await honestBlocks();
    const mutants = MUTATIONS.map((mutation, i) =>
      mutate({ mutation, prng, honest, token: given.token, number: given.next() + BigInt(i) }),
    );
    const checkpoint = await given.forge(mutants.map(({ archived }) => archived));
    const outcomes = await Promise.all(
      mutants.map(async ({ name, fault }) => ({ name, fault, outcome: await outcome(fault) })),
    );
    expect(outcomes.filter((each) => each.outcome !== "convicted")).toEqual([]);
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

  it("convicts of a leaf that is not its block's, found among what a signer shows", async () => {
    const [model] = await honestBlocks();
    const number = given.next();
    const block = resealed(model as ArchivedBlock, number, {});
    const { header } = block.block;
    const told = { ...block.block, header: { ...header, timestamp: header.timestamp + 1n } };
    const checkpoint = await given.forge([{ ...block, block: told }]);
    const source = { name: "signer", block: async () => block, leaves: async () => [blockLeafOf(told)] };
    const archive = createNetworkArchive([source], given.archive);
    const fraud = { chainId, archive, rules: rules(), graceBlocks: 128n };

    const { found, unread } = await findFraud(fraud, [checkpoint]);
    expect(unread).toEqual([]);
    expect(found.map(({ fault }) => fault.type)).toEqual(["block-leaf"]);
    const { proven } = await proveFraud(fraud, found, client.challenges.judge);
    const punishment = await punish(client, (proven as ProvenFault).challenge, AbortSignal.timeout(30_000));
    expect(punishment.slashed).toHaveLength(3);
    expect(await client.checkpoints.checkpoint(chainId, checkpoint.number)).toBeUndefined();
    // The block is honest; only what was said of it is not.
    expect(await client.checkpoints.isBanned(chainId, block.block.hash)).toBe(false);
  });

  it("convicts a staker that signed two contents for one range, found among what a node heard", async () => {
    const checkpoint = await slot();
    const other = { ...checkpoint, rootHash: keccakHash(utf8("something else")) };
    const voted = [checkpoint, other].map((content) => voteOf(content, key(2)));
    const heard = createDoubleVoteWatch();
    for (const vote of voted) heard.note(addressOfKey(key(2)), vote);
    expect(heard.found()).toHaveLength(1);
    const node = {
      evidence: async () => [],
      doubleVotes: async () => heard.found().map(({ first, second }) => ({ votes: [first, second].map(shown) })),
      doubleSeals: async () => [],
    };
    const search = () => searchContradictions(chainId, [node], client.challenges);
    const { proven } = await search();
    const seats = await client.stakes.activeSet();
    const guilty = seats.find(({ signer }) => signer === addressOfKey(key(2)));
    const punishment = await punish(
      client,
      (proven as NonNullable<typeof proven>).challenge,
      AbortSignal.timeout(30_000),
    );
    expect(punishment.slashed.map(({ seat }) => seat)).toEqual([guilty?.seat]);
    expect(await search()).toEqual({ found: 0, proven: undefined, refused: [] });
  });

  /** AT-37: what an honest staker signs after a failed round contradicts nothing. */
  it("refuses two votes for one content by different proposers", async () => {
    const checkpoint = await slot();
    const next = { ...checkpoint, proposer: addressOfKey(key(3)), epoch: checkpoint.epoch + 1n };
    const [first, second] = [checkpoint, next].map((content) => voteOf(content, key(2)));
    const node = {
      evidence: async () => [],
      doubleVotes: async () => [{ votes: [first, second].map((v) => shown(v as CheckpointVote)) }],
      doubleSeals: async () => [],
    };
    const { proven, refused } = await searchContradictions(chainId, [node], client.challenges);
    expect(proven).toBeUndefined();
    expect(refused).toHaveLength(1);
  });

  /** The last test: the producer is one no more. */
  it("convicts a producer that sealed two blocks of one second, and takes nothing back", async () => {
    // The others are of the tests above.
    const honest = (await honestBlocks()).slice(0, BLOCKS);
    const model = honest.at(-1) as ArchivedBlock;
    const again = resealed(model, model.block.header.number + 7n, {});
    const watch = createDoubleSealWatch(chainId);
    // No two of all the honest blocks contradict each other.
    for (const { block } of honest) expect(watch.note(block.header)).toBeUndefined();
    expect(watch.note(again.block.header)).toMatchObject({ producer: sealer.address });
    const node = {
      evidence: async () => [],
      doubleVotes: async () => [],
      doubleSeals: async () =>
        watch
          .found()
          .map(({ first, second }) => ({ headers: [first, second].map((h) => bytesToHex(encodeHeader(h))) })),
    };
    const before = await client.checkpoints.head(chainId);
    const { proven } = await searchContradictions(chainId, [node], client.challenges);
    const { challenge } = proven as NonNullable<typeof proven>;
    const punishment = await punish(client, challenge, AbortSignal.timeout(30_000));
    expect(punishment).toMatchObject({ producer: sealer.address, slashed: [] });
    expect(await client.checkpoints.head(chainId)).toMatchObject({
      number: before.number,
      generation: before.generation,
    });
    expect(await client.registry.producersAt(chainId, 2 ** 33)).toEqual([]);
    expect(await searchContradictions(chainId, [node], client.challenges)).toMatchObject({ found: 0 });
  });

  const shown = (vote: CheckpointVote) => bytesToHex(encodeVote(vote));

  function voteOf(checkpoint: Checkpoint, signerKey: Bytes): CheckpointVote {
    const domain = { rootChainId: root.chainId, contract: root.addresses.CheckpointManager };
    return { round: 0, checkpoint, signature: signDigest(checkpointDigest(checkpoint, domain), signerKey) };
  }

  /** The next checkpoint's place, with any content. */
  async function slot(): Promise<Checkpoint> {
    const { number, start, epoch, generation, prevCheckpoint, proposer } = await client.checkpoints.head(chainId);
    const content = {
      rootHash: keccakHash(utf8("root")),
      lastBlockHash: keccakHash(utf8("last")),
      accountHash: zeroHash,
    };
    return { chainId, number, epoch, generation, prevCheckpoint, proposer, start, end: start + 15n, ...content };
  }
});
