// Ethereum's own state tests through this chain's EVM:
//   node test/conformance/run-state-tests.ts <checkout of ethereum/tests>/GeneralStateTests [part of a path] [fork]
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { EvmEngine } from "../../src/execution/evm-engine.ts";
import { Pacer } from "../../src/execution/pacer.ts";
import { runStateTest, type StateTestFixture, type StateTestVerdict } from "./state-test.ts";

const [folder, part = "", fork = "Cancun"] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: node test/conformance/run-state-tests.ts <folder of GeneralStateTests> [part] [fork]\n");
  process.exit(2);
}

const engine = await EvmEngine.create(1n, new Pacer(1_000));
const sums: Record<StateTestVerdict["kind"], number> = { passed: 0, failed: 0, skipped: 0 };
const startedAt = performance.now();

const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
for (const name of files.sort()) {
  if (!name.includes(part)) continue;
  const path = join(folder, name);
  const fixtures = JSON.parse(readFileSync(path, "utf8")) as Record<string, StateTestFixture>;
  for (const [title, fixture] of Object.entries(fixtures)) {
    for (const post of fixture.post?.[fork] ?? []) {
      const verdict = await runStateTest(engine, fixture, post);
      sums[verdict.kind]++;
      if (verdict.kind !== "failed") continue;
      const { data, gas, value } = post.indexes;
      const variant = `data ${data}, gas ${gas}, value ${value}`;
      process.stdout.write(
        `FAILED ${relative(folder, path)} ${title} (${variant}): ${verdict.what}, expected ${verdict.expected}, found ${verdict.found}\n`,
      );
    }
  }
}

const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
process.stdout.write(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped in ${seconds} s\n`);
process.exitCode = sums.failed > 0 || sums.passed === 0 ? 1 : 0;
