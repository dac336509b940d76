import { formatDuration } from "./duration.ts";

/** One line of a list of things that are done one after the other. */
export interface Step {
  readonly title: string;
  /**
   * Does it. `report` changes the detail beside the title while it runs; the answer, if any, is the final detail.
   * Time is added by the list, unless the answer brings its own.
   */
  run(report: (detail: string) => void): Promise<string | undefined>;
}

export interface StepListOptions {
  /** Nothing is shown: --json or --quiet. */
  readonly silent: boolean;
  readonly color: boolean;
}

/** Shows steps on stderr: a live list on a terminal, a line for each elsewhere, nothing when silent. Stops at a failure. */
export async function runSteps(steps: readonly Step[], options: StepListOptions): Promise<void> {
  if (options.silent) {
    for (const step of steps) await step.run(() => {});
  } else if (process.stderr.isTTY && options.color) {
    await runLive(steps);
  } else {
    await runPlain(steps);
  }
}

async function runPlain(steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    const started = performance.now();
    const detail = await step.run(() => {});
    process.stderr.write(`✔ ${describe(steps, step, detail ?? "", started)}\n`);
  }
}

async function runLive(steps: readonly Step[]): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import("listr2");
  const logger = new ListrLogger({
    useIcons: true,
    processOutput: new ProcessOutput(process.stderr, process.stderr),
  });
  const list = new Listr(
    steps.map((step) => ({
      title: step.title,
      task: async (_: unknown, task: { title: string }): Promise<void> => {
        const started = performance.now();
        const detail = await step.run((text) => {
          task.title = describe(steps, step, text);
        });
        task.title = describe(steps, step, detail ?? "", started);
      },
    })),
    {
      concurrent: false,
      registerSignalListeners: false,
      renderer: "default",
      // The error is rendered once, by the command, with what to do about it.
      rendererOptions: { logger, showErrorMessage: false },
    },
  );
  await list.run();
}

/** `l1     anvil, chain 31337, 12 contracts                    0.9 s` */
function describe(steps: readonly Step[], step: Step, detail: string, startedMs?: number): string {
  const width = Math.max(...steps.map(({ title }) => title.length)) + 2;
  const time = startedMs === undefined ? "" : formatDuration(performance.now() - startedMs);
  return `${step.title.padEnd(width)}${detail.padEnd(Math.max(50, detail.length) + 2)}${time}`.trimEnd();
}
