// The EVM's own memory: it grows by words and costs 3w + w²/512 gas in all (Yellow Paper, appendix H).

/** More would cost more gas than any frame is given. */
const LIMIT: u64 = 0x10000000;
const UNAFFORDABLE: i64 = i64.MAX_VALUE;

/** End of a region given by two words, 0 where it is empty; beyond all bounds where it is absurd. */
export function endOf(offset: u32, length: u32): u64 {
  const size = load<u64>(length) | load<u64>(length, 8) | load<u64>(length, 16) | load<u64>(length, 24);
  if (size == 0) return 0;
  const far =
    load<u64>(offset, 8) |
    load<u64>(offset, 16) |
    load<u64>(offset, 24) |
    load<u64>(length, 8) |
    load<u64>(length, 16) |
    load<u64>(length, 24);
  const start = load<u64>(offset);
  const count = load<u64>(length);
  if (far != 0 || start > LIMIT || count > LIMIT) return u64.MAX_VALUE;
  return start + count;
}

/** End of `count` bytes from the offset that a word names. */
export function endAfter(offset: u32, count: u64): u64 {
  const far = load<u64>(offset, 8) | load<u64>(offset, 16) | load<u64>(offset, 24);
  const start = load<u64>(offset);
  return far != 0 || start > LIMIT ? u64.MAX_VALUE : start + count;
}

// @ts-ignore: decorator
@inline
function costOf(words: u64): i64 {
  return i64(3 * words + ((words * words) >> 9));
}

/** Gas for growing from `size` bytes, a multiple of 32, so that `end` is inside. */
export function growthCost(size: u32, end: u64): i64 {
  if (end > 2 * LIMIT) return UNAFFORDABLE;
  return costOf((end + 31) >> 5) - costOf(u64(size) >> 5);
}

/** Makes room, zeroed; the new size, or 0 where the host has no memory left. */
export function grow(base: u32, size: u32, end: u64): u32 {
  const grown = u32((end + 31) & ~31);
  const room = u64(memory.size()) << 16;
  // Reads of whole words may look beyond the end.
  const wanted = u64(base) + u64(grown) + 64;
  if (wanted > room) {
    const pages = i32((wanted - room + 0xffff) >> 16);
    // By a megabyte or more at a time: each growth costs the host its views.
    if (memory.grow(max<i32>(pages, 16)) < 0) return 0;
  }
  memory.fill(base + size, 0, grown - size);
  return grown;
}

/** Words that `length` bytes take. */
// @ts-ignore: decorator
@inline
export function wordsOf(length: u64): i64 {
  return i64((length + 31) >> 5);
}

/** Copies from a source of `available` bytes, and zeros from beyond its end. `offset` is a word. */
export function copyOrZero(to: u32, source: u32, available: u32, offset: u32, length: u32): void {
  const far = load<u64>(offset, 8) | load<u64>(offset, 16) | load<u64>(offset, 24);
  const start = load<u64>(offset);
  let count: u32 = 0;
  if (far == 0 && start < u64(available)) {
    count = u32(min<u64>(u64(available) - start, u64(length)));
    memory.copy(to, source + u32(start), count);
  }
  memory.fill(to + count, 0, length - count);
}
