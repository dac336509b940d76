import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Genesis } from "../../src/chain/index.ts";
import { noSpecs } from "../../src/cli/index.ts";
import { silentLogger } from "../../src/logger.ts";
import { connectNodeRootChain } from "../../src/node/root-chain-client.ts";
import {
  type Address,
  addressOfKey,
  hashToBytes,
  keccak256,
  signDigest,
  zeroHash,
} from "../../src/primitives/index.ts";
import { loadArtifacts, type RootDeployment } from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, kmc, stakeValidators } from "./root-network.ts";

const CONFIRMATIONS = 2;
const EVERY = 2n;

describe("the root chain's set as a node reads it", () => {
  let anvil: Anvil;
  let root: RootDeployment;
  const abort = new AbortController();

  beforeAll(async () => {
    anvil = await startAnvil();
    root = await deployTestRoot(anvil);
  });
  afterAll(async () => {
    abort.abort();
    await anvil.stop();
  });

  /** A node of its own, which remembers nothing of what others asked. */
  const node = () => {
    const { startBlock, addresses: contracts } = root;
    const genesis = {
      chainId,
      rootChain: { chainId: root.chainId, confirmations: CONFIRMATIONS, contracts, startBlock },
    } as unknown as Genesis;
    return connectNodeRootChain(genesis, { url: anvil.url, logger: silentLogger, signal: abort.signal });
  };
  const read = () => node().newestSet(EVERY);
  /** Everything so far is deep enough, and in a block that is looked at. */
  const confirm = () => anvil.mine(CONFIRMATIONS + Number(EVERY));
  const nextEpoch = async () => {
    await anvil.pass(root.params.epochLength);
    await confirm();
  };
  const seatOf = async (index: number) =>
    (await read())?.seats.find(({ signer }) => signer === addressOfKey(key(index)));

  it("is none before stakes count there", async () => {
    await confirm();
    expect(await read()).toBeUndefined();
  });

  it("names validators, powers and producers as of a confirmed block that every node looks at", async () => {
    await stakeValidators(anvil, root);
    await confirm();
    const set = await read();
    expect(set?.seats.map(({ signer, power, producer }) => ({ signer, power, producer }))).toEqual(
      expect.arrayContaining(
        [1, 2, 3].map((index) => ({ signer: addressOfKey(key(index)), power: kmc(1_000), producer: index === 1 })),
      ),
    );
    expect(set?.seats.map(({ seat }) => seat)).toEqual([0, 1, 2]);
    const client = connectAs(anvil, root, 0);
    const head = (await client.head()).number;
    expect(set?.rootBlock).toBe(head - BigInt(CONFIRMATIONS) - ((head - BigInt(CONFIRMATIONS)) % EVERY));
    expect(set?.rootBlockHash).toBe((await client.block(set?.rootBlock ?? 0n)).hash);
  });

  it("is the same for a node that asks later, though an epoch began meanwhile", async () => {
    await connectAs(anvil, root, 4).stakes.stake({ amount: kmc(500), signerKey: key(4) });
    await confirm();
    const before = await read();
    expect(before?.seats).toHaveLength(3);
    // The clock moves on without a block on top: the block in question stays the newest confirmed one.
    await anvil.rpc.request("evm_increaseTime", [root.params.epochLength]);
    expect(await read()).toEqual(before);
  });

  it("changes with the epoch in which stake comes, grows and goes", async () => {
    await nextEpoch();
    expect(await seatOf(4)).toMatchObject({ power: kmc(500), producer: false });
    const { stakes } = connectAs(anvil, root, 4);
    const id = await stakes.validatorOfSigner(addressOfKey(key(4)));
    await stakes.addStake(id as bigint, kmc(100));
    await nextEpoch();
    expect(await seatOf(4)).toMatchObject({ power: kmc(600) });
    await stakes.unstake(id as bigint);
    await confirm();
    expect(await seatOf(4)).toBeDefined();
    await nextEpoch();
    expect(await seatOf(4)).toBeUndefined();
  });

  /** What the settlement of an election does, without the election; runs up to when it holds. */
  async function install(keys: readonly Address[], meanwhile: () => Promise<void> = confirm): Promise<void> {
    const { timestamp } = await connectAs(anvil, root, 0).head();
    const from = timestamp + root.params.replacementLead + 5;
    const registry = loadArtifacts().interfaceOf("KomaRegistry");
    const data = registry.encodeFunctionData("installProducers", [chainId, from, keys]);
    const { ProducerElection: election, KomaRegistry: to } = root.addresses;
    await anvil.rpc.request("anvil_impersonateAccount", [election]);
    await anvil.rpc.request("anvil_setBalance", [election, "0xde0b6b3a7640000"]);
    await anvil.rpc.request("eth_sendTransaction", [{ from: election, to, data }]);
    await meanwhile();
    await anvil.pass(root.params.replacementLead + 5);
    await confirm();
  }

  it("follows the list of producers, from the time on from which it holds", async () => {
    const producers = async () => (await read())?.seats.filter(({ producer }) => producer).map(({ signer }) => signer);
    await install(
      [2, 3].map((index) => addressOfKey(key(index))),
      async () => {
        await confirm();
        expect(await producers()).toEqual([addressOfKey(key(1))]);
      },
    );
    expect(new Set(await producers())).toEqual(new Set([addressOfKey(key(2)), addressOfKey(key(3))]));
  });

  it("knows whose seat a nominee's key is, also one that it had before", async () => {
    const { stakes, elections } = connectAs(anvil, root, 2);
    const id = (await stakes.validatorOfSigner(addressOfKey(key(2)))) as bigint;
    const digest = hashToBytes(await elections.keyDigest(addressOfKey(key(2)), id));
    const [sealer, next] = [keccak256(key(2)), keccak256(key(3))];
    const separate = addressOfKey(sealer);
    const nomination = { validatorId: id, criteria: noSpecs.criteria, uri: "", uriHash: zeroHash, key: separate };
    await expect(elections.nominate({ ...nomination, proof: signDigest(digest, next) })).rejects.toMatchObject({
      code: "KOMA_E_SIGNER_PROOF",
    });
    await elections.nominate({ ...nomination, proof: signDigest(digest, sealer) });
    await install([separate, addressOfKey(key(3))]);
    await elections.setKey(id, addressOfKey(next), signDigest(digest, next));
    await confirm();
    expect(await seatOf(2)).toMatchObject({ producer: true, producerKey: separate });
    expect(await seatOf(3)).toEqual(expect.not.objectContaining({ producerKey: expect.anything() }));
    expect((await elections.nominee(id))?.key).toBe(addressOfKey(next));
  });
});
