import type { Machine } from "./machine.ts";
import type { Failure } from "./message.ts";

/** What the interpreter's exits mean that end a frame without success. */
export function failuresOf({ layout }: Machine): ReadonlyMap<number, Failure> {
  return new Map<number, Failure>([
    [layout.REVERTED, "revert"],
    [layout.OUT_OF_GAS, "out of gas"],
    [layout.STACK_UNDERFLOW, "stack underflow"],
    [layout.STACK_OVERFLOW, "stack overflow"],
    [layout.INVALID_JUMP, "invalid JUMP"],
    [layout.INVALID_OPCODE, "invalid opcode"],
    [layout.STATIC_STATE_CHANGE, "static state change"],
    [layout.OUT_OF_RANGE, "value out of range"],
    [layout.INITCODE_TOO_LARGE, "initcode exceeds max initcode size"],
  ]);
}
