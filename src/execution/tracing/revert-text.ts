import { type Bytes, bytesToBigint, bytesToHex } from "../../primitives/index.ts";

/** The text of `revert("…")` in Solidity; undefined for anything else a contract may answer. */
export function decodeRevertText(data: Bytes): string | undefined {
  if (data.length < 68 || bytesToHex(data.subarray(0, 4)) !== "0x08c379a0") return undefined;
  const length = bytesToBigint(data.subarray(36, 68));
  return length <= BigInt(data.length - 68)
    ? new TextDecoder().decode(data.subarray(68, 68 + Number(length)))
    : undefined;
}
