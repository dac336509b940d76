import { type CheckpointRange, maxCheckpointLength } from "../proofs/index.ts";
import { hashField, integerField, listField, malformed, recordField } from "./proof-fields.ts";

/** A checkpoint that a proof leads to, as its file names it. Whether the root chain ever had it the file cannot show. */
export type NamedCheckpoint = Omit<CheckpointRange, "chainId">;

/** More than the evidence of any kind speaks of. */
const MOST = 8;

/** In ascending order, so that the same proof is the same file. */
export function writeCheckpoints(named: readonly NamedCheckpoint[]): readonly Readonly<Record<string, string>>[] {
  return [...named]
    .sort((a, b) => Number(a.checkpoint - b.checkpoint))
    .map(({ checkpoint, start, end, rootHash }) => {
      return { number: checkpoint.toString(), start: start.toString(), end: end.toString(), root: rootHash };
    });
}

/**
 * The checkpoints that a proof file names; none for one that was written without.
 *
 * @throws {UserError} KOMA_E_PROOF_MALFORMED with what is wrong
 */
export function readCheckpoints(text: string): readonly NamedCheckpoint[] {
  let file: { readonly checkpoints?: unknown };
  try {
    file = recordField(JSON.parse(text), "the file");
  } catch (cause) {
    if (cause instanceof SyntaxError) throw malformed("it is not JSON", cause);
    throw cause;
  }
  const listed = listField(file.checkpoints ?? [], "checkpoints", MOST);
  const named = listed.map((entry, place) => readOne(entry, `checkpoints[${place}]`));
  if (new Set(named.map(({ checkpoint }) => checkpoint)).size < named.length) {
    throw malformed("it names a checkpoint twice");
  }
  return named;
}

function readOne(entry: unknown, path: string): NamedCheckpoint {
  const fields = recordField(entry, path);
  const number = (name: string): bigint => integerField(fields[name], `${path}.${name}`);
  const [start, end] = [number("start"), number("end")];
  if (end < start || end - start >= BigInt(maxCheckpointLength)) throw malformed(`${path} has no possible length`);
  return { checkpoint: number("number"), start, end, rootHash: hashField(fields["root"], `${path}.root`) };
}
