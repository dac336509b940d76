import { SCRATCH } from "./layout";
import { multiplyInto } from "./multiply";
import { copyWord, isNegative, isSmall, isZero, negate, setSmall } from "./word";

// Digits of 32 bits, the least significant first. Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D.

/** Digits of the largest dividend, which is a product of two words. */
const DIGITS: u32 = 16;
const QUOTIENT: u32 = SCRATCH + 0x200;
const REMAINDER: u32 = SCRATCH + 0x240;
/** Dividend and divisor, shifted. */
const U: u32 = SCRATCH + 0x280;
const V: u32 = SCRATCH + 0x300;
const WIDE: u32 = SCRATCH + 0x340;
const ABSOLUTE_A: u32 = SCRATCH + 0x3c0;
const ABSOLUTE_B: u32 = SCRATCH + 0x3e0;

// @ts-ignore: decorator
@inline
function digit(at: u32, index: i32): u64 {
  return u64(load<u32>(at + (u32(index) << 2)));
}

// @ts-ignore: decorator
@inline
function setDigit(at: u32, index: i32, value: u64): void {
  store<u32>(at + (u32(index) << 2), u32(value));
}

function significant(at: u32, digits: i32): i32 {
  let count = digits;
  while (count > 0 && digit(at, count - 1) == 0) count--;
  return count;
}

/** Leaves QUOTIENT and REMAINDER, 64 and 32 bytes. The divisor, a word, must not be zero. */
function longDivision(dividend: u32, digits: i32, divisor: u32): void {
  memory.fill(QUOTIENT, 0, DIGITS << 2);
  memory.fill(REMAINDER, 0, 32);
  const m = significant(dividend, digits);
  const n = significant(divisor, 8);
  if (m < n) {
    memory.copy(REMAINDER, dividend, u32(m) << 2);
    return;
  }
  if (n == 1) {
    const d = digit(divisor, 0);
    let rest: u64 = 0;
    for (let i = m - 1; i >= 0; i--) {
      const part = (rest << 32) | digit(dividend, i);
      setDigit(QUOTIENT, i, part / d);
      rest = part % d;
    }
    setDigit(REMAINDER, 0, rest);
    return;
  }
  const shift = u64(clz<u32>(u32(digit(divisor, n - 1))));
  for (let i = n - 1; i > 0; i--) {
    setDigit(V, i, (digit(divisor, i) << shift) | (digit(divisor, i - 1) >> (32 - shift)));
  }
  setDigit(V, 0, digit(divisor, 0) << shift);
  setDigit(U, m, digit(dividend, m - 1) >> (32 - shift));
  for (let i = m - 1; i > 0; i--) {
    setDigit(U, i, (digit(dividend, i) << shift) | (digit(dividend, i - 1) >> (32 - shift)));
  }
  setDigit(U, 0, digit(dividend, 0) << shift);
  const top = digit(V, n - 1);
  const second = digit(V, n - 2);
  for (let j = m - n; j >= 0; j--) {
    const part = (digit(U, j + n) << 32) | digit(U, j + n - 1);
    let guess = part / top;
    let rest = part % top;
    while (guess >> 32 != 0 || guess * second > ((rest << 32) | digit(U, j + n - 2))) {
      guess--;
      rest += top;
      if (rest >> 32 != 0) break;
    }
    let borrow: i64 = 0;
    for (let i = 0; i < n; i++) {
      const product = guess * digit(V, i);
      const left = i64(digit(U, i + j)) - borrow - i64(product & 0xffffffff);
      setDigit(U, i + j, u64(left));
      borrow = i64(product >> 32) - (left >> 32);
    }
    const left = i64(digit(U, j + n)) - borrow;
    setDigit(U, j + n, u64(left));
    if (left < 0) {
      // One too many: give one divisor back.
      guess--;
      let carry: u64 = 0;
      for (let i = 0; i < n; i++) {
        const sum = digit(U, i + j) + digit(V, i) + carry;
        setDigit(U, i + j, sum);
        carry = sum >> 32;
      }
      setDigit(U, j + n, digit(U, j + n) + carry);
    }
    setDigit(QUOTIENT, j, guess);
  }
  for (let i = 0; i < n; i++) {
    setDigit(REMAINDER, i, (digit(U, i) >> shift) | (digit(U, i + 1) << (32 - shift)));
  }
}

/** a / b, zero for b = 0; `to` may be either. */
export function divide(to: u32, a: u32, b: u32): void {
  if (isZero(b)) {
    setSmall(to, 0);
  } else if (isSmall(a) && isSmall(b)) {
    setSmall(to, load<u64>(a) / load<u64>(b));
  } else {
    longDivision(a, 8, b);
    copyWord(to, QUOTIENT);
  }
}

/** a modulo b, zero for b = 0; `to` may be either. */
export function modulo(to: u32, a: u32, b: u32): void {
  if (isZero(b)) {
    setSmall(to, 0);
  } else if (isSmall(a) && isSmall(b)) {
    setSmall(to, load<u64>(a) % load<u64>(b));
  } else {
    longDivision(a, 8, b);
    copyWord(to, REMAINDER);
  }
}

function absolute(to: u32, a: u32): void {
  if (isNegative(a)) negate(to, a);
  else copyWord(to, a);
}

/** a / b in two's complement, rounded towards zero. */
export function divideSigned(to: u32, a: u32, b: u32): void {
  const negative = isNegative(a) != isNegative(b);
  absolute(ABSOLUTE_A, a);
  absolute(ABSOLUTE_B, b);
  divide(to, ABSOLUTE_A, ABSOLUTE_B);
  if (negative) negate(to, to);
}

/** What is left of a / b in two's complement; it has a's sign. */
export function moduloSigned(to: u32, a: u32, b: u32): void {
  const negative = isNegative(a);
  absolute(ABSOLUTE_A, a);
  absolute(ABSOLUTE_B, b);
  modulo(to, ABSOLUTE_A, ABSOLUTE_B);
  if (negative) negate(to, to);
}

/** (a + b) modulo n without overflow, zero for n = 0. */
export function addModulo(to: u32, a: u32, b: u32, n: u32): void {
  if (isZero(n)) {
    setSmall(to, 0);
    return;
  }
  let carry: u64 = 0;
  for (let i: i32 = 0; i < 8; i++) {
    const sum = digit(a, i) + digit(b, i) + carry;
    setDigit(WIDE, i, sum);
    carry = sum >> 32;
  }
  setDigit(WIDE, 8, carry);
  longDivision(WIDE, 9, n);
  copyWord(to, REMAINDER);
}

/** (a · b) modulo n without overflow, zero for n = 0. */
export function multiplyModulo(to: u32, a: u32, b: u32, n: u32): void {
  if (isZero(n)) {
    setSmall(to, 0);
    return;
  }
  multiplyInto(WIDE, a, b, 8);
  longDivision(WIDE, 16, n);
  copyWord(to, REMAINDER);
}
