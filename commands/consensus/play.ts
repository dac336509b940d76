import { Args, type Ctx, exitCodes, Flags, KomaCommand, lineAt, readBoundedText } from "../../src/cli/index.ts";
import type { GraphFormat, PlayedScript, PlayedStep } from "../../src/dagscript/index.ts";

export interface PlayedScriptData extends PlayedScript {
  /** With --graph. */
  readonly graph?: string;
}

export default class ConsensusPlay extends KomaCommand<PlayedScriptData> {
  static override kind = "consensus.play";
  static override summary = "Play a DAG of KoMaBFT units from a file and check its expectations.";
  static override description =
    `The file says who makes which unit citing what, and asks: is it valid, what does it vote for, how final is a block? The consensus
code of nodes answers, without network, clock and blocks. docs/protocol/playing-with-the-dag.md describes the format;
test/vectors/consensus is a course in twenty-odd scripts. Exit code: 0 nothing failed, 6 an expectation does not hold, 2 the file is malformed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> test/vectors/consensus/01-first-block.json",
    "<%= config.bin %> <%= command.id %> test/vectors/consensus/09-equivocation.json --graph text",
    "<%= config.bin %> <%= command.id %> - --json < my-dag.json",
  ];
  static override args = {
    file: Args.string({ description: "Script, or - for standard input.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    graph: Flags.option({
      summary: "Draw the DAG: text, Graphviz dot, or Mermaid.",
      env: "KOMA_CONSENSUS_GRAPH",
      options: ["text", "dot", "mermaid"] as const satisfies readonly GraphFormat[],
    })(),
  };

  async execute(ctx: Ctx): Promise<PlayedScriptData> {
    const { args, flags } = await this.parse(ConsensusPlay);
    const { drawGraph, MAX_SCRIPT_BYTES, parseScript, playedGraph, playScript } = await import(
      "../../src/dagscript/index.ts"
    );
    const script = parseScript(await parseJson(await readBoundedText(args.file, MAX_SCRIPT_BYTES)));
    for (const pointer of script.unknownMembers) {
      ctx.out.warn("KOMA_W_SCRIPT_MEMBER", `${pointer} means nothing here; is it misspelt?`);
    }
    const { played, state } = playScript(script);
    const graph = flags.graph && drawGraph(playedGraph(state), flags.graph);
    print(ctx, script.title ?? script.id, played, graph);
    if (played.failed > 0) ctx.exitWith(exitCodes.false);
    return { ...played, ...(graph === undefined ? {} : { graph }) };
  }
}

async function parseJson(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { scriptFault } = await import("../../src/dagscript/index.ts");
    const problem = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(problem)?.[1] ?? text.length);
    throw scriptFault("", `is not JSON: line ${lineAt(text, position)}: ${problem}`, {
      line: String(lineAt(text, position)),
    });
  }
}

function print({ out, cfg }: Ctx, title: string, played: PlayedScript, graph: string | undefined): void {
  // Only the picture: it goes to Graphviz or into a page.
  if (graph !== undefined) out.line(graph);
  else {
    out.line(title);
    for (const step of played.steps) {
      const line = describe(step);
      if (step.pass === false)
        out.line(`  ${out.paint("red", "✖")} ${line}, expected ${JSON.stringify(step.expected)}`);
      else if (step.expected === undefined ? step.actual !== null : cfg.verbose > 0) out.line(`    ${line}`);
    }
    const skipped = played.skipped === 0 ? "" : `, ${played.skipped} of ops that this build does not know`;
    const mark = played.failed === 0 ? out.paint("green", "✔") : out.paint("red", "✖");
    out.line(`${mark} ${played.passed} expectations hold, ${played.failed} do not${skipped}`);
  }
}

function describe({ index, op, actual }: PlayedStep): string {
  return `step ${index} ${op}: ${JSON.stringify(actual)}`;
}
