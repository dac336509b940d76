import { UserError } from "../errors.ts";
import type { CheckpointRecord, RootChain } from "../rootchain/index.ts";

/**
 * The live checkpoint that a person means: its number, or `latest`.
 *
 * @throws {UserError} KOMA_E_CHECKPOINT_NOT_FOUND, KOMA_E_ARGUMENT_INVALID
 */
export async function resolveCheckpoint(root: RootChain, chainId: bigint, text: string): Promise<CheckpointRecord> {
  const { number: next } = await root.checkpoints.head(chainId);
  const last = next - 1n;
  if (text !== "latest" && !/^[0-9]{1,18}$/.test(text)) {
    throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 40)}" is no checkpoint's number.`, {
      fix: ["Give a number, or latest."],
    });
  }
  const number = text === "latest" ? last : BigInt(text);
  const record = number >= 1n && number <= last ? await root.checkpoints.checkpoint(chainId, number) : undefined;
  if (record) return record;
  throw new UserError("KOMA_E_CHECKPOINT_NOT_FOUND", `There is no checkpoint ${text} of chain ${chainId}.`, {
    facts: { why: last === 0n ? "None was submitted yet." : `The newest is ${last}.`, last },
    fix: ["koma checkpoint list"],
  });
}
