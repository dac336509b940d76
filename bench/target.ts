import { koma, type RunningDevnet, withHome } from "./devnet.ts";

/** Senders of a load: enough that none of them has too many transactions under way. */
export const SENDERS = 50;

/** A chain that load is put on. */
export interface Target {
  readonly name: string;
  /** Where the load goes in. */
  readonly url: string;
  /** Every node, to compare what they hold. */
  readonly urls: readonly string[];
  /** Processes whose CPU and memory count. */
  readonly pids: readonly number[];
  /** Of a devnet's root chain, whose costs are not koma's. */
  readonly rootChainPid?: number;
  /** Whether blocks become final at a threshold. */
  readonly hasFinality: boolean;
  /** An accepted transaction is in a block when the answer comes: the answer is what tells a client, not a new head. */
  readonly minesOnSend: boolean;
  /** When the program was started, as `performance.now()` had it. */
  readonly begin: number;
  /** From then to its first answer, in ms. For a devnet that is until the command returns. */
  readonly answerMs: number;
}

export interface KomaOptions {
  /** Changes to the network's description, as `--set` takes them. */
  readonly set?: readonly string[];
}

/** A fresh devnet with as many funded accounts as the load has senders. */
export function withKoma<T>(
  validators: number,
  work: (target: Target, home: string) => Promise<T>,
  { set = [] }: KomaOptions = {},
): Promise<T> {
  return withHome(async (home) => {
    const begin = performance.now();
    const changes = [`accounts.count=${SENDERS}`, ...set].flatMap((change) => ["--set", change]);
    const devnet = await koma<RunningDevnet>(home, ...["devnet", "up", "--validators", String(validators), ...changes]);
    const target: Target = {
      name: komaName(validators),
      url: devnet.chains[0]?.rpcUrl ?? "",
      urls: devnet.nodes.map((node) => node.rpcUrl),
      pids: devnet.nodes.map((node) => node.pid),
      ...(devnet.l1.pid === null ? {} : { rootChainPid: devnet.l1.pid }),
      hasFinality: true,
      minesOnSend: false,
      begin,
      answerMs: performance.now() - begin,
    };
    return work(target, home);
  });
}

export function komaName(validators: number): string {
  return validators === 1 ? "koma, 1 validator" : `koma, ${validators} validators`;
}
