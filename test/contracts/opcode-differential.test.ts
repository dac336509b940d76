import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Address, type Bytes, bytesToHex, type Hash, type Hex } from "../../src/primitives/index.ts";
import { createRpcClient, type RpcClient } from "../../src/rpc/index.ts";
import {
  alice,
  openTestChain,
  type TestChain,
  temporaryDirectories,
  testChainId,
  testGenesis,
} from "../support/chain-fixture.ts";
import { opcodes, precompileProgram, programOf } from "../support/opcode-programs.ts";
import { precompileInputs } from "../support/precompile-inputs.ts";
import { createPrng } from "../support/prng.ts";
import { type Anvil, startAnvil } from "./anvil.ts";

// KOMA_DIFF_OPERANDS=200 KOMA_DIFF_SEED=7 npx vitest run --project contracts test/contracts/opcode-differential.test.ts
const OPERANDS = Number(process.env["KOMA_DIFF_OPERANDS"] ?? 4);
const SEED = Number(process.env["KOMA_DIFF_SEED"] ?? 1);
const GAS = 1_000_000n;
const BATCH = 90;

const directories = temporaryDirectories();
const place = `0x${"c0de".repeat(10)}` as Address;
const timestamp = 1_800_000_000n;
const prevRandao = `0x${"abcd".repeat(16)}` as Hash;
let chain: TestChain;
let anvil: Anvil;
let rpc: RpcClient;

beforeAll(async () => {
  const genesis = testGenesis();
  chain = await openTestChain({ directory: directories.create(), genesis });
  anvil = await startAnvil([
    ...["--hardfork", "cancun", "--chain-id", String(testChainId), "--accounts", "1"],
    ...["--gas-limit", String(genesis.gasLimit), "--timestamp", String(genesis.timestamp), "--number", "0"],
    "--disable-default-create2-deployer",
  ]);
  rpc = createRpcClient(anvil.url);
  await rpc.request("anvil_setBalance", [alice.address, "0xd3c21bcecceda1000000"]);
});
afterAll(async () => {
  chain.close();
  await anvil.stop();
  directories.cleanUp();
});

interface Case {
  readonly title: string;
  readonly code: Bytes;
  readonly data?: Bytes;
}

/** What the call returned, or that it failed. */
async function here({ code, data }: Case): Promise<Hex | "failed"> {
  const request = { from: alice.address, to: place, gas: GAS, ...(data ? { data } : {}) };
  const overrides = { [place]: { code } };
  const job = { kind: "call", request, overrides, block: { timestamp, prevRandao } } as const;
  const answer = await chain.executor.answer(job, chain.executor.finalHead.hash);
  return answer.kind === "success" ? bytesToHex(answer.returnData) : "failed";
}

async function there(cases: readonly Case[]): Promise<readonly (Hex | "failed")[]> {
  const calls = cases.map(({ code, data }) => ({
    method: "eth_call",
    params: [
      { from: alice.address, to: place, gas: `0x${GAS.toString(16)}`, ...(data ? { data: bytesToHex(data) } : {}) },
      "latest",
      { [place]: { code: bytesToHex(code) } },
      // anvil's clock goes on between blocks.
      { time: `0x${timestamp.toString(16)}`, random: prevRandao },
    ],
  }));
  const answers: (Hex | "failed")[] = [];
  for (let at = 0; at < calls.length; at += BATCH) {
    for (const outcome of await rpc.batch(calls.slice(at, at + BATCH))) {
      answers.push(outcome.ok ? (outcome.result as Hex) : "failed");
    }
  }
  return answers;
}

async function compare(cases: readonly Case[]): Promise<readonly (Hex | "failed")[]> {
  const ours: (Hex | "failed")[] = [];
  for (const each of cases) ours.push(await here(each));
  const theirs = await there(cases);
  const shown = (answers: readonly string[]) => cases.map(({ title }, index) => `${title}: ${answers[index]}`);
  expect(shown(ours)).toEqual(shown(theirs));
  return ours;
}

describe(`on anvil and here (seed ${SEED})`, () => {
  it("every instruction of Cancun leaves the same word, memory and gas, whatever it is given", async () => {
    const random = createPrng(SEED);
    const cases = opcodes.flatMap((opcode) =>
      Array.from({ length: opcode.takes === 0 ? 1 : OPERANDS }, () => {
        const code = programOf(opcode, random);
        return { title: `0x${opcode.byte.toString(16)} ${bytesToHex(code)}`, code };
      }),
    );
    const answers = await compare(cases);
    // Most of it runs; what fails are lengths without bound, and bytes that are no instruction.
    expect(answers.filter((answer) => answer !== "failed").length).toBeGreaterThan(cases.length / 2);
  }, 120_000);

  it("every precompile but the one for blobs answers the same for the same gas, and refuses the same", async () => {
    const cases = precompileInputs(createPrng(SEED)).map(({ address, input }) => ({
      title: `precompile ${address} of ${bytesToHex(input)}`,
      code: precompileProgram(address),
      data: input,
    }));
    const answers = await compare(cases);
    // The first word is the gas before, the second whether it accepted.
    const accepted = answers.filter((answer) => answer.length > 130 && BigInt(`0x${answer.slice(66, 130)}`) === 1n);
    expect(accepted.length).toBeGreaterThan(20);
    expect(accepted.length).toBeLessThan(cases.length);
  }, 120_000);
});
