import {
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  parseAbiItem,
  parseEther,
  parseSignature,
  type Hex as ViemHex,
  webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { beforeAll, describe, expect, it } from "vitest";
import type { Address } from "../../../src/primitives/index.ts";
import { multicall3 } from "../../../src/rootchain/index.ts";
import { eventually } from "../../support/koma.ts";
import { artifact, chainId, coins, failureOf, keys, stranger, type ToolsDevnet } from "./tools-devnet.ts";

/** What viem 2 makes of a node. */
export function describeViem(tools: () => ToolsDevnet): void {
  describe("viem", () => {
    const komaChain = () =>
      defineChain({
        id: chainId,
        name: "KOMA",
        nativeCurrency: { name: "KOMA coin", symbol: "KMC", decimals: 18 },
        rpcUrls: { default: { http: [tools().rpcUrl], webSocket: [tools().wsUrl] } },
        contracts: { multicall3: { address: multicall3.address } },
      });
    const account = privateKeyToAccount(keys.bob as ViemHex);
    const abi = artifact.abi as readonly unknown[] as readonly [];
    const open = () => ({
      reader: createPublicClient({ chain: komaChain(), transport: http(), pollingInterval: 100 }),
      writer: createWalletClient({ chain: komaChain(), transport: http(), account }),
    });
    const demo = [
      parseAbiItem("function faucet(uint256 amount)"),
      parseAbiItem("function transfer(address to, uint256 value) returns (bool)"),
      parseAbiItem("function permit(address, address, uint256, uint256, uint8, bytes32, bytes32)"),
      parseAbiItem("function allowance(address owner, address spender) view returns (uint256)"),
      parseAbiItem("function balanceOf(address owner) view returns (uint256)"),
      parseAbiItem("function symbol() view returns (string)"),
      parseAbiItem("event Transfer(address indexed from, address indexed to, uint256 value)"),
      parseAbiItem("error FaucetLimit(uint256 wanted, uint256 max)"),
    ] as const;
    let token: Address;

    beforeAll(async () => {
      const { reader, writer } = open();
      const hash = await writer.deployContract({ abi, bytecode: artifact.bytecode as ViemHex });
      const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
      expect(receipt.status).toBe("success");
      token = receipt.contractAddress as Address;
    });

    it("sends coins and reads several contracts in one call", async () => {
      const { reader, writer } = open();
      expect(await reader.getChainId()).toBe(chainId);
      const to = stranger();
      const hash = await writer.sendTransaction({ to, value: coins });
      const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
      expect(receipt).toMatchObject({ status: "success", type: "eip1559", gasUsed: 21_000n });
      const minted = await writer.writeContract({
        address: token,
        abi: demo,
        functionName: "faucet",
        args: [3n * coins],
      });
      await reader.waitForTransactionReceipt({ hash: minted, timeout: 60_000 });

      const contract = { address: token, abi: demo } as const;
      const answers = await reader.multicall({
        contracts: [
          { ...contract, functionName: "balanceOf", args: [account.address] },
          { ...contract, functionName: "symbol" },
          { ...contract, functionName: "balanceOf", args: [to] },
        ],
      });
      expect(answers).toEqual([
        { status: "success", result: 3n * coins },
        { status: "success", result: "dUSD" },
        { status: "success", result: 0n },
      ]);
      expect(await reader.getBalance({ address: to, blockTag: "latest" })).toBe(coins);
    });

    it("decodes a custom error", async () => {
      const { reader } = open();
      const failure = await failureOf(
        reader.simulateContract({
          address: token,
          abi: demo,
          functionName: "faucet",
          args: [10_001n * coins],
          account,
        }),
      );
      expect(failure).toBeInstanceOf(ContractFunctionExecutionError);
      const cause = (failure as ContractFunctionExecutionError).walk(
        (each) => each instanceof ContractFunctionRevertedError,
      );
      expect((cause as ContractFunctionRevertedError).data).toMatchObject({
        errorName: "FaucetLimit",
        args: [10_001n * coins, 10_000n * coins],
      });
    });

    it("has an allowance granted by a signature (EIP-712, EIP-2612)", async () => {
      const { reader, writer } = open();
      const [spender, value, deadline] = [stranger(), 5n, 2n ** 48n];
      const signature = await writer.signTypedData({
        domain: { name: "Demo USD", version: "1", chainId, verifyingContract: token },
        types: {
          Permit: [
            { name: "owner", type: "address" },
            { name: "spender", type: "address" },
            { name: "value", type: "uint256" },
            { name: "nonce", type: "uint256" },
            { name: "deadline", type: "uint256" },
          ],
        },
        primaryType: "Permit",
        message: { owner: account.address, spender, value, nonce: 0n, deadline },
      });
      const { r, s, v } = parseSignature(signature);
      const args = [account.address, spender, value, deadline, Number(v), r, s] as const;
      const hash = await writer.writeContract({ address: token, abi: demo, functionName: "permit", args });
      expect(await reader.waitForTransactionReceipt({ hash, timeout: 60_000 })).toMatchObject({ status: "success" });
      const allowance = {
        address: token,
        abi: demo,
        functionName: "allowance",
        args: [account.address, spender],
      } as const;
      expect(await reader.readContract(allowance)).toBe(value);
    });

    it("simulates blocks that nobody makes, and what calls would move", async () => {
      const { reader } = open();
      const [from, to] = [stranger(), stranger()];
      const [first, second] = await reader.simulateBlocks({
        blocks: [
          {
            blockOverrides: { time: 4_000_000_000n },
            stateOverrides: [{ address: from, balance: parseEther("2") }],
            calls: [{ account: from, to, value: parseEther("1") }],
          },
          { calls: [{ account: from, to: token, abi: demo, functionName: "faucet", args: [10_001n * coins] }] },
        ],
        traceTransfers: true,
      });
      expect(first).toMatchObject({ timestamp: 4_000_000_000n, gasUsed: 21_000n });
      expect(first?.calls[0]?.logs).toMatchObject([
        { address: `0x${"e".repeat(40)}`, data: expect.stringMatching(/de0b6b3a7640000$/) },
      ]);
      expect(second?.number).toBe((first?.number ?? 0n) + 1n);
      expect(second?.calls[0]).toMatchObject({ status: "failure", error: { name: "ContractFunctionExecutionError" } });
      expect(await reader.getBalance({ address: to })).toBe(0n);
      const { assetChanges } = await reader.simulateCalls({
        account: account.address,
        calls: [{ to, value: 3n }],
        traceAssetChanges: true,
      });
      expect(assetChanges).toMatchObject([{ value: { diff: expect.any(BigInt) } }]);
    });

    it("hears of events and blocks over WebSocket", async () => {
      const { reader, writer } = open();
      const socket = createPublicClient({ chain: komaChain(), transport: webSocket() });
      const [blocks, transfers, failures]: [bigint[], string[], Error[]] = [[], [], []];
      const onError = (error: Error): void => void failures.push(error);
      const stops = [
        socket.watchBlockNumber({ onBlockNumber: (number) => blocks.push(number), onError }),
        socket.watchContractEvent({
          address: token,
          abi: demo,
          eventName: "Transfer",
          onLogs: (logs) => transfers.push(...logs.map(({ transactionHash }) => transactionHash)),
          onError,
        }),
      ];
      try {
        await eventually("a block over WebSocket", async () => blocks.length > 0);
        const hash = await writer.writeContract({ address: token, abi: demo, functionName: "faucet", args: [1n] });
        await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
        await eventually("the event over WebSocket", async () => transfers.includes(hash));
        expect(transfers).toEqual([hash]);
        expect(failures).toEqual([]);
      } finally {
        for (const stop of stops) stop();
        (await socket.transport.getRpcClient()).close();
      }
    });

    it("reads fees, logs, and final blocks", async () => {
      const { reader } = open();
      const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] });
      expect(history.baseFeePerGas).toHaveLength(5);
      const fees = await reader.estimateFeesPerGas();
      expect(fees.maxFeePerGas).toBeGreaterThan(0n);
      const logs = await reader.getContractEvents({ address: token, abi: demo, eventName: "Transfer", fromBlock: 0n });
      expect(logs.length).toBeGreaterThan(0);
      expect(logs[0]?.args).toMatchObject({ to: account.address, value: 3n * coins });
      const [final, latest] = await Promise.all([
        reader.getBlock({ blockTag: "finalized" }),
        reader.getBlock({ blockTag: "latest", includeTransactions: true }),
      ]);
      expect(final.number).toBeLessThanOrEqual(latest.number);
    });
  });
}
