/** One measured quantity in the words of Prometheus, with a value for each set of labels. */
export interface Metric {
  /** Lower case with `_`; ends in its unit, and in `_total` where it only grows. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  /** Added to the name: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with one value. */
export function single(name: string, type: "counter" | "gauge", help: string, value: number): Metric {
  return { name, help, type, samples: [{ value }] };
}

/**
 * The text that Prometheus reads.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4
 */
export function writeMetrics(metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of metrics) {
    lines.push(`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`, `# TYPE ${name} ${type}`);
    for (const { suffix = "", labels = {}, value } of samples) {
      const written = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
      const all = written.length === 0 ? "" : `{${written.join(",")}}`;
      lines.push(`${name}${suffix}${all} ${writeNumber(value)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

/** Upper bounds of the buckets, seconds. */
const bounds = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 30];

/** How many requests there were, how they went and how long they took. Labels are names of methods that exist. */
export class RequestMetrics {
  readonly #counts = new Map<string, { readonly method: string; readonly outcome: string; value: number }>();
  readonly #buckets = bounds.map(() => 0);
  #seconds = 0;
  #all = 0;

  /** @param outcome  `ok`, or the code of the error */
  add(method: string, outcome: string, seconds: number): void {
    const key = `${method} ${outcome}`;
    const known = this.#counts.get(key);
    if (known) known.value++;
    else this.#counts.set(key, { method, outcome, value: 1 });
    this.#seconds += seconds;
    this.#all++;
    for (const [at, bound] of bounds.entries()) if (seconds <= bound) this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
  }

  read(): readonly Metric[] {
    const buckets = bounds.map((bound, at) => ({
      suffix: "_bucket",
      labels: { le: String(bound) },
      value: this.#buckets[at] ?? 0,
    }));
    return [
      {
        name: "koma_rpc_requests_total",
        help: "JSON-RPC requests by method and outcome: ok, or the code of the error.",
        type: "counter",
        samples: [...this.#counts.values()].map(({ method, outcome, value }) => ({
          labels: { method, outcome },
          value,
        })),
      },
      {
        name: "koma_rpc_request_seconds",
        help: "Time from a JSON-RPC request to its answer.",
        type: "histogram",
        samples: [
          ...buckets,
          { suffix: "_bucket", labels: { le: "+Inf" }, value: this.#all },
          { suffix: "_sum", value: this.#seconds },
          { suffix: "_count", value: this.#all },
        ],
      },
    ];
  }
}
