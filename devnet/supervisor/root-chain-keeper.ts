import type { Logger } from "../../src/logger.ts";
import type { NodeExit } from "../providers/provider.ts";
import { describeExit } from "../providers/provider.ts";
import { type Anvil, type AnvilOptions, startAnvil } from "./anvil.ts";
import { callRootChain } from "./root-chain-call.ts";
import { pause } from "./wait-until.ts";

/** The root chain for as long as the devnet runs: restarted when it dies, on disk after every block that matters. */
export interface RootChainKeeper {
  readonly url: string;
  pid(): number | null;
  height(): number;
  /** Ends the quick mining of the preparation, which has been saved: from now on a block every `blockTimeMs`, on the machine's clock. */
  openForBusiness(blockTimeMs: number): Promise<void>;
  save(): Promise<void>;
  stop(): Promise<void>;
}

export interface RootChainEvents {
  onHeight(height: number): void;
  onCrash(exit: NodeExit, attempt: number): void;
  /** All attempts to bring it back have failed. */
  onLost(error: unknown): void;
}

const POLL_MS = 200;
/** Empty blocks are worth nothing; a state this old would still be a long way back for the nodes. */
const MAX_UNSAVED_BLOCKS = 15;
const RESTARTS = 3;

/** Keeps anvil. */
export async function keepAnvil(
  options: AnvilOptions,
  events: RootChainEvents,
  logger: Logger,
  signal: AbortSignal,
): Promise<RootChainKeeper & { readonly resumed: boolean }> {
  const closing = new AbortController();
  const ending = AbortSignal.any([signal, closing.signal]);
  let anvil = await startAnvil(options, signal);
  const { resumed } = anvil;
  let alive = true;
  let blockTimeMs: number | undefined;
  let height = 0;
  let saved = 0;
  let saving: Promise<void> = Promise.resolve();
  let watching: Promise<void> | undefined;

  const save = (): Promise<void> => {
    // One at a time: two dumps that overtake each other would leave the older one on disk.
    saving = saving.catch(() => {}).then(() => anvil.save());
    return saving;
  };

  async function mineByClock(): Promise<void> {
    if (blockTimeMs === undefined) return;
    await callRootChain(anvil.url, "anvil_setTime", [`0x${Math.floor(Date.now() / 1000).toString(16)}`]);
    await callRootChain(anvil.url, "evm_setAutomine", [false]);
    await callRootChain(anvil.url, "evm_setIntervalMining", [blockTimeMs / 1000]);
  }

  async function watch(): Promise<void> {
    while (!ending.aborted) {
      await pause(POLL_MS, ending).catch(() => {});
      if (ending.aborted) return;
      try {
        await look();
      } catch (error) {
        // While anvil is being restarted it does not answer; its exit is handled where it is noticed.
        logger.debug({ error: String(error) }, "the root chain did not answer");
      }
    }
  }

  async function look(): Promise<void> {
    const now = Number(await callRootChain(anvil.url, "eth_blockNumber", [], ending));
    if (now === height) return;
    let busy = now < height || now - saved >= MAX_UNSAVED_BLOCKS;
    for (let number = height + 1; number <= now && !busy; number++) {
      const count = await callRootChain(
        anvil.url,
        "eth_getBlockTransactionCountByNumber",
        [`0x${number.toString(16)}`],
        ending,
      );
      busy = Number(count) > 0;
    }
    height = now;
    if (busy) {
      await save();
      saved = now;
    }
    events.onHeight(now);
  }

  function guard(current: Anvil): void {
    alive = true;
    current.onExit((exit) => {
      alive = false;
      if (!ending.aborted) void bringBack(exit);
    });
  }

  async function bringBack(exit: NodeExit): Promise<void> {
    for (let attempt = 1; attempt <= RESTARTS; attempt++) {
      events.onCrash(exit, attempt);
      logger.warn(
        { exit: describeExit(exit), attempt },
        "the root chain ended; restarting it from its last saved state",
      );
      try {
        await pause(1000 * 2 ** (attempt - 1), ending);
        anvil = await startAnvil(options, ending);
        await mineByClock();
        guard(anvil);
        return;
      } catch (error) {
        if (ending.aborted) return;
        if (attempt === RESTARTS) events.onLost(error);
      }
    }
  }

  guard(anvil);
  return {
    url: anvil.url,
    resumed,
    pid: () => (alive ? anvil.process.pid : null),
    height: () => height,
    async openForBusiness(ms) {
      blockTimeMs = ms;
      height = Number(await callRootChain(anvil.url, "eth_blockNumber"));
      // What was prepared, or resumed, is on disk already.
      saved = height;
      await mineByClock();
      watching ??= watch();
    },
    save,
    async stop() {
      closing.abort();
      await watching;
      await saving.catch(() => {});
      // A last save is worth trying; without it the chain goes back to its last busy block, which loses nothing.
      await anvil
        .save()
        .catch((error: unknown) => logger.warn({ error: String(error) }, "the root chain was not saved at the end"));
      await anvil.stop();
    },
  };
}

/** A root chain that somebody else runs: watched, never started, saved or stopped. */
export async function keepExternal(
  url: string,
  events: RootChainEvents,
  signal: AbortSignal,
): Promise<RootChainKeeper> {
  const closing = new AbortController();
  const ending = AbortSignal.any([signal, closing.signal]);
  let height = Number(await callRootChain(url, "eth_blockNumber", [], signal));
  let watching: Promise<void> | undefined;

  async function watch(): Promise<void> {
    while (!ending.aborted) {
      await pause(1_000, ending).catch(() => {});
      // An endpoint that does not answer for a while is the nodes' business to report; here only the height is shown.
      const answer = await callRootChain(url, "eth_blockNumber", [], ending).catch(() => undefined);
      if (answer === undefined || Number(answer) === height) continue;
      height = Number(answer);
      events.onHeight(height);
    }
  }
  return {
    url,
    pid: () => null,
    height: () => height,
    async openForBusiness() {
      watching ??= watch();
    },
    save: async () => {},
    async stop() {
      closing.abort();
      await watching;
    },
  };
}
