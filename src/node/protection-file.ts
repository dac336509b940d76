import { UserError } from "../errors.ts";
import { type Address, bytesToHex, type Hash, hexToBytes, parseAddress, parseHash } from "../primitives/index.ts";
import type { OwnRecord } from "../storage/index.ts";

/** The text `format` of every protection file. */
const FORMAT = "koma-validator-protection";
/** 2: finality signatures name the unit too. */
const VERSION = 2;
/** A validator signs some five hundred bytes of record per era. */
export const MAX_PROTECTION_BYTES = 64 * 1024 * 1024;
const MAX_ENTRIES = 400_000;
const MAX_TIMES = 1_024;
const MAX_SEQ = 2 ** 48;
const MAX_CREATOR = 2 ** 16;
const SIGNATURE = /^0x[0-9a-f]{130}$/;

/** Which validator of which chain a protection file speaks for. */
export interface ProtectionOwner {
  readonly chainId: bigint;
  readonly genesisHash: Hash;
  readonly signer: Address;
}

/** What a protection file holds: the record of one signer on one chain, as it was at one moment (KoMaBFT spec 14). */
export interface ProtectionFile extends ProtectionOwner {
  /** Milliseconds since the Unix epoch. What was signed later is not in it. */
  readonly exportedAt: number;
  readonly record: OwnRecord;
}

export function serializeProtectionFile({ chainId, genesisHash, signer, exportedAt, record }: ProtectionFile): string {
  const json = {
    format: FORMAT,
    version: VERSION,
    chainId: chainId.toString(),
    genesisHash,
    signer,
    exportedAt,
    // A time that goes on in the database ends in the file.
    covered: record.covered.map(({ from, to }) => ({ from, to: to ?? exportedAt })),
    heads: record.heads.map(({ instance, seq, hash }) => ({ instance, seq, hash })),
    endorsed: record.endorsed.map(({ instance, creator, unit }) => ({ instance, creator, unit })),
    finality: record.finality.map(({ instance, height, block, unit, signature }) => {
      return { instance, height: height.toString(), block, unit, signature: bytesToHex(signature) };
    }),
    checkpoints: record.checkpoints.map(({ generation, start, end, structHash, signature }) => ({
      generation: generation.toString(),
      start: start.toString(),
      end: end.toString(),
      structHash,
      signature: bytesToHex(signature),
    })),
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}

/** @throws {UserError} KOMA_E_PROTECTION_INVALID names the place that is wrong */
export function parseProtectionFile(text: string): ProtectionFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid("", "JSON", cause);
  }
  const file = fields(json, "", [
    "format",
    "version",
    "chainId",
    "genesisHash",
    "signer",
    "exportedAt",
    "covered",
    "heads",
    "endorsed",
    "finality",
    "checkpoints",
  ]);
  if (file["format"] !== FORMAT) throw invalid("format", `"${FORMAT}"`);
  if (file["version"] !== VERSION) throw invalid("version", `${VERSION}: another version of koma wrote this`);
  const exportedAt = readNumber(file["exportedAt"], "exportedAt", Number.MAX_SAFE_INTEGER);
  return {
    chainId: readDecimal(file["chainId"], "chainId"),
    genesisHash: readHash(file["genesisHash"], "genesisHash"),
    signer: readAddress(file["signer"], "signer"),
    exportedAt,
    record: {
      covered: list(file["covered"], "covered", MAX_TIMES, ["from", "to"], ({ from, to }, path) => {
        const time = {
          from: readNumber(from, `${path}.from`, exportedAt),
          to: readNumber(to, `${path}.to`, exportedAt),
        };
        if (time.from > time.to) throw invalid(path, "a time that ends after it began");
        return time;
      }),
      heads: list(file["heads"], "heads", MAX_ENTRIES, ["instance", "seq", "hash"], (head, path) => ({
        instance: readHash(head["instance"], `${path}.instance`),
        seq: readNumber(head["seq"], `${path}.seq`, MAX_SEQ),
        hash: readHash(head["hash"], `${path}.hash`),
      })),
      endorsed: list(file["endorsed"], "endorsed", MAX_ENTRIES, ["instance", "creator", "unit"], (last, path) => ({
        instance: readHash(last["instance"], `${path}.instance`),
        creator: readNumber(last["creator"], `${path}.creator`, MAX_CREATOR),
        unit: readHash(last["unit"], `${path}.unit`),
      })),
      finality: list(
        file["finality"],
        "finality",
        MAX_ENTRIES,
        ["instance", "height", "block", "unit", "signature"],
        (signed, path) => ({
          instance: readHash(signed["instance"], `${path}.instance`),
          height: readDecimal(signed["height"], `${path}.height`),
          block: readHash(signed["block"], `${path}.block`),
          unit: readHash(signed["unit"], `${path}.unit`),
          signature: readSignature(signed["signature"], `${path}.signature`, false),
        }),
      ),
      checkpoints: list(
        file["checkpoints"],
        "checkpoints",
        MAX_ENTRIES,
        ["generation", "start", "end", "structHash", "signature"],
        (signed, path) => ({
          generation: readDecimal(signed["generation"], `${path}.generation`),
          start: readDecimal(signed["start"], `${path}.start`),
          end: readDecimal(signed["end"], `${path}.end`),
          structHash: readHash(signed["structHash"], `${path}.structHash`),
          signature: readSignature(signed["signature"], `${path}.signature`, true),
        }),
      ),
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown, path: string, names: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(path, "an object");
  const unknown = Object.keys(value).find((key) => !names.includes(key));
  if (unknown !== undefined) throw invalid(path, `an object without "${unknown.slice(0, 80)}"`);
  return value as Fields;
}

function list<T>(
  value: unknown,
  path: string,
  most: number,
  names: readonly string[],
  read: (item: Fields, path: string) => T,
): readonly T[] {
  if (!Array.isArray(value) || value.length > most) throw invalid(path, `a list of at most ${most}`);
  return value.map((item, i) => read(fields(item, `${path}[${i}]`, names), `${path}[${i}]`));
}

function readNumber(value: unknown, path: string, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number;
  throw invalid(path, `a whole number from 0 to ${most}`);
}

function readDecimal(value: unknown, path: string): bigint {
  if (typeof value === "string" && /^(0|[1-9][0-9]{0,15})$/.test(value)) return BigInt(value);
  throw invalid(path, "a whole number in decimal digits, as a text");
}

function readHash(value: unknown, path: string): Hash {
  if (typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value)) return parseHash(value);
  throw invalid(path, "0x and 64 lower-case hex digits");
}

function readAddress(value: unknown, path: string): Address {
  if (typeof value === "string" && /^0x[0-9a-f]{40}$/.test(value)) return parseAddress(value);
  throw invalid(path, "0x and 40 lower-case hex digits");
}

function readSignature(value: unknown, path: string, mayBeEmpty: boolean) {
  if (typeof value === "string" && (SIGNATURE.test(value) || (mayBeEmpty && value === "0x"))) return hexToBytes(value);
  throw invalid(path, "a signature of 65 bytes in lower-case hex");
}

function invalid(path: string, what: string, cause?: unknown): UserError {
  const sentence = `The protection file is invalid: ${path === "" ? "it" : path} must be ${what}.`;
  return new UserError("KOMA_E_PROTECTION_INVALID", sentence, { facts: { path }, cause });
}
