import { UserError } from "../../errors.ts";

/** How large a trace or a simulation may still grow: it is stopped before it fills the memory. */
export class SizeLimit {
  readonly #fix: string;
  readonly #limit: number;
  #left: number;

  /** @param fix  what the client can leave out */
  constructor(bytes: number, fix = "Leave out memory or stack, limit the steps, or use callTracer.") {
    this.#fix = fix;
    this.#limit = bytes;
    this.#left = bytes;
  }

  /** @throws {UserError} KOMA_E_RPC_LIMIT */
  add(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new UserError("KOMA_E_RPC_LIMIT", `answer too large: at most ${this.#limit} bytes`, {
      facts: { limit: this.#limit },
      fix: [this.#fix],
    });
  }
}
