import type { DevnetStatus } from "../../src/cli/index.ts";
import type { DevnetPlan } from "../plan.ts";
import type { ActiveFault, DevnetState, NodeView, StateError, StepName, StepState } from "../state.ts";

const STEPS: readonly StepName[] = ["l1", "stake", "nodes", "block"];

type BoardCheckpoint = NonNullable<DevnetState["checkpoint"]>;

/** A rollback goes back to the last checkpoint that stands: a few hundred blocks at most. */
const REMEMBERED_FINALS = 4_096;
const REMEMBERED_CHECKPOINTS = 64;

/** The parts of a devnet's state that the supervisor sets itself; nodes and faults are asked for their own. */
export class StateBoard {
  readonly #plan: DevnetPlan;
  readonly #startedAt = new Date().toISOString();
  readonly #steps = new Map<StepName, { state: StepState["state"]; detail: string; startedMs: number; ms: number }>();
  readonly #producers: ReadonlyMap<string, string>;
  status: DevnetStatus = "preparing";
  error: StateError | null = null;
  rootChain: DevnetState["l1"];
  #chain: DevnetState["chain"];
  /** Of the newest final blocks, so that a rollback can say whose block is the newest again. */
  readonly #finals = new Map<number, { readonly hash: string; readonly producer: string }>();
  #checkpoints: readonly BoardCheckpoint[] = [];

  constructor(plan: DevnetPlan) {
    this.#plan = plan;
    this.#producers = new Map(
      plan.nodes.flatMap(({ signer, producerKey, name }) =>
        [signer, producerKey].map((key) => [key.toLowerCase(), name]),
      ),
    );
    this.rootChain = { chainId: plan.network.l1.chainId, rpcUrl: plan.rootChain.url, height: 0, pid: null };
    const { id, name } = plan.network.chain;
    this.#chain = { id, name, height: 0, finalized: 0, hash: "", producer: "" };
  }

  step(name: StepName, state: StepState["state"], detail: string): void {
    const before = this.#steps.get(name);
    const startedMs = before?.startedMs ?? performance.now();
    this.#steps.set(name, { state, detail, startedMs, ms: state === "running" ? 0 : performance.now() - startedMs });
  }

  stepState(name: StepName): StepState["state"] {
    return this.#steps.get(name)?.state ?? "waiting";
  }

  head(height: bigint): void {
    if (Number(height) > this.#chain.height) this.#chain = { ...this.#chain, height: Number(height) };
  }

  /** True when this is a new highest final block. */
  finalized(height: bigint, hash: string, producer: string): boolean {
    const number = Number(height);
    if (number <= this.#chain.finalized) return false;
    const name = this.#producers.get(producer.toLowerCase()) ?? producer;
    this.#finals.set(number, { hash, producer: name });
    this.#finals.delete(number - REMEMBERED_FINALS);
    this.#chain = {
      ...this.#chain,
      height: Math.max(this.#chain.height, number),
      finalized: number,
      hash,
      producer: name,
    };
    return true;
  }

  /**
   * A node took final blocks back. What the nodes that run now hold is what counts; as long as one of them still has the old
   * blocks, they stay.
   */
  rolledBack(nodes: readonly NodeView[]): void {
    const running = nodes.filter(({ state }) => state === "ready");
    const finalized = Math.max(0, ...running.map((node) => node.finalized));
    if (running.length === 0 || finalized >= this.#chain.finalized) return;
    const { hash, producer } = this.#finals.get(finalized) ?? { hash: "", producer: "" };
    const height = Math.max(finalized, ...running.map((node) => node.height));
    this.#chain = { ...this.#chain, height, finalized, hash, producer };
    for (const number of this.#finals.keys()) if (number > finalized) this.#finals.delete(number);
    this.#checkpoints = this.#checkpoints.filter(({ end }) => end <= finalized);
  }

  /** True when it is news: every node reports each checkpoint. */
  newCheckpoint(checkpoint: BoardCheckpoint): boolean {
    const before = this.#checkpoints.at(-1);
    if (before && before.number > checkpoint.number) return false;
    if (before && before.number === checkpoint.number && before.state === checkpoint.state) return false;
    const older = this.#checkpoints.filter(({ number }) => number !== checkpoint.number);
    this.#checkpoints = [...older, checkpoint].slice(-REMEMBERED_CHECKPOINTS);
    return true;
  }

  snapshot(nodes: readonly NodeView[], faults: readonly ActiveFault[]): DevnetState {
    return {
      name: this.#plan.network.name,
      status: this.status,
      planHash: this.#plan.hash,
      startedAt: this.#startedAt,
      steps: STEPS.map((name) => {
        const step = this.#steps.get(name);
        return { name, state: step?.state ?? "waiting", detail: step?.detail ?? "", ms: Math.round(step?.ms ?? 0) };
      }),
      chain: this.#chain,
      checkpoint: this.#checkpoints.at(-1) ?? null,
      l1: this.rootChain,
      nodes,
      faults,
      error: this.error,
    };
  }
}
