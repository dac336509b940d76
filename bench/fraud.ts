// `npm run bench:fraud`: gas of a challenge of each kind, on the real root contracts, in a block of 200 transactions.
//
//   npm run bench:fraud -- --transactions 200
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Interface } from "ethers";
import { type BlockHeader, bloomOf, createBlock, type Log, sealHeader, type Transaction } from "../src/chain/index.ts";
import { type ArchivedBlock, proveBlockInCheckpoint } from "../src/checkpoint/index.ts";
import { craftChallenge, type Fault, fraudKindOf } from "../src/fraud/index.ts";
import { type Address, type Hex, hexToBytes, zeroHash } from "../src/primitives/index.ts";
import { startAnvil } from "../test/contracts/anvil.ts";
import { openCheckpointedChain, sealer } from "../test/contracts/checkpointed-chain.ts";
import { resealed } from "../test/contracts/mutations.ts";
import { chainId, connectAs, deployTestRoot, stakeValidators } from "../test/contracts/root-network.ts";
import { alice, bob, carol, sign } from "../test/support/chain-fixture.ts";
import { delivered, deposit } from "../test/support/log-frauds.ts";
import { createPrng } from "../test/support/prng.ts";

const { values } = parseArgs({ options: { transactions: { type: "string", default: "200" } } });
const COUNT = Number(values.transactions);
/** The transaction that is wrong: in the middle, where the tries are deepest. */
const PLACE = Math.floor(COUNT / 2);
const reason = "";
/** Seconds: later than any checkpoint is submitted. */
const FAR_AHEAD = 4_000_000_000n;

const calls = new Interface(["function transfer(address to, uint256 amount)"]);
const manager = new Interface([
  "function challenge(uint8 kind, bytes evidence)",
  "function verifierOf(uint8 kind) view returns (address)",
]);
const verifier = new Interface(["function verify(uint8 kind, bytes evidence)"]);

const directory = mkdtempSync(join(tmpdir(), "koma-bench-"));
const anvil = await startAnvil();
try {
  const root = await deployTestRoot(anvil);
  await stakeValidators(anvil, root);
  const client = connectAs(anvil, root, 4);
  const given = await openCheckpointedChain({ anvil, root, client, directory, prng: createPrng(1) });
  // The token's mapping is delivered by then.
  await given.grow(8);
  const full = await fullBlock(given.token);
  const transaction = full.block.transactions[PLACE] as Transaction;
  const receipt = full.receipts[PLACE];
  if (!receipt) throw new Error("every transaction has a receipt");

  /** The full block with another transaction, or other logs, at the place. */
  const withTransaction = (changed: Transaction) => ({ transactions: full.block.transactions.with(PLACE, changed) });
  const withLogs = (logs: readonly Log[]) => ({
    receipts: full.receipts.with(PLACE, { ...receipt, logs, logsBloom: bloomOf(logs) }),
  });
  const [transfer, balances] = receipt.logs as [Log, Log];
  const raised = (log: Log, index: number): Log => {
    const data = Uint8Array.from(log.data);
    data[32 * index + 31] = (data[32 * index + 31] as number) ^ 1;
    return { ...log, data };
  };
  const logsBloom = Uint8Array.from(receipt.logsBloom).fill(255, 0, 1);
  const first = (block: bigint) => ({ block, index: 0 });
  const at = (block: bigint) => ({ block, index: PLACE });
  const logAt = (block: bigint, log: number) => ({ block, index: PLACE, log });
  // A deposit that nobody made, delivered by a transaction that calls no bridge.
  const never = delivered(deposit(999n), given.token);
  const payer = ([alice, bob, carol][PLACE % 3] as typeof alice).address;
  const nonces = { sender: alice.address, firstNonce: 0n, secondNonce: 0n };
  const again = sign(alice, { nonce: full.block.transactions[0]?.nonce ?? 0n, to: bob.address, value: 7n });
  const tip = sign(alice, { nonce: transaction.nonce, to: bob.address, maxFeePerGas: 1n, maxPriorityFeePerGas: 2n });

  type Case = readonly [change: Parameters<typeof resealed>[2], fault: (block: bigint) => Fault];
  const cases: readonly Case[] = [
    // A time that lies ahead convicts the producer too; a parent of the signers' own choosing would not.
    [{ header: { timestamp: FAR_AHEAD } }, (block) => ({ type: "block-sequence", block, reason })],
    [{ unsealed: true }, (block) => ({ type: "block-producer", block, reason })],
    [
      withTransaction(again),
      (block) => ({ type: "duplicate-nonce", ...nonces, first: first(block), second: at(block) }),
    ],
    [
      withTransaction(again),
      (block) => ({ type: "nonce-mismatch", ...nonces, first: first(block), second: at(block) }),
    ],
    [withTransaction(tip), (block) => ({ type: "bad-transaction", ...at(block), reason })],
    [
      { receipts: full.receipts.with(PLACE, { ...receipt, logsBloom }) },
      (block) => ({ type: "bad-receipt", ...at(block), reason }),
    ],
    [
      withLogs([raised(transfer, 0), balances]),
      (block) => ({ type: "erc20-transfer", ...at(block), token: given.token, reason, earlier: undefined }),
    ],
    [withLogs([transfer, raised(balances, 4)]), (block) => ({ type: "erc20-log", ...at(block), log: 1, reason })],
    [withLogs([never]), (block) => ({ type: "deposit-mismatch", at: logAt(block, 0), id: 999n, reason })],
    [
      withLogs([never]),
      (block) => ({
        type: "deposit-duplicate",
        first: logAt(block - 1n, 0),
        second: logAt(block, 0),
        firstId: 999n,
        secondId: 999n,
      }),
    ],
    // All blocks here repeat the running numbers of one: so does the first.
    [
      {},
      (block) => ({
        type: "utxo-continuity",
        token: given.token,
        account: payer,
        first: logAt(next, 1),
        second: logAt(block, 1),
        reason,
      }),
    ],
  ];
  const next = given.next();
  const blocks = Array.from({ length: 16 }, (_, i) => resealed(full, next + BigInt(i), cases[i]?.[0] ?? {}));
  await given.forge(blocks);

  console.info(`\nBlocks of ${COUNT} token transfers, 16 in a checkpoint, 3 signers.\n`);
  const challenges: { readonly kind: number; readonly type: string; readonly evidence: Hex; readonly gas: bigint[] }[] =
    [];
  for (const [i, [, fault]] of cases.entries()) {
    const block = next + BigInt(i);
    const { kind, type, evidence } = await craftChallenge(given.archive, fault(block), 128n);
    await proveBlockInCheckpoint(given.archive, block);
    if (fraudKindOf(type)?.kind !== kind) throw new Error(`${type} is not kind ${kind}`);
    const judged = await gasOf(await verifierOf(kind), verifier.encodeFunctionData("verify", [kind, evidence]));
    challenges.push({ kind, type, evidence, gas: [judged, await gasOfChallenge(kind, evidence)] });
  }
  await nominateProducer();
  for (const { kind, evidence, gas } of challenges) gas.push(await gasOfChallenge(kind, evidence));

  console.info("| kind | | judged, gas | challenge, gas | with producer stake, gas | evidence, bytes |");
  console.info("| ---: | --- | ---: | ---: | ---: | ---: |");
  for (const { kind, type, evidence, gas } of challenges) {
    console.info(`| ${kind} | ${type} | ${gas.join(" | ")} | ${(evidence.length - 2) / 2} |`);
  }
  given.close();

  async function fullBlock(token: Address): Promise<ArchivedBlock> {
    const chain = given.chain();
    const state = chain.executor.stateAt(chain.executor.finalHead.hash);
    const users = [alice, bob, carol];
    const start = users.map(({ address }) => state.account(address)?.nonce ?? 0n);
    const transactions = Array.from({ length: COUNT }, (_, i) => {
      const user = users[i % 3] as typeof alice;
      const to = (users[(i + 1) % 3] as typeof alice).address;
      return sign(user, {
        nonce: (start[i % 3] as bigint) + BigInt(Math.floor(i / 3)),
        to: token,
        data: hexToBytes(calls.encodeFunctionData("transfer", [to, 0n]) as Hex),
        gasLimit: 120_000n,
      });
    });
    const seal = (header: BlockHeader) => sealHeader(header, chainId, sealer.key);
    const built = await chain.build(transactions, { coinbase: sealer.address, seal });
    if (built.block.transactions.length < COUNT) throw new Error(`only ${built.block.transactions.length} fit a block`);
    return { block: createBlock(built.block.header, built.block.transactions), receipts: built.receipts };
  }

  async function verifierOf(kind: number): Promise<Address> {
    const data = manager.encodeFunctionData("verifierOf", [kind]);
    const answer = await anvil.rpc.request("eth_call", [{ to: root.addresses.ChallengeManager, data }, "latest"]);
    return manager.decodeFunctionResult("verifierOf", String(answer))[0] as Address;
  }

  function gasOfChallenge(kind: number, evidence: Hex): Promise<bigint> {
    return gasOf(root.addresses.ChallengeManager, manager.encodeFunctionData("challenge", [kind, evidence]));
  }

  /** From now on a verdict has a producer's stake to take. */
  async function nominateProducer(): Promise<void> {
    const { elections, stakes } = connectAs(anvil, root, 1);
    const validatorId = await stakes.validatorOfSigner(sealer.address);
    if (validatorId === undefined) throw new Error("the producer is a validator");
    const criteria = {
      declaredUptimeBps: 10_000,
      cpuCores: 4,
      ramGiB: 16,
      diskGiB: 500,
      bandwidthMbps: 1_000,
      regionM49: 0,
      autoScaling: false,
      extraHash: zeroHash,
    };
    await elections.nominate({ validatorId, criteria, uri: "", uriHash: zeroHash, key: sealer.address });
  }

  /** What the transaction's sender pays; afterwards it never happened. */
  async function gasOf(to: Address, data: string): Promise<bigint> {
    const before = await anvil.rpc.request("evm_snapshot");
    // Else a transaction could be mined once more after it was taken back.
    await anvil.rpc.request("evm_setAutomine", [false]);
    const hash = await anvil.rpc.request("eth_sendTransaction", [{ from: client.account, to, data }]);
    await anvil.mine(1);
    const receipt = (await anvil.rpc.request("eth_getTransactionReceipt", [hash])) as { gasUsed: Hex; status: Hex };
    if (receipt.status !== "0x1") throw new Error("the root contracts take no such challenge");
    await anvil.rpc.request("evm_revert", [before]);
    await anvil.rpc.request("evm_setAutomine", [true]);
    return BigInt(receipt.gasUsed);
  }
} finally {
  await anvil.stop();
  rmSync(directory, { recursive: true, force: true });
}
