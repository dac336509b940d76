import type { Failure } from "./errors.ts";
import { type Paint, plainPaint } from "./paint.ts";

/**
 * What a person sees: what failed, the facts compared, commands to paste, where to read on, the code last.
 * Never a stack unless `verbose`.
 */
export function renderError(
  failure: Failure,
  options: { readonly paint?: Paint; readonly verbose?: boolean } = {},
): string {
  const paint = options.paint ?? plainPaint;
  const lines = [`${paint("red", "✖")} ${failure.message}`];
  for (const line of failure.why?.split("\n") ?? []) if (line !== "") lines.push(`  ${line}`);
  failure.fix.forEach((fix, index) => {
    lines.push(`  ${index === 0 ? "Try:" : "    "} ${paint("cyan", fix)}`);
  });
  if (failure.log !== undefined) lines.push(`  Log: ${failure.log}`);
  lines.push(paint("dim", `  (${failure.code} · koma help exit-codes)`));
  if (options.verbose && failure.stack !== undefined) lines.push(failure.stack);
  return lines.join("\n");
}
