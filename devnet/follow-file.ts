import { open } from "node:fs/promises";
import { pause } from "./supervisor/wait-until.ts";

/** How often a file that did not grow is looked at again. */
const LOOK_MS = 150;

/** Complete lines that are appended to a file from `offset` on, for as long as the signal lets it. Survives rotation. */
export async function* followLines(path: string, offset: number, signal: AbortSignal): AsyncGenerator<string> {
  let position = offset;
  let rest = "";
  while (!signal.aborted) {
    const chunk = await readFrom(path, position);
    if (chunk === undefined || chunk.size < position) {
      position = 0; // rotated, or not there yet
      rest = "";
    } else if (chunk.text !== "") {
      position += chunk.bytes;
      const lines = (rest + chunk.text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield line;
      continue;
    }
    // Ends quietly: the one who follows has stopped.
    await pause(LOOK_MS, signal).catch(() => {});
  }
}

/** Size of a file now; 0 when there is none. */
export async function sizeOf(path: string): Promise<number> {
  return (await readFrom(path, Number.MAX_SAFE_INTEGER))?.size ?? 0;
}

async function readFrom(
  path: string,
  position: number,
): Promise<{ text: string; bytes: number; size: number } | undefined> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const length = Math.min(Math.max(0, size - position), 256 * 1024);
    if (length === 0) return { text: "", bytes: 0, size };
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, position);
    // A character may be cut at the end of the chunk: leave it for the next one.
    const end = buffer.lastIndexOf(0x0a, bytesRead - 1) + 1 || bytesRead;
    return { text: buffer.toString("utf8", 0, end), bytes: end, size };
  } finally {
    await file.close();
  }
}
