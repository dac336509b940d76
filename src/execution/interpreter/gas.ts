// What calls, creations and storage cost in Cancun, in gas. What instructions cost by themselves is in assembly/instructions.ts.

/** EIP-2929. */
export const WARM_ACCESS = 100;
export const COLD_ACCOUNT = 2_600;
export const COLD_SLOT = 2_100;
/** A call that carries value, what it adds to the callee's gas, and what an account costs that comes into being by it. */
export const CALL_VALUE = 9_000;
export const CALL_STIPEND = 2_300;
export const NEW_ACCOUNT = 25_000;
/** Of code that a creation leaves, per byte (EIP-3541, EIP-170 for its form and size). */
export const CODE_BYTE = 200;
export const MAX_CODE_BYTES = 24_576;
export const RESERVED_CODE_PREFIX = 0xef;
/** Calls within calls. */
export const MAX_DEPTH = 1_024;
/** A slot that was zero, one that was not, and what comes back for clearing one (EIP-2200, EIP-3529). */
const SLOT_SET = 20_000;
const SLOT_CHANGE = 5_000 - COLD_SLOT;
const SLOT_CLEARED = 4_800;

/** What may be handed on to a call: all but a 64th (EIP-150). */
export function mayBePassed(gas: number): number {
  return gas - Math.floor(gas / 64);
}

/** The three values of a slot that a write's price depends on; whether each is zero, and which are the same. */
export interface SlotWrite {
  /** Value when the transaction began, value now, value to be written. */
  readonly originalIsZero: boolean;
  readonly currentIsZero: boolean;
  readonly nextIsZero: boolean;
  readonly originalIsCurrent: boolean;
  readonly originalIsNext: boolean;
  readonly currentIsNext: boolean;
}

/** Gas of a write to a slot that was touched before, and what it adds to the refund. */
export function priceOfWrite(write: SlotWrite): { readonly gas: number; readonly refund: number } {
  if (write.currentIsNext) return { gas: WARM_ACCESS, refund: 0 };
  if (write.originalIsCurrent) {
    if (write.originalIsZero) return { gas: SLOT_SET, refund: 0 };
    return { gas: SLOT_CHANGE, refund: write.nextIsZero ? SLOT_CLEARED : 0 };
  }
  let refund = 0;
  if (!write.originalIsZero) {
    if (write.currentIsZero) refund -= SLOT_CLEARED;
    else if (write.nextIsZero) refund += SLOT_CLEARED;
  }
  if (write.originalIsNext) refund += (write.originalIsZero ? SLOT_SET : SLOT_CHANGE) - WARM_ACCESS;
  return { gas: WARM_ACCESS, refund };
}
