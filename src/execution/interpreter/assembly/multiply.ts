import { SCRATCH } from "./layout";
import { copyWord, isSmall, isZero, setSmall } from "./word";

/** The upper 64 bits of a product. */
// @ts-ignore: decorator
@inline
function high(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const cross = a0 * b1;
  const middle = a1 * b0 + ((a0 * b0) >> 32) + (cross & 0xffffffff);
  return a1 * b1 + (middle >> 32) + (cross >> 32);
}

/**
 * The product's lowest `limbs` limbs (4 to 8) at `to`, which must be neither `a` nor `b`.
 */
export function multiplyInto(to: u32, a: u32, b: u32, limbs: u32): void {
  memory.fill(to, 0, limbs << 3);
  for (let i: u32 = 0; i < 4; i++) {
    const x = load<u64>(a + (i << 3));
    if (x == 0) continue;
    let carry: u64 = 0;
    const end = min<u32>(4, limbs - i);
    for (let j: u32 = 0; j < end; j++) {
      const y = load<u64>(b + (j << 3));
      const at = to + ((i + j) << 3);
      const before = load<u64>(at);
      let low = x * y;
      let up = high(x, y);
      low += before;
      up += u64(low < before);
      low += carry;
      up += u64(low < carry);
      store<u64>(at, low);
      carry = up;
    }
    if (i + 4 < limbs) store<u64>(to + ((i + 4) << 3), carry);
  }
}

/** a · b modulo 2²⁵⁶; `to` may be either. */
export function multiply(to: u32, a: u32, b: u32): void {
  if (isSmall(a) && isSmall(b)) {
    const x = load<u64>(a);
    const y = load<u64>(b);
    store<u64>(to, x * y);
    store<u64>(to, high(x, y), 8);
    store<u64>(to, 0, 16);
    store<u64>(to, 0, 24);
    return;
  }
  multiplyInto(SCRATCH, a, b, 4);
  copyWord(to, SCRATCH);
}

/** base to the power of `exponent`, modulo 2²⁵⁶; `to` may be either. */
export function power(to: u32, base: u32, exponent: u32): void {
  const result = SCRATCH + 0x100;
  const factor = SCRATCH + 0x120;
  const rest = SCRATCH + 0x140;
  setSmall(result, 1);
  copyWord(factor, base);
  copyWord(rest, exponent);
  while (!isZero(rest)) {
    // Limb by limb: what is left of the lowest one first.
    let bits = load<u64>(rest);
    store<u64>(rest, load<u64>(rest, 8));
    store<u64>(rest, load<u64>(rest, 16), 8);
    store<u64>(rest, load<u64>(rest, 24), 16);
    store<u64>(rest, 0, 24);
    const more = !isZero(rest);
    for (let i = 0; i < 64 && (more || bits != 0); i++) {
      if (bits & 1) multiply(result, result, factor);
      multiply(factor, factor, factor);
      bits >>= 1;
    }
  }
  copyWord(to, result);
}
