import { BugError, UserError } from "../errors.ts";
import type { Branded } from "./branded.ts";
import { type Bytes, bytesToHex, type Hex, hexToBytes, utf8 } from "./bytes.ts";
import { keccak256 } from "./keccak.ts";

/** 20 bytes as lower-case hex with `0x`. */
export type Address = Branded<Hex, "Address">;

export const zeroAddress = `0x${"00".repeat(20)}` as Address;

export function isAddress(text: unknown): text is Hex {
  return typeof text === "string" && /^0x[0-9a-fA-F]{40}$/.test(text);
}

/**
 * Takes lower case, upper case, or the mixed case of EIP-55, whose checksum must then hold.
 *
 * @throws {UserError} KOMA_E_ADDRESS_MALFORMED
 */
export function parseAddress(text: string): Address {
  const lower = text.toLowerCase();
  const digits = text.slice(2);
  const mixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  if (!isAddress(lower) || (mixed && checksumAddress(lower as Address) !== text)) {
    throw new UserError("KOMA_E_ADDRESS_MALFORMED", `"${text.slice(0, 80)}" is not an address.`, {
      fix: ["Give the address as 0x and 40 hex digits; mixed case must be its EIP-55 checksum."],
    });
  }
  return lower as Address;
}

export function addressFromBytes(bytes: Bytes): Address {
  if (bytes.length !== 20) throw new BugError(`an address has 20 bytes, not ${bytes.length}`);
  return bytesToHex(bytes) as Address;
}

export function addressToBytes(address: Address): Bytes {
  return hexToBytes(address);
}

/** The mixed-case form of EIP-55, for output. */
export function checksumAddress(address: Address): Hex {
  const digits = address.slice(2);
  const hash = bytesToHex(keccak256(utf8(digits)));
  let text = "0x";
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[i] as string;
    text += Number.parseInt(hash[i + 2] as string, 16) >= 8 ? digit.toUpperCase() : digit;
  }
  return text as Hex;
}
