import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { blockAt, type DevnetData, isAlive, untilAllFinal } from "../../support/devnet.ts";
import { createKoma } from "../../support/koma.ts";

/** One devnet of two validators for all tests of bad input, and the folder of a node that could follow it. */
export interface InputStage {
  readonly koma: ReturnType<typeof createKoma>;
  readonly devnet: () => DevnetData;
  readonly sound: () => string;
  /** A copy of the sound node's folder, to be damaged. */
  copyOfSound(): string;
  /** Nodes live as the processes they were, and blocks go on becoming final. */
  expectUnharmed(): Promise<void>;
}

/** Registers what makes it before the tests of the file, and takes it down after them. */
export function stageInput(): InputStage {
  const koma = createKoma();
  const workshop = mkdtempSync(join(tmpdir(), "koma-input-"));
  const sound = join(workshop, "sound");
  let devnet: DevnetData;
  let copies = 0;
  beforeAll(async () => {
    devnet = await koma.json<DevnetData>("devnet", "up", "--validators", "2");
    await koma.json("node", "init", "--dir", sound, "--role", "validator", "--rpc-port", "0", "--p2p-port", "0");
  });
  afterAll(async () => {
    rmSync(workshop, { recursive: true, force: true });
    await koma.dispose();
  });
  return {
    koma,
    devnet: () => devnet,
    sound: () => sound,
    copyOfSound() {
      const folder = join(workshop, `copy-${++copies}`);
      cpSync(sound, folder, { recursive: true });
      return folder;
    },
    async expectUnharmed() {
      const heights = await Promise.all(
        devnet.nodes.map(async ({ rpcUrl }) => (await blockAt(rpcUrl, "finalized")).number),
      );
      await untilAllFinal(devnet.nodes, Math.max(...heights) + 3);
      expect(devnet.nodes.filter(({ pid }) => !isAlive(pid))).toEqual([]);
    },
  };
}
