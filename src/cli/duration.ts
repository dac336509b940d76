import { UserError } from "../errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of `500ms`, `20s`, `1.5m`, `2h` or `1d`.
 *
 * @throws {UserError} KOMA_E_DURATION_MALFORMED for anything else, also for a number without a unit
 */
export function parseDuration(text: string): number {
  const match = /^([0-9]{1,12}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)$/.exec(text.trim());
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  if (!match || unitMs === undefined) {
    throw new UserError("KOMA_E_DURATION_MALFORMED", `"${text.slice(0, 80)}" is not a duration.`, {
      fix: ["Give a number and a unit: 500ms, 20s, 5m, 2h or 1d."],
    });
  }
  return Math.round(Number(match[1]) * unitMs);
}

/** For people: `950 ms`, `4.1 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor((ms % 60_000) / 1000);
  if (minutes < 60) return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
