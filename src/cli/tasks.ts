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

/** Shows steps on stderr: a live list on a terminal, plain lines elsewhere, nothing when silent. Stops at a failure. */
export async function runSteps(steps: readonly Step[], options: StepListOptions): Promise<void> {
  if (options.silent) {
    for (const step of steps) await step.run(() => {});
    return;
  }
  const { Listr, ListrLogger, ProcessOutput } = await import("listr2");
  const width = Math.max(...steps.map(({ title }) => title.length)) + 2;
  const logger = new ListrLogger({
    useIcons: true,
    processOutput: new ProcessOutput(process.stderr, process.stderr),
  });
  const list = new Listr(
    steps.map((step) => ({
      title: step.title,
      task: async (_: unknown, task: { title: string }): Promise<void> => {
        const started = performance.now();
        const show = (detail: string, time = ""): void => {
          task.title = `${step.title.padEnd(width)}${detail}${time === "" ? "" : `${" ".repeat(Math.max(2, 52 - detail.length))}${time}`}`;
        };
        const detail = await step.run((text) => show(text));
        show(detail ?? "", formatDuration(performance.now() - started));
      },
    })),
    {
      concurrent: false,
      registerSignalListeners: false,
      renderer: process.stderr.isTTY && options.color ? "default" : "simple",
      rendererOptions: { logger },
      fallbackRendererOptions: { logger },
    },
  );
  await list.run();
}
