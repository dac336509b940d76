// `npm test`: every level of the suite, one closing line. Vitest runs the TypeScript levels, forge the Solidity ones.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "koma-test-"));

function run(
  args: readonly string[],
  { onOutput, background = false }: { readonly onOutput?: (text: string) => void; readonly background?: boolean } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", onOutput ? "pipe" : "inherit", "inherit"],
    });
    if (background && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    child.stdout?.on("data", (chunk: Buffer) => {
      process.stdout.write(chunk);
      onOutput?.(chunk.toString());
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Levels that wait for real time come after those that need the processor, so that they do not measure the machine. The
 * Solidity tests spend most of their time in one compiler thread, and go beside the others, yielding to them.
 */
const lanes: readonly (readonly (() => Promise<Tally>)[])[] = [
  [() => runVitest(["unit", "simulation", "contracts"]), () => runVitest(["node", "e2e"])],
  [runForge],
];

async function inTurn(levels: readonly (() => Promise<Tally>)[]): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  for (const level of levels) tallies.push(await level());
  return tallies;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Times in ms. */
  readonly testResults: readonly { readonly name: string; readonly startTime: number; readonly endTime: number }[];
}

/** What to begin with next time: see test/support/longest-first.ts. */
function tellLongest({ testResults }: Report): void {
  const files = testResults
    .map(({ name, startTime, endTime }) => ({ file: relative(root, name), seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 8);
  console.log(`longest: ${files.map(({ file, seconds }) => `${file} ${seconds.toFixed(0)} s`).join(", ")}`);
}

async function runVitest(projects: readonly string[]): Promise<Tally> {
  const report = join(scratch, `${projects.join("-")}.json`);
  const code = await run([
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  const result = JSON.parse(readFileSync(report, "utf8")) as Report;
  tellLongest(result);
  // A file that does not load, or an error outside a test, fails the run without failing a test.
  const failed = code !== 0 && result.numFailedTests === 0 ? 1 : result.numFailedTests;
  return { passed: result.numPassedTests, failed };
}

async function runForge(): Promise<Tally> {
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  const code = await run(["contracts/test.ts"], { onOutput, background: true });
  const match = /^(\d+) passed, (\d+) failed/m.exec(output);
  const passed = Number(match?.[1] ?? 0);
  const failed = Number(match?.[2] ?? 0);
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

try {
  const tallies = (await Promise.all(lanes.map(inTurn))).flat();
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
