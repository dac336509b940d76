// `npm run bench:gas`: what the root contracts charge, beside the figures of their design. A real anvil, the real contracts,
// signatures made here; every figure is the whole transaction's, as its sender pays it.
//
//   npm run bench:gas -- --signers 4,50,105,150
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { AbiCoder } from "ethers";
import {
  type Address,
  addressOfKey,
  bytesToHex,
  type Hash,
  type Hex,
  hashFromBytes,
  keccak256,
  keccakHash,
  utf8,
} from "../src/primitives/index.ts";
import { createBlockTree, proveBlock } from "../src/proofs/index.ts";
import type { RootChain, RootDeployment, SentTransaction } from "../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "../test/contracts/anvil.ts";
import { blocksWithBurn, nativeBurn } from "../test/contracts/burned-block.ts";
import { registerValidators, signerKey } from "../test/contracts/many-validators.ts";
import { chainId, connectAs, deployTestRoot, kmc, submitSigned } from "../test/contracts/root-network.ts";
import { openWorkChain, proveWork } from "../test/contracts/work-claim.ts";

const { values } = parseArgs({ options: { signers: { type: "string", default: "4,50,105,150" } } });

/** Gas that the root contracts design names; those it does not name are shown without. */
const DESIGN: Readonly<Record<string, string>> = {
  "checkpoint, 4 signers": "154 to 171 k",
  "checkpoint, 105 signers": "at most 900 k",
  "checkpoint, 150 signers": "at most 1,250 k",
  "startExit, native coin": "at most 350 k",
  "challenge, kind 2 (leaf and header)": "110 k and about 120 k for rollback and order",
  "executeSlash, 150 seats": "about 9 k a seat",
};

interface Row {
  readonly what: string;
  readonly gas: bigint;
}

const BLOCKS = 16n;
const HOUR = 3_600;
const ALICE = 4;
const notAHeader = utf8("these bytes are no header");
const blockProofType =
  "tuple(uint64 chainId,uint64 checkpoint,uint64 number,uint64 timestamp,bytes32 txRoot,bytes32 receiptsRoot,bytes32 blockHash,bytes32[] siblings)";

class Bench {
  readonly rows: Row[] = [];
  readonly #anvil: Anvil;
  readonly #root: RootDeployment;
  readonly #client: RootChain;
  #validators = 0;
  #next = 0n;

  constructor(anvil: Anvil, root: RootDeployment) {
    this.#anvil = anvil;
    this.#root = root;
    this.#client = connectAs(anvil, root, ALICE);
  }

  async run(counts: readonly number[]): Promise<void> {
    for (const count of counts) await this.#checkpoints(count);
    await this.#delegation();
    await this.#work();
    await this.#exits();
    await this.#challenge();
  }

  #note(what: string, sent: Pick<SentTransaction, "gasUsed">): void {
    this.rows.push({ what, gas: sent.gasUsed });
  }

  /** Two checkpoints, of which the second is counted: the first finds seats whose changes are still to be applied. */
  async #checkpoints(count: number): Promise<void> {
    await registerValidators(this.#anvil, this.#root, { from: this.#validators, to: count });
    if (this.#validators === 0) await connectAs(this.#anvil, this.#root, 0).stakes.begin();
    else await this.#anvil.pass(this.#root.params.epochLength);
    this.#validators = count;
    await this.#submit();
    this.#note(`checkpoint, ${count} signers`, await this.#submit());
  }

  /** Waits out the challenge period first, so that a submission also makes its predecessor final, as it does in practice. */
  async #submit(rootHash = keccakHash(utf8(`root ${this.#next}`)), lastBlockHash?: Hash) {
    await this.#anvil.pass(this.#root.params.challengePeriod + 1);
    const keys = Array.from({ length: this.#validators }, (_, index) => signerKey(index));
    const last = lastBlockHash === undefined ? {} : { lastBlockHash };
    const block = { start: this.#next, end: this.#next + BLOCKS - 1n, rootHash, ...last };
    this.#next += BLOCKS;
    return submitSigned(this.#root, this.#client, block, keys);
  }

  async #delegation(): Promise<void> {
    const { delegations, rewards, stakes } = this.#client;
    await this.#client.kmc.approve(stakes.address, kmc(1_000));
    this.#note("delegate", await delegations.delegate(1n, kmc(100)));
    await this.#anvil.pass(this.#root.params.epochLength);
    const { number } = await this.#submit();
    // The next one makes it final.
    await this.#submit();
    const account = this.#client.account as Address;
    const own = await rewards.claim({ id: 1n, chainId, from: number, to: number });
    const delegated = await rewards.claim({ id: 1n, chainId, account, from: number, to: number });
    for (const sent of own.transactions) this.#note("claimRewards, one checkpoint", sent);
    for (const sent of delegated.transactions) this.#note("claimDelegatorRewards, one checkpoint", sent);
    const shares = await delegations.sharesFor(1n, account, kmc(50));
    const left = await delegations.undelegate(1n, shares);
    this.#note("undelegate", left);
    await this.#anvil.pass(2 * HOUR);
    this.#note("claimUndelegated", await delegations.claimUndelegated(left.leaving?.nonce ?? 0n));
  }

  /** What a signer is paid for its work, from the state of a chain that is really run; the first time, and again. */
  async #work(): Promise<void> {
    const signer = addressOfKey(signerKey(0));
    const directory = mkdtempSync(join(tmpdir(), "koma-bench-"));
    // asked, came, expected, made, credit: in an order of size that a month leaves.
    const word = 1_000_000n | (990_000n << 40n) | (400_000n << 80n) | (100n << 120n) | ((10n ** 9n) << 160n);
    const chain = await openWorkChain(directory, this.#root.addresses.KMC, new Map([[signer, word]]));
    try {
      const { block } = await chain.extend([]);
      const { number } = await this.#submit(undefined, block.hash);
      await this.#submit();
      const proof = await proveWork(chain, block, signer);
      const { transaction } = await this.#client.work().claim({ chainId, checkpoint: number, signer, proof });
      this.#note("claimWork, first of a signer", transaction);
    } finally {
      chain.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }

  async #exits(): Promise<void> {
    const bob = addressOfKey(key(3));
    const rootToken = this.#root.addresses.KMC;
    const burn = nativeBurn({ rootToken, account: addressOfKey(key(ALICE)), recipient: bob, amount: kmc(40) });
    const { leaves, prove } = blocksWithBurn(burn, 3, this.#next);
    const { number } = await this.#submit(createBlockTree(leaves).root);
    this.#note("startExit, native coin", await this.#client.exits.start(prove(number)));
    await this.#anvil.pass(this.#root.params.challengePeriod + 1);
    this.#note("processExits, one exit", await this.#client.exits.process(chainId, rootToken, 1));
  }

  /** A leaf whose block hash opens to no header; other kinds differ in their evidence. */
  async #challenge(): Promise<void> {
    const leaves = Array.from({ length: Number(BLOCKS) }, (_, index) => {
      const filler = keccakHash(utf8(`block ${index}`));
      const blockHash = index === 5 ? hashFromBytes(keccak256(notAHeader)) : filler;
      const number = this.#next + BigInt(index);
      return { number, timestamp: 1n + number, transactionsRoot: filler, receiptsRoot: filler, blockHash };
    });
    const place = this.#next + 5n;
    const tree = createBlockTree(leaves);
    const { number, bitmap } = await this.#submit(tree.root);
    const evidence = AbiCoder.defaultAbiCoder().encode(
      [blockProofType, "uint64", "bytes"],
      [proveBlock({ chainId, checkpoint: number }, tree, place), 5n, bytesToHex(notAHeader)],
    ) as Hex;
    this.#note("challenge, kind 2 (leaf and header)", await this.#client.challenges.challenge(2, evidence));
    const [offence] = await this.#client.stakes.openOffences();
    if (!offence) throw new Error("the challenge ordered no slash");
    const seats = bitmap.toString(2).length;
    this.#note(`executeSlash, ${seats} seats`, await this.#client.stakes.executeSlash(offence, 0, 256));
  }
}

const anvil = await startAnvil();
try {
  const counts = values.signers.split(",").map(Number);
  // Epochs are long: validators register side by side, and an estimate of one must not come before an epoch's edge that
  // another one's transaction still has to bring about.
  const root = await deployTestRoot(anvil, {
    maxValidators: Math.max(...counts),
    stakingLead: HOUR,
    epochLength: HOUR,
  });
  const bench = new Bench(anvil, root);
  await bench.run(counts);
  process.stdout.write("| transaction | gas | design |\n| --- | ---: | --- |\n");
  for (const { what, gas } of bench.rows) {
    process.stdout.write(`| ${what} | ${gas.toLocaleString("en")} | ${DESIGN[what] ?? ""} |\n`);
  }
} finally {
  await anvil.stop();
}
