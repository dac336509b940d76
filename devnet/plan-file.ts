import { readFileSync } from "node:fs";
import { EnvironmentError } from "../src/errors.ts";
import { writeFileAtomic } from "../src/wallet/index.ts";
import type { DevnetPlan } from "./plan.ts";

/** The plan of a devnet that exists; undefined when there is none. */
export function readPlan(path: string): DevnetPlan | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const plan = JSON.parse(text) as Partial<DevnetPlan>;
    if (plan.version === 1 && plan.network && Array.isArray(plan.nodes)) return plan as DevnetPlan;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new EnvironmentError("KOMA_E_MANIFEST_INVALID", `${path} is damaged, or of another version of koma.`, {
    facts: { path },
  });
}

export async function writePlan(path: string, plan: DevnetPlan): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(plan, null, 2)}\n`);
}
