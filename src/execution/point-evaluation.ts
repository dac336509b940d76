import { bls12_381 } from "@noble/curves/bls12-381.js";
import { type Bytes, bytesToBigint, hexToBytes } from "../primitives/index.ts";

/**
 * [τ]₂ of the KZG ceremony of Ethereum: the only point of its trusted setup that checking an evaluation needs.
 *
 * @see EIP-4844; consensus-specs presets/mainnet/trusted_setups, g2_monomial[1]
 */
const TAU_G2 =
  "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2";

const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
const FIELD_ORDER = bls12_381.fields.Fr.ORDER;

/**
 * Whether the polynomial behind `commitment` has the value `y` at `z`: e(C − [y]G₁, G₂) = e(π, [τ − z]G₂). Points that are
 * malformed or outside the group, and scalars beyond the field, prove nothing.
 *
 * @param commitment  48 bytes, as are `proof`; `z` and `y` are 32 bytes
 * @see EIP-4844, point evaluation precompile
 */
export function verifyPointEvaluation(commitment: Bytes, z: Bytes, y: Bytes, proof: Bytes): boolean {
  const point = bytesToBigint(z);
  const value = bytesToBigint(y);
  if (point >= FIELD_ORDER || value >= FIELD_ORDER) return false;
  const c = readG1(commitment);
  const pi = readG1(proof);
  if (c === undefined || pi === undefined) return false;
  const shifted = c.subtract(G1.BASE.multiplyUnsafe(value));
  const divisor = G2.fromHex(TAU_G2).subtract(G2.BASE.multiplyUnsafe(point));
  // One product of two pairings equal to one; a pairing with a point at infinity is one by itself.
  const pairs = [
    { g1: shifted, g2: G2.BASE.negate() },
    { g1: pi, g2: divisor },
  ].filter(({ g1, g2 }) => !g1.is0() && !g2.is0());
  if (pairs.length === 0) return true;
  return bls12_381.fields.Fp12.eql(bls12_381.pairingBatch(pairs), bls12_381.fields.Fp12.ONE);
}

function readG1(bytes: Bytes): InstanceType<typeof G1> | undefined {
  try {
    const point = G1.fromBytes(bytes);
    point.assertValidity();
    return point;
  } catch {
    // noble throws for every way in which 48 bytes are not a point of the group.
    return undefined;
  }
}

/** As the EVM calls it: hex strings with `0x`. */
export function verifyProof(commitment: string, z: string, y: string, proof: string): boolean {
  return verifyPointEvaluation(hexToBytes(commitment), hexToBytes(z), hexToBytes(y), hexToBytes(proof));
}
