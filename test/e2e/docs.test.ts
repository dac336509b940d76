import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKoma, type Koma, launcher, repository } from "../support/koma.ts";

// Runs the blocks of docs/start.md that are marked `sh koma`, in order, in one home and against one devnet.

interface Block {
  readonly section: string;
  readonly commands: readonly string[];
}

function runnableBlocks(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let section = "";
  let open: string[] | undefined;
  for (const line of page.split("\n")) {
    if (open) {
      if (line === "```") open = undefined;
      else if (line.trim() !== "") open.push(line);
    } else if (line === "```sh koma") {
      open = [];
      blocks.push({ section, commands: open });
    } else if (line.startsWith("## ")) {
      section = line.slice(3);
    }
  }
  return blocks;
}

/** Words of a command line, with the quotes a shell would take away. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

const REPEAT_MS = 120_000;

/** In the home, so that what a command makes in its folder goes away with it. */
function run(home: string, args: readonly string[]) {
  return execa(process.execPath, [launcher, ...args], {
    cwd: home,
    env: { KOMA_HOME: home, CI: "true", NO_COLOR: "1" },
    reject: false,
    stdin: "ignore",
  });
}

describe("docs/start.md", () => {
  const blocks = runnableBlocks(readFileSync(join(repository, "docs/start.md"), "utf8"));
  let koma: Koma;

  beforeAll(() => {
    koma = createKoma();
  });

  afterAll(() => koma.dispose());

  it("has blocks to run", () => {
    expect(blocks.length).toBeGreaterThan(5);
  });

  describe("works as it is written:", () => {
    for (const { section, commands } of blocks) {
      for (const command of commands) {
        it(`${section}: ${command}`, async () => {
          const repeated = /^until (.+); do sleep \d+; done$/.exec(command)?.[1];
          const [program, ...args] = wordsOf(repeated ?? command);
          expect(program).toBe("koma");
          let { exitCode, stdout, stderr } = await run(koma.home, args);
          const end = performance.now() + REPEAT_MS;
          while (repeated !== undefined && exitCode !== 0 && performance.now() < end) {
            ({ exitCode, stdout, stderr } = await run(koma.home, args));
          }
          expect(exitCode, `${command}\n${stdout}\n${stderr}`).toBe(0);
        });
      }
    }
  });
});
