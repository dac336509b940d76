import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { type Address, addressOfKey, type Bytes, type Hash, type Hex } from "../primitives/index.ts";
import type { Artifacts } from "./artifacts.ts";
import { refusalFromData } from "./contract-error.ts";
import type { AddressBook, DeploymentStep } from "./deployment-plan.ts";
import type { Fees } from "./gas-and-fees.ts";
import { type RootRpc, RootRpcError } from "./json-rpc.ts";
import { readQuantity, readRecord } from "./quantity.ts";
import { signTransaction } from "./sign-transaction.ts";

/** Gas of a creation beside what its code and data cost: constructors write few slots, initialisers up to thirty. */
const CREATE_GAS = 400_000n;
const PROXY_GAS = 900_000n;
const CALL_GAS = 600_000n;
const HOLDER_GAS = 60_000n;
/** Part of a block's gas that one wave of the burst may ask for. */
const WAVE_PERCENT = 95n;
const FIRST_POLL_MS = 10;
const MAX_POLL_MS = 250;

/** What the root chain said of the deployer before the first transaction. */
export interface DeployerSituation {
  readonly chainId: bigint;
  readonly nonce: number;
  readonly blockNumber: bigint;
  readonly blockGasLimit: bigint;
  /** Seconds. */
  readonly timestamp: number;
  readonly fees: Fees;
}

export interface Burst {
  readonly rpc: RootRpc;
  readonly deployerKey: Bytes;
  readonly situation: DeployerSituation;
  readonly steps: readonly DeploymentStep[];
  readonly at: AddressBook;
  readonly artifacts: Artifacts;
  readonly timeoutMs: number;
  /** Makes a block of a wave, on a chain that makes none by itself. */
  readonly mine?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

interface SignedStep {
  readonly step: DeploymentStep;
  readonly content: StepContent;
  readonly raw: string;
  readonly hash: Hash;
}

/**
 * Signs every step and hands them to the node in waves that each fit one block. Anvil forgets transactions of one sender
 * that do not fit the block it makes; and a public node would not keep a hundred million gas of one sender waiting.
 */
export async function sendBurst(burst: Burst): Promise<void> {
  const { situation, steps } = burst;
  const signed = steps.map((step, index): SignedStep => {
    const content = contentOf(step, burst);
    const { chainId, fees } = situation;
    const tx = { chainId, nonce: BigInt(situation.nonce + index), ...content, ...fees };
    return { step, content, ...signTransaction(tx, burst.deployerKey) };
  });
  const deadline = performance.now() + burst.timeoutMs;
  for (const wave of wavesOf(signed, (situation.blockGasLimit * WAVE_PERCENT) / 100n)) {
    await sendWave(burst, wave, deadline);
  }
}

function wavesOf(signed: readonly SignedStep[], capacity: bigint): readonly (readonly SignedStep[])[] {
  const waves: SignedStep[][] = [];
  let left = 0n;
  for (const entry of signed) {
    const { gasLimit } = entry.content;
    if (waves.length === 0 || gasLimit > left) {
      waves.push([]);
      left = capacity;
    }
    waves.at(-1)?.push(entry);
    left -= gasLimit;
  }
  return waves;
}

async function sendWave(burst: Burst, wave: readonly SignedStep[], deadline: number): Promise<void> {
  const { rpc, signal } = burst;
  const answers = await rpc.batch(
    wave.map(({ raw }) => ({ method: "eth_sendRawTransaction", params: [raw] })),
    signal,
  );
  for (const [index, { step }] of wave.entries()) {
    const answer = answers[index];
    if (answer instanceof RootRpcError) throw stepFailed(step, answer.message, answer);
  }
  await burst.mine?.();
  let waiting = wave;
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(2 * pause, MAX_POLL_MS)) {
    const receipts = await rpc.batch(
      waiting.map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
      signal,
    );
    const open: SignedStep[] = [];
    for (const [index, entry] of waiting.entries()) {
      const receipt = receipts[index];
      if (receipt === null || receipt instanceof RootRpcError) {
        open.push(entry);
        continue;
      }
      const { status, blockNumber } = readRecord(receipt, "receipt");
      if (status !== "0x1") throw await explain(burst, entry, blockNumber);
    }
    if (open.length === 0) return;
    if (performance.now() > deadline) {
      throw new EnvironmentError("KOMA_E_ROOTCHAIN_TIMEOUT", "The root contracts were not deployed in time.", {
        facts: { waiting: open.length, url: rpc.url },
        fix: ["Check that the root chain makes blocks."],
      });
    }
    waiting = open;
    // Anvil can leave transactions of a burst in its queue, and looks at them again when it makes a block.
    await burst.mine?.();
    await sleep(pause, undefined, { signal });
  }
}

interface StepContent {
  readonly to?: Address;
  readonly data: Hex;
  readonly gasLimit: bigint;
}

function contentOf(step: DeploymentStep, { at, artifacts }: Burst): StepContent {
  if (step.kind === "call") {
    const data = artifacts.interfaceOf(step.artifact).encodeFunctionData(step.method, step.args(at)) as Hex;
    return { to: at(step.name), data, gasLimit: CALL_GAS };
  }
  const created = step.kind === "proxy" ? proxyOf(step, at, artifacts) : step;
  const artifact = artifacts.of(created.artifact);
  const args = created.args(at);
  const encoded = artifacts.interfaceOf(created.artifact).encodeDeploy(args);
  const data = `${artifact.bytecode}${encoded.slice(2)}` as Hex;
  // EIP-2028, EIP-3860 and the code deposit, all rounded up.
  const bytes = BigInt(data.length / 2);
  const codeBytes = BigInt(artifact.deployedBytecode.length / 2);
  // KMC's first argument lists its first holders, each of whom costs two slots and a log.
  const holders = step.name === "KMC" && Array.isArray(args[0]) ? BigInt(args[0].length) : 0n;
  const run = step.kind === "proxy" ? PROXY_GAS : CREATE_GAS;
  return { data, gasLimit: run + holders * HOLDER_GAS + 17n * bytes + 200n * codeBytes };
}

function proxyOf(
  step: Extract<DeploymentStep, { kind: "proxy" }>,
  at: AddressBook,
  artifacts: Artifacts,
): { artifact: string; args: (at: AddressBook) => readonly unknown[] } {
  const initialize = artifacts.interfaceOf(step.name).encodeFunctionData("initialize", step.args(at));
  return { artifact: "ERC1967Proxy", args: () => [at(`${step.name}Code`), initialize] };
}

/** Runs a failed step once more on the state before its block, where its reason can be read. */
async function explain(burst: Burst, { step, content }: SignedStep, block: unknown): Promise<unknown> {
  const from = addressOfKey(burst.deployerKey);
  const before = `0x${(readQuantity(block, "block number") - 1n).toString(16)}`;
  const { gasLimit, ...call } = content;
  const parameters = { from, ...call, gas: `0x${gasLimit.toString(16)}` };
  const [answer] = await burst.rpc.batch([{ method: "eth_call", params: [parameters, before] }], burst.signal);
  if (!(answer instanceof RootRpcError)) return stepFailed(step, "its transaction failed", undefined);
  if (answer.data === undefined) return stepFailed(step, answer.message, answer);
  const refusal = refusalFromData(`deploy ${step.name}`, answer.data, answer, burst.artifacts);
  return stepFailed(step, refusal.message, refusal);
}

function stepFailed(step: DeploymentStep, reason: string, cause: unknown): ProtocolError {
  const what = step.kind === "call" ? `${step.name}.${step.method}` : step.name;
  return new ProtocolError("KOMA_E_DEPLOYMENT_FAILED", `Cannot deploy the root contracts: ${what}: ${reason}`, {
    facts: { step: what, kind: step.kind },
    cause,
  });
}
