import { misdeeds, type ScenarioPlan } from "../simulation/index.ts";

/** The command that does one run again, without the program's name. */
export function replayCommand(plan: ScenarioPlan, seed: number): string {
  const weights = typeof plan.weights === "string" ? plan.weights : plan.weights.join(",");
  const words = ["consensus simulate --runs 1", `--seed ${seed}`, `--validators ${plan.validators}`];
  words.push(`--producers ${plan.producers}`, `--weights ${weights}`);
  words.push(...plan.thresholds.map((fraction) => `--threshold ${fraction}`));
  if (plan.byzantine > 0) words.push(`--byzantine ${plan.byzantine}`);
  if (plan.byzantine > 0 && plan.misdeeds.length < misdeeds.length)
    words.push(...plan.misdeeds.map((name) => `--misdeed ${name}`));
  if (plan.crash > 0) words.push(`--crash ${plan.crash}`);
  if (plan.restart > 0) words.push(`--restart ${plan.restart}`);
  if (plan.loss > 0) words.push(`--loss ${plan.loss}`);
  words.push(...plan.disturbances.map((name) => `--disturb ${name}`));
  if (plan.eras > 0) words.push(`--eras ${plan.eras}`, `--era-blocks ${plan.eraBlocks}`);
  if (plan.partitionMs > 0) words.push(`--partition ${plan.partitionMs}ms`);
  return [...words, `--delay ${plan.delayMs}ms`, `--duration ${plan.durationMs}ms`].join(" ");
}
