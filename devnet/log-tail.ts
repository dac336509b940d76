import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** The last lines of a text file, oldest first; none when there is no file. Reads the end only. */
export function readTail(path: string, lines: number, maxBytes = 64 * 1024): readonly string[] {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    const start = Math.max(0, size - maxBytes);
    const buffer = Buffer.alloc(size - start);
    const read = readSync(file, buffer, 0, buffer.length, start);
    const text = buffer.toString("utf8", 0, read).split("\n");
    if (start > 0) text.shift(); // begins in the middle of a line
    return text.filter((line) => line !== "").slice(-lines);
  } finally {
    closeSync(file);
  }
}
