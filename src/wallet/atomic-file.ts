import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Only the owner reads and writes. */
export const PRIVATE_FILE = 0o600;

/**
 * Replaces `path` as a whole: whoever reads it, also after a crash, finds the old content or the new one, never a part.
 * Writes a temporary name beside it, syncs, renames, and syncs the folder.
 *
 * With `exclusive` it fails with EEXIST instead of replacing: of two who try at once, one succeeds.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode?: number; readonly exclusive?: boolean } = {},
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    // "wx" with the mode: the secret is never readable by others, not even between creating the file and chmod.
    const file = await open(temporary, "wx", options.mode ?? 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    if (options.exclusive) await link(temporary, path);
    else await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(folder);
}

/** Makes a folder (and those above it) that only its owner may enter; tightens one that exists. */
export async function ensurePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}

/** Without this the rename itself may be lost when the machine dies. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
