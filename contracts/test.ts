// `npm run test:contracts`: the Solidity tests, with the profile `ci` and one plain closing line that programs can read.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface TestResult {
  readonly status: "Success" | "Failure" | "Skipped";
  readonly reason: string | null;
  readonly counterexample: unknown;
}

type SuiteResults = Readonly<Record<string, { readonly test_results: Readonly<Record<string, TestResult>> }>>;

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The platform's own binary: killing the npm launcher would leave its child running. */
function forgeBinary(): string {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/forge-${platform}/package.json`);
  const binary = join(dirname(manifest), "bin", process.platform === "win32" ? "forge.exe" : "forge");
  if (!existsSync(binary)) throw new Error(`there is no forge for ${platform} in node_modules`);
  return binary;
}

function runForge(args: readonly string[], home: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(forgeBinary(), args, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        // solc-forge.cjs is started as a program: by the Node that runs this file.
        PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`,
        HOME: home,
        FOUNDRY_PROFILE: process.env["FOUNDRY_PROFILE"] ?? "ci",
        FOUNDRY_DISABLE_NIGHTLY_WARNING: "1",
      },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** forge prints what the compiler says before the results: the results are the last line. */
function parseResults(stdout: string): SuiteResults | undefined {
  const line = stdout
    .trimEnd()
    .split("\n")
    .findLast((text) => text.startsWith("{"));
  if (line === undefined) return undefined;
  try {
    return JSON.parse(line) as SuiteResults;
  } catch {
    return undefined;
  }
}

function report(results: SuiteResults): { passed: number; failed: number } {
  let passed = 0;
  let failed = 0;
  for (const [suite, { test_results }] of Object.entries(results)) {
    for (const [name, result] of Object.entries(test_results)) {
      if (result.status === "Success") passed += 1;
      if (result.status !== "Failure") continue;
      failed += 1;
      process.stdout.write(`FAIL ${suite} ${name}: ${result.reason ?? "no reason given"}\n`);
      if (result.counterexample) process.stdout.write(`     ${JSON.stringify(result.counterexample)}\n`);
    }
  }
  return { passed, failed };
}

const home = mkdtempSync(join(tmpdir(), "koma-forge-"));
try {
  const run = await runForge(["test", "--json", ...process.argv.slice(2)], home);
  const results = parseResults(run.stdout);
  if (results === undefined) {
    process.stdout.write(`${run.stdout}${run.stderr}\nforge did not run the tests\n0 passed, 1 failed\n`);
    process.exitCode = 1;
  } else {
    const { passed, failed } = report(results);
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    process.exitCode = failed > 0 || passed === 0 || run.code !== 0 ? 1 : 0;
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
