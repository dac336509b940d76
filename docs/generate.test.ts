import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { generateReference } from "./generate.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));

describe("docs/reference", async () => {
  const pages = await generateReference();

  it.each([...pages.keys()])("%s says what the sources say (else run `npm run docs`)", (path) => {
    const file = join(repository, path);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(pages.get(path));
  });
});
