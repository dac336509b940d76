import { Flags } from "@oclif/core";
import type { ChainArchive, SubmittedCheckpoint } from "../checkpoint/index.ts";
import type { Ctx } from "./koma-command.ts";
import { waitFor } from "./wait-for.ts";

export const checkpointWaitFlag = Flags.boolean({
  summary: "Wait until a checkpoint covers it.",
  env: "KOMA_PROOF_WAIT",
});

/** Waits until a live checkpoint contains the block. @throws {EnvironmentError} KOMA_E_TIMEOUT */
export async function waitForCheckpoint(ctx: Ctx, archive: ChainArchive, block: bigint): Promise<SubmittedCheckpoint> {
  const options = {
    what: `a checkpoint covers block ${block}`,
    limitMs: 300_000,
    fix: ["koma checkpoint list", "Wait longer with --timeout 10m."],
  };
  return waitFor(ctx, options, () => archive.checkpointCovering(block));
}
