import { UserError } from "../../errors.ts";

/** How large a trace may still grow: it is stopped before it fills the memory. */
export class SizeLimit {
  readonly #limit: number;
  #left: number;

  constructor(bytes: number) {
    this.#limit = bytes;
    this.#left = bytes;
  }

  /** @throws {UserError} KOMA_E_RPC_LIMIT */
  add(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new UserError("KOMA_E_RPC_LIMIT", `trace too large: at most ${this.#limit} bytes`, {
      facts: { limit: this.#limit },
      fix: ["Leave out memory or stack, limit the steps, or use callTracer."],
    });
  }
}
