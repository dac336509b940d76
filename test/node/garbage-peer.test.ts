import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsensusMessage, decodeMessage, encodeMessage, type UnitHash } from "../../src/consensus/index.ts";
import type { Channel, Network } from "../../src/network/index.ts";
import { type Bytes, hashFromBytes } from "../../src/primitives/index.ts";
import { eventsOf, finalHeight, type NodeCluster, startCluster } from "../support/node-cluster.ts";
import { createPrng, type Prng } from "../support/prng.ts";
import { createStranger } from "../support/stranger.ts";

const SEED = 20;
const MESSAGES = 10_000;
const MiB = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What a peer sends, on which channel. */
interface Frame {
  readonly channel: Channel;
  readonly payload: Bytes;
}

describe(`a peer that sends ${MESSAGES} messages of garbage (seed ${SEED})`, () => {
  const prng: Prng = createPrng(SEED);
  let cluster: NodeCluster;
  /** Sound frames, as the node sends them to everybody. */
  const heard: Bytes[] = [];
  let names = 0;
  const strangers: Network[] = [];

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2 });
    const listener = await stranger();
    listener.subscribe("consensus", (payload) => void heard.push(Uint8Array.from(payload)));
    await cluster.until("some of its frames are known", () => soundUnits().length >= 12);
    await listener.stop();
  });
  afterAll(async () => {
    await Promise.all(strangers.map((each) => each.stop()));
    await cluster.dispose();
  });

  const node = () => cluster.at(0).node();
  const soundUnits = () => heard.map(decoded).filter((message) => message?.kind === "unit");
  const any = <T>(items: readonly T[]): T => items[prng.between(0, items.length - 1)] as T;

  function decoded(frame: Bytes): ConsensusMessage | undefined {
    const message = decodeMessage(frame);
    return message.ok ? message.value : undefined;
  }

  function noise(length: number): Bytes {
    return Uint8Array.from({ length }, () => prng.between(0, 255));
  }

  const anyHash = () => hashFromBytes(noise(32));

  /** A sound frame with some of its bytes changed. */
  function damaged(): Bytes {
    const frame = any(heard).slice();
    for (let i = prng.between(1, 4); i > 0; i--) frame[prng.between(0, frame.length - 1)] = prng.between(0, 255);
    return frame;
  }

  /** Cut short, or with something behind its end. */
  function misfit(): Bytes {
    const frame = any(heard);
    return prng.between(0, 1) === 0
      ? frame.slice(0, prng.between(0, frame.length - 1))
      : Uint8Array.from([...frame, ...noise(3)]);
  }

  /** Somebody else's unit with a signature that somebody else did not make. */
  function forged(): Bytes {
    const message = any(soundUnits());
    if (message?.kind !== "unit") throw new Error("no unit was heard");
    const seq = message.unit.seq + prng.between(1, 9);
    return encodeMessage({ ...message, unit: { ...message.unit, seq, prev: anyHash() as string as UnitHash } });
  }

  /** Nobody's fault: other eras and generations have instances that this node does not know. */
  function foreign(): Bytes {
    const message = decoded(any(heard)) as ConsensusMessage;
    return encodeMessage({ ...message, instance: anyHash() });
  }

  /** Everybody may ask, and may say again what was said. */
  function question(): Bytes {
    const { instance } = decoded(any(heard)) as ConsensusMessage;
    const creator = prng.between(0, 1);
    const from = prng.between(0, 30);
    const unit = anyHash() as string as UnitHash;
    return encodeMessage(
      any<ConsensusMessage>([
        { kind: "getUnit", instance, unit },
        { kind: "getBlock", instance, block: unit },
        { kind: "getEndorsements", instance, unit },
        { kind: "getLane", instance, creator, from, to: from + prng.between(0, 19) },
        { kind: "getEvidence", instance, creator },
        { kind: "state", instance, panorama: [prng.between(0, 100), prng.between(0, 100)], answer: true },
      ]),
    );
  }

  async function stranger(): Promise<Network> {
    const created = createStranger(cluster, `garbage ${SEED} ${names++}`, {
      channels: { checkpoint: { maxMessageBytes: 4 * MiB } },
      banPoints: 1_000_000,
    });
    strangers.push(created);
    await created.start();
    await cluster.until("the node has it as a peer", () => known(created) && created.peers().length === 1);
    return created;
  }

  const known = ({ peerId }: Network) =>
    node()
      .network.peers()
      .some(({ id }) => id === peerId);

  async function goesOn(): Promise<void> {
    const height = await finalHeight(cluster.at(0));
    await cluster.until("two more blocks are final", async () => (await finalHeight(cluster.at(0))) >= height + 2n);
    expect(cluster.at(0).log.filter(({ level }) => level === "error")).toEqual([]);
    for (const each of cluster.nodes) expect(eventsOf(each, "faultDetected")).toEqual([]);
  }

  const punished: readonly { readonly what: string; readonly make: () => Frame }[] = [
    { what: "noise", make: () => ({ channel: "consensus", payload: noise(prng.between(0, 400)) }) },
    { what: "damaged frames", make: () => ({ channel: "consensus", payload: damaged() }) },
    { what: "frames with a wrong end", make: () => ({ channel: "consensus", payload: misfit() }) },
    { what: "forged units", make: () => ({ channel: "consensus", payload: forged() }) },
    { what: "oversized votes", make: () => ({ channel: "checkpoint", payload: new Uint8Array(65 * 1024) }) },
    { what: "noise as transactions", make: () => ({ channel: "transactions", payload: noise(prng.between(1, 400)) }) },
    { what: "noise as votes", make: () => ({ channel: "checkpoint", payload: noise(prng.between(1, 400)) }) },
    {
      what: "a mixture of them",
      make: () => any(punished.slice(0, 7)).make(),
    },
  ];

  it.each(punished)("is cut off for $what after a few of them", async ({ make }) => {
    const frames = Array.from({ length: MESSAGES / punished.length }, make);
    const peer = await stranger();
    for (const { channel, payload } of frames) peer.broadcast(channel, payload);
    await cluster.until("it is cut off", () => !known(peer));
    await peer.stop();
  });

  it("is not waited for: the chain has gone on all the while", goesOn);

  it("costs no more than the caps when nothing of it can be held against the sender", async () => {
    collectGarbage();
    const before = process.memoryUsage();
    const peer = await stranger();
    let most = 0;
    let bytes = 0;
    let pending = 0;
    for (let sent = 0; sent < MESSAGES; ) {
      for (let i = 0; i < 500; i++, sent++) {
        const frame = any([foreign, question, () => any(heard)])();
        bytes += frame.length;
        peer.broadcast("consensus", frame);
      }
      const { pendingUnits } = await cluster.at(0).rpc().request<{ pendingUnits: number }>("koma_consensus");
      pending = Math.max(pending, pendingUnits);
      for (const { id, queuedBytes } of node().network.peers())
        if (id === peer.peerId) most = Math.max(most, queuedBytes);
    }
    const received = () =>
      node()
        .network.peers()
        .find(({ id }) => id === peer.peerId)?.receivedBytes ?? 0;
    await cluster.until("everything has arrived, because nothing of it is an offence", () => received() >= bytes);
    await goesOn();
    expect(most).toBeLessThanOrEqual(16 * MiB);
    expect(pending).toBeLessThanOrEqual(2 * 512);
    await peer.stop();
    collectGarbage();
    const after = process.memoryUsage();
    // The peer lives in this process too: some of this is what it wrote.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(48 * MiB);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(48 * MiB);
    console.info(
      `most queued ${most} bytes, most pending ${pending} units, heap grew by ${after.heapUsed - before.heapUsed} bytes`,
    );
  });
});
