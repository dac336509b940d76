import { UserError } from "../src/errors.ts";
import { findPortOwner } from "./port-probe.ts";

/** The error that a port is in use, naming who has it as far as the system tells. */
export function portTaken(
  port: number,
  facts: { readonly wantedFor: string; readonly base: number; readonly reservedBy?: string | undefined },
): UserError {
  const holder = findPortOwner(port);
  const by = holder ? `pid ${holder.pid} (${holder.name})` : (facts.reservedBy ?? "another program");
  return new UserError("KOMA_E_PORT_TAKEN", `Port ${port} is in use by ${by}.`, {
    facts: { port, wantedFor: facts.wantedFor, ...(holder ? { pid: holder.pid, program: holder.name } : {}) },
    fix: [`koma devnet up --set ports.base=${facts.base + 1_000}`],
  });
}
