import type { Address } from "../../primitives/index.ts";
import type { Machine, PlacedCode } from "./machine.ts";

/** Bytes in the machine's memory. */
export interface Region {
  readonly at: number;
  readonly length: number;
}

export const nothing: Region = { at: 0, length: 0 };

/** A call or a creation. */
export interface Frame {
  /** Address of its record in the machine's memory. */
  readonly record: number;
  /** The account whose storage it has. */
  readonly address: Address;
  readonly creates: boolean;
  /** What the substate goes back to when it fails. */
  readonly mark: number;
  /** Where its caller wants the output. */
  readonly output: Region;
}

/** How a frame ended. */
export interface End {
  readonly failure: string | undefined;
  readonly gasLeft: number;
  readonly output: Region;
}

/** What a frame has from its caller. */
export interface Inherited {
  readonly gasLimit: number;
  readonly isStatic: boolean;
  readonly input: Region;
  readonly output: Region;
  /** Where its own memory may begin. */
  readonly memory: number;
  readonly stack: number;
}

/** A failure that takes all gas and gives nothing back. */
export function exception(failure: string): End {
  return { failure, gasLeft: 0, output: nothing };
}

/** The calls and creations that are under way, outermost first, with their records in the machine's memory. */
export class Frames {
  readonly #machine: Machine;
  readonly #frames: Frame[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get depth(): number {
    return this.#frames.length;
  }

  get newest(): Frame | undefined {
    return this.#frames.at(-1);
  }

  clear(): void {
    this.#frames.length = 0;
  }

  /** Address of the record that a frame at this depth has; the outermost one's depth is 0. */
  recordAt(depth: number): number {
    return this.#machine.layout.FRAMES + depth * this.#machine.layout.FRAME_SIZE;
  }

  /** A frame whose record is still to be written. */
  open(address: Address, creates: boolean, mark: number, output: Region): Frame {
    const frame = { record: this.recordAt(this.#frames.length), address, creates, mark, output };
    this.#frames.push(frame);
    return frame;
  }

  /** Writes the newest frame's record, but for who called it with which value. */
  fill({ gasLimit, isStatic, input, memory, stack }: Inherited, code: PlacedCode): void {
    const machine = this.#machine;
    const { layout } = machine;
    const { record, address } = this.newest as Frame;
    machine.setLong(record + layout.GAS, gasLimit);
    machine.setU32(record + layout.PC, code.at);
    machine.setU32(record + layout.TOP, stack);
    machine.setU32(record + layout.STACK, stack);
    machine.setU32(record + layout.MEMORY, memory);
    machine.setU32(record + layout.MEMORY_SIZE, 0);
    machine.setU32(record + layout.CODE, code.at);
    machine.setU32(record + layout.CODE_LENGTH, code.length);
    machine.setU32(record + layout.JUMPS, code.jumps);
    machine.setU32(record + layout.INPUT, input.at);
    machine.setU32(record + layout.INPUT_SIZE, input.length);
    machine.setU32(record + layout.STATIC, isStatic ? 1 : 0);
    machine.setAddress(record + layout.ADDRESS, address);
  }

  close(): Frame {
    return this.#frames.pop() as Frame;
  }

  /** Gives the caller what a call or creation left, and lets it go on. */
  resume(ended: Frame, { failure, gasLeft, output }: End): void {
    const machine = this.#machine;
    const { layout, bytes } = machine;
    const length = ended.creates && failure === undefined ? 0 : output.length;
    if (length > 0) {
      bytes.copyWithin(layout.RETURNED, output.at, output.at + length);
      const wanted = Math.min(length, ended.output.length);
      bytes.copyWithin(ended.output.at, layout.RETURNED, layout.RETURNED + wanted);
    }
    machine.setU32(layout.RETURNED_LENGTH, length);
    this.answer(failure === undefined, gasLeft, ended.creates ? ended.address : undefined);
  }

  /** Pushes success, or for creations the address, on the newest frame's stack, and gives its gas back. */
  answer(ok: boolean, gasLeft: number, created?: Address): void {
    const machine = this.#machine;
    const { layout } = machine;
    const { record } = this.newest as Frame;
    const top = machine.u32(record + layout.TOP);
    if (ok && created !== undefined) machine.setAddress(top, created);
    else machine.setWord(top, ok ? 1n : 0n);
    machine.setU32(record + layout.TOP, top + 32);
    machine.setLong(record + layout.GAS, machine.long(record + layout.GAS) + gasLeft);
  }
}
