import { MAX_DETECTORS, MAX_STEPS, MAX_TOTAL_WEIGHT, MAX_VALIDATORS } from "./limits.ts";
import { scriptFault } from "./script-fault.ts";
import { Members } from "./script-reader.ts";
import { isKnownOp, readStep, type StepContent } from "./step.ts";

export interface ScriptValidator {
  readonly name: string;
  readonly weight: number;
}

export interface ScriptParams {
  readonly minRoundLenMs: number;
  readonly maxRoundLenMs: number;
  readonly startTimestampMs: number;
  readonly eraMinHeight: number;
  readonly lnc: boolean;
  readonly endorsementEvidenceLimit: number;
  readonly blockReward: number;
  readonly reducedBlockReward: number;
  readonly banned: readonly number[];
}

export interface ScriptStep {
  readonly op: string;
  /** Undefined: this build does not know the op. */
  readonly content: StepContent | undefined;
  /** Any JSON value; undefined: the step only answers. */
  readonly expected: unknown;
}

/** A DAG played by hand, as its file says. */
export interface Script {
  readonly id: string;
  readonly title: string | undefined;
  readonly validators: readonly ScriptValidator[];
  readonly params: ScriptParams;
  /** Threshold of each detector: the weight that may equivocate. */
  readonly detectors: ReadonlyMap<string, number>;
  /** Slot start in ms → position of the leader. */
  readonly leadersUsed: ReadonlyMap<number, number>;
  readonly steps: readonly ScriptStep[];
  /** Pointers of members that mean nothing here. */
  readonly unknownMembers: readonly string[];
}

/**
 * Reads a script from parsed JSON.
 *
 * @throws {UserError} KOMA_E_SCRIPT_INVALID with the JSON pointer of the first fault
 */
export function parseScript(json: unknown): Script {
  const file = new Members(json, "");
  if (file.raw("schemaVersion") !== 1) throw file.fault("schemaVersion", "must be 1, the version this build reads");
  const id = file.text("id");
  const title = file.optionalText("title");
  for (const remark of ["$schema", "description", "comment", "source"]) file.raw(remark);
  const validators = readValidators(file);
  const positions = new Map(validators.map(({ name }, i) => [name, i]));
  const total = validators.reduce((sum, { weight }) => sum + weight, 0);
  if (total > MAX_TOTAL_WEIGHT) throw file.fault("validators", `weigh ${total}, at most ${MAX_TOTAL_WEIGHT} is exact`);
  const unknownMembers: string[] = [];
  const params = readParams(file, positions, unknownMembers);
  const detectors = readDetectors(file, total, unknownMembers);
  const leadersUsed = readLeaders(file, positions);
  const steps = file
    .list("steps", MAX_STEPS)
    .map((value, i) => readScriptStep(new Members(value, `/steps/${i}`), positions, detectors, unknownMembers));
  unknownMembers.push(...file.unknown());
  return { id, title, validators, params, detectors, leadersUsed, steps, unknownMembers };
}

function readValidators(file: Members): readonly ScriptValidator[] {
  const list = file.list("validators", MAX_VALIDATORS);
  if (list.length === 0) throw file.fault("validators", "must name at least one validator");
  const seen = new Set<string>();
  return list.map((value, i) => {
    const validator = new Members(value, `/validators/${i}`);
    const name = validator.text("name");
    if (seen.has(name)) throw validator.fault("name", `names "${name}" a second time`);
    seen.add(name);
    return { name, weight: validator.integer("weight", 1, MAX_TOTAL_WEIGHT) };
  });
}

function readParams(file: Members, positions: ReadonlyMap<string, number>, unknown: string[]): ScriptParams {
  const params = file.has("params") ? file.members("params") : new Members({}, "/params");
  const minRoundLenMs = params.integerOr("minRoundLenMs", 1000, 1);
  const maxRoundLenMs = params.integerOr("maxRoundLenMs", 64 * minRoundLenMs, minRoundLenMs, minRoundLenMs * 2 ** 20);
  // Which length a validator begins with is its own business; every unit says its own.
  params.integerOr("initRoundLenMs", minRoundLenMs, minRoundLenMs, maxRoundLenMs);
  const startTimestampMs = params.integerOr("startTimestampMs", 0);
  if (startTimestampMs % minRoundLenMs !== 0) {
    throw params.fault("startTimestampMs", "must be the start of a round: a multiple of minRoundLenMs");
  }
  const read: ScriptParams = {
    minRoundLenMs,
    maxRoundLenMs,
    startTimestampMs,
    eraMinHeight: params.integerOr("eraMinHeight", 0),
    lnc: params.booleanOr("lnc", true),
    endorsementEvidenceLimit: params.integerOr("endorsementEvidenceLimit", 64),
    blockReward: params.integerOr("blockReward", 1_000_000_000_000),
    reducedBlockReward: params.integerOr("reducedBlockReward", 200_000_000_000),
    banned: params.names("banned", MAX_VALIDATORS).map((name, i) => {
      const position = positions.get(name);
      if (position === undefined) throw scriptFault(`/params/banned/${i}`, `names "${name}", who is no validator`);
      return position;
    }),
  };
  unknown.push(...params.unknown());
  return read;
}

function readDetectors(file: Members, total: number, unknown: string[]): ReadonlyMap<string, number> {
  const detectors = new Map<string, number>();
  if (!file.has("detectors")) return detectors;
  const list = file.members("detectors");
  if (list.keys().length > MAX_DETECTORS) throw file.fault("detectors", `are more than ${MAX_DETECTORS}`);
  for (const name of list.keys()) {
    const detector = list.members(name);
    detectors.set(name, detector.integer("komaT", 0, total - 1));
    unknown.push(...detector.unknown());
  }
  return detectors;
}

function readLeaders(file: Members, positions: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const leaders = new Map<number, number>();
  if (!file.has("leadersUsed")) return leaders;
  const list = file.members("leadersUsed");
  for (const slot of list.keys()) {
    const start = Number(slot);
    if (!/^\d{1,16}$/.test(slot) || !Number.isSafeInteger(start)) throw list.fault(slot, "is no slot start in ms");
    const leader = positions.get(list.text(slot));
    if (leader === undefined) throw list.fault(slot, `names "${list.text(slot)}", who is no validator`);
    leaders.set(start, leader);
  }
  return leaders;
}

function readScriptStep(
  step: Members,
  positions: ReadonlyMap<string, number>,
  detectors: ReadonlyMap<string, number>,
  unknown: string[],
): ScriptStep {
  const op = step.text("op");
  const expected = step.raw(op === "endorse" ? "endorsedAfter" : "expect");
  if (!isKnownOp(op)) return { op, content: undefined, expected };
  const content = readStep(op, step);
  if ("validator" in content && content.validator !== undefined && !positions.has(content.validator)) {
    throw step.fault("validator", `names "${content.validator}", who is no validator`);
  }
  for (const name of content.op === "endorse" ? content.by : []) {
    if (!positions.has(name)) throw step.fault("by", `names "${name}", who is no validator`);
  }
  if ("detector" in content && !detectors.has(content.detector)) {
    throw step.fault("detector", `names "${content.detector}", which /detectors does not`);
  }
  for (const remark of ["comment", "why"]) step.raw(remark);
  unknown.push(...step.unknown());
  return { op, content, expected };
}
