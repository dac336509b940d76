import type { Address, Bytes } from "../../primitives/index.ts";

/** One instruction, before it runs. */
export interface TraceStep {
  readonly pc: number;
  readonly op: string;
  readonly gas: bigint;
  readonly cost: bigint;
  /** 1 for the outermost frame. */
  readonly depth: number;
  /** Whose storage and balance it works on. */
  readonly address: Address;
  /** Bottom first. */
  readonly stack: readonly bigint[];
  readonly memory: Bytes;
  readonly refund: bigint;
}

/** A frame that begins. */
export interface TraceEnter {
  /** Undefined creates a contract. */
  readonly to: Address | undefined;
  /** Whose code runs, where that is not `to`'s. */
  readonly codeAddress: Address | undefined;
  readonly from: Address;
  readonly value: bigint;
  readonly gas: bigint;
  readonly input: Bytes;
  readonly depth: number;
}

/** A frame that ended. */
export interface TraceExit {
  readonly gasUsed: bigint;
  readonly output: Bytes;
  /** Name of the exception in the words of go-ethereum. */
  readonly error: string | undefined;
  readonly created: Address | undefined;
}

/** What the EVM is asked to tell while it runs. */
export interface EvmObserver {
  readonly onStep?: (step: TraceStep) => void;
  readonly onEnter?: (frame: TraceEnter) => void;
  readonly onExit?: (frame: TraceExit) => void;
}

/** The whole message or transaction, once it is over. */
export interface TraceOutcome {
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
}

/** Collects one trace. */
export interface Tracer extends EvmObserver {
  /** The trace as JSON has it. */
  result(outcome: TraceOutcome): unknown;
}

/** As JSON-RPC writes a number. */
export function hexNumber(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
