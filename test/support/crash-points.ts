import type { Clock } from "../../src/clock.ts";
import {
  committeeFromStakes,
  createInstance,
  createKomaBft,
  decodeMessage,
  type Instance,
} from "../../src/consensus/index.ts";
import { type Logger, silentLogger } from "../../src/logger.ts";
import { createEffectLoop, type EffectLoop, type EffectPorts } from "../../src/node/effect-loop.ts";
import { type EraRunPorts, runEra } from "../../src/node/running-era.ts";
import { addressOfKey, type Bytes, keccak256, timestamp, utf8, zeroHash } from "../../src/primitives/index.ts";
import { consensusMigrations } from "../../src/storage/consensus-schema.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import { createInstanceStore } from "../../src/storage/instances.ts";
import { createOwnSignatureStore } from "../../src/storage/own-signatures.ts";
import { createProtectionStore } from "../../src/storage/protection.ts";
import { createUnitStore } from "../../src/storage/units.ts";

// One validator whose process can be ended at every step between signing a unit and the last peer's copy of it: the node's
// own effect loop, start-up and store on a real database file, with blocks and network that only pretend.

/** Called at every step; may end the life by throwing, or the process. */
export type Step = (label: CrashPoint) => void;

/** The steps, in the order in which a unit passes them; those of the store come once for each row. */
export const crashPoints = [
  "signed",
  "transaction begun",
  "before a row",
  "after a row",
  "before the commit",
  "committed",
  "stored",
  "before sending to a peer",
  "after sending to a peer",
] as const;
export type CrashPoint = (typeof crashPoints)[number];

const ROUND_MS = 1_000;
export const eraStart = 1_700_000_000_000;

export interface CrashSetup {
  readonly instance: Instance;
  /** By index in the committee. */
  readonly keys: readonly Bytes[];
  /** Index of the validator with the greatest weight, the first of several. */
  readonly strongest: number;
}

/** A committee for lives that end: everybody produces blocks. */
export function crashInstance(weights: readonly number[]): CrashSetup {
  const keys = weights
    .map((_, i) => keccak256(utf8(`crash point validator ${i}`)))
    .sort((a, b) => (addressOfKey(a) < addressOfKey(b) ? -1 : 1));
  const staked = keys.map((key, i) => ({ signer: addressOfKey(key), stake: BigInt(weights[i] ?? 0), producer: true }));
  const instance = createInstance({
    chainId: 80_401n,
    genesisHash: zeroHash,
    generation: 0,
    era: 0,
    keyBlock: { hash: zeroHash, height: 0 },
    eraStart: timestamp(eraStart),
    seed: zeroHash,
    committee: committeeFromStakes(staked, 1_000),
    params: {
      baseRoundMs: ROUND_MS,
      maxRoundExp: 0,
      eraMinBlocks: 0,
      eraMinMs: 0,
      weightScale: 1_000,
      maxLevel: 20,
      openGapSlots: 4,
      maxValidators: 16,
    },
  });
  return { instance, keys, strongest: weights.indexOf(Math.max(...weights)) };
}

export interface LifePorts {
  readonly clock: Clock;
  readonly peers: readonly string[];
  /** A frame for one peer. */
  readonly transmit: (to: string, frame: Bytes) => void;
  /** Own steps are reported here; absent for validators that do not crash. */
  readonly step?: Step;
  readonly onFatal: (error: unknown) => void;
}

export interface Life {
  readonly loop: EffectLoop;
  receive(frame: Bytes, from: string): void;
  /** Nothing more comes of it. */
  end(): void;
}

/** A validator from its start on the database of `directory`, as a node starts one. */
export function beginLife({ instance, keys }: CrashSetup, index: number, directory: string, ports: LifePorts): Life {
  const { clock, peers, transmit, step = () => {} } = ports;
  // What the page cache holds outlives a killed process: syncing to the disk would only take time.
  const open = () =>
    openDatabase(`${directory}/consensus.db`, {
      synchronous: "NORMAL",
      exclusive: false,
      migrations: consensusMigrations,
    });
  const durable = open();
  const batched = open();
  const store = {
    units: createUnitStore(
      { durable: stepping(durable, step), batched: stepping(batched, step) },
      { clock, logger: silentLogger },
    ),
    signatures: createOwnSignatureStore(stepping(durable, step)),
    protection: createProtectionStore(durable),
    instances: createInstanceStore(durable),
  };
  store.instances.open({
    hash: instance.id,
    generation: 0n,
    era: 0n,
    keyBlock: zeroHash,
    start: instance.eraStart,
    body: utf8("{}"),
  });
  const signer = { key: keys[index] as Bytes, address: addressOfKey(keys[index] as Bytes) };
  const send = (to: string, frame: Bytes) => {
    step("before sending to a peer");
    transmit(to, frame);
    step("after sending to a peer");
  };
  const effects: Omit<EffectPorts, "units" | "signatures"> = {
    clock,
    network: {
      broadcast: (_: string, frame: Bytes, except?: string) => {
        for (const peer of peers) if (peer !== except) send(peer, frame);
      },
      send: (to: string, _: string, frame: Bytes) => send(to, frame),
      peers: () => peers.map((id) => ({ id })),
      disconnect: () => {},
    } as unknown as EffectPorts["network"],
    blocks: pretendedBlocks(clock),
    listener: {
      headChanged: () => {},
      executed: () => {},
      finalized: () => {},
      faultReported: () => {},
      alarmed: () => {},
      fatal: ports.onFatal,
    },
    logger: silentLogger as Logger,
  };
  const units: EffectPorts["units"] = {
    ...store.units,
    appendOwnUnit(id, unit) {
      step("signed");
      store.units.appendOwnUnit(id, unit);
      step("stored");
    },
  };
  const config = { thresholds: [1 / 3], signer, local: { listenMs: 0 } };
  const loop = createEffectLoop(
    createKomaBft({
      instance,
      thresholds: config.thresholds,
      local: config.local,
      own: { index, privateKey: signer.key },
    }),
    { ...effects, units, signatures: store.signatures },
  );
  const runPorts = {
    ...effects,
    units,
    signatures: store.signatures,
    store: { ...store, units },
    finalUnits: noFinals,
  };
  runEra(loop, config, runPorts as unknown as EraRunPorts);
  return {
    loop,
    receive(frame, from) {
      const message = decodeMessage(frame);
      if (message.ok) loop.receive(message.value, from);
    },
    end() {
      loop.close();
      durable.close();
      batched.close();
    },
  };
}

/** After a restart every block is asked about again. */
const noFinals = { mark: () => {}, newest: () => undefined };

/** Ten milliseconds to build a block, five to judge one. */
function pretendedBlocks(clock: Clock): EffectPorts["blocks"] {
  const later = <T>(ms: number, value: T): Promise<T> =>
    ({
      // biome-ignore lint/suspicious/noThenProperty: a promise whose time is the virtual clock's
      then: (resolve: (value: T) => void) => clock.schedule(timestamp(clock.now() + ms), () => resolve(value)),
    }) as unknown as Promise<T>;
  return {
    build: (slot: number) => later(10, utf8(`block of ${slot} at ${clock.now()}`)),
    validate: () => later(5, "valid"),
    adopt: () => {},
    hashOf: () => undefined,
    unitOf: () => undefined,
    link: () => {},
    forgetUnits: () => {},
  } as unknown as EffectPorts["blocks"];
}

/** Reports what happens inside of transactions, where the process can die as well as anywhere else. */
function stepping(database: Database, step: Step): Database {
  let depth = 0;
  return {
    ...database,
    prepare<Row>(sql: string) {
      const query = database.prepare<Row>(sql);
      if (/^\s*SELECT/i.test(sql)) return query;
      return {
        ...query,
        run(...params) {
          step("before a row");
          const changed = query.run(...params);
          step("after a row");
          return changed;
        },
      };
    },
    transaction<T>(work: () => T): T {
      if (depth > 0) return work();
      depth++;
      try {
        const result = database.transaction(() => {
          step("transaction begun");
          const done = work();
          step("before the commit");
          return done;
        });
        step("committed");
        return result;
      } finally {
        depth--;
      }
    },
  };
}
