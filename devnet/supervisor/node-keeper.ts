import type { NodeState, ProcessIdentity } from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { NodeCommand, NodeMessage } from "../node-side.ts";
import type { PlannedNode } from "../plan.ts";
import { describeExit, type NodeExit, type NodeHandle, type Provider, type WithoutId } from "../providers/provider.ts";
import type { NodeView } from "../state.ts";

export interface NodeKeeperEvents {
  onChange(from: NodeState, to: NodeState): void;
  onMessage(message: NodeMessage): void;
  /** Its head went below a block that it had finalized: the root chain rejected a checkpoint. */
  onRollback(): void;
  /** It ended without being asked; `again` is the pause before the next try, undefined when it was the last. */
  onCrash(reason: string, again: number | undefined): void;
}

/** How often and after which pauses a node that crashes is started again. */
export const RESTARTS = 3;
const FIRST_PAUSE_MS = 1_000;
/** A node that ran this long was well: its next crash is a first one again. */
const WELL_MS = 30_000;

/** One node for as long as the devnet runs: starts it, restarts it when it crashes, ends it when asked. */
export class NodeKeeper {
  readonly plan: PlannedNode;
  readonly #provider: Provider;
  readonly #events: NodeKeeperEvents;
  #handle: NodeHandle | undefined;
  #state: NodeState = "created";
  /** What the next exit means; undefined: nobody asked for it. */
  #expected: "stopped" | "killed" | undefined;
  #failures = 0;
  #restarts = 0;
  #readyAt = 0;
  #lastExit: string | null = null;
  #lastWords: string | null = null;
  #retry: NodeJS.Timeout | undefined;
  #height = 0;
  #finalized = 0;
  #peers = 0;

  constructor(plan: PlannedNode, provider: Provider, events: NodeKeeperEvents) {
    this.plan = plan;
    this.#provider = provider;
    this.#events = events;
  }

  get state(): NodeState {
    return this.#state;
  }

  get process(): ProcessIdentity | null {
    return this.#handle?.process ?? null;
  }

  /** True when no further restart will be tried. */
  get gaveUp(): boolean {
    return this.#state === "crashed" && this.#retry === undefined;
  }

  view(): NodeView {
    return {
      name: this.plan.name,
      state: this.#state,
      pid: this.#handle?.process.pid ?? null,
      height: this.#height,
      finalized: this.#finalized,
      peers: this.#peers,
      restarts: this.#restarts,
      failures: this.#failures,
      lastExit: this.#lastExit,
    };
  }

  /** Starts it unless it runs; failures of the past are forgiven. */
  async start(): Promise<void> {
    if (this.#handle) return;
    this.#cancelRetry();
    this.#failures = 0;
    await this.#launch();
  }

  /** Ends it in order, within `graceMs`; a node that does not run is stopped already. */
  async stop(graceMs: number): Promise<void> {
    this.#cancelRetry();
    if (!this.#handle) {
      if (this.#state === "crashed") this.#enter("stopped");
      return;
    }
    this.#expected = "stopped";
    this.#enter("stopping");
    await this.#handle.stop(graceMs);
  }

  /** Ends it at once, as a power cut would; it stays down until somebody starts it. */
  async kill(): Promise<void> {
    this.#cancelRetry();
    if (!this.#handle) throw this.#notRunning();
    this.#expected = "killed";
    await this.#handle.kill();
  }

  async command(command: WithoutId<NodeCommand>): Promise<void> {
    if (!this.#handle) throw this.#notRunning();
    await this.#handle.command(command);
  }

  async #launch(): Promise<void> {
    this.#expected = undefined;
    this.#lastWords = null;
    this.#peers = 0;
    this.#enter("starting");
    const handle = await this.#provider.start(this.plan).catch((error: unknown) => {
      this.#failed(error instanceof Error ? error.message : String(error));
      return undefined;
    });
    if (!handle) return;
    this.#handle = handle;
    handle.onMessage((message) => this.#receive(message));
    handle.onExit((exit) => this.#ended(exit));
  }

  #receive(message: NodeMessage): void {
    switch (message.type) {
      case "ready":
        this.#readyAt = Date.now();
        this.#height = Number(message.height);
        if (this.#state === "starting") this.#enter("ready");
        break;
      case "head":
        this.#height = Number(message.number);
        if (this.#height < this.#finalized) {
          this.#finalized = this.#height;
          this.#events.onRollback();
        }
        break;
      case "finalized":
        this.#finalized = Number(message.number);
        break;
      case "peers":
        this.#peers = message.count;
        break;
      case "exit":
        this.#lastWords = `${message.message} (${message.code})`;
        break;
    }
    this.#events.onMessage(message);
  }

  #ended(exit: NodeExit): void {
    this.#handle = undefined;
    this.#peers = 0;
    this.#lastExit = this.#lastWords ?? describeExit(exit);
    if (this.#expected) this.#enter(this.#expected);
    else this.#failed(this.#lastExit);
  }

  #failed(reason: string): void {
    this.#lastExit = reason;
    if (this.#readyAt > 0 && Date.now() - this.#readyAt > WELL_MS) this.#failures = 0;
    this.#failures += 1;
    const pauseMs = this.#failures > RESTARTS ? undefined : FIRST_PAUSE_MS * 2 ** (this.#failures - 1);
    if (pauseMs !== undefined) {
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.#restarts += 1;
        void this.#launch();
      }, pauseMs);
    }
    this.#enter("crashed");
    this.#events.onCrash(reason, pauseMs);
  }

  #enter(state: NodeState): void {
    const from = this.#state;
    this.#state = state;
    if (from !== state) this.#events.onChange(from, state);
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #notRunning(): UserError {
    return new UserError("KOMA_E_NODE_STATE", `Node "${this.plan.name}" is not running: it is ${this.#state}.`, {
      facts: { node: this.plan.name, state: this.#state },
      fix: [`koma devnet start ${this.plan.name}`],
    });
  }
}
