import { ENVELOPE_VERSION, toJsonLine, type Warning } from "./envelope.ts";
import { type Paint, paintFor } from "./paint.ts";
import { type Column, fitTable, renderTable } from "./table.ts";

/** Where a command's words go: results to stdout, everything else to stderr, JSON alone on stdout with --json. */
export interface Out<Item = never> {
  /** A line of the result; nothing with --json. */
  line(text?: string): void;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  /** Something beside the result, on stderr; nothing with --json or --quiet. */
  note(text: string): void;
  /** On stderr, and in `warnings` of the JSON envelope. */
  warn(code: `KOMA_W_${string}`, message: string): void;
  /** One item of a stream: with --json a line `{"kind","v","data"}`, else `text`. A command that streams ends with `end`. */
  record(data: Item, text: string): void;
  /** Colours for stdout. */
  readonly paint: Paint;
}

export interface OutOptions {
  readonly kind: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly stdout?: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** What only {@link KomaCommand} needs besides. */
export interface OutState {
  readonly out: Out<unknown>;
  readonly warnings: readonly Warning[];
  readonly streamed: () => boolean;
}

export function createOut(options: OutOptions): OutState {
  const stdout = options.stdout ?? process.stdout;
  const stderr = options.stderr ?? process.stderr;
  const warnings: Warning[] = [];
  let streamed = false;
  const errorPaint = paintFor(stderr, options.color && !options.json);
  const out: Out<unknown> = {
    line(text = "") {
      if (!options.json) stdout.write(`${text}\n`);
    },
    table(columns, rows) {
      // Whoever reads a file or a pipe wants everything.
      const fitted = fitTable(columns, rows, stdout.isTTY ? (stdout.columns ?? Infinity) : Infinity);
      out.line(renderTable(fitted.columns, fitted.rows));
    },
    note(text) {
      if (!options.json && !options.quiet) stderr.write(`${text}\n`);
    },
    warn(code, message) {
      warnings.push({ code, message });
      if (!options.json) stderr.write(`${errorPaint("yellow", "!")} ${message} ${errorPaint("dim", `(${code})`)}\n`);
    },
    record(data, text) {
      streamed = true;
      stdout.write(options.json ? toJsonLine({ kind: options.kind, v: ENVELOPE_VERSION, data }) : `${text}\n`);
    },
    paint: paintFor(stdout, options.color && !options.json),
  };
  return { out, warnings, streamed: () => streamed };
}
