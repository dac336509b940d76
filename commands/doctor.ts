import type { DoctorCheck } from "../devnet/doctor.ts";
import { type Ctx, exitCodes, KomaCommand } from "../src/cli/index.ts";

export default class Doctor extends KomaCommand<{ readonly ok: boolean; readonly checks: readonly DoctorCheck[] }> {
  static override kind = "doctor";
  static override summary = "Check that everything koma needs is there.";
  static override description = "Exits with 6 when something is missing, and says how to mend it.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<{ readonly ok: boolean; readonly checks: readonly DoctorCheck[] }> {
    await this.parse(Doctor);
    const { examine } = await import("../devnet/doctor.ts");
    const checks = await examine(ctx.home);
    const marks = {
      ok: ctx.out.paint("green", "✔"),
      warning: ctx.out.paint("yellow", "!"),
      missing: ctx.out.paint("red", "✖"),
    };
    for (const { id, status, detail, fix } of checks) {
      ctx.out.line(`${marks[status]} ${id.padEnd(14)} ${detail}`);
      if (fix !== undefined) ctx.out.line(`  Try: ${fix}`);
    }
    const ok = checks.every(({ status }) => status !== "missing");
    if (!ok) ctx.exitWith(exitCodes.false);
    return { ok, checks };
  }
}
