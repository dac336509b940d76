import { open } from "node:fs/promises";
import { EnvironmentError, UserError } from "../errors.ts";

/**
 * Text of a file, or of standard input for `-`, that may not be larger than `maxBytes`; no more than that is read.
 *
 * @throws {EnvironmentError} KOMA_E_FILE_UNREADABLE
 * @throws {UserError} KOMA_E_FILE_TOO_LARGE
 */
export async function readBoundedText(file: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file === "-" ? process.stdin : chunksOf(file)) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    size += (chunk as Uint8Array).length;
    if (size > maxBytes) {
      throw new UserError("KOMA_E_FILE_TOO_LARGE", `${nameOf(file)} is larger than ${maxBytes} bytes.`, {
        facts: { path: file, maxBytes },
      });
    }
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    const handle = await open(file);
    // The handle closes itself with its stream.
    yield* handle.createReadStream() as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${file} cannot be read.`, { cause, facts: { path: file } });
  }
}

function nameOf(file: string): string {
  return file === "-" ? "Standard input" : file;
}

/** Line of the text that a position lies in, counted from 1. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}
