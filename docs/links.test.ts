import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
  ...readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
].sort();

const read = (page: string) => readFileSync(join(repository, page), "utf8");

/** Targets of links, without code blocks: `[a](b.md#c)`. */
function linksOf(text: string): readonly string[] {
  const outside = text.replace(/^```[\s\S]*?^```$/gm, "");
  return [...outside.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
}

/** Anchors of headings, as GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const outside = text.replace(/^```[\s\S]*?^```$/gm, "");
  return new Set(
    [...outside.matchAll(/^#+ (.+)$/gm)].map((match) =>
      (match[1] as string)
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Paths of this repository that a page names in backticks. */
function pathsOf(text: string): readonly string[] {
  const inline = text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g);
  return [...inline]
    .map((match) => match[1] as string)
    .filter((path) => /^(src|commands|devnet|contracts|test|bench|docs|templates|bin)\/[\w./-]*$/.test(path));
}

describe.each(pages)("%s", (page) => {
  const text = read(page);
  const folder = dirname(page);

  it("links to pages and headings that exist", () => {
    const broken = linksOf(text).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(folder, path);
      if (!existsSync(join(repository, target))) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(read(target)).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names files that exist", () => {
    // Written by the build, so absent from a fresh clone.
    const built = (path: string) => path.startsWith("contracts/artifacts");
    expect(pathsOf(text).filter((path) => !built(path) && !existsSync(join(repository, path)))).toEqual([]);
  });
});
