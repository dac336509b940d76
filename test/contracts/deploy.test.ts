import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOfKey, keccakHash, utf8, zeroAddress } from "../../src/primitives/index.ts";
import {
  connectRootChain,
  deployRootContracts,
  loadArtifacts,
  type RootDeployment,
} from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, kmc, stakeValidators } from "./root-network.ts";

describe("deployment of the root contracts", () => {
  let anvil: Anvil;
  let root: RootDeployment;
  let milliseconds: number;

  beforeAll(async () => {
    anvil = await startAnvil();
    const started = performance.now();
    root = await deployTestRoot(anvil);
    milliseconds = performance.now() - started;
  });
  afterAll(() => anvil.stop());

  it("takes seconds, not minutes", () => {
    console.info(`root contracts deployed in ${Math.round(milliseconds)} ms`);
    expect(milliseconds).toBeLessThan(10_000);
  });

  it("puts every contract where it said it would", async () => {
    for (const [name, address] of Object.entries(root.addresses)) {
      const code = await anvil.rpc.request("eth_getCode", [address, "latest"]);
      expect(code, name).not.toBe("0x");
    }
  });

  it("cannot be initialised again, neither the proxies nor the code behind them", async () => {
    for (const name of [
      "StakeManager",
      "KomaRegistry",
      "CheckpointManager",
      "ChallengeManager",
      "DepositManager",
      "WithdrawManager",
    ]) {
      const abi = loadArtifacts().interfaceOf(name);
      const inputs = abi.getFunction("initialize")?.inputs ?? [];
      const blank = inputs.map((input) =>
        input.baseType === "tuple"
          ? (input.components ?? []).map(() => 0)
          : input.type.startsWith("uint")
            ? 0
            : zeroAddress,
      );
      const data = abi.encodeFunctionData("initialize", blank);
      const slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
      const code = String(await anvil.rpc.request("eth_getStorageAt", [root.addresses[name], slot, "latest"]));
      for (const to of [root.addresses[name], `0x${code.slice(26)}`]) {
        // InvalidInitialization()
        await expect(anvil.rpc.request("eth_call", [{ to, data }, "latest"]), name).rejects.toMatchObject({
          data: "0xf92ee8a9",
        });
      }
    }
  });

  it("registers the chain, its producers and its tokens", async () => {
    const client = connectRootChain({ url: anvil.url, contracts: root.addresses });
    expect(await client.registry.chainIds()).toEqual([chainId]);
    expect(await client.registry.chain(chainId)).toMatchObject({
      genesisHash: keccakHash(utf8("genesis")),
      targetInterval: 16,
      setGraceBlocks: 128,
    });
    expect(await client.registry.chain(7n)).toBeUndefined();
    const { timestamp } = await client.head();
    expect(await client.registry.producersAt(chainId, timestamp)).toEqual([addressOfKey(key(1))]);
    const demo = root.addresses["DemoToken"] ?? zeroAddress;
    expect(await client.registry.childTokenOf(chainId, demo)).toBe(await client.registry.childAddress(chainId, demo));
    expect(await client.deposits.count(chainId)).toBe(1n);
  });

  it("backs what the chain's genesis allocates", async () => {
    const client = connectRootChain({ url: anvil.url, contracts: root.addresses });
    expect(await client.deposits.escrow(chainId, root.addresses.KMC)).toBe(kmc(500));
    expect(await client.kmc.balanceOf(root.addresses.DepositManager)).toBe(kmc(500));
  });

  it("lets validators stake before the first epoch, and begins it on demand", async () => {
    await stakeValidators(anvil, root);
    const client = connectAs(anvil, root, 0);
    expect(await client.stakes.totalPower()).toBe(kmc(3_000));
    expect((await client.stakes.activeSet()).map(({ seat }) => seat)).toEqual([0, 1, 2]);
    expect(await client.stakes.epoch()).toBe(0n);
    const { timestamp } = await client.head();
    expect(await client.stakes.genesisTime()).toBeLessThanOrEqual(timestamp);
    const all = await client.stakes.validators();
    expect(all.map(({ status, selfStake }) => [status, selfStake])).toEqual([
      ["active", kmc(1_000)],
      ["active", kmc(1_000)],
      ["active", kmc(1_000)],
    ]);
    expect(await client.stakes.validatorOfSigner(addressOfKey(key(2)))).toBe(
      all.find(({ signer }) => signer === addressOfKey(key(2)))?.id,
    );
  });

  it("can be done twice on one root chain, and leave everything to a timelock", async () => {
    const again = await deployTestRoot(anvil, { timelockDelay: 40 });
    expect(again.addresses.StakeManager).not.toBe(root.addresses.StakeManager);
    expect(again.startBlock).toBeGreaterThan(root.startBlock);
    const timelock = again.addresses["KomaTimelock"];
    const governed = loadArtifacts().interfaceOf("StakeManager");
    for (const [name, to] of Object.entries(again.addresses)) {
      const owned = loadArtifacts()
        .of(name)
        .abi.some((entry) => (entry as { name?: string }).name === "pendingOwner");
      if (!owned) continue;
      const data = governed.encodeFunctionData("owner");
      const answer = String(await anvil.rpc.request("eth_call", [{ to, data }, "latest"]));
      expect([name, String(governed.decodeFunctionResult("owner", answer)[0]).toLowerCase()]).toEqual([name, timelock]);
    }
    await expect(connectAs(anvil, again, 0).stakes.begin()).rejects.toMatchObject({
      detail: { facts: { contractError: "NotGovernor" } },
    });
  });

  it("refuses a timelock that would lock people in", async () => {
    await expect(deployTestRoot(anvil, { timelockDelay: 39 })).rejects.toMatchObject({
      code: "KOMA_E_PARAMETERS_INVALID",
      detail: { facts: { timelockDelay: 39, leave: 40 } },
    });
  });

  it("asks for the chains with the addresses that will be, before it sends anything", async () => {
    const before = await anvil.rpc.request("eth_blockNumber");
    const failure = deployRootContracts({
      url: anvil.url,
      deployerKey: key(0),
      kmcGenesis: [],
      chains(deployment) {
        expect(deployment.addresses.KMC).toMatch(/^0x/);
        throw new Error("no such chain");
      },
    });
    await expect(failure).rejects.toThrow("no such chain");
    expect(await anvil.rpc.request("eth_blockNumber")).toBe(before);
  });

  it("names the step that failed and why", async () => {
    const failure = deployRootContracts({
      url: anvil.url,
      deployerKey: key(0),
      kmcGenesis: [{ account: addressOfKey(key(0)), amount: 10n ** 29n }],
      chains: [],
    });
    await expect(failure).rejects.toMatchObject({
      code: "KOMA_E_DEPLOYMENT_FAILED",
      detail: { facts: { step: "KMC" } },
    });
    await expect(failure).rejects.toThrow(/CapExceeded/);
  });

  it("says when the root chain is not there", async () => {
    const failure = deployRootContracts({
      url: "http://127.0.0.1:1",
      deployerKey: key(0),
      kmcGenesis: [],
      chains: [],
    });
    await expect(failure).rejects.toMatchObject({ code: "KOMA_E_ROOTCHAIN_UNREACHABLE" });
  });
});
