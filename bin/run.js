#!/usr/bin/env node
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureNode } from "./ensure-node.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (!ensureNode()) {
  // ensureNode handed over to another Node, or said what is missing; the exit code is set.
} else if (!existsSync(join(root, "dist", "src", "cli", "launch.js"))) {
  process.stderr.write("✖ koma is not built yet.\n  Try: npm run build\n  (KOMA_E_BUILD_MISSING)\n");
  process.exitCode = 8;
} else {
  const { settings } = await import("@oclif/core");
  // Run what the build wrote; otherwise NODE_ENV=test or development makes oclif look for a TypeScript runner.
  settings.enableAutoTranspile = false;
  const { launch } = await import("../dist/src/cli/launch.js");
  // A command is over when its promise is: an open socket or timer must not keep the shell waiting.
  process.exit(await launch(process.argv.slice(2), root));
}
