import { type ManifestFacts, writeManifest } from "../manifest.ts";

/** Keeps `manifest.json` up to date: many changes in a row become one write, and writes do not overtake each other. */
export interface ManifestWriter {
  /** Soon. */
  request(): void;
  write(): Promise<void>;
  /** The last write; nothing is written after it. */
  finish(): Promise<void>;
}

/** @param facts what to write; asked when the write begins */
export function createManifestWriter(
  facts: (final: boolean) => ManifestFacts,
  onError: (error: unknown) => void,
): ManifestWriter {
  let queue: Promise<void> = Promise.resolve();
  let pending = false;
  let finished = false;

  const enqueue = (final: boolean): Promise<void> => {
    queue = queue
      .catch(() => {}) // told to whoever asked for that write
      .then(async () => {
        if (finished && !final) return;
        await writeManifest(facts(final));
      });
    return queue;
  };
  return {
    request() {
      if (pending) return;
      pending = true;
      setImmediate(() => {
        pending = false;
        enqueue(false).catch(onError);
      });
    },
    write: () => enqueue(false),
    finish() {
      finished = true;
      return enqueue(true);
    },
  };
}
