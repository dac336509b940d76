import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { resolveNetwork } from "../network-request.ts";
import { planDevnet, portsOf } from "../plan.ts";
import { isPortTaken } from "../port-probe.ts";
import { holdPorts } from "./port-hold.ts";

const plan = planDevnet(resolveNetwork({ validators: 2 }), 47_000);
const ports = portsOf(plan).map(({ port }) => port);

async function taken(): Promise<readonly number[]> {
  const answers = await Promise.all(ports.map((port) => isPortTaken(port, "127.0.0.1")));
  return ports.filter((_, index) => answers[index]);
}

describe("holding a devnet's ports", () => {
  it("keeps them all, and lets go of the root chain's first", async () => {
    const hold = await holdPorts(plan);
    expect(await taken()).toEqual(ports);
    await hold.release("l1");
    expect(await taken()).toEqual(ports.slice(1));
    await hold.release();
    expect(await taken()).toEqual([]);
    await hold.release(); // nothing is left to let go of
  });

  it("is for one of two that try at once", async () => {
    const both = await Promise.allSettled([holdPorts(plan), holdPorts(plan)]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const one of both) {
      if (one.status === "fulfilled") await one.value.release();
      else expect(one.reason).toMatchObject({ code: "KOMA_E_PORT_TAKEN" });
    }
    expect(await taken()).toEqual([]);
  });

  it("is given up for all when one is taken, and says which", async () => {
    const last = ports.at(-1) as number;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(last, "127.0.0.1", resolve));
    try {
      await expect(holdPorts(plan)).rejects.toMatchObject({
        code: "KOMA_E_PORT_TAKEN",
        detail: { facts: { port: last, wantedFor: "validator-1 p2p" } },
      });
      expect(await taken()).toEqual([last]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
