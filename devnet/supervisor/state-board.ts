import type { DevnetStatus } from "../../src/cli/index.ts";
import type { DevnetPlan } from "../plan.ts";
import type { ActiveFault, DevnetState, NodeView, StateError, StepName, StepState } from "../state.ts";

const STEPS: readonly StepName[] = ["l1", "stake", "nodes", "block"];

/** The parts of a devnet's state that the supervisor sets itself; nodes and faults are asked for their own. */
export class StateBoard {
  readonly #plan: DevnetPlan;
  readonly #startedAt = new Date().toISOString();
  readonly #steps = new Map<StepName, { state: StepState["state"]; detail: string; startedMs: number; ms: number }>();
  readonly #producers: ReadonlyMap<string, string>;
  status: DevnetStatus = "preparing";
  error: StateError | null = null;
  checkpoint: DevnetState["checkpoint"] = null;
  rootChain: DevnetState["l1"];
  #chain: DevnetState["chain"];

  constructor(plan: DevnetPlan) {
    this.#plan = plan;
    this.#producers = new Map(plan.nodes.map(({ signer, name }) => [signer.toLowerCase(), name]));
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
    this.#chain = {
      ...this.#chain,
      height: Math.max(this.#chain.height, number),
      finalized: number,
      hash,
      producer: name,
    };
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
      checkpoint: this.checkpoint,
      l1: this.rootChain,
      nodes,
      faults,
      error: this.error,
    };
  }
}
