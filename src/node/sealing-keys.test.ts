import { afterEach, describe, expect, it } from "vitest";
import { account, openTestChain, temporaryDirectories, testGenesis } from "../../test/support/chain-fixture.ts";
import { committeeFromStakes } from "../consensus/index.ts";
import { silentLogger } from "../logger.ts";
import { createSealingKeys, sealingIn } from "./sealing-keys.ts";

const signer = account("signer");
const sealer = account("sealer");
const next = account("the key of the next tenure");

describe("the keys that seal blocks", () => {
  const directories = temporaryDirectories();
  afterEach(() => directories.cleanUp());

  it("seal one header for each second, over restarts too", async () => {
    const directory = directories.create();
    const open = () => openTestChain({ directory, genesis: testGenesis() });
    const first = await open();
    const keys = createSealingKeys({ signer, producers: [sealer] }, { meta: first.store.meta, logger: silentLogger });
    expect(keys.keyFor(sealer.address, 7n)?.key).toEqual(sealer.key);
    expect(keys.take(sealer.address, 7n)).toBe(true);
    expect(keys.take(sealer.address, 7n)).toBe(false);
    first.close();

    const second = await open();
    const again = createSealingKeys({ signer, producers: [sealer] }, { meta: second.store.meta, logger: silentLogger });
    expect(again.keyFor(sealer.address, 7n)).toBeUndefined();
    expect(again.take(sealer.address, 6n)).toBe(false);
    expect(again.keyFor(signer.address, 7n)?.address).toBe(signer.address);
    expect(again.keyFor(sealer.address, 8n)?.address).toBe(sealer.address);
    second.close();
  });

  it("are several while the key changes, and say which of them is missing", async () => {
    const chain = await openTestChain({ directory: directories.create(), genesis: testGenesis() });
    const told: unknown[] = [];
    const logger = { ...silentLogger, error: (facts: object) => told.push(facts) };
    const keys = createSealingKeys({ signer, producers: [sealer] }, { meta: chain.store.meta, logger });
    expect(keys.keyFor(next.address, 1n)).toBeUndefined();
    expect(keys.keyFor(next.address, 2n)).toBeUndefined();
    expect(told).toEqual([{ sealer: next.address, keys: [signer.address, sealer.address] }]);
    const both = createSealingKeys({ signer, producers: [sealer, next] }, { meta: chain.store.meta, logger });
    expect(both.keyFor(next.address, 1n)?.key).toEqual(next.key);
    chain.close();
  });

  it("are told for the committee of the present era", () => {
    const seal = (producerKey?: typeof sealer) =>
      committeeFromStakes(
        [
          {
            signer: signer.address,
            stake: 1n,
            producer: true,
            ...(producerKey ? { producerKey: producerKey.address } : {}),
          },
        ],
        1_000,
      );
    const keys = { signer, producers: [sealer] };
    expect(sealingIn({ committee: seal() }, keys)).toEqual({ inOffice: true, key: signer.address, held: true });
    expect(sealingIn({ committee: seal(sealer) }, keys)).toMatchObject({ key: sealer.address, held: true });
    expect(sealingIn({ committee: seal(next) }, keys)).toMatchObject({ key: next.address, held: false });
    expect(sealingIn({ committee: seal() }, { signer: next })).toBeUndefined();
  });
});
