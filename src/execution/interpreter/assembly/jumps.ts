import { JUMPDEST, PUSH1, PUSH32 } from "./opcodes";

/** Marks at `marks` (a bit for each byte, zero before) where the code may be jumped to. */
export function findJumps(code: u32, length: u32, marks: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    const opcode = load<u8>(code + i);
    if (opcode == JUMPDEST) {
      const at = marks + (i >> 3);
      store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(i & 7)));
    } else if (opcode >= PUSH1 && opcode <= PUSH32) {
      i += opcode - PUSH1 + 1;
    }
  }
}
