// Words of the EVM: 256 bits as four limbs of 64, the least significant first. `a` and `b` are addresses; results go to `to`,
// which may be either of them.

// @ts-ignore: decorator
@inline
export function limb(at: u32, index: u32): u64 {
  return load<u64>(at + (index << 3));
}

// @ts-ignore: decorator
@inline
export function setSmall(at: u32, value: u64): void {
  store<u64>(at, value);
  store<u64>(at, 0, 8);
  store<u64>(at, 0, 16);
  store<u64>(at, 0, 24);
}

// @ts-ignore: decorator
@inline
export function copyWord(to: u32, from: u32): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

// @ts-ignore: decorator
@inline
export function isZero(at: u32): bool {
  return (load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24)) == 0;
}

/** Fits into 64 bits. */
// @ts-ignore: decorator
@inline
export function isSmall(at: u32): bool {
  return (load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24)) == 0;
}

/** Its value, or the largest one of 64 bits. */
// @ts-ignore: decorator
@inline
export function saturated(at: u32): u64 {
  return isSmall(at) ? load<u64>(at) : u64.MAX_VALUE;
}

// @ts-ignore: decorator
@inline
export function isNegative(at: u32): bool {
  return load<i64>(at, 24) < 0;
}

/** Between the order of limbs and that of bytes; `to` must not be `from`. */
// @ts-ignore: decorator
@inline
export function reverse(to: u32, from: u32): void {
  store<u64>(to, bswap<u64>(load<u64>(from, 24)));
  store<u64>(to, bswap<u64>(load<u64>(from, 16)), 8);
  store<u64>(to, bswap<u64>(load<u64>(from, 8)), 16);
  store<u64>(to, bswap<u64>(load<u64>(from)), 24);
}

// @ts-ignore: decorator
@inline
export function readBigEndian(to: u32, from: u32): void {
  const a = bswap<u64>(load<u64>(from));
  const b = bswap<u64>(load<u64>(from, 8));
  const c = bswap<u64>(load<u64>(from, 16));
  const d = bswap<u64>(load<u64>(from, 24));
  store<u64>(to, d);
  store<u64>(to, c, 8);
  store<u64>(to, b, 16);
  store<u64>(to, a, 24);
}

// @ts-ignore: decorator
@inline
export function add(to: u32, a: u32, b: u32): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const r0 = a0 + load<u64>(b);
  let carry = u64(r0 < a0);
  let r1 = a1 + load<u64>(b, 8);
  const c1 = u64(r1 < a1);
  r1 += carry;
  carry = c1 | u64(r1 < carry);
  let r2 = a2 + load<u64>(b, 16);
  const c2 = u64(r2 < a2);
  r2 += carry;
  carry = c2 | u64(r2 < carry);
  const r3 = load<u64>(a, 24) + load<u64>(b, 24) + carry;
  store<u64>(to, r0);
  store<u64>(to, r1, 8);
  store<u64>(to, r2, 16);
  store<u64>(to, r3, 24);
}

/** a − b. */
// @ts-ignore: decorator
@inline
export function subtract(to: u32, a: u32, b: u32): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const r0 = a0 - b0;
  let borrow = u64(a0 < b0);
  const d1 = a1 - b1;
  const r1 = d1 - borrow;
  borrow = u64(a1 < b1) | u64(d1 < borrow);
  const d2 = a2 - b2;
  const r2 = d2 - borrow;
  borrow = u64(a2 < b2) | u64(d2 < borrow);
  const r3 = load<u64>(a, 24) - load<u64>(b, 24) - borrow;
  store<u64>(to, r0);
  store<u64>(to, r1, 8);
  store<u64>(to, r2, 16);
  store<u64>(to, r3, 24);
}

/** −a. */
export function negate(to: u32, a: u32): void {
  let carry: u64 = 1;
  for (let i: u32 = 0; i < 32; i += 8) {
    const flipped = ~load<u64>(a + i);
    const sum = flipped + carry;
    carry = u64(sum < carry);
    store<u64>(to + i, sum);
  }
}

/** Whether a < b. */
// @ts-ignore: decorator
@inline
export function isLess(a: u32, b: u32): bool {
  const a3 = load<u64>(a, 24);
  const b3 = load<u64>(b, 24);
  if (a3 != b3) return a3 < b3;
  const a2 = load<u64>(a, 16);
  const b2 = load<u64>(b, 16);
  if (a2 != b2) return a2 < b2;
  const a1 = load<u64>(a, 8);
  const b1 = load<u64>(b, 8);
  if (a1 != b1) return a1 < b1;
  return load<u64>(a) < load<u64>(b);
}

/** Whether a < b, both in two's complement. */
// @ts-ignore: decorator
@inline
export function isLessSigned(a: u32, b: u32): bool {
  const a3 = load<i64>(a, 24);
  const b3 = load<i64>(b, 24);
  return a3 != b3 ? a3 < b3 : isLess(a, b);
}

// @ts-ignore: decorator
@inline
export function isEqual(a: u32, b: u32): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}

/** Shifts left by less than 256 bits; `to` may be `a`. */
export function shiftLeft(to: u32, a: u32, bits: u32): void {
  const limbs = bits >> 6;
  const rest = u64(bits & 63);
  for (let i: i32 = 3; i >= 0; i--) {
    const from = i - i32(limbs);
    let value: u64 = 0;
    if (from >= 0) {
      value = limb(a, u32(from)) << rest;
      if (rest != 0 && from > 0) value |= limb(a, u32(from - 1)) >> (64 - rest);
    }
    store<u64>(to + (u32(i) << 3), value);
  }
}

/** Shifts right by less than 256 bits, letting in copies of `fill`'s bits (0 or all ones); `to` may be `a`. */
export function shiftRight(to: u32, a: u32, bits: u32, fill: u64): void {
  const limbs = bits >> 6;
  const rest = u64(bits & 63);
  for (let i: u32 = 0; i < 4; i++) {
    const from = i + limbs;
    let value = fill;
    if (from < 4) {
      value = limb(a, from);
      if (rest != 0) {
        const above = from < 3 ? limb(a, from + 1) : fill;
        value = (value >> rest) | (above << (64 - rest));
      }
    }
    store<u64>(to + (i << 3), value);
  }
}
