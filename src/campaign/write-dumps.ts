import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunDump } from "./run-dump.ts";

/** One graph and one list of events per run; answers their paths. */
export async function writeDumps(folder: string, dumps: ReadonlyMap<number, RunDump>): Promise<readonly string[]> {
  if (dumps.size === 0) return [];
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const [seed, { dot, events }] of dumps) {
    const path = join(folder, `koma-simulation-${seed}`);
    await writeFile(`${path}.dot`, dot);
    await writeFile(`${path}.log`, events);
    paths.push(`${path}.dot`, `${path}.log`);
  }
  return paths;
}
