import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Interface } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Address, addressOfKey, bytesToHex, parseAddress } from "../../src/primitives/index.ts";
import {
  createTransactionSender,
  loadArtifacts,
  multicall3,
  predeployAddresses,
  predeployAlloc,
} from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";

const kmc = parseAddress("0x00000000000000000000000000000000000000cc");
const pool = 10n ** 24n;

describe("genesis contracts of a KOMA chain, on a real EVM", () => {
  let anvil: Anvil;
  const producer = addressOfKey(key(0));
  const artifacts = loadArtifacts();
  const bridge = artifacts.interfaceOf("ChildBridge");
  const factory = artifacts.interfaceOf("ChildTokenFactory");
  const token = artifacts.interfaceOf("ChildERC20");

  beforeAll(async () => {
    anvil = await startAnvil(["--chain-id", "80401"]);
    for (const [address, account] of Object.entries(predeployAlloc({ nativePoolWei: pool, kmc }))) {
      await anvil.rpc.request("anvil_setCode", [address, bytesToHex(account.code)]);
      await anvil.rpc.request("anvil_setBalance", [address, account.balance]);
      await anvil.rpc.request("anvil_setNonce", [address, account.nonce]);
      for (const [slot, value] of Object.entries(account.storage ?? {})) {
        await anvil.rpc.request("anvil_setStorageAt", [address, slot, value]);
      }
    }
    await anvil.rpc.request("anvil_setCoinbase", [producer]);
  });
  afterAll(() => anvil.stop());

  const call = async (to: Address, abi: Interface, method: string, args: readonly unknown[] = []) => {
    const data = abi.encodeFunctionData(method, args);
    return abi.decodeFunctionResult(method, String(await anvil.rpc.request("eth_call", [{ to, data }, "latest"])));
  };
  const send = (account: number, to: Address, abi: Interface, method: string, args: readonly unknown[], value = 0n) =>
    createTransactionSender({ rpc: anvil.rpc, key: key(account) }).send({
      action: `call ${method}`,
      to,
      data: abi.encodeFunctionData(method, args) as `0x${string}`,
      value,
    });

  it("deliver deposits of native coins and tokens, and burn them again", async () => {
    const recipient = parseAddress("0x00000000000000000000000000000000000000dd");
    const { ChildBridge, KomaNative, ChildTokenFactory } = predeployAddresses;
    await send(0, ChildBridge, bridge, "deliver", [1, 1, kmc, recipient, 5n, "0x", 1]);
    expect(BigInt(String(await anvil.rpc.request("eth_getBalance", [recipient, "latest"])))).toBe(5n);

    const rootToken = parseAddress("0x00000000000000000000000000000000000000ee");
    const alice = addressOfKey(key(1));
    const metadata = new Interface(["function f(string,string,uint8)"]).encodeFunctionData("f", ["Demo", "DMO", 6]);
    const mapped = await send(0, ChildBridge, bridge, "deliver", [
      2,
      4,
      rootToken,
      recipient,
      0,
      `0x${metadata.slice(10)}`,
      1,
    ]);
    console.info(`deliver of a token's mapping: ${mapped.gasUsed} gas`);
    const child = parseAddress((await call(ChildTokenFactory, factory, "childOf", [rootToken]))[0] as string);
    expect(child).toBe(
      parseAddress((await call(ChildTokenFactory, factory, "childTokenAddress", [rootToken]))[0] as string),
    );
    const delivered = await send(0, ChildBridge, bridge, "deliver", [3, 2, rootToken, alice, 70n, "0x", 1]);
    console.info(`deliver of a token: ${delivered.gasUsed} gas`);
    expect((await call(child, token, "balanceOf", [alice]))[0]).toBe(70n);

    const burned = await send(1, child, token, "withdraw", [30n]);
    expect(burned.logs.map(({ topics }) => topics[0])).toEqual([
      token.getEvent("Transfer")?.topicHash,
      token.getEvent("Withdraw")?.topicHash,
    ]);
    const native = artifacts.interfaceOf("KomaNative");
    const withdrawn = await send(1, KomaNative, native, "withdrawTo", [alice], 3n);
    const log = native.parseLog({
      topics: [...(withdrawn.logs[0]?.topics ?? [])],
      data: withdrawn.logs[0]?.data ?? "0x",
    });
    expect(log?.args["amount"]).toBe(3n);
    expect(parseAddress(log?.args["rootToken"] as string)).toBe(kmc);
    expect(log?.args["seq"]).toBe(0n);
    expect(BigInt(String(await anvil.rpc.request("eth_getBalance", [KomaNative, "latest"])))).toBe(pool - 5n + 3n);
  });

  it("carry Multicall3 as its own creation code leaves it", async () => {
    const constants = fileURLToPath(new URL("../../node_modules/viem/_cjs/constants/contracts.js", import.meta.url));
    const { multicall3Bytecode } = createRequire(import.meta.url)(constants) as { multicall3Bytecode: string };
    // A call without a target runs creation code and answers with the code it would leave.
    const code = await anvil.rpc.request("eth_call", [{ data: multicall3Bytecode }, "latest"]);
    expect(code).toBe(multicall3.deployedBytecode);
  });

  it("stand at the addresses that the contracts themselves use", () => {
    expect(predeployAddresses).toEqual({
      ChildBridge: "0x4b4f4d4100000000000000000000000000000001",
      KomaNative: "0x4b4f4d4100000000000000000000000000000002",
      ChildTokenFactory: "0x4b4f4d4100000000000000000000000000000006",
      ProducerStats: "0x4b4f4d4100000000000000000000000000000007",
      RootInfo: "0x4b4f4d4100000000000000000000000000000008",
    });
    for (const name of ["ChildBridge", "KomaNative", "ChildTokenFactory", "ProducerStats", "RootInfo"] as const) {
      expect(artifacts.of(name)).not.toHaveProperty("immutableReferences");
    }
  });
});
