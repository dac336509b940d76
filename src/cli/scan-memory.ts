import { readFile } from "node:fs/promises";
import type { Hash } from "../primitives/index.ts";

/** Roots remembered: more checkpoints than can be pending at once. */
const MOST = 1_024;

/** Checkpoints that were looked into, by the root that was signed. */
export interface RootMemory {
  has(root: Hash): boolean;
  add(root: Hash): Promise<void>;
}

interface MemoryFile {
  readonly version: 1;
  readonly chainId: string;
  /** Roots of checkpoints that were looked into, oldest first. */
  readonly scanned: readonly Hash[];
}

/**
 * What a watch has looked into, kept in a file so that it goes on there after a restart. A file that is missing, damaged
 * or of another chain is as good as none: everything pending is looked at again, which costs time and nothing else.
 */
export async function openScanMemory(path: string, chainId: bigint): Promise<RootMemory> {
  const { writeFileAtomic } = await import("../wallet/index.ts");
  const scanned = new Set(await readRoots(path, chainId));
  return {
    has: (root) => scanned.has(root),
    async add(root) {
      scanned.add(root);
      for (const oldest of [...scanned].slice(0, Math.max(0, scanned.size - MOST))) scanned.delete(oldest);
      const file: MemoryFile = { version: 1, chainId: chainId.toString(), scanned: [...scanned] };
      await writeFileAtomic(path, `${JSON.stringify(file)}\n`);
    },
  };
}

/** Remembers nothing beyond this run. */
export function createScanMemory(): RootMemory {
  const scanned = new Set<Hash>();
  return {
    has: (root) => scanned.has(root),
    async add(root) {
      scanned.add(root);
    },
  };
}

async function readRoots(path: string, chainId: bigint): Promise<readonly Hash[]> {
  let file: Partial<Record<keyof MemoryFile, unknown>> | null;
  try {
    file = JSON.parse(await readFile(path, "utf8")) as typeof file;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  if (file?.version !== 1 || file.chainId !== chainId.toString() || !Array.isArray(file.scanned)) return [];
  const isRoot = (entry: unknown): entry is Hash => typeof entry === "string" && /^0x[0-9a-f]{64}$/.test(entry);
  return file.scanned.slice(-MOST).filter(isRoot);
}
