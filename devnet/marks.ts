import { readFileSync } from "node:fs";
import { writeFileAtomic } from "../src/wallet/index.ts";

/** Preparation steps that are done and on disk, with what later steps need of them. */
export interface Marks {
  has(step: string): boolean;
  get(step: string): Readonly<Record<string, unknown>> | undefined;
  set(step: string, data: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Opens `marks.json`; a mark of another plan does not count. */
export function openMarks(path: string, planHash: string): Marks {
  const steps = readSteps(path, planHash);
  return {
    has: (step) => steps.has(step),
    get: (step) => steps.get(step),
    async set(step, data) {
      steps.set(step, data);
      await writeFileAtomic(path, `${JSON.stringify({ plan: planHash, steps: Object.fromEntries(steps) }, null, 2)}\n`);
    },
  };
}

function readSteps(path: string, planHash: string): Map<string, Readonly<Record<string, unknown>>> {
  try {
    const file = JSON.parse(readFileSync(path, "utf8")) as {
      plan?: unknown;
      steps?: Record<string, Record<string, unknown>>;
    };
    return new Map(file.plan === planHash ? Object.entries(file.steps ?? {}) : []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw error;
  }
}
