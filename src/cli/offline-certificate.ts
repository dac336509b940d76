import { existsSync } from "node:fs";
import { UserError } from "../errors.ts";
import { type Address, type Bytes, bytesToHex, hexToBytes, parseAddress } from "../primitives/index.ts";
import type { OfflineFacts } from "../rootchain/index.ts";
import { readBoundedText } from "./bounded-file.ts";

/** What stakers certify of a producer, with the signatures gathered so far; passed from one to the next as a file. */
export interface OfflineCertificate {
  readonly facts: OfflineFacts;
  /** Tenure that the signatures count in. */
  readonly tenure: bigint;
  /** 64-byte compact signatures (EIP-2098) by seat. */
  readonly signatures: ReadonlyMap<number, Bytes>;
}

const MAX_BYTES = 256 * 1024;

/**
 * The certificate in a file; undefined when there is no such file yet.
 *
 * @throws {UserError} KOMA_E_EVIDENCE_INVALID
 */
export async function readCertificate(path: string): Promise<OfflineCertificate | undefined> {
  if (!existsSync(path)) return undefined;
  return parseCertificate(await readBoundedText(path, MAX_BYTES));
}

/** @throws {UserError} KOMA_E_EVIDENCE_INVALID naming what is wrong */
export function parseCertificate(text: string): OfflineCertificate {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid("JSON", cause);
  }
  if (typeof json !== "object" || json === null) throw invalid("an object");
  const file = json as Readonly<Record<string, unknown>>;
  const number = (key: string): bigint => {
    const value = file[key];
    if (typeof value !== "string" || !/^[0-9]{1,19}$/.test(value)) throw invalid(`a number in "${key}"`);
    return BigInt(value);
  };
  const listed = file["signatures"];
  if (!Array.isArray(listed) || listed.length > 256) throw invalid('a list in "signatures"');
  const signatures = new Map<number, Bytes>();
  for (const entry of listed as readonly unknown[]) {
    const { seat, signature } = (entry ?? {}) as { readonly seat?: unknown; readonly signature?: unknown };
    const sound = Number.isSafeInteger(seat) && (seat as number) >= 0 && (seat as number) < 256;
    if (!sound || typeof signature !== "string" || !/^0x[0-9a-f]{128}$/.test(signature)) {
      throw invalid("a seat and a signature in each of its signatures");
    }
    signatures.set(seat as number, hexToBytes(signature));
  }
  return {
    facts: {
      chainId: number("chainId"),
      key: producer(file["producer"]),
      fromBlock: number("fromBlock"),
      toBlock: number("toBlock"),
      missed: number("missed"),
    },
    tenure: number("tenure"),
    signatures,
  };
}

export function formatCertificate({ facts, tenure, signatures }: OfflineCertificate): string {
  const { chainId, key, fromBlock, toBlock, missed } = facts;
  const file = {
    chainId: String(chainId),
    tenure: String(tenure),
    producer: key,
    fromBlock: String(fromBlock),
    toBlock: String(toBlock),
    missed: String(missed),
    signatures: inSeatOrder(signatures).map(([seat, signature]) => ({ seat, signature: bytesToHex(signature) })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** As the contract reads them: one bit per seat, and the signatures in ascending order of seats. */
export function packSignatures(signatures: ReadonlyMap<number, Bytes>): {
  readonly bitmap: bigint;
  readonly signatures: readonly Bytes[];
} {
  const ordered = inSeatOrder(signatures);
  return {
    bitmap: ordered.reduce((bits, [seat]) => bits | (1n << BigInt(seat)), 0n),
    signatures: ordered.map(([, signature]) => signature),
  };
}

function inSeatOrder(signatures: ReadonlyMap<number, Bytes>): readonly (readonly [number, Bytes])[] {
  return [...signatures].sort(([a], [b]) => a - b);
}

function producer(value: unknown): Address {
  if (typeof value !== "string" || !/^0x[0-9a-f]{40}$/.test(value)) throw invalid('an address in "producer"');
  return parseAddress(value);
}

function invalid(expected: string, cause?: unknown): UserError {
  return new UserError("KOMA_E_EVIDENCE_INVALID", `The certificate is not sound: expected ${expected}.`, { cause });
}
