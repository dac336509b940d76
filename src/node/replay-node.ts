import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { createGenesisBlock, decodeBlock, type Genesis, parseGenesis } from "../chain/index.ts";
import { type Era, type EraRules, instanceOfEra } from "../consensus/index.ts";
import { EnvironmentError, UserError } from "../errors.ts";
import { accept, type Bytes, type Check, type Hash, reject } from "../primitives/index.ts";
import { type ChainReader, openChainReader, openConsensusReader, type StoredInstance } from "../storage/index.ts";
import { FINALIZED, thresholdsOf } from "./config.ts";
import { parseNodeConfigFile } from "./config-file.ts";
import { storedEra } from "./era-records.ts";
import { finalUnitKey, readFinalUnit } from "./final-units.ts";
import {
  type BlockHashes,
  type ReplayDifference,
  type ReplayedFinal,
  type ReplayedInstance,
  replayInstance,
} from "./replay-core.ts";

export interface ReplayOptions {
  /** A node's folder: config.json, genesis and, unless `dataDir` says otherwise, its data. Keys are not read. */
  readonly folder: string;
  readonly dataDir?: string;
  /** Block hashes of a running node, whose chain database nobody else can read. */
  readonly chainOf?: (height: number) => Promise<Hash | undefined>;
}

export interface ReplayReport {
  readonly name: string;
  readonly instances: readonly InstanceReport[];
  /** Units given to the core. */
  readonly units: number;
  /** Final blocks whose hash was compared, and with what; `nothing` when neither database nor node could be asked. */
  readonly compared: number;
  readonly comparedWith: "chain.db" | "the running node" | "nothing";
  readonly ok: boolean;
  readonly firstDiff?: ReplayDifference;
}

export interface InstanceReport {
  readonly instance: Hash;
  readonly generation: number;
  readonly era: number;
  readonly units: number;
  readonly faulty: number;
  readonly finals: readonly { readonly threshold: number; readonly height: number; readonly hash: string | null }[];
}

/** Of a running node so many newest blocks are asked for: their parents' hashes bind the rest. */
const ASKED_BLOCKS = 64;

/**
 * Runs the stored units of a node, instance by instance, through fresh consensus objects, and compares what becomes final
 * with what the node has as final. Reads only, beside a node that runs as well.
 *
 * @throws {UserError} KOMA_E_NODE_CONFIG_INVALID, KOMA_E_GENESIS_INVALID, KOMA_E_STORE_NEWER, KOMA_E_STORE_FOREIGN
 * @throws {EnvironmentError} KOMA_E_FILE_UNREADABLE, KOMA_E_STORE_IO, KOMA_E_STORE_CORRUPT
 */
export async function replayNode({ folder, dataDir, chainOf }: ReplayOptions): Promise<ReplayReport> {
  const config = parseNodeConfigFile(readText(join(folder, "config.json")));
  const within = (path: string) => (isAbsolute(path) ? path : join(folder, path));
  const genesis = readGenesis(within(config.genesis));
  const thresholds = thresholdsOf(config.thresholds);
  const data = dataDir ?? within(config.dataDir);
  const blockIn = (payload: Bytes): Check<BlockHashes, string> => {
    const block = decodeBlock(payload, genesis.chainId);
    if (!block.ok) return reject(block.rejection.code);
    return accept({ hash: block.value.hash, parent: block.value.header.parentHash });
  };
  const genesisHash = createGenesisBlock(genesis).hash;
  const rules: EraRules = { chainId: genesis.chainId, genesisHash, params: genesis.consensus };
  const reader = openConsensusReader(data);
  const chain = tryOpenChain(data);
  try {
    const rows = reader.instances();
    const eras = rows.map((row) => storedEra(rules, row));
    const reports: InstanceReport[] = [];
    let firstDiff: ReplayDifference | undefined;
    let compared = 0;
    for (const [i, row] of rows.entries()) {
      const instance = instanceOfEra(rules, eras[i] as Era);
      const { generation, number } = eras[i] as Era;
      const before = eras.find((era) => era.generation === generation && era.number === number - 1);
      const previous = before && instanceOfEra(rules, before);
      const replayed = replayInstance({ reader, instance, previous, thresholds, blockIn });
      reports.push(reportOf(row, replayed));
      firstDiff ??= replayed.difference ?? missingMark(chain, row.hash, replayed);
      // A rollback voids what its generation does not build on.
      const valid = Math.min(...eras.slice(i + 1).map(({ keyBlock }) => keyBlock.height));
      const finals = (replayed.finals.get(FINALIZED) ?? []).filter(({ height }) => height <= valid);
      const found = await compareFinals(finals, chain, chainOf);
      compared += found.compared;
      firstDiff ??= found.difference;
    }
    return {
      name: config.name,
      instances: reports,
      units: reports.reduce((sum, { units }) => sum + units, 0),
      compared,
      comparedWith: chain ? "chain.db" : chainOf ? "the running node" : "nothing",
      ok: firstDiff === undefined,
      ...(firstDiff ? { firstDiff } : {}),
    };
  } finally {
    reader.close();
    chain?.close();
  }
}

/** Undefined: a running node holds it, or a copy was made without it. */
function tryOpenChain(data: string): ChainReader | undefined {
  try {
    return openChainReader(data);
  } catch (error) {
    const code = error instanceof EnvironmentError ? error.code : "";
    if (code === "KOMA_E_STORE_LOCKED" || code === "KOMA_E_STORE_IO") return undefined;
    throw error;
  }
}

function reportOf(
  { hash, generation, era }: StoredInstance,
  { units, faulty, finals }: ReplayedInstance,
): InstanceReport {
  return {
    instance: hash,
    generation: Number(generation),
    era: Number(era),
    units,
    faulty,
    finals: [...finals].map(([threshold, blocks]) => ({
      threshold,
      height: blocks.at(-1)?.height ?? 0,
      hash: blocks.at(-1)?.hash ?? null,
    })),
  };
}

/** What the node had reported at a threshold has to become final in the replay, too. */
function missingMark(
  chain: ChainReader | undefined,
  instance: Hash,
  { finals }: ReplayedInstance,
): ReplayDifference | undefined {
  for (const [fraction, blocks] of finals) {
    const mark = readFinalUnit(chain?.meta(finalUnitKey(fraction)), instance);
    if (mark === undefined || blocks.some(({ unit }) => unit === mark.unit)) continue;
    return { kind: "final", unit: mark.unit, problem: `was final at ${fraction.toFixed(6)}, in the replay it is not` };
  }
  return undefined;
}

async function compareFinals(
  finals: readonly ReplayedFinal[],
  chain: ChainReader | undefined,
  chainOf: ReplayOptions["chainOf"],
): Promise<{ readonly compared: number; readonly difference?: ReplayDifference }> {
  let compared = 0;
  for (const { height, unit, hash } of chain ? finals : finals.slice(-ASKED_BLOCKS)) {
    const known = chain ? chain.hashOf(BigInt(height)) : await chainOf?.(height);
    // Not there yet: the unit that makes it final was stored an instant before the block.
    if (known === undefined) continue;
    compared++;
    if (known !== hash) {
      return { compared, difference: { kind: "final", unit, height, problem: `is ${hash}, the node has ${known}` } };
    }
  }
  return { compared };
}

function readGenesis(path: string): Genesis {
  const text = readText(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError("KOMA_E_GENESIS_INVALID", `${path} is not JSON.`, { facts: { path }, cause });
  }
  return parseGenesis(json);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${path} cannot be read.`, {
      facts: { path },
      fix: ["Give a node's folder: koma node init writes one, and a devnet keeps them under nodes/."],
      cause,
    });
  }
}
