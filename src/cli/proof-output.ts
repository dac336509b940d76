import { Flags } from "@oclif/core";
import type { Ctx } from "./koma-command.ts";

export const outFlag = Flags.string({
  summary: "Write the proof to this file, for `koma proof verify`.",
  env: "KOMA_PROOF_OUT",
  helpValue: "FILE",
});

/** Writes a proof where --out says; answers the path, or null without the flag. */
export async function writeProof(ctx: Ctx, file: string | undefined, text: string): Promise<string | null> {
  if (file === undefined) return null;
  const { writeFileAtomic } = await import("../wallet/index.ts");
  await writeFileAtomic(file, text);
  ctx.out.note(`written to ${file}; check it with: koma proof verify ${file}`);
  return file;
}
