import { createReadStream } from "node:fs";
import { EnvironmentError, KomaError, UserError } from "../src/errors.ts";
import { MAX_YAML_BYTES, type Place, parseYaml } from "./parse-yaml.ts";

/** A network file as it was read, not yet checked. */
export interface NetworkFile {
  readonly path: string;
  readonly value: unknown;
  /** Where a key of the file stands, or the nearest one above it. */
  locate(key: string): Place | undefined;
}

/**
 * Reads a network file, YAML or JSON.
 *
 * @throws {UserError} KOMA_E_NETWORK_INVALID with path, line and column
 * @throws {EnvironmentError} KOMA_E_FILE_UNREADABLE
 */
export async function readNetworkFile(path: string): Promise<NetworkFile> {
  const text = await readBounded(path);
  try {
    return { path, ...parseYaml(text) };
  } catch (error) {
    throw error instanceof KomaError ? inFile(path, error, undefined) : error;
  }
}

/** The same error, saying where in the file the key stands that it is about. */
export function atPlace(file: NetworkFile, error: unknown): unknown {
  const key = error instanceof UserError ? error.detail.facts?.["path"] : undefined;
  return typeof key === "string" ? inFile(file.path, error as UserError, file.locate(key)) : error;
}

function inFile(path: string, error: KomaError, place: Place | undefined): UserError {
  const { facts, ...detail } = error.detail;
  const where = place ? `${path}:${place.line}:${place.column}` : path;
  return new UserError(error.code, `${where}: ${error.message}`, {
    ...detail,
    cause: error,
    facts: { ...facts, file: path, ...place },
  });
}

/** Stops reading where a file is too long, so that a huge one, or a device without end, costs nothing. */
async function readBounded(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_YAML_BYTES) break;
    }
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${path} cannot be read.`, { cause, facts: { path } });
  }
  if (bytes > MAX_YAML_BYTES) {
    throw new UserError("KOMA_E_NETWORK_INVALID", `${path} is longer than ${MAX_YAML_BYTES / 1024} KiB.`, {
      facts: { file: path },
      fix: ["A network file holds a few hundred lines at most."],
    });
  }
  return Buffer.concat(chunks).toString("utf8");
}
