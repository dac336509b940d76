import { describe, expect, it, test } from "vitest";
import { BugError, EnvironmentError, ProtocolError, UserError } from "../errors.ts";
import { errorEnvelope, successEnvelope, toJsonLine } from "./envelope.ts";
import { InterruptedError, toFailure } from "./errors.ts";
import { renderError } from "./render-error.ts";

describe("a failure's exit status", () => {
  test.each([
    { of: "a code of the table", error: new UserError("KOMA_E_PORT_TAKEN", "x"), exit: 5 },
    { of: "a code of the table, whatever its class", error: new EnvironmentError("KOMA_E_TIMEOUT", "x"), exit: 4 },
    { of: "an unknown user error", error: new UserError("KOMA_E_SOMETHING", "x"), exit: 2 },
    { of: "an unknown refusal", error: new ProtocolError("KOMA_E_SOMETHING", "x"), exit: 7 },
    { of: "an unknown failure outside", error: new EnvironmentError("KOMA_E_SOMETHING", "x"), exit: 1 },
    { of: "a bug", error: new BugError("x"), exit: 70 },
    { of: "any other exception", error: new TypeError("x"), exit: 70 },
    { of: "something that is no error", error: "x", exit: 70 },
    { of: "SIGINT", error: new InterruptedError("SIGINT"), exit: 130 },
    { of: "SIGTERM", error: new InterruptedError("SIGTERM"), exit: 143 },
    {
      of: "a refusal of the system",
      error: Object.assign(new Error("EACCES: no"), { code: "EACCES", syscall: "open" }),
      exit: 8,
    },
  ])("of $of is $exit", ({ error, exit }) => {
    expect(toFailure(error).exit).toBe(exit);
  });
});

describe("an error for people", () => {
  const error = new UserError("KOMA_E_STAKE_LOW", 'Cannot register validator "bob": the stake is below the minimum.', {
    facts: { why: "50 KMC offered, the root contract asks for at least 100 KMC.", offered: 50 },
    fix: ["koma validator register --key bob --stake 100"],
  });

  it("says what failed, compares the facts, shows a way out, and ends with the code", () => {
    expect(renderError(toFailure(error))).toBe(
      `✖ Cannot register validator "bob": the stake is below the minimum.
  50 KMC offered, the root contract asks for at least 100 KMC.
  Try: koma validator register --key bob --stake 100
  (KOMA_E_STAKE_LOW · koma help exit-codes)`,
    );
  });

  it("has a stack, with causes, only when asked for", () => {
    const failure = toFailure(new EnvironmentError("KOMA_E_TIMEOUT", "Too late.", { cause: new Error("the cause") }));
    expect(renderError(failure)).not.toContain("at ");
    expect(renderError(failure, { verbose: true })).toContain("caused by: Error: the cause");
  });

  it("of an unknown flag that resembles none shows the way to the command's help", () => {
    const thrown = Object.assign(new Error("Nonexistent flag: --nonsense\nSee more help with --help"), {
      flags: ["--nonsense"],
      parse: { input: { flags: { fresh: {}, json: {} } } },
      oclif: { exit: 2 },
    });
    expect(toFailure(thrown, "devnet up")).toMatchObject({
      code: "KOMA_E_FLAG_UNKNOWN",
      fix: ["koma devnet up --help"],
    });
    const missing = Object.assign(new Error("Missing 1 required arg:\nnode\nSee more help with --help"), {
      parse: {},
      oclif: { exit: 2 },
    });
    expect(toFailure(missing, "devnet kill")).toMatchObject({ code: "KOMA_E_USAGE", fix: ["koma devnet kill --help"] });
  });

  it("of an unknown flag names near ones", () => {
    const thrown = Object.assign(new Error("Nonexistent flag: --frsh\nSee more help with --help"), {
      flags: ["--frsh"],
      parse: { input: { flags: { fresh: {}, json: {} } } },
      oclif: { exit: 2 },
    });
    expect(toFailure(thrown)).toMatchObject({
      code: "KOMA_E_FLAG_UNKNOWN",
      exit: 2,
      message: "Unknown flag --frsh.",
      fix: ["Did you mean --fresh?"],
    });
  });
});

describe("an envelope", () => {
  it("is one line, with what the chain counts as decimal strings", () => {
    const line = toJsonLine(successEnvelope("devnet.status", { weiTotal: 10n ** 21n, text: "a\nb" }, []));
    expect(line.endsWith("}\n")).toBe(true);
    expect(line.trimEnd()).not.toContain("\n");
    expect(JSON.parse(line)).toEqual({
      ok: true,
      kind: "devnet.status",
      v: 1,
      data: { weiTotal: "1000000000000000000000", text: "a\nb" },
      warnings: [],
    });
  });

  it("of an error carries code, exit, facts and ways out, and no stack", () => {
    const failure = toFailure(
      new UserError("KOMA_E_PORT_TAKEN", "Port 21100 is in use by pid 4711 (node).", {
        facts: { port: 21100, pid: 4711, log: "/tmp/x.log" },
        fix: ["koma devnet up --set ports.base=22000"],
      }),
    );
    expect(errorEnvelope("devnet.up", failure)).toEqual({
      ok: false,
      kind: "devnet.up",
      v: 1,
      error: {
        code: "KOMA_E_PORT_TAKEN",
        exit: 5,
        message: "Port 21100 is in use by pid 4711 (node).",
        why: "A port is in use by another program.",
        fix: ["koma devnet up --set ports.base=22000"],
        details: { port: 21100, pid: 4711 },
        log: "/tmp/x.log",
      },
    });
  });
});
