import { type Bytes, concatBytes, hexToBytes, keccak256, signDigest, utf8 } from "../../src/primitives/index.ts";
import { alice } from "./chain-fixture.ts";
import type { Prng } from "./prng.ts";

const word = (hex: string): Bytes => hexToBytes(`0x${hex.padStart(64, "0")}`);
const words = (...hex: readonly string[]): Bytes => concatBytes(...hex.map(word));

function signed(): Bytes {
  const digest = keccak256(utf8("precompiles"));
  const signature = signDigest(digest, alice.key);
  const v = signature[64] === 28 ? "1c" : "1b";
  return concatBytes(digest, word(v), signature.subarray(0, 64));
}

/** Base, exponent and modulus with their lengths (EIP-198). */
function power(base: string, exponent: string, modulus: string): Bytes {
  const parts = [base, exponent, modulus].map((hex) => hexToBytes(`0x${hex}`));
  return concatBytes(...parts.map(({ length }) => word(length.toString(16))), ...parts);
}

// The generators of alt_bn128 (EIP-197), and the first one negated.
const p1 = ["1", "2"];
const minusP1 = ["1", "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45"];
const p2 = [
  "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2",
  "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed",
  "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b",
  "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
];

// EIP-152, test vector 5: "abc" in twelve rounds.
const blake =
  "0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b" +
  `616263${"0".repeat(250)}0300000000000000000000000000000001`;

/**
 * Inputs that the precompiles accept, by their addresses. Not among them is the point evaluation: `calls.test.ts` has
 * go-ethereum's vector for it, and anvil takes nine seconds to get ready for the first one.
 */
const accepted: Readonly<Record<number, readonly Bytes[]>> = {
  1: [signed()],
  2: [new Uint8Array(0), utf8("abc"), new Uint8Array(200).fill(7)],
  3: [new Uint8Array(0), utf8("abc"), new Uint8Array(200).fill(7)],
  4: [new Uint8Array(0), new Uint8Array(77).fill(9)],
  5: [power("", "", ""), power("02", `${"0".repeat(66)}05`, "0d"), power("03", "ff".repeat(32), "fb".repeat(32))],
  6: [words("0", "0", ...p1), words(...p1, ...minusP1), words(...p1, ...p1)],
  7: [words("0", "0", "5"), words(...p1, "2"), words(...p1, "f".repeat(64))],
  8: [new Uint8Array(0), words(...p1, ...p2), words(...p1, ...p2, ...minusP1, ...p2)],
  9: [hexToBytes(`0x${blake}`)],
};

/** What is to be given to each precompile: good inputs, and those cut short, drawn out, with a byte changed, and noise. */
export function precompileInputs(random: Prng): readonly { readonly address: number; readonly input: Bytes }[] {
  return Object.entries(accepted).flatMap(([name, inputs]) => {
    const last = inputs.at(-1) as Bytes;
    const changed = last.slice();
    const at = random.between(0, last.length - 1);
    changed[at] = (last[at] as number) ^ (1 << random.between(0, 7));
    const longer = concatBytes(last, Uint8Array.of(random.between(0, 255)));
    const noise = Uint8Array.from({ length: random.between(1, 260) }, () => random.between(0, 255));
    const variants = [...inputs, last.subarray(0, -1), longer, changed, noise, new Uint8Array(0)];
    return variants.map((input) => ({ address: Number(name), input }));
  });
}
