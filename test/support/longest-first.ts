import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take longest on a machine with two processors, the longest first. A file's size, by which Vitest goes where it
 * has no figures of an earlier run, says nothing about it: the longest would be left over at the end, with nothing beside it.
 */
const longest = [
  "test/contracts/honest-chain",
  "test/contracts/many-validators",
  "test/e2e/journey",
  "test/e2e/crashes",
  "test/e2e/lifecycle",
  "test/e2e/fraud",
  "test/e2e/election",
  "test/e2e/docs",
  "test/node/bans",
  "test/node/eras",
  "test/e2e/dapp",
  "test/node/four-nodes",
  "test/e2e/committee",
  "test/e2e/fraud-bridge",
  "test/node/committees",
  "test/node/finality-subscribers",
  "test/node/protection",
  "test/node/crash-points",
  "test/node/checkpoints",
  "test/e2e/input",
  "test/e2e/consensus",
  "test/e2e/tools",
  "test/node/era-retention",
  "test/node/rejection",
  "test/simulation/endorsements",
  "devnet/supervisor/supervisor",
  "src/node/call-threads",
];

function rank({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return place < 0 ? longest.length : place;
}

/** Within a project the longest file first, then as Vitest would. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // Where a project begins and ends stays as it was: one after the other.
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) =>
      sorted.filter((file) => file.project === project).sort((a, b) => rank(a) - rank(b)),
    );
  }
}
