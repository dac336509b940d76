import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Address, keccakHash, utf8 } from "../../src/primitives/index.ts";
import type { RootChain, RootDeployment } from "../../src/rootchain/index.ts";
import { type Anvil, startAnvil } from "./anvil.ts";
import { ownerOf, registerValidators, signerKey } from "./many-validators.ts";
import { chainId, connectAs, deployTestRoot, kmc, submitSigned } from "./root-network.ts";

const COUNT = 150;
const keys = Array.from({ length: COUNT }, (_, index) => signerKey(index));

describe("150 validators on one root chain", () => {
  let anvil: Anvil;
  let root: RootDeployment;
  let client: RootChain;
  let ids: ReadonlyMap<number, bigint>;

  beforeAll(async () => {
    anvil = await startAnvil();
    root = await deployTestRoot(anvil, { maxValidators: COUNT, stakingLead: 36_000 });
    client = connectAs(anvil, root, 0);
    ids = await registerValidators(anvil, root, { from: 0, to: COUNT });
    await client.stakes.begin();
  }, 180_000);
  afterAll(() => anvil.stop());

  it("have a seat each, and no more fit", async () => {
    const seats = await client.stakes.activeSet();
    expect(seats.map(({ seat }) => seat)).toEqual(Array.from({ length: COUNT }, (_, seat) => seat));
    expect(await client.stakes.totalPower()).toBe(kmc(1_000 * COUNT));
    await expect(client.stakes.stake({ amount: kmc(1_000), signerKey: signerKey(COUNT) })).rejects.toMatchObject({
      code: "KOMA_E_NO_FREE_SEAT",
    });
  });

  it("sign a checkpoint together, which earns each its share", async () => {
    const block = { start: 0n, end: 15n, rootHash: keccakHash(utf8("root")) };
    const first = await submitSigned(root, client, block, keys);
    // The first one also opens the chain's slots, so the second is what checkpoints cost.
    await anvil.pass(21);
    const { gasUsed } = await submitSigned(root, client, { ...block, start: 16n, end: 31n }, keys);
    expect(gasUsed).toBeLessThanOrEqual(1_250_000n);
    expect(await client.checkpoints.isFinal(chainId, first.number)).toBe(true);
    const [one] = ids.values();
    const query = { id: one as bigint, chainId, from: 1n, to: 1n };
    const { earned, open } = await client.rewards.earned(query);
    expect(earned).toBeGreaterThan(0n);
    expect(open).toEqual({ from: 1n, to: 1n });
    expect((await client.rewards.claim(query)).amount).toBe(earned);
    expect((await client.rewards.earned(query)).claimed).toBe(earned);
  });

  it("make room for more stake, and leave", async () => {
    const newcomer = await client.stakes.stake({ amount: kmc(1_200), signerKey: signerKey(COUNT), displace: true });
    expect(newcomer.id).toBe(BigInt(COUNT) + 1n);
    const records = await client.stakes.validators();
    const displaced = records.find(({ status }) => status === "unbonding");
    expect(displaced?.seat).toBe(0);

    const last = COUNT - 1;
    const id = ids.get(last) as bigint;
    const owner = connectAs(anvil, root, ownerOf(last));
    await owner.stakes.unstake(id);
    const { unbondAt } = (await client.stakes.validator(id)) ?? { unbondAt: 0 };
    await expect(owner.stakes.unstakeClaim(id)).rejects.toMatchObject({ code: "KOMA_E_STILL_BONDED" });
    const { timestamp } = await client.head();
    await anvil.pass(unbondAt - timestamp + 1);
    const before = await client.kmc.balanceOf(owner.account as Address);
    await owner.stakes.unstakeClaim(id);
    expect((await client.kmc.balanceOf(owner.account as Address)) - before).toBe(kmc(1_000));
    expect(await client.stakes.totalPower()).toBe(kmc(1_000 * (COUNT - 2) + 1_200));
  });
});
