import { mkdirSync } from "node:fs";
import { identifyProcess, type NodeState } from "../../src/cli/index.ts";
import { EnvironmentError, type KomaError, UserError } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import { writeFileAtomic } from "../../src/wallet/index.ts";
import { type Journal, openJournal } from "../journal.ts";
import { type ManifestFacts, readCreation } from "../manifest.ts";
import { openMarks } from "../marks.ts";
import type { NodeMessage } from "../node-side.ts";
import { type DevnetPaths, devnetPaths } from "../paths.ts";
import type { DevnetPlan } from "../plan.ts";
import { readPlan } from "../plan-file.ts";
import { type ProcessLock, takeLock } from "../process-lock.ts";
import type { Provider } from "../providers/provider.ts";
import type { DevnetState, NodeView, StepName } from "../state.ts";
import { createControlCalls, DEFAULT_GRACE_MS } from "./control-calls.ts";
import { type ControlHandler, type ControlServer, openControlServer } from "./control-server.ts";
import { type FaultBoard, openFaultBoard } from "./fault-board.ts";
import { lostNode } from "./lost-node.ts";
import { createManifestWriter, type ManifestWriter } from "./manifest-writer.ts";
import { writeNodeFiles } from "./node-files.ts";
import { NodeKeeper } from "./node-keeper.ts";
import { holdPorts, type PortHold } from "./port-hold.ts";
import { type Prepared, prepareDevnet } from "./prepare.ts";
import type { RootChainSetup } from "./root-chain-setup.ts";
import { StateBoard } from "./state-board.ts";
import { toStateError } from "./state-error.ts";
import { pause } from "./wait-until.ts";
import { createWaiters, type Waiters } from "./waiters.ts";

export interface SupervisorOptions {
  readonly dir: string;
  readonly provider: Provider;
  readonly setup: RootChainSetup;
  readonly logger: Logger;
  /** Aborting it ends the devnet in order. */
  readonly signal: AbortSignal;
}

/**
 * Owns one devnet: prepares it, starts its nodes, keeps them alive, answers on the control socket, and ends everything in
 * order. Resolves when nothing of the devnet runs any more.
 *
 * @throws {UserError} KOMA_E_DEVNET_BUSY when another supervisor owns it, KOMA_E_DEVNET_NOT_FOUND without a plan
 */
export async function superviseDevnet(options: SupervisorOptions): Promise<void> {
  const paths = devnetPaths(options.dir);
  const plan = readPlan(paths.lock);
  if (!plan) throw new UserError("KOMA_E_DEVNET_NOT_FOUND", `There is no devnet in ${options.dir}.`);
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  const lock = await takeLock(paths.runLock);
  const supervisor = new Supervisor(options, plan, paths, lock);
  await supervisor.run();
}

/** How long a failure waits to be seen: a moment more than a client takes to connect. */
const UNSEEN_MS = 3_000;

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #plan: DevnetPlan;
  readonly #paths: DevnetPaths;
  readonly #lock: ProcessLock;
  readonly #journal: Journal;
  readonly #board: StateBoard;
  readonly #keepers: ReadonlyMap<string, NodeKeeper>;
  readonly #waiters: Waiters;
  readonly #manifest: ManifestWriter;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  readonly #createdAt: string;
  #markEnded: () => void = () => {};
  #faults: FaultBoard | undefined;
  #control: ControlServer | undefined;
  #preparing: Promise<Prepared> | undefined;
  #prepared: Prepared | undefined;
  #shutdown: Promise<{ stopped: string[]; killed: string[] }> | undefined;

  constructor(options: SupervisorOptions, plan: DevnetPlan, paths: DevnetPaths, lock: ProcessLock) {
    this.#options = options;
    this.#plan = plan;
    this.#paths = paths;
    this.#lock = lock;
    this.#journal = openJournal(paths.journal, () => new Date());
    this.#board = new StateBoard(plan);
    this.#createdAt = readCreation(paths.dir) ?? new Date().toISOString();
    this.#keepers = new Map(plan.nodes.map((node) => [node.name, this.#createKeeper(node)]));
    this.#waiters = createWaiters(
      () => this.#state(),
      () => this.#hopeless(),
    );
    this.#manifest = createManifestWriter(
      (final) => this.#manifestFacts(final),
      (error) => options.logger.error({ error: String(error) }, "the manifest was not written"),
    );
    this.#ended = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
  }

  async run(): Promise<void> {
    const { provider, logger, signal } = this.#options;
    const onAbort = (): void => void this.#end(DEFAULT_GRACE_MS);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const found = await provider.cleanup(this.#plan);
      if (found.length > 0) logger.warn({ found }, "ended what an earlier supervisor left behind");
      this.#journal.append("devnet.opened", { plan: this.#plan.hash, base: this.#plan.base, leftovers: found });
      await this.#manifest.write();
      this.#control = await openControlServer(
        this.#paths.socket,
        { state: () => this.#state(), call: this.#createCalls() },
        logger,
      );
      void this.#bringUp();
      await this.#ended;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#journal.sync();
      this.#journal.close();
      this.#lock.release();
    }
  }

  async #bringUp(): Promise<void> {
    const { provider, setup, logger } = this.#options;
    let ports: PortHold | undefined;
    try {
      ports = await holdPorts(this.#plan);
      const wanted = [...this.#keepers.values()].filter(({ plan }) => plan.start === "now");
      // Their modules are loaded while the root chain is made ready.
      for (const { plan } of wanted) provider.warmUp(plan);
      this.#preparing = prepareDevnet({
        plan: this.#plan,
        paths: this.#paths,
        marks: openMarks(this.#paths.marks, this.#plan.hash),
        setup,
        logger,
        signal: this.#ending.signal,
        rootChainEvents: {
          onHeight: () => this.#changed(),
          onCrash: (exit, attempt) => {
            this.#journal.append("l1.crashed", { ...exit, attempt });
            this.#changed();
          },
          onLost: (error) => this.#fail(error, "degraded"),
        },
        onStep: (name, state, detail) => this.#step(name, state, detail),
        onRootChainStart: async () => ports?.release("l1"),
      });
      this.#prepared = await this.#preparing;
      await writeNodeFiles(this.#plan, this.#paths);
      this.#faults = await openFaultBoard(this.#paths.faults, this.#keepers, (event, fault) => {
        this.#journal.append(`fault.${event}`, { ...fault });
        this.#changed();
      });
      this.#board.status = "starting";
      this.#step("nodes", "running", "");
      await ports.release();
      await Promise.all(wanted.map((keeper) => keeper.start()));
    } catch (error) {
      await this.#giveUp(error);
    } finally {
      await ports?.release();
    }
  }

  async #giveUp(error: unknown): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#options.logger.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      "the devnet did not come up",
    );
    this.#fail(error, "failed");
    // Whoever started us learns the reason from the state, so it is there until somebody has seen it.
    await Promise.race([this.#control?.firstSubscriber, pause(UNSEEN_MS, this.#ending.signal).catch(() => {})]);
    await this.#end(DEFAULT_GRACE_MS, "failed");
  }

  #createCalls(): ControlHandler["call"] {
    return createControlCalls({
      network: this.#plan.network.name,
      keepers: this.#keepers,
      waiters: this.#waiters,
      faults: () => this.#faults,
      closed: () => {
        const { status } = this.#board;
        return this.#shutdown || status === "preparing" || status === "failed" ? `the devnet is ${status}` : undefined;
      },
      end: (graceMs) => this.#end(graceMs),
    });
  }

  #createKeeper(node: DevnetPlan["nodes"][number]): NodeKeeper {
    const keeper: NodeKeeper = new NodeKeeper(node, this.#options.provider, {
      onChange: (from, to) => this.#nodeChanged(keeper, from, to),
      onMessage: (message) => this.#nodeSaid(keeper, message),
      onRollback: () => this.#board.rolledBack(this.#views()),
      onCrash: (reason, again) => {
        this.#journal.append("node.crashed", { reason, again: again ?? null }, node.name);
        const exit = { reason, at: new Date().toISOString() };
        void writeFileAtomic(this.#paths.node(node.name).exit, `${JSON.stringify(exit)}\n`).catch((error: unknown) =>
          this.#options.logger.warn({ error: String(error) }, "exit.json was not written"),
        );
      },
    });
    return keeper;
  }

  #nodeChanged(keeper: NodeKeeper, from: NodeState, to: NodeState): void {
    this.#journal.append("node.state", { from, to, pid: keeper.process?.pid ?? null }, keeper.plan.name);
    if (to === "ready") {
      void this.#faults
        ?.reapply(keeper)
        .catch((error: unknown) =>
          this.#options.logger.warn({ node: keeper.plan.name, error: String(error) }, "a fault was not applied again"),
        );
    }
    this.#judge();
    this.#manifest.request();
    this.#changed();
  }

  #nodeSaid(keeper: NodeKeeper, message: NodeMessage): void {
    const node = keeper.plan.name;
    switch (message.type) {
      case "head":
        this.#board.head(message.number);
        break;
      case "finalized":
        if (this.#board.finalized(message.number, message.hash, message.producer))
          this.#newFinal(message.number, message.hash);
        break;
      case "checkpoint":
        this.#newCheckpoint(message);
        break;
      case "evidence":
      case "behaviour":
        this.#journal.append(message.type, { ...message }, node);
        if (message.type === "behaviour" && message.event === "finished") this.#behaviourFinished(message.handle);
        break;
      case "exit":
        this.#journal.append("node.exit", { code: message.code, message: message.message }, node);
        // Trying again would not free the port, but whoever brings the devnet up can choose others.
        if (message.code === "KOMA_E_PORT_TAKEN" && this.#board.stepState("nodes") === "running") {
          void this.#giveUp(new UserError(message.code, message.message, { facts: { node } }));
        }
        break;
    }
    this.#changed();
  }

  #newFinal(number: bigint, hash: string): void {
    const { producer } = this.#state().chain;
    this.#journal.append("block", { number: Number(number), hash, producer });
    this.#noteFirstBlock();
  }

  /** The first final block is the last step, also when it comes before the last node is ready. */
  #noteFirstBlock(): void {
    const { name, finalized, producer } = this.#state().chain;
    if (this.#board.stepState("block") === "running" && finalized > 0) {
      this.#step("block", "done", `${name} #${finalized} by ${producer}`);
    }
  }

  #newCheckpoint(message: Extract<NodeMessage, { type: "checkpoint" }>): void {
    const checkpoint = {
      number: Number(message.number),
      start: Number(message.start),
      end: Number(message.end),
      state: message.state,
    };
    if (this.#board.newCheckpoint(checkpoint)) this.#journal.append("checkpoint", checkpoint);
  }

  /** A behaviour with a number of times ends by itself in the node; the board learns it here. */
  #behaviourFinished(handle: string): void {
    if (this.#faults?.list().some((fault) => fault.handle === handle && fault.nodes.length === 1)) {
      void this.#faults.heal([handle]).catch(() => {}); // healed by somebody else meanwhile
    }
  }

  #judge(): void {
    if (this.#shutdown || this.#board.status === "preparing" || this.#board.status === "failed") return;
    const idle: readonly NodeState[] = ["created", "stopped", "killed"];
    const expected = [...this.#keepers.values()].filter(({ state }) => !idle.includes(state));
    const ready = expected.filter(({ state }) => state === "ready").length;
    const waiting = this.#plan.nodes.length - expected.length;
    const detail = `${ready}/${expected.length} ready${waiting > 0 ? `, ${waiting} not started` : ""}`;
    if (this.#board.stepState("nodes") !== "done") {
      const all = ready === expected.length;
      this.#step("nodes", all ? "done" : "running", detail);
      if (!all) {
        if (expected.some(({ gaveUp }) => gaveUp)) this.#board.status = "degraded";
        return;
      }
      this.#step("block", "running", "");
      this.#journal.append("devnet.ready", { nodes: ready });
      this.#noteFirstBlock();
    }
    this.#board.status = ready === expected.length ? "ready" : "degraded";
  }

  #step(name: StepName, state: "running" | "done", detail: string): void {
    this.#board.step(name, state, detail);
    if (state === "done") this.#journal.append("step", { name, detail });
    if (name === "stake" && state === "done") this.#manifest.request();
    this.#changed();
  }

  #fail(error: unknown, status: "failed" | "degraded"): void {
    const failure = toStateError(error, this.#paths.supervisorLog);
    this.#board.status = status;
    this.#board.error = failure;
    this.#journal.append("devnet.failed", { code: failure.code, message: failure.message });
    this.#changed();
  }

  #state(): DevnetState {
    const root = this.#prepared?.rootChain;
    this.#board.rootChain = { ...this.#board.rootChain, height: root?.height() ?? 0, pid: root?.pid() ?? null };
    return this.#board.snapshot(this.#views(), this.#faults?.list() ?? []);
  }

  #views(): readonly NodeView[] {
    return [...this.#keepers.values()].map((keeper) => keeper.view());
  }

  #changed(): void {
    this.#waiters.check();
    this.#control?.stateChanged();
  }

  /** Why waiting any longer makes no sense. */
  #hopeless(): KomaError | undefined {
    const { error } = this.#board;
    if (error)
      return new EnvironmentError(error.code, error.message, {
        facts: { why: error.why, log: error.log ?? "" },
        fix: error.fix,
      });
    const lost = [...this.#keepers.values()].find(({ gaveUp }) => gaveUp);
    return lost && lostNode(lost, this.#paths.node(lost.plan.name));
  }

  /** Ends everything in reverse order; asked twice, it happens once. */
  #end(graceMs: number, status: "stopped" | "failed" = "stopped"): Promise<{ stopped: string[]; killed: string[] }> {
    this.#shutdown ??= this.#shutDown(graceMs, status).finally(() => {
      // The answer to whoever asked goes out before the socket is closed.
      setImmediate(async () => {
        await this.#control?.close();
        this.#markEnded();
      });
    });
    return this.#shutdown;
  }

  async #shutDown(graceMs: number, status: "stopped" | "failed"): Promise<{ stopped: string[]; killed: string[] }> {
    const { provider, logger } = this.#options;
    if (status === "stopped") this.#board.status = "stopping";
    this.#journal.append("devnet.stopping", {});
    this.#ending.abort();
    this.#faults?.close();
    // A preparation that is cut short ends its own root chain; one that just finished left it to us.
    this.#prepared ??= await this.#preparing?.catch(() => undefined);
    const running = [...this.#keepers.values()].filter(({ process }) => process !== null);
    const deadline = performance.now() + graceMs;
    await Promise.all([provider.coolDown(), ...[...this.#keepers.values()].map((keeper) => keeper.stop(graceMs))]);
    const late = performance.now() >= deadline;
    await this.#prepared?.rootChain
      .stop()
      .catch((error: unknown) => logger.warn({ error: String(error) }, "the root chain did not stop in order"));
    if (status === "stopped") this.#board.status = "stopped";
    this.#journal.append("devnet.stopped", { status });
    await this.#manifest.finish();
    const names = running.map(({ plan }) => plan.name);
    const killed = late
      ? running.filter((keeper) => keeper.view().lastExit === "signal SIGKILL").map(({ plan }) => plan.name)
      : [];
    return { stopped: names.filter((name) => !killed.includes(name)), killed };
  }

  #manifestFacts(final: boolean): ManifestFacts {
    const keepers = [...this.#keepers.values()];
    return {
      plan: this.#plan,
      paths: this.#paths,
      status: this.#board.status,
      createdAt: this.#createdAt,
      // The last manifest says that nobody owns the devnet any more.
      supervisor: final ? null : (identifyProcess(process.pid) ?? null),
      rootChainPid: final ? null : (this.#prepared?.rootChain.pid() ?? null),
      contracts: this.#prepared?.contracts ?? {},
      nodes: new Map(keepers.map((keeper) => [keeper.plan.name, { view: keeper.view(), process: keeper.process }])),
    };
  }
}
