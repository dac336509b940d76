import { bytesToHex, keccak256, utf8 } from "../primitives/index.ts";

/** Lines that are hashed at a time. */
const BATCH = 512;

/** A hash over everything that happens in a run, in its order; of constant size however long the run is. */
export class RunDigest {
  #value = "";
  #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= BATCH) this.#fold();
  }

  value(): string {
    return this.#folded();
  }

  #fold(): void {
    this.#value = this.#folded();
    this.#lines = [];
  }

  #folded(): string {
    return bytesToHex(keccak256(utf8([this.#value, ...this.#lines].join("\n"))));
  }
}
