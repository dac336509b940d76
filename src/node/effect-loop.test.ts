import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectories } from "../../test/support/chain-fixture.ts";
import type { Clock } from "../clock.ts";
import type { ConsensusMessage, Effect, Endorsement, KomaBft, UnitHash } from "../consensus/index.ts";
import { silentLogger } from "../logger.ts";
import { type Hash, keccakHash, timestamp, utf8, zeroHash } from "../primitives/index.ts";
import { openStore, type Store } from "../storage/index.ts";
import { createEffectLoop, type EffectPorts } from "./effect-loop.ts";

const instance = keccakHash(utf8("instance"));
const clock: Clock = { now: () => timestamp(0), schedule: () => () => {} };

function endorsementOf(name: string): Endorsement {
  return { unit: keccakHash(utf8(name)) as string as UnitHash, endorser: 4, signature: new Uint8Array(65).fill(7) };
}

describe("an endorsement that leaves the core", () => {
  const directories = temporaryDirectories();
  let store: Store;
  let sent: ConsensusMessage["kind"][];
  let failures: unknown[];
  let perform: (effects: readonly Effect[]) => void;

  beforeEach(() => {
    store = openStore(directories.create(), { chainId: 1n, logger: silentLogger, clock });
    store.instances.open({ hash: instance, generation: 0n, era: 0n, keyBlock: zeroHash, start: 0, body: utf8("") });
    sent = [];
    failures = [];
    const ports = {
      clock,
      units: store.units,
      signatures: store.signatures,
      network: { broadcast: () => sent.push("endorsements") },
      listener: { fatal: (error: unknown) => failures.push(error) },
      logger: silentLogger,
    } as unknown as EffectPorts;
    perform = createEffectLoop({ instance: { id: instance } } as unknown as KomaBft, ports).perform;
  });
  afterEach(() => {
    store.close();
    directories.cleanUp();
  });

  const endorse = (name: string, after: string | undefined): Effect[] => [
    {
      kind: "persistEndorsement",
      endorsement: endorsementOf(name),
      own: { creator: 2, after: after === undefined ? undefined : endorsementOf(after).unit },
    },
    {
      kind: "broadcast",
      message: { instance, kind: "endorsements", endorsements: [endorsementOf(name)] },
      except: undefined,
    },
  ];

  it("is on disk, with the unit up to which we endorsed its creator", () => {
    perform(endorse("c0", undefined));
    perform(endorse("c1", "c0"));
    expect(failures).toEqual([]);
    expect(sent).toHaveLength(2);
    expect(store.signatures.endorsed(instance, 2)).toBe(endorsementOf("c1").unit as string as Hash);
    expect(store.units.endorsements(instance)).toHaveLength(2);
  });

  it("stays inside when the store knows another one of the creator: the core is not used again (I-28)", () => {
    perform(endorse("c0", undefined));
    perform(endorse("fork", undefined));
    perform(endorse("c1", "c0"));
    expect(failures).toHaveLength(1);
    expect(sent).toHaveLength(1);
    expect(store.signatures.endorsed(instance, 2)).toBe(endorsementOf("c0").unit as string as Hash);
  });

  it("of somebody else is stored beside ours", () => {
    perform([{ kind: "persistEndorsement", endorsement: { ...endorsementOf("c0"), endorser: 1 }, own: undefined }]);
    expect(store.units.endorsements(instance)).toMatchObject([{ endorser: 1 }]);
    expect(store.signatures.endorsed(instance, 2)).toBeUndefined();
  });
});
