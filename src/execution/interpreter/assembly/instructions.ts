import { INSTRUCTIONS } from "./layout";
import * as op from "./opcodes";

// What every instruction does to the stack and costs at least, in eight bytes each: u16 bytes of stack that must be there, u16
// bytes of stack that may be there, u32 gas. An instruction that does not exist needs more than there can be.

const STACK_BYTES: u32 = 1024 * 32;
export const UNKNOWN: u32 = 0xffff;

function define(opcode: u32, pops: u32, pushes: u32, gas: u32): void {
  const at = INSTRUCTIONS + (opcode << 3);
  store<u16>(at, u16(pops << 5));
  store<u16>(at, u16(STACK_BYTES + (pops << 5) - (pushes << 5)), 2);
  store<u32>(at, gas, 4);
}

/** Fills the table; once, before anything runs. Costs that depend on operands come on top, see run.ts. */
export function defineInstructions(): void {
  for (let opcode: u32 = 0; opcode < 256; opcode++) {
    store<u16>(INSTRUCTIONS + (opcode << 3), u16(UNKNOWN));
    store<u16>(INSTRUCTIONS + (opcode << 3), u16(UNKNOWN), 2);
  }
  define(op.STOP, 0, 0, 0);
  define(op.ADD, 2, 1, 3);
  define(op.MUL, 2, 1, 5);
  define(op.SUB, 2, 1, 3);
  define(op.DIV, 2, 1, 5);
  define(op.SDIV, 2, 1, 5);
  define(op.MOD, 2, 1, 5);
  define(op.SMOD, 2, 1, 5);
  define(op.ADDMOD, 3, 1, 8);
  define(op.MULMOD, 3, 1, 8);
  define(op.EXP, 2, 1, 10);
  define(op.SIGNEXTEND, 2, 1, 5);
  for (let opcode: u32 = op.LT; opcode <= op.SAR; opcode++) define(opcode, 2, 1, 3);
  define(op.ISZERO, 1, 1, 3);
  define(op.NOT, 1, 1, 3);
  define(op.KECCAK256, 2, 1, 30);
  define(op.ADDRESS, 0, 1, 2);
  define(op.BALANCE, 1, 1, 100);
  define(op.ORIGIN, 0, 1, 2);
  define(op.CALLER, 0, 1, 2);
  define(op.CALLVALUE, 0, 1, 2);
  define(op.CALLDATALOAD, 1, 1, 3);
  define(op.CALLDATASIZE, 0, 1, 2);
  define(op.CALLDATACOPY, 3, 0, 3);
  define(op.CODESIZE, 0, 1, 2);
  define(op.CODECOPY, 3, 0, 3);
  define(op.GASPRICE, 0, 1, 2);
  define(op.EXTCODESIZE, 1, 1, 100);
  define(op.EXTCODECOPY, 4, 0, 100);
  define(op.RETURNDATASIZE, 0, 1, 2);
  define(op.RETURNDATACOPY, 3, 0, 3);
  define(op.EXTCODEHASH, 1, 1, 100);
  define(op.BLOCKHASH, 1, 1, 20);
  for (let opcode: u32 = op.COINBASE; opcode <= op.CHAINID; opcode++) define(opcode, 0, 1, 2);
  define(op.SELFBALANCE, 0, 1, 5);
  define(op.BASEFEE, 0, 1, 2);
  define(op.BLOBHASH, 1, 1, 3);
  define(op.BLOBBASEFEE, 0, 1, 2);
  define(op.POP, 1, 0, 2);
  define(op.MLOAD, 1, 1, 3);
  define(op.MSTORE, 2, 0, 3);
  define(op.MSTORE8, 2, 0, 3);
  define(op.SLOAD, 1, 1, 100);
  define(op.SSTORE, 2, 0, 0);
  define(op.JUMP, 1, 0, 8);
  define(op.JUMPI, 2, 0, 10);
  define(op.PC, 0, 1, 2);
  define(op.MSIZE, 0, 1, 2);
  define(op.GAS, 0, 1, 2);
  define(op.JUMPDEST, 0, 0, 1);
  define(op.TLOAD, 1, 1, 100);
  define(op.TSTORE, 2, 0, 100);
  define(op.MCOPY, 3, 0, 3);
  define(op.PUSH0, 0, 1, 2);
  for (let opcode: u32 = op.PUSH1; opcode <= op.PUSH32; opcode++) define(opcode, 0, 1, 3);
  for (let n: u32 = 1; n <= 16; n++) define(op.DUP1 + n - 1, n, n + 1, 3);
  for (let n: u32 = 1; n <= 16; n++) define(op.SWAP1 + n - 1, n + 1, n + 1, 3);
  for (let topics: u32 = 0; topics <= 4; topics++) define(op.LOG0 + topics, topics + 2, 0, 375 * (topics + 1));
  define(op.CREATE, 3, 1, 32_000);
  define(op.CALL, 7, 1, 0);
  define(op.CALLCODE, 7, 1, 0);
  define(op.RETURN, 2, 0, 0);
  define(op.DELEGATECALL, 6, 1, 0);
  define(op.CREATE2, 4, 1, 32_000);
  define(op.STATICCALL, 6, 1, 0);
  define(op.REVERT, 2, 0, 0);
  define(op.SELFDESTRUCT, 1, 0, 5_000);
}
