import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOfKey, compactSignature, hexToBytes, signDigest, zeroHash } from "../../src/primitives/index.ts";
import type { ProducerCriteria, RootDeployment } from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, kmc, stakeValidators } from "./root-network.ts";

const criteria: ProducerCriteria = {
  declaredUptimeBps: 9_990,
  cpuCores: 8,
  ramGiB: 32,
  diskGiB: 500,
  bandwidthMbps: 1_000,
  country: "DE",
  regionM49: 276,
  autoScaling: false,
  extraHash: zeroHash,
};

describe("the election of producers", () => {
  let anvil: Anvil;
  let root: RootDeployment;

  const as = (account: number) => connectAs(anvil, root, account);
  const nominate = async (account: number) => {
    const { stakes, elections } = as(account);
    const validatorId = (await stakes.validatorOfSigner(addressOfKey(key(account)))) as bigint;
    await elections.nominate({ validatorId, criteria, uri: "", uriHash: zeroHash, key: addressOfKey(key(account)) });
    return validatorId;
  };
  const passTo = async (time: number) => {
    const { timestamp } = await as(0).head();
    if (time > timestamp) await anvil.pass(time - timestamp);
  };
  /** Producers of the chain at a time. */
  const producersAt = (time: number) => as(0).registry.producersAt(chainId, time);

  beforeAll(async () => {
    anvil = await startAnvil();
    root = await deployTestRoot(anvil, { minProducers: 1, maxProducers: 2, standbyCount: 1 });
    await stakeValidators(anvil, root);
  });
  afterAll(() => anvil.stop());

  it("begins with the chain's first producers in office, and nobody standing", async () => {
    const { elections } = as(0);
    expect((await elections.newestSet()).members).toEqual([{ id: 0n, key: addressOfKey(key(1)) }]);
    expect(await elections.nominees()).toEqual([]);
    expect(await elections.params()).toMatchObject({
      producerStakeWei: kmc(1_000),
      maxProducers: 2,
      tenureLength: 600,
    });
    const genesis = await as(0).stakes.genesisTime();
    expect(await elections.timeline(1n)).toEqual({
      opens: genesis + 413,
      closes: genesis + 553,
      starts: genesis + 600,
      ends: genesis + 1_200,
    });
    expect(await elections.tenureAt(genesis + 599)).toBe(0n);
  });

  it("takes nominations with a stake and criteria", async () => {
    const id = await nominate(2);
    const { elections, kmc: token } = as(2);
    expect(await elections.nominee(id)).toMatchObject({ id, status: "standing", stake: kmc(1_000), criteria });
    expect(await token.balanceOf(elections.address)).toBe(kmc(1_000));
    await expect(nominate(2)).rejects.toMatchObject({ code: "KOMA_E_NOMINEE_STATE" });
    await nominate(3);
    await nominate(1);
    await elections.updateCriteria(
      id,
      { ...criteria, cpuCores: 16 },
      { uri: "https://example.org", uriHash: zeroHash },
    );
    expect((await elections.nominee(id))?.criteria.cpuCores).toBe(16);
    expect(await elections.isEligible(id)).toBe(true);
  });

  it("counts ballots between opening and close, and installs the winners", async () => {
    const { elections } = as(0);
    const ids = new Map((await elections.nominees()).map(({ id, key: own }) => [own, id]));
    const idOf = (account: number) => ids.get(addressOfKey(key(account))) as bigint;
    await expect(as(1).elections.vote(idOf(1), [idOf(2)])).rejects.toMatchObject({ code: "KOMA_E_VOTE_CLOSED" });
    const { opens, closes, starts } = await elections.timeline(1n);
    await as(4).delegations.delegate(idOf(3), kmc(1_000));
    await passTo(opens);
    await as(1).elections.vote(idOf(1), [idOf(2), idOf(3)]);
    await as(2).elections.vote(idOf(2), [idOf(2)]);
    await as(3).elections.vote(idOf(3), [idOf(1), idOf(2)]);
    await as(3).elections.vote(idOf(3), [idOf(3), idOf(2)]);
    expect(await elections.votesOf(1n, idOf(2))).toBe(kmc(4_000));
    expect(await elections.votesOf(1n, idOf(3))).toBe(kmc(3_000));
    expect(await elections.votesOf(1n, idOf(1))).toBe(0n);
    expect(await elections.votesCast(1n)).toBe(kmc(4_000));
    // Whoever lent it votes with it, though it leaves meanwhile, and the validator without it.
    const { delegations } = as(4);
    await delegations.undelegate(idOf(3), (await delegations.delegation(idOf(3), addressOfKey(key(4)))).shares);
    await as(4).elections.voteAsDelegator(idOf(3), [idOf(2)]);
    expect(await elections.votesOf(1n, idOf(2))).toBe(kmc(4_000));
    expect(await elections.votesOf(1n, idOf(3))).toBe(kmc(2_000));
    expect(await elections.votesCast(1n)).toBe(kmc(4_000));
    expect(await elections.ballotOf(1n, idOf(3))).toEqual({ weight: kmc(1_000), choices: [idOf(3), idOf(2)] });
    expect(await elections.delegatorBallotOf(1n, idOf(3), addressOfKey(key(4)))).toEqual({
      weight: kmc(1_000),
      choices: [idOf(2)],
    });
    await expect(as(4).elections.voteAsDelegator(idOf(1), [idOf(1)])).rejects.toMatchObject({
      code: "KOMA_E_NO_VOTING_POWER",
    });
    expect((await elections.outcome(1n)).winners.map(({ id }) => id)).toEqual([idOf(2), idOf(3)]);
    await expect(elections.settle()).rejects.toMatchObject({ code: "KOMA_E_VOTE_OPEN" });
    await expect(as(2).elections.withdraw(idOf(2))).rejects.toMatchObject({ code: "KOMA_E_VOTE_OPEN" });

    await passTo(closes);
    await elections.settle();
    await expect(elections.settle()).rejects.toMatchObject({ code: "KOMA_E_ELECTION_SETTLED" });
    expect(await producersAt(starts - 1)).toEqual([addressOfKey(key(1))]);
    expect(await producersAt(starts)).toEqual([addressOfKey(key(2)), addressOfKey(key(3))]);
    await expect(as(2).elections.withdraw(idOf(2))).rejects.toMatchObject({ code: "KOMA_E_NOMINEE_STATE" });
    await passTo(starts);
    expect((await elections.currentMembers()).map(({ id }) => id)).toEqual([idOf(2), idOf(3)]);
  });

  it("replaces a producer that stakers certify to be offline", async () => {
    const { elections, stakes } = as(0);
    const producer = addressOfKey(key(2));
    const facts = { chainId, key: producer, fromBlock: 10n, toBlock: 40n, missed: 20n };
    const digest = hexToBytes(await elections.offlineDigest(facts));
    const seats = await stakes.activeSet();
    const signatureOf = (signer: string) => {
      const account = [1, 2, 3].find((index) => addressOfKey(key(index)) === signer) as number;
      return compactSignature(signDigest(digest, key(account)));
    };
    const all = seats.map(({ signer }) => signatureOf(signer));
    await expect(elections.replaceOffline(facts, 0b011n, all.slice(0, 2))).rejects.toMatchObject({
      code: "KOMA_E_NO_QUORUM",
    });
    await expect(elections.replaceOffline({ ...facts, missed: 21n }, 0b111n, all)).rejects.toMatchObject({
      code: "KOMA_E_CHECKPOINT_SIGNATURE",
    });
    await elections.replaceOffline(facts, 0b111n, all);
    const { members, from } = await elections.newestSet();
    expect(members.map((seat) => seat.key)).toEqual([addressOfKey(key(3))]);
    expect(await producersAt(from)).toEqual([addressOfKey(key(3))]);
  });

  it("lets the last producer go only when somebody can take its seat", async () => {
    await expect(as(2).elections.resign(addressOfKey(key(3)))).rejects.toMatchObject({ code: "KOMA_E_NOT_OWNER" });
    await as(3).elections.resign(addressOfKey(key(3)));
    const { members } = await as(0).elections.newestSet();
    // The foundation's producer, who never left for good.
    expect(members).toEqual([{ id: 0n, key: addressOfKey(key(1)) }]);
    await expect(as(1).elections.resign(addressOfKey(key(1)))).rejects.toMatchObject({
      code: "KOMA_E_PRODUCER_POOL_EMPTY",
    });
  });

  it("gives the stake back when the unbonding time is over", async () => {
    const { elections, stakes, kmc: token } = as(2);
    const id = (await stakes.validatorOfSigner(addressOfKey(key(2)))) as bigint;
    await passTo((await elections.newestSet()).from);
    await elections.withdraw(id);
    await expect(elections.claim(id)).rejects.toMatchObject({ code: "KOMA_E_STILL_BONDED" });
    await passTo((await elections.nominee(id))?.releaseAt ?? 0);
    const before = await token.balanceOf(addressOfKey(key(2)));
    await elections.claim(id);
    // One hundredth went for the downtime.
    expect((await token.balanceOf(addressOfKey(key(2)))) - before).toBe(kmc(990));
  });
});
