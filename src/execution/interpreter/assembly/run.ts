import { divide, divideSigned, addModulo, modulo, moduloSigned, multiplyModulo } from "./divide";
import * as exits from "./exits";
import * as host from "./host";
import { UNKNOWN } from "./instructions";
import { keccak256 } from "./keccak";
import * as at from "./layout";
import { copyOrZero, endAfter, endOf, grow, growthCost, wordsOf } from "./memory";
import { multiply, power } from "./multiply";
import * as op from "./opcodes";
import {
  add,
  copyWord,
  isEqual,
  isLess,
  isLessSigned,
  isNegative,
  isSmall,
  isZero,
  readBigEndian,
  reverse,
  saturated,
  setSmall,
  shiftLeft,
  shiftRight,
  subtract,
} from "./word";

/** Gas after which the host is given the thread: a millisecond or two. */
const SLICE: i64 = 1_000_000;
/** EIP-2929: what is touched first costs this much more. */
const COLD_ACCOUNT: i64 = 2_500;
const COLD_SLOT: i64 = 2_000;
/** EIP-1706: with no more than this left, nothing is written. */
const CALL_STIPEND: i64 = 2_300;
/** EIP-3860. */
const MAX_INITCODE: u64 = 49_152;
const INITCODE_WORD: i64 = 2;
const HASH_WORD: i64 = 6;
const COPY_WORD: i64 = 3;
const EXPONENT_BYTE: i64 = 50;
const LOG_BYTE: i64 = 8;

/** Address of the word `n` below the top of the stack; 1 is the topmost. */
// @ts-ignore: decorator
@inline
function below(top: u32, n: u32): u32 {
  return top - (n << 5);
}

/** A word's lowest 160 bits, in the order of bytes, into KEY. */
// @ts-ignore: decorator
@inline
function nameAccount(word: u32): void {
  reverse(at.KEY, word);
  store<u64>(at.KEY, 0);
  store<u32>(at.KEY, 0, 8);
}

// @ts-ignore: decorator
@inline
function bytesIn(word: u32): i64 {
  for (let i: u32 = 32; i > 0; i -= 8) {
    const limb = load<u64>(word + i - 8);
    if (limb != 0) return i64(i) - i64(clz<u64>(limb) >> 3);
  }
  return 0;
}

/**
 * Runs a frame until it ends or needs its host. The frame's gas, place, stack and memory are kept in its record, so that it can
 * go on later.
 *
 * @param frame address of the record
 * @returns see exits.ts
 */
export function run(frame: u32): i32 {
  let gas = load<i64>(frame, at.GAS);
  let pc = load<u32>(frame, at.PC);
  let top = load<u32>(frame, at.TOP);
  let size = load<u32>(frame, at.MEMORY_SIZE);
  const stack = load<u32>(frame, at.STACK);
  const base = load<u32>(frame, at.MEMORY);
  const code = load<u32>(frame, at.CODE);
  const pause = gas - SLICE;
  let exit: i32 = -1;

  while (exit < 0) {
    const opcode = load<u8>(pc);
    const entry = at.INSTRUCTIONS + (u32(opcode) << 3);
    const height = top - stack;
    const needed = u32(load<u16>(entry));
    if (height < needed) {
      exit = needed == UNKNOWN ? exits.INVALID_OPCODE : exits.STACK_UNDERFLOW;
      break;
    }
    if (height > u32(load<u16>(entry, 2))) {
      exit = exits.STACK_OVERFLOW;
      break;
    }
    gas -= i64(load<u32>(entry, 4));
    if (gas < 0) {
      exit = exits.OUT_OF_GAS;
      break;
    }
    pc++;
    switch (opcode) {
      case op.STOP: {
        store<u32>(at.OUTPUT_LENGTH, 0);
        exit = exits.DONE;
        break;
      }
      case op.ADD: {
        add(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.MUL: {
        multiply(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.SUB: {
        subtract(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.DIV: {
        divide(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.SDIV: {
        divideSigned(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.MOD: {
        modulo(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.SMOD: {
        moduloSigned(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.ADDMOD: {
        addModulo(below(top, 3), below(top, 1), below(top, 2), below(top, 3));
        top -= 64;
        break;
      }
      case op.MULMOD: {
        multiplyModulo(below(top, 3), below(top, 1), below(top, 2), below(top, 3));
        top -= 64;
        break;
      }
      case op.EXP: {
        gas -= EXPONENT_BYTE * bytesIn(below(top, 2));
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        power(below(top, 2), below(top, 1), below(top, 2));
        top -= 32;
        break;
      }
      case op.SIGNEXTEND: {
        const index = saturated(below(top, 1));
        const word = below(top, 2);
        if (index < 31) {
          const bits = 248 - (u32(index) << 3);
          shiftLeft(word, word, bits);
          shiftRight(word, word, bits, isNegative(word) ? u64.MAX_VALUE : 0);
        }
        top -= 32;
        break;
      }
      case op.LT: {
        setSmall(below(top, 2), u64(isLess(below(top, 1), below(top, 2))));
        top -= 32;
        break;
      }
      case op.GT: {
        setSmall(below(top, 2), u64(isLess(below(top, 2), below(top, 1))));
        top -= 32;
        break;
      }
      case op.SLT: {
        setSmall(below(top, 2), u64(isLessSigned(below(top, 1), below(top, 2))));
        top -= 32;
        break;
      }
      case op.SGT: {
        setSmall(below(top, 2), u64(isLessSigned(below(top, 2), below(top, 1))));
        top -= 32;
        break;
      }
      case op.EQ: {
        setSmall(below(top, 2), u64(isEqual(below(top, 1), below(top, 2))));
        top -= 32;
        break;
      }
      case op.ISZERO: {
        setSmall(below(top, 1), u64(isZero(below(top, 1))));
        break;
      }
      case op.AND: {
        const word = below(top, 2);
        v128.store(word, v128.and(v128.load(word), v128.load(word, 32)));
        v128.store(word, v128.and(v128.load(word, 16), v128.load(word, 48)), 16);
        top -= 32;
        break;
      }
      case op.OR: {
        const word = below(top, 2);
        v128.store(word, v128.or(v128.load(word), v128.load(word, 32)));
        v128.store(word, v128.or(v128.load(word, 16), v128.load(word, 48)), 16);
        top -= 32;
        break;
      }
      case op.XOR: {
        const word = below(top, 2);
        v128.store(word, v128.xor(v128.load(word), v128.load(word, 32)));
        v128.store(word, v128.xor(v128.load(word, 16), v128.load(word, 48)), 16);
        top -= 32;
        break;
      }
      case op.NOT: {
        const word = below(top, 1);
        v128.store(word, v128.not(v128.load(word)));
        v128.store(word, v128.not(v128.load(word, 16)), 16);
        break;
      }
      case op.BYTE: {
        const index = saturated(below(top, 1));
        const word = below(top, 2);
        setSmall(word, index < 32 ? u64(load<u8>(word + 31 - u32(index))) : 0);
        top -= 32;
        break;
      }
      case op.SHL: {
        const bits = saturated(below(top, 1));
        const word = below(top, 2);
        if (bits < 256) shiftLeft(word, word, u32(bits));
        else setSmall(word, 0);
        top -= 32;
        break;
      }
      case op.SHR: {
        const bits = saturated(below(top, 1));
        const word = below(top, 2);
        if (bits < 256) shiftRight(word, word, u32(bits), 0);
        else setSmall(word, 0);
        top -= 32;
        break;
      }
      case op.SAR: {
        const bits = saturated(below(top, 1));
        const word = below(top, 2);
        const fill = isNegative(word) ? u64.MAX_VALUE : 0;
        // 255 bits leave nothing but the sign, and a full shift after the last bit does, too.
        shiftRight(word, word, bits < 256 ? u32(bits) : 255, fill);
        top -= 32;
        break;
      }
      case op.KECCAK256: {
        const end = endOf(below(top, 1), below(top, 2));
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        const length = load<u64>(below(top, 2));
        gas -= HASH_WORD * wordsOf(length);
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        keccak256(at.VALUE, base + u32(load<u64>(below(top, 1))), u32(length));
        readBigEndian(below(top, 2), at.VALUE);
        top -= 32;
        break;
      }
      case op.ADDRESS: {
        copyWord(top, frame + at.ADDRESS);
        top += 32;
        break;
      }
      case op.BALANCE: {
        nameAccount(below(top, 1));
        if (host.readBalance()) gas -= COLD_ACCOUNT;
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        readBigEndian(below(top, 1), at.VALUE);
        break;
      }
      case op.ORIGIN: {
        copyWord(top, at.ORIGIN);
        top += 32;
        break;
      }
      case op.CALLER: {
        copyWord(top, frame + at.CALLER);
        top += 32;
        break;
      }
      case op.CALLVALUE: {
        copyWord(top, frame + at.CALL_WORD);
        top += 32;
        break;
      }
      case op.CALLDATALOAD: {
        const word = below(top, 1);
        const input = load<u32>(frame, at.INPUT);
        const available = load<u32>(frame, at.INPUT_SIZE);
        const offset = saturated(word);
        if (offset < u64(available) && u64(available) - offset >= 32) {
          readBigEndian(word, input + u32(offset));
        } else {
          copyOrZero(at.VALUE, input, available, word, 32);
          readBigEndian(word, at.VALUE);
        }
        break;
      }
      case op.CALLDATASIZE: {
        setSmall(top, u64(load<u32>(frame, at.INPUT_SIZE)));
        top += 32;
        break;
      }
      case op.CALLDATACOPY:
      case op.CODECOPY:
      case op.RETURNDATACOPY: {
        // To, from, length.
        const count = below(top, 3);
        const end = endOf(below(top, 1), count);
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        const length = load<u64>(count);
        gas -= COPY_WORD * wordsOf(length);
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        if (opcode == op.RETURNDATACOPY) {
          const returned = u64(load<u32>(at.RETURNED_LENGTH));
          const start = saturated(below(top, 2));
          // EIP-211: beyond the end there are no zeros.
          if (start > returned || length > returned - start) {
            exit = exits.OUT_OF_RANGE;
            break;
          }
        }
        if (end != 0) {
          const to = base + u32(load<u64>(below(top, 1)));
          if (opcode == op.CALLDATACOPY) {
            copyOrZero(to, load<u32>(frame, at.INPUT), load<u32>(frame, at.INPUT_SIZE), below(top, 2), u32(length));
          } else if (opcode == op.CODECOPY) {
            copyOrZero(to, code, load<u32>(frame, at.CODE_LENGTH), below(top, 2), u32(length));
          } else {
            memory.copy(to, at.RETURNED + u32(load<u64>(below(top, 2))), u32(length));
          }
        }
        top -= 96;
        break;
      }
      case op.CODESIZE: {
        setSmall(top, u64(load<u32>(frame, at.CODE_LENGTH)));
        top += 32;
        break;
      }
      case op.GASPRICE: {
        copyWord(top, at.GAS_PRICE);
        top += 32;
        break;
      }
      case op.EXTCODESIZE: {
        nameAccount(below(top, 1));
        if (host.touchAccount()) gas -= COLD_ACCOUNT;
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        setSmall(below(top, 1), u64(host.codeLength()));
        break;
      }
      case op.EXTCODECOPY: {
        // Account, to, from, length.
        const end = endOf(below(top, 2), below(top, 4));
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        const length = load<u64>(below(top, 4));
        gas -= COPY_WORD * wordsOf(length);
        nameAccount(below(top, 1));
        if (host.touchAccount()) gas -= COLD_ACCOUNT;
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        if (end != 0) {
          const offset = min<u64>(saturated(below(top, 3)), u64(u32.MAX_VALUE));
          host.copyCode(base + u32(load<u64>(below(top, 2))), u32(offset), u32(length));
        }
        top -= 128;
        break;
      }
      case op.RETURNDATASIZE: {
        setSmall(top, u64(load<u32>(at.RETURNED_LENGTH)));
        top += 32;
        break;
      }
      case op.EXTCODEHASH: {
        nameAccount(below(top, 1));
        if (host.readCodeHash()) gas -= COLD_ACCOUNT;
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        readBigEndian(below(top, 1), at.VALUE);
        break;
      }
      case op.BLOCKHASH: {
        const word = below(top, 1);
        const wanted = saturated(word);
        const current = load<u64>(at.NUMBER);
        if (wanted < current && current - wanted <= 256) {
          host.readBlockHash(wanted);
          readBigEndian(word, at.VALUE);
        } else {
          setSmall(word, 0);
        }
        break;
      }
      case op.COINBASE:
      case op.TIMESTAMP:
      case op.NUMBER:
      case op.PREVRANDAO:
      case op.GASLIMIT:
      case op.CHAINID: {
        // The words have the order of the instructions.
        copyWord(top, at.COINBASE + (u32(opcode - op.COINBASE) << 5));
        top += 32;
        break;
      }
      case op.SELFBALANCE: {
        host.readOwnBalance();
        readBigEndian(top, at.VALUE);
        top += 32;
        break;
      }
      case op.BASEFEE: {
        copyWord(top, at.BASE_FEE);
        top += 32;
        break;
      }
      case op.BLOBHASH: {
        // No transaction of this chain carries blobs.
        setSmall(below(top, 1), 0);
        break;
      }
      case op.BLOBBASEFEE: {
        copyWord(top, at.BLOB_BASE_FEE);
        top += 32;
        break;
      }
      case op.POP: {
        top -= 32;
        break;
      }
      case op.MLOAD: {
        const word = below(top, 1);
        const end = endAfter(word, 32);
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        readBigEndian(word, base + u32(end) - 32);
        break;
      }
      case op.MSTORE: {
        const end = endAfter(below(top, 1), 32);
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        reverse(base + u32(end) - 32, below(top, 2));
        top -= 64;
        break;
      }
      case op.MSTORE8: {
        const end = endAfter(below(top, 1), 1);
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        store<u8>(base + u32(end) - 1, load<u8>(below(top, 2)));
        top -= 64;
        break;
      }
      case op.SLOAD: {
        const word = below(top, 1);
        reverse(at.KEY, word);
        if (host.readSlot()) gas -= COLD_SLOT;
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        readBigEndian(word, at.VALUE);
        break;
      }
      case op.SSTORE: {
        if (load<u32>(frame, at.STATIC)) {
          exit = exits.STATIC_STATE_CHANGE;
          break;
        }
        if (gas <= CALL_STIPEND) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        reverse(at.KEY, below(top, 1));
        reverse(at.VALUE, below(top, 2));
        gas -= i64(host.writeSlot());
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        top -= 64;
        break;
      }
      case op.JUMP: {
        const to = saturated(below(top, 1));
        top -= 32;
        const marks = load<u32>(frame, at.JUMPS);
        if (
          to >= u64(load<u32>(frame, at.CODE_LENGTH)) ||
          ((u32(load<u8>(marks + (u32(to) >> 3))) >> (u32(to) & 7)) & 1) == 0
        ) {
          exit = exits.INVALID_JUMP;
          break;
        }
        pc = code + u32(to);
        break;
      }
      case op.JUMPI: {
        const taken = !isZero(below(top, 2));
        const to = saturated(below(top, 1));
        top -= 64;
        if (!taken) break;
        const marks = load<u32>(frame, at.JUMPS);
        if (
          to >= u64(load<u32>(frame, at.CODE_LENGTH)) ||
          ((u32(load<u8>(marks + (u32(to) >> 3))) >> (u32(to) & 7)) & 1) == 0
        ) {
          exit = exits.INVALID_JUMP;
          break;
        }
        pc = code + u32(to);
        break;
      }
      case op.PC: {
        setSmall(top, u64(pc - code - 1));
        top += 32;
        break;
      }
      case op.MSIZE: {
        setSmall(top, u64(size));
        top += 32;
        break;
      }
      case op.GAS: {
        setSmall(top, u64(gas));
        top += 32;
        break;
      }
      case op.JUMPDEST: {
        // Every loop passes one: the place where long work can let others in.
        if (gas < pause) exit = exits.PAUSED;
        break;
      }
      case op.TLOAD: {
        reverse(at.KEY, below(top, 1));
        host.readTransient();
        readBigEndian(below(top, 1), at.VALUE);
        break;
      }
      case op.TSTORE: {
        if (load<u32>(frame, at.STATIC)) {
          exit = exits.STATIC_STATE_CHANGE;
          break;
        }
        reverse(at.KEY, below(top, 1));
        reverse(at.VALUE, below(top, 2));
        host.writeTransient();
        top -= 64;
        break;
      }
      case op.MCOPY: {
        // To, from, length.
        const end = max<u64>(endOf(below(top, 1), below(top, 3)), endOf(below(top, 2), below(top, 3)));
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        const length = load<u64>(below(top, 3));
        gas -= COPY_WORD * wordsOf(length);
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        if (end != 0) {
          memory.copy(base + u32(load<u64>(below(top, 1))), base + u32(load<u64>(below(top, 2))), u32(length));
        }
        top -= 96;
        break;
      }
      case op.PUSH0: {
        setSmall(top, 0);
        top += 32;
        break;
      }
      case op.PUSH1: {
        setSmall(top, u64(load<u8>(pc)));
        top += 32;
        pc += 1;
        break;
      }
      case op.CREATE:
      case op.CREATE2: {
        if (load<u32>(frame, at.STATIC)) {
          exit = exits.STATIC_STATE_CHANGE;
          break;
        }
        // Value, from, length, salt.
        const end = endOf(below(top, 2), below(top, 3));
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        const length = load<u64>(below(top, 3));
        if (length > MAX_INITCODE) {
          exit = exits.INITCODE_TOO_LARGE;
          break;
        }
        gas -= (opcode == op.CREATE2 ? INITCODE_WORD + HASH_WORD : INITCODE_WORD) * wordsOf(length);
        if (gas < 0) {
          exit = exits.OUT_OF_GAS;
          break;
        }
        copyWord(at.CALL_VALUE, below(top, 1));
        store<u32>(at.INPUT_AT, base + u32(load<u64>(below(top, 2))));
        store<u32>(at.INPUT_LENGTH, u32(length));
        if (opcode == op.CREATE2) {
          reverse(at.KEY, below(top, 4));
          top -= 32;
        }
        top -= 96;
        store<u32>(at.CALL_KIND, u32(opcode));
        exit = exits.CREATING;
        break;
      }
      case op.CALL:
      case op.CALLCODE:
      case op.DELEGATECALL:
      case op.STATICCALL: {
        // Gas, account, value for the first two, input, output.
        const carries = opcode == op.CALL || opcode == op.CALLCODE;
        const regions = carries ? below(top, 3) : below(top, 2);
        if (opcode == op.CALL && load<u32>(frame, at.STATIC) && !isZero(below(top, 3))) {
          exit = exits.STATIC_STATE_CHANGE;
          break;
        }
        const end = max<u64>(
          endOf(below(regions, 1), below(regions, 2)),
          endOf(below(regions, 3), below(regions, 4)),
        );
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        nameAccount(below(top, 2));
        readBigEndian(at.CALL_ADDRESS, at.KEY);
        if (carries) copyWord(at.CALL_VALUE, below(top, 3));
        else setSmall(at.CALL_VALUE, 0);
        store<u64>(at.CALL_GAS, saturated(below(top, 1)));
        store<u32>(at.INPUT_AT, base + u32(load<u64>(below(regions, 1))));
        store<u32>(at.INPUT_LENGTH, u32(load<u64>(below(regions, 2))));
        store<u32>(at.OUTPUT_AT, base + u32(load<u64>(below(regions, 3))));
        store<u32>(at.OUTPUT_LENGTH, u32(load<u64>(below(regions, 4))));
        store<u32>(at.CALL_KIND, u32(opcode));
        top = below(regions, 4);
        exit = exits.CALLING;
        break;
      }
      case op.RETURN:
      case op.REVERT: {
        const end = endOf(below(top, 1), below(top, 2));
        if (end > u64(size)) {
          gas -= growthCost(size, end);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          size = grow(base, size, end);
          if (size == 0) {
            exit = exits.NO_MEMORY;
            break;
          }
        }
        store<u32>(at.OUTPUT_AT, base + u32(load<u64>(below(top, 1))));
        store<u32>(at.OUTPUT_LENGTH, u32(load<u64>(below(top, 2))));
        exit = opcode == op.RETURN ? exits.DONE : exits.REVERTED;
        break;
      }
      case op.SELFDESTRUCT: {
        if (load<u32>(frame, at.STATIC)) {
          exit = exits.STATIC_STATE_CHANGE;
          break;
        }
        nameAccount(below(top, 1));
        top -= 32;
        exit = exits.DESTROYING;
        break;
      }
      default: {
        if (opcode <= op.PUSH32) {
          // PUSH2 to PUSH32. Beyond the code's end there are zeros.
          const count = u32(opcode - op.PUSH1) + 1;
          const whole = count & ~7;
          let limb: u32 = 0;
          for (; limb < whole; limb += 8) store<u64>(top + limb, bswap<u64>(load<u64>(pc + count - limb - 8)));
          const rest = count & 7;
          if (rest != 0) {
            store<u64>(top + limb, bswap<u64>(load<u64>(pc)) >> u64(64 - (rest << 3)));
            limb += 8;
          }
          for (; limb < 32; limb += 8) store<u64>(top + limb, 0);
          pc += count;
          top += 32;
        } else if (opcode < op.SWAP1) {
          copyWord(top, below(top, u32(opcode - op.DUP1) + 1));
          top += 32;
        } else if (opcode < op.LOG0) {
          const other = below(top, u32(opcode - op.SWAP1) + 2);
          const first = v128.load(other);
          const second = v128.load(other, 16);
          copyWord(other, below(top, 1));
          v128.store(below(top, 1), first);
          v128.store(below(top, 1), second, 16);
        } else {
          if (load<u32>(frame, at.STATIC)) {
            exit = exits.STATIC_STATE_CHANGE;
            break;
          }
          const end = endOf(below(top, 1), below(top, 2));
          if (end > u64(size)) {
            gas -= growthCost(size, end);
            if (gas < 0) {
              exit = exits.OUT_OF_GAS;
              break;
            }
            size = grow(base, size, end);
            if (size == 0) {
              exit = exits.NO_MEMORY;
              break;
            }
          }
          const length = load<u64>(below(top, 2));
          gas -= LOG_BYTE * i64(length);
          if (gas < 0) {
            exit = exits.OUT_OF_GAS;
            break;
          }
          const topics = u32(opcode - op.LOG0);
          for (let i: u32 = 0; i < topics; i++) reverse(at.KEY + (i << 5), below(top, 3 + i));
          host.log(base + u32(load<u64>(below(top, 1))), u32(length), topics);
          top -= (topics + 2) << 5;
        }
      }
    }
  }
  store<i64>(frame, gas, at.GAS);
  store<u32>(frame, pc, at.PC);
  store<u32>(frame, top, at.TOP);
  store<u32>(frame, size, at.MEMORY_SIZE);
  return exit;
}
