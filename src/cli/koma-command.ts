import { Command } from "@oclif/core";
import { errorEnvelope, type StreamEnd, successEnvelope, toJsonLine } from "./envelope.ts";
import { type Failure, toFailure } from "./errors.ts";
import { globalFlags } from "./flags.ts";
import { type Home, openHome } from "./home.ts";
import { type Interruption, ReaderGoneError, watchInterruption } from "./interrupt.ts";
import { type NetClient, openNet } from "./net-client.ts";
import { createOut, type Out, type OutState } from "./out.ts";
import { paintFor } from "./paint.ts";
import { askConfirmation, askSecret, type Question, type SecretQuestion } from "./prompt.ts";
import { renderError } from "./render-error.ts";
import { type GivenSettings, resolveSettings, type Settings } from "./settings.ts";
import { runSteps, type Step } from "./tasks.ts";

/** What a command has at hand besides its own flags. `Item`: what one line of its stream holds, if it streams. */
export interface Ctx<Item = never> {
  readonly out: Out<Item>;
  readonly cfg: Settings;
  /** Aborted by Ctrl-C, SIGTERM and --timeout; everything that waits takes it. */
  readonly signal: AbortSignal;
  readonly home: Home;
  /** The network to talk to (--network, --chain). */
  net(): Promise<NetClient>;
  /** Returns only when the person, or --yes, agrees. */
  confirm(question: Question): Promise<void>;
  /** A password: from the file that a flag names, or typed without echo. */
  secret(question: SecretQuestion): Promise<string>;
  /** Shows steps while they are done one after the other. */
  tasks(steps: readonly Step[]): Promise<void>;
  /** What to kill when the person insists on stopping. */
  onForce(kill: () => void): void;
  /** Exit status of a run that succeeded but whose answer is bad news, such as 6 for a check that came out negative. */
  exitWith(code: number): void;
}

/**
 * Base of every command. A subclass parses its flags in `execute`, calls one module, prints for people through `ctx.out`
 * and returns the data of the JSON envelope. What it throws becomes the error envelope or the error text, and the exit
 * status of the table.
 *
 * The schemas of devnet/schema/out are made from the two types: `Data`, undefined for a command that only streams, and
 * `Item`, the data of one line of a stream.
 */
export abstract class KomaCommand<Data = unknown, Item = never> extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = globalFlags;
  /** Name of the result, `devnet.status`: field `kind` of the envelope. */
  static kind = "";

  #state: OutState | undefined;
  #interruption: Interruption | undefined;
  #verbose = false;

  abstract execute(ctx: Ctx<Item>): Promise<Data>;

  override async run(): Promise<{ readonly data: Data }> {
    const { flags } = await this.parse(this.ctor);
    const cfg = resolveSettings({
      ...(flags as GivenSettings),
      verbose: this.#countVerbose(flags["verbose"] === true),
    });
    this.#verbose = cfg.verbose > 0;
    this.#state = createOut({ kind: this.#kind(), json: cfg.json, quiet: cfg.quiet, color: cfg.color });
    const { out } = this.#state;
    const interruption = watchInterruption({ timeoutMs: cfg.timeoutMs, say: (text) => out.note(text) });
    this.#interruption = interruption;
    const { signal } = interruption;
    const home = openHome(cfg.home);
    const data = await this.execute({
      out,
      cfg,
      signal,
      home,
      net: async () => openNet(home, { network: cfg.network, chain: cfg.chain }),
      confirm: async (question) => (cfg.yes ? undefined : askConfirmation(question, cfg.input, signal)),
      secret: (question) => askSecret(question, cfg.input, signal),
      tasks: (steps) => runSteps(steps, { silent: cfg.json || cfg.quiet, color: cfg.color }),
      onForce: interruption.onForce,
      exitWith: (code) => {
        process.exitCode = code;
      },
    });
    return { data };
  }

  /** Before the flags are parsed, and for flags that do not parse: what the person most likely wants. */
  override jsonEnabled(): boolean {
    return wantsJson(this.argv);
  }

  protected override toSuccessJson(result: { readonly data: Data }): unknown {
    // Also a stream of nothing ends: a command that only streams has no document of its own.
    const streams = this.#state?.streamed() || result.data === undefined;
    return streams
      ? ({ kind: "end", data: { reason: "done" } } satisfies StreamEnd)
      : successEnvelope(this.#kind(), result.data, this.#state?.warnings ?? []);
  }

  protected override logJson(document: unknown): void {
    process.stdout.write(toJsonLine(document));
  }

  /** oclif would print its own way and end the process; here every failure takes the same two roads. */
  protected override async catch(thrown: Error): Promise<void> {
    const asked = exitAskedFor(thrown);
    if (asked !== undefined) {
      process.exitCode = asked;
      return;
    }
    const reason: unknown = this.#interruption?.signal.aborted ? this.#interruption.signal.reason : undefined;
    if (reason instanceof ReaderGoneError) return;
    const command = this.id?.replaceAll(":", " ");
    const failure = toFailure(isAbort(thrown) && reason !== undefined ? reason : thrown, command);
    process.exitCode = failure.exit;
    reportFailure(failure, {
      kind: this.#kind(),
      json: this.jsonEnabled(),
      verbose: this.#verbose || asksVerbose(this.argv),
    });
  }

  protected override async finally(): Promise<void> {
    this.#interruption?.release();
  }

  #kind(): string {
    const { kind } = this.ctor as typeof KomaCommand;
    return kind === "" ? (this.id ?? "").replaceAll(":", ".") : kind;
  }

  #countVerbose(given: boolean): number {
    const times = this.argv.filter((argument) => argument === "-v" || argument === "--verbose").length;
    return Math.max(times, given ? 1 : 0);
  }
}

/** Prints a failure to stdout as JSON, or to stderr for people. */
export function reportFailure(
  failure: Failure,
  options: { readonly kind: string; readonly json: boolean; readonly verbose: boolean },
): void {
  if (options.json) {
    process.stdout.write(toJsonLine(errorEnvelope(options.kind, failure)));
    return;
  }
  const paint = paintFor(process.stderr, !process.argv.includes("--no-color"));
  process.stderr.write(`${renderError(failure, { paint, verbose: options.verbose })}\n`);
}

/** --json or -j before a `--`, or KOMA_JSON set to something true. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const flags = end === -1 ? argv : argv.slice(0, end);
  const variable = process.env["KOMA_JSON"]?.toLowerCase();
  return (
    flags.includes("--json") ||
    flags.includes("-j") ||
    (variable !== undefined && ["1", "true", "yes"].includes(variable))
  );
}

export function asksVerbose(argv: readonly string[]): boolean {
  return argv.includes("-v") || argv.includes("--verbose");
}

/** Status given to `this.exit(n)`. */
function exitAskedFor(thrown: Error): number | undefined {
  const { code, oclif } = thrown as { code?: unknown; oclif?: { exit?: number } };
  return code === "EEXIT" ? (oclif?.exit ?? 0) : undefined;
}

function isAbort(thrown: Error): boolean {
  return thrown.name === "AbortError" || (thrown as { code?: unknown }).code === "ABORT_ERR";
}
