// Why a run came back to the host.

/** STOP, RETURN: the frame is done. */
export const DONE: i32 = 0;
export const REVERTED: i32 = 1;
/** The host has to make a call or a contract, and then to resume the frame. */
export const CALLING: i32 = 2;
export const CREATING: i32 = 3;
export const DESTROYING: i32 = 4;
/** A slice of gas is spent; the frame goes on when it is run again. */
export const PAUSED: i32 = 5;
/** Exceptions: the frame's gas is lost. */
export const OUT_OF_GAS: i32 = 16;
export const STACK_UNDERFLOW: i32 = 17;
export const STACK_OVERFLOW: i32 = 18;
export const INVALID_JUMP: i32 = 19;
export const INVALID_OPCODE: i32 = 20;
export const STATIC_STATE_CHANGE: i32 = 21;
export const OUT_OF_RANGE: i32 = 22;
export const INITCODE_TOO_LARGE: i32 = 23;
/** The host has no memory left: this says nothing about the transaction. */
export const NO_MEMORY: i32 = 24;
