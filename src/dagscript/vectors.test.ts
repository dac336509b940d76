import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { drawGraph, graphFormats, parseScript, playedGraph, playScript } from "./index.ts";
import { knownOps } from "./step.ts";

const folder = fileURLToPath(new URL("../../test/vectors/consensus/", import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
const scriptOf = (file: string) => parseScript(JSON.parse(readFileSync(`${folder}${file}`, "utf8")));
const scripts = files.map((file) => ({ file, script: scriptOf(file) }));

describe("the scripts of test/vectors/consensus", () => {
  it.each(scripts)("$file: $script.title", ({ script }) => {
    const { played } = playScript(script);
    expect(played.steps.filter(({ pass }) => pass === false)).toEqual([]);
    expect(played.passed).toBeGreaterThan(4);
    expect(played.skipped).toBe(0);
    expect(script.unknownMembers).toEqual([]);
  });

  it("stand in the table of contents, each once, in the order of their numbers", () => {
    const listed = [...readFileSync(`${folder}README.md`, "utf8").matchAll(/\]\((\d\d-[a-z-]+\.json)\)/g)];
    expect(listed.map(([, file]) => file)).toEqual(files);
    expect(files.map((file) => Number(file.slice(0, 2)))).toEqual(files.map((_, i) => i + 1));
    expect(scripts.map(({ script }) => script.id)).toEqual(files.map((file) => file.slice(3, -5)));
  });

  it("use every op that this build answers", () => {
    const used = new Set(scripts.flatMap(({ script }) => script.steps.map(({ op }) => op)));
    expect([...used].sort()).toEqual([...knownOps].sort());
  });

  it("fail when one expectation of theirs is turned around", () => {
    for (const { script } of scripts) {
      const index = script.steps.findIndex(({ expected }) => expected === "ok");
      const steps = script.steps.map((step, i) =>
        i === index ? { ...step, expected: { error: "Timestamps" } } : step,
      );
      expect(playScript({ ...script, steps }).played.failed).toBe(1);
    }
  });

  it.each(graphFormats)("can be drawn as %s", (format) => {
    for (const { script } of scripts) {
      const { state } = playScript(script);
      const picture = drawGraph(playedGraph(state), format);
      for (const { id } of playedGraph(state).units) expect(picture).toContain(id);
    }
  });
});
