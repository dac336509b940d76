import { describe, expect, it } from "vitest";
import type { Clock } from "../clock.ts";
import type { Timestamp } from "../primitives/index.ts";
import { type Client, Clients, networkOf } from "./clients.ts";
import { defaultRpcLimits } from "./limits.ts";

let now = 0;
const clock: Clock = { now: () => now as Timestamp, schedule: () => () => {} };
const open = (limits: Partial<typeof defaultRpcLimits> = {}) => new Clients({ ...defaultRpcLimits, ...limits }, clock);
const done = async () => "done";

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => value,
    (error: { code?: string }) => error.code,
  );
}

describe("an address", () => {
  it("may ask in a burst, then at its rate, over all its connections", async () => {
    const clients = open({ requestsPerSecond: 10 });
    const [one, two] = [clients.connect("10.0.0.1"), clients.connect("10.0.0.1")] as [Client, Client];
    for (let i = 0; i < 10; i++) {
      expect(await codeOf(one.run(1, done))).toBe("done");
      expect(await codeOf(two.run(1, done))).toBe("done");
    }
    expect(await codeOf(two.run(1, done))).toBe("KOMA_E_RPC_RATE");
    now += 100;
    expect(await codeOf(one.run(1, done))).toBe("done");
    expect(await codeOf(one.run(1, done))).toBe("KOMA_E_RPC_RATE");
    // What others do is their own affair.
    expect(await codeOf((clients.connect("10.0.0.2") as Client).run(10, done))).toBe("done");
    now += 60_000;
    expect(await codeOf(one.run(20, done))).toBe("done");
    expect(await codeOf(one.run(1, done))).toBe("KOMA_E_RPC_RATE");
  });

  it("gains nothing by hanging up and coming back", async () => {
    const clients = open({ requestsPerSecond: 1 });
    const first = clients.connect("10.0.0.1") as Client;
    await first.run(2, done);
    first.close();
    for (let i = 0; i < 2_000; i++) (clients.connect(`10.1.${i >> 8}.${i & 255}`) as Client).close();
    expect(await codeOf((clients.connect("10.0.0.1") as Client).run(1, done))).toBe("KOMA_E_RPC_RATE");
  });

  it("has a bounded number of connections, unless it is this machine's own", () => {
    const clients = open({ maxConnectionsPerAddress: 2 });
    const first = clients.connect("10.0.0.1");
    expect(clients.connect("::ffff:10.0.0.1")).toBeDefined();
    expect(clients.connect("10.0.0.1")).toBeUndefined();
    first?.close();
    first?.close();
    expect(clients.connect("10.0.0.1")).toBeDefined();
    expect(clients.connect("10.0.0.1")).toBeUndefined();
    for (let i = 0; i < 5; i++) expect(clients.connect("127.0.0.1")).toBeDefined();
  });

  it.each([
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::5", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "::1"],
  ])("%s counts as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe("a connection", () => {
  it("works on a bounded number of costly requests, in their order, while cheap ones go past", async () => {
    const client = open({ maxCostlyPerConnection: 2 }).connect("127.0.0.1") as Client;
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (n: number) => () => {
      begun.push(n);
      return new Promise<void>((resolve) => ends.push(resolve));
    };
    const all = [1, 2, 3, 4].map((n) => client.run(10, work(n)));
    await client.run(1, async () => begun.push(0));
    expect(begun).toEqual([1, 2, 0]);
    ends[1]?.();
    await all[1];
    await client.run(1, done);
    expect(begun).toEqual([1, 2, 0, 3]);
    ends[0]?.();
    ends[2]?.();
    await all[0];
    await client.run(1, done);
    ends[3]?.();
    await Promise.all(all);
    expect(begun).toEqual([1, 2, 0, 3, 4]);
  });

  it("that is gone has nothing of what waited begun for it", async () => {
    const client = open({ maxCostlyPerConnection: 1 }).connect("127.0.0.1") as Client;
    let end = () => {};
    const first = client.run(10, () => new Promise<void>((resolve) => (end = resolve)));
    let begun = false;
    const second = codeOf(client.run(10, async () => (begun = true)));
    client.close();
    end();
    await first;
    expect(await second).toBe("KOMA_E_RPC_REQUEST_INVALID");
    expect(begun).toBe(false);
  });
});
