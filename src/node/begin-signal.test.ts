import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { type SupervisedProcess, untilBegun } from "./begin-signal.ts";

const forever = new AbortController().signal;

function supervised(): { own: EventEmitter & SupervisedProcess; said: unknown[] } {
  const said: unknown[] = [];
  const own = Object.assign(new EventEmitter(), { connected: true, send: (message: unknown) => said.push(message) });
  return { own, said };
}

describe("a node's process", () => {
  it("begins at once without a supervisor", async () => {
    expect(await untilBegun(new EventEmitter(), forever)).toBe(true);
  });

  it("waits for its supervisor's word, refuses other orders until then, and hears nothing more afterwards", async () => {
    const { own, said } = supervised();
    const begun = untilBegun(own, forever);
    own.emit("message", { type: "heal", id: 1, handle: "f1" });
    own.emit("message", "begin");
    own.emit("message", { type: "begin", id: 2 });
    expect(await begun).toBe(true);
    expect(said).toMatchObject([
      { id: 1, ok: false, code: "KOMA_E_NODE_NOT_READY" },
      { id: 2, ok: true },
    ]);
    expect([own.listenerCount("message"), own.listenerCount("disconnect")]).toEqual([0, 0]);
  });

  it.each([
    ["it is told to end", (own: EventEmitter) => own.emit("message", { type: "shutdown", id: 1, graceMs: 5 })],
    ["its supervisor is gone", (own: EventEmitter) => own.emit("disconnect")],
  ])("does not begin when %s", async (_, end) => {
    const { own } = supervised();
    const begun = untilBegun(own, forever);
    end(own);
    expect(await begun).toBe(false);
  });

  it("does not begin when it is interrupted, or when the supervisor was gone before", async () => {
    const interrupted = new AbortController();
    const begun = untilBegun(supervised().own, interrupted.signal);
    interrupted.abort();
    expect(await begun).toBe(false);
    expect(await untilBegun(Object.assign(supervised().own, { connected: false }), forever)).toBe(false);
  });
});
