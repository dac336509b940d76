import { describe, expect, it } from "vitest";
import type { Ctx } from "./koma-command.ts";
import { waitFor, withLimit } from "./wait-for.ts";

function context(timeoutMs?: number): {
  readonly ctx: Pick<Ctx, "signal" | "cfg">;
  readonly abort: (reason: Error) => void;
} {
  const controller = new AbortController();
  const cfg = { timeoutMs } as Ctx["cfg"];
  return { ctx: { signal: controller.signal, cfg }, abort: (reason) => controller.abort(reason) };
}

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

describe("waiting in a command", () => {
  it("answers with the first thing that is found", async () => {
    let looks = 0;
    const found = await waitFor(context().ctx, { what: "there are three looks", limitMs: 5_000 }, async () => {
      looks += 1;
      return looks === 3 ? "found" : undefined;
    });
    expect(found).toBe("found");
    expect(looks).toBe(3);
  });

  it("gives up at its limit, saying what it waited for", async () => {
    const wait = withLimit(context().ctx, { what: "the sun rises", limitMs: 20 }, never);
    await expect(wait).rejects.toMatchObject({
      code: "KOMA_E_TIMEOUT",
      message: "Waited 20 ms until the sun rises, in vain.",
    });
  });

  it("leaves the limit to --timeout when that is given", async () => {
    const { ctx, abort } = context(1);
    const wait = withLimit(ctx, { what: "nothing", limitMs: 1 }, never);
    abort(new Error("of the command"));
    await expect(wait).rejects.toThrow("aborted");
  });
});
