import { UserError } from "../errors.ts";
import { hashFromBytes, keccak256, utf8, zeroHash } from "../primitives/index.ts";
import type { ProducerCriteria } from "../rootchain/index.ts";
import { readBoundedText } from "./bounded-file.ts";

/** Criteria and the page that tells more. */
export interface ProducerSpecs {
  readonly criteria: ProducerCriteria;
  readonly uri: string;
}

/** What nobody declared. */
export const noSpecs: ProducerSpecs = {
  criteria: {
    declaredUptimeBps: 0,
    cpuCores: 0,
    ramGiB: 0,
    diskGiB: 0,
    bandwidthMbps: 0,
    regionM49: 0,
    autoScaling: false,
    extraHash: zeroHash,
  },
  uri: "",
};

const MAX_BYTES = 64 * 1024;
const MAX_URI = 256;
const KEYS = [
  "uptime",
  "cpuCores",
  "ramGiB",
  "diskGiB",
  "bandwidthMbps",
  "country",
  "region",
  "autoScaling",
  "url",
] as const;

/**
 * Reads what a producer declares of itself: the file of --specs upon what is declared already, and --location upon that.
 * The file's own hash is published with it, so that it can be compared later.
 *
 * @throws {UserError} KOMA_E_SPECS_INVALID naming the key
 */
export async function readSpecs(
  before: ProducerSpecs,
  flags: { readonly specs?: string | undefined; readonly location?: string | undefined },
): Promise<ProducerSpecs> {
  const given = flags.specs === undefined ? before : parseSpecs(await readBoundedText(flags.specs, MAX_BYTES), before);
  if (flags.location === undefined) return given;
  return { ...given, criteria: { ...given.criteria, country: country(flags.location, "--location") } };
}

/** @throws {UserError} KOMA_E_SPECS_INVALID */
export function parseSpecs(text: string, before: ProducerSpecs = noSpecs): ProducerSpecs {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError("KOMA_E_SPECS_INVALID", "The specs are not JSON.", { cause, fix: [EXAMPLE] });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw invalid("specs", "an object");
  const specs = json as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(specs).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined) throw invalid(unknown.slice(0, 40), `one of ${KEYS.join(", ")}`);
  const number = (key: (typeof KEYS)[number], most: number, kept: number): number =>
    specs[key] === undefined ? kept : wholeNumber(specs[key], key, most);
  const { criteria } = before;
  return {
    criteria: {
      declaredUptimeBps: specs["uptime"] === undefined ? criteria.declaredUptimeBps : uptime(specs["uptime"]),
      cpuCores: number("cpuCores", 65_535, criteria.cpuCores),
      ramGiB: number("ramGiB", 2 ** 32 - 1, criteria.ramGiB),
      diskGiB: number("diskGiB", 2 ** 32 - 1, criteria.diskGiB),
      bandwidthMbps: number("bandwidthMbps", 2 ** 32 - 1, criteria.bandwidthMbps),
      ...(specs["country"] === undefined
        ? criteria.country === undefined
          ? {}
          : { country: criteria.country }
        : { country: country(specs["country"], "country") }),
      regionM49: number("region", 999, criteria.regionM49),
      autoScaling: specs["autoScaling"] === undefined ? criteria.autoScaling : boolean(specs["autoScaling"]),
      extraHash: hashFromBytes(keccak256(utf8(text))),
    },
    uri: specs["url"] === undefined ? before.uri : url(specs["url"]),
  };
}

const EXAMPLE = '{"uptime": 99.9, "cpuCores": 8, "ramGiB": 32, "diskGiB": 500, "bandwidthMbps": 1000, "country": "DE"}';

function wholeNumber(value: unknown, key: string, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number;
  throw invalid(key, `a whole number up to ${most}`);
}

/** Percent with at most two decimals, as basis points. */
function uptime(value: unknown): number {
  const bps = typeof value === "number" ? Math.round(value * 100) : Number.NaN;
  if (bps >= 0 && bps <= 10_000) return bps;
  throw invalid("uptime", "a percentage such as 99.9");
}

function country(value: unknown, key: string): string {
  if (typeof value === "string" && /^[A-Z]{2}$/.test(value)) return value;
  throw invalid(key, "a country's two letters, such as DE");
}

function boolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw invalid("autoScaling", "true or false");
}

function url(value: unknown): string {
  const fits = typeof value === "string" && /^https?:\/\/\S+$/.test(value) && utf8(value).length <= MAX_URI;
  if (fits) return value;
  throw invalid("url", `an http or https address of at most ${MAX_URI} bytes`);
}

function invalid(key: string, expected: string): UserError {
  return new UserError("KOMA_E_SPECS_INVALID", `"${key}" of the specs must be ${expected}.`, {
    facts: { key },
    fix: [EXAMPLE],
  });
}
