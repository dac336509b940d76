import { createServer, type Server } from "node:net";
import type { DevnetPlan } from "../plan.ts";
import { portsOf } from "../plan.ts";
import { portTaken } from "../port-taken.ts";

/** The ports of a devnet, kept for those of its programs that do not listen yet. */
export interface PortHold {
  /** Lets go of one owner's ports, right before that program takes them; without a name, of all that are left. */
  release(owner?: "l1"): Promise<void>;
}

/**
 * Listens on every port of the plan, in the plan's order. Preparing takes seconds in which other programs would find the
 * nodes' ports free; and of two devnets that were planned on the same ports one gets the first port and so all of them,
 * while the other one fails before it has begun.
 *
 * @throws {UserError} KOMA_E_PORT_TAKEN
 */
export async function holdPorts(plan: DevnetPlan): Promise<PortHold> {
  const held: { readonly owner: string; readonly server: Server }[] = [];
  const release = async (owner?: string): Promise<void> => {
    const leaving = held.filter((entry) => owner === undefined || entry.owner === owner);
    for (const entry of leaving) held.splice(held.indexOf(entry), 1);
    await Promise.all(leaving.map(({ server }) => close(server)));
  };
  for (const { port, owner } of portsOf(plan)) {
    try {
      held.push({ owner, server: await listen(port, plan.network.ports.host) });
    } catch (error) {
      await release();
      if (!["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      throw portTaken(port, { wantedFor: owner, base: plan.base });
    }
  }
  return { release };
}

function listen(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Whoever calls already is to try again, not to wait for an answer.
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
