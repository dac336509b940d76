import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/logger.ts";
import { type Channel, createNetwork } from "../../../src/network/index.ts";
import type { Hash } from "../../../src/primitives/index.ts";
import { ask, type DevnetNode, manifestOf } from "../../support/devnet.ts";
import { eventually } from "../../support/koma.ts";
import { createPrng } from "../../support/prng.ts";
import type { InputStage } from "./stage.ts";
import { throwAt } from "./throw-at.ts";

/** What a node does with garbage on the port that its peers use. */
export function describePeerGarbage({ devnet, expectUnharmed }: InputStage): void {
  it("lives on when its p2p port is fed garbage", async () => {
    const [target] = devnet().nodes as [DevnetNode];
    const multistream = (line: string) => Buffer.concat([Buffer.from([line.length + 1]), Buffer.from(`${line}\n`)]);
    const greetings = [
      randomBytes(64),
      randomBytes(65_536),
      Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      multistream("/multistream/1.0.0"),
      Buffer.concat([multistream("/multistream/1.0.0"), multistream("/tls/1.0.0"), multistream("ls")]),
      Buffer.concat([multistream("/multistream/1.0.0"), multistream("/noise"), randomBytes(512)]),
      Buffer.concat([
        multistream("/multistream/1.0.0"),
        multistream("/noise"),
        Buffer.from([0, 0]),
        Buffer.from([0xff, 0xff]),
      ]),
    ];
    for (const greeting of greetings) await throwAt(target.ports.p2p, greeting);
    await Promise.all(Array.from({ length: 60 }, () => throwAt(target.ports.p2p, randomBytes(32))));
    await expectUnharmed();
  });

  it("bans a peer that speaks the protocol and sends garbage", async () => {
    const [target] = devnet().nodes as [DevnetNode];
    const { genesis } = await ask<{ genesis: Hash }>(target.rpcUrl, "koma_status");
    const address = manifestOf(devnet()).nodes[0]?.p2p as string;
    const hostile = createNetwork({
      privateKey: randomBytes(32),
      peers: [address],
      networkId: genesis,
      logger: silentLogger,
      clock: systemClock,
    });
    const peersBefore = Number(await ask(target.rpcUrl, "net_peerCount"));
    await hostile.start();
    try {
      const peer = await eventually("a connection to the node", async () => hostile.peers()[0]);
      const channels: Channel[] = ["consensus", "checkpoint", "transactions"];
      let gone = false;
      hostile.events.on("peerDisconnected", () => {
        gone = true;
      });
      const prng = createPrng(11);
      await eventually("the node to end the connection", async () => {
        for (const channel of channels) hostile.send(peer.id, channel, randomBytes(prng.between(0, 2_000)));
        // Nobody answers requests on this one.
        await hostile.request(peer.id, "blocks", randomBytes(100), AbortSignal.timeout(2_000)).catch(() => {});
        return gone;
      });
      await eventually(
        "only the other validator to be left",
        async () => Number(await ask(target.rpcUrl, "net_peerCount")) === peersBefore,
      );
      await expectUnharmed();
      // Dialled again and again, it is not let in.
      expect(hostile.peers()).toEqual([]);
    } finally {
      await hostile.stop();
    }
  });
}
