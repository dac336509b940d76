#!/usr/bin/env node
import { ensureNode } from "./ensure-node.js";

if (ensureNode()) {
  const { execute, settings } = await import("@oclif/core");
  // Run what the build wrote; otherwise NODE_ENV=test or development makes oclif look for a TypeScript runner.
  settings.enableAutoTranspile = false;
  await execute({ dir: import.meta.url });
}
