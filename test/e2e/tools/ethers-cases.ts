import { verifyMerkleProof } from "@ethereumjs/mpt";
import {
  Contract,
  ContractFactory,
  type ContractTransactionReceipt,
  type EventLog,
  isError,
  JsonRpcProvider,
  type Log,
  NonceManager,
  Wallet,
  WebSocketProvider,
} from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShownPool } from "../../../commands/tx/pool.ts";
import { accountKey, encodeAccount } from "../../../src/chain/index.ts";
import { type Address, type Hash, type Hex, hashToBytes, hexToBytes } from "../../../src/primitives/index.ts";
import { type AccountProof, verifyAccountProof } from "../../../src/proofs/index.ts";
import { multicall3 } from "../../../src/rootchain/index.ts";
import { eventually } from "../../support/koma.ts";
import { alice, artifact, bob, chainId, coins, failureOf, keys, stranger, type ToolsDevnet } from "./tools-devnet.ts";

/** What ethers 6 makes of a node. */
export function describeEthers(tools: () => ToolsDevnet): void {
  describe("ethers", () => {
    let provider: JsonRpcProvider;
    let wallet: Wallet;
    let token: Contract;

    beforeAll(async () => {
      provider = new JsonRpcProvider(tools().rpcUrl, undefined, { pollingInterval: 100 });
      wallet = new Wallet(keys.alice, provider);
      const deployed = await new ContractFactory(artifact.abi, artifact.bytecode, wallet).deploy();
      await deployed.waitForDeployment();
      token = new Contract(await deployed.getAddress(), artifact.abi, wallet);
    });
    afterAll(() => provider.destroy());

    const send = async (method: string, ...args: unknown[]): Promise<ContractTransactionReceipt> => {
      const sent = await token.getFunction(method).send(...args);
      return (await sent.wait(1, 60_000)) as ContractTransactionReceipt;
    };

    it("knows the chain and its funded accounts", async () => {
      expect((await provider.getNetwork()).chainId).toBe(BigInt(chainId));
      expect(await provider.getBalance(tools().devnet.accounts[9]?.address as string)).toBe(1_000_000n * coins);
      expect(await provider.getTransactionCount(stranger())).toBe(0);
      expect(await provider.getCode(await token.getAddress())).toMatch(/^0x6080/);
    });

    it.each([
      { type: 0, fees: { gasPrice: 3n * 10n ** 9n } },
      {
        type: 1,
        fees: { gasPrice: 3n * 10n ** 9n, accessList: [{ address: alice, storageKeys: [`0x${"0".repeat(64)}`] }] },
      },
      { type: 2, fees: { maxFeePerGas: 5n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n } },
    ])("sends a transaction of type $type and waits for it", async ({ type, fees }) => {
      const to = stranger();
      const before = await provider.getBalance(alice);
      const sent = await wallet.sendTransaction({ to, value: coins, type, ...fees });
      const receipt = await sent.wait(1, 60_000);
      expect(receipt).toMatchObject({ status: 1, type, to: expect.stringMatching(new RegExp(to, "i")) });
      expect(receipt?.gasUsed).toBe(type === 1 ? 21_000n + 2_400n + 1_900n : 21_000n);
      expect(await provider.getBalance(to)).toBe(coins);
      expect(await provider.getBalance(alice)).toBe(before - coins - (receipt?.fee ?? 0n));
      const found = await provider.getTransaction(sent.hash);
      expect(found).toMatchObject({ type, value: coins, nonce: sent.nonce, blockNumber: receipt?.blockNumber });
      expect(found?.chainId).toBe(BigInt(chainId));
    });

    it("sends a burst with nonces of its own counting", async () => {
      const manager = new NonceManager(new Wallet(keys.carol, provider));
      const first = await manager.getNonce();
      const to = stranger();
      const sent = await Promise.all([1n, 2n, 3n, 4n, 5n].map((value) => manager.sendTransaction({ to, value })));
      expect(sent.map(({ nonce }) => nonce).sort()).toEqual([0, 1, 2, 3, 4].map((offset) => first + offset));
      await Promise.all(sent.map((transaction) => transaction.wait(1, 60_000)));
      expect(await provider.getBalance(to)).toBe(15n);
      expect(await provider.getTransactionCount(await manager.getAddress(), "pending")).toBe(first + 5);
    });

    it("is told in known words why a transaction is refused", async () => {
      const nonce = await provider.getTransactionCount(alice);
      const used = await failureOf(wallet.sendTransaction({ to: bob, value: 1n, nonce: nonce - 1 }));
      expect(isError(used, "NONCE_EXPIRED"), String(used)).toBe(true);
      const poor = Wallet.createRandom(provider);
      const broke = await failureOf(poor.sendTransaction({ to: bob, value: coins, gasLimit: 21_000n }));
      expect(isError(broke, "INSUFFICIENT_FUNDS"), String(broke)).toBe(true);
    });

    it("replaces a transaction that pays too little to go on", async () => {
      // Far beyond the next nonce but one: it waits in the pool until the gap is filled.
      const signer = new Wallet(keys.carol, provider);
      const nonce = await signer.getNonce();
      const fees = { maxFeePerGas: 5n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n };
      const [kept, other] = [stranger(), stranger()];
      const waiting = await signer.sendTransaction({
        to: other,
        value: 1n,
        nonce: nonce + 1,
        gasLimit: 21_000n,
        ...fees,
      });
      const underpriced = await failureOf(
        signer.sendTransaction({ to: kept, value: 2n, nonce: nonce + 1, gasLimit: 21_000n, ...fees }),
      );
      expect(isError(underpriced, "REPLACEMENT_UNDERPRICED"), String(underpriced)).toBe(true);
      const replacement = await signer.sendTransaction({
        to: kept,
        value: 2n,
        nonce: nonce + 1,
        gasLimit: 21_000n,
        maxFeePerGas: 10n ** 10n,
        maxPriorityFeePerGas: 2n * 10n ** 9n,
      });
      const gap = await signer.sendTransaction({ to: kept, value: 3n, nonce, gasLimit: 21_000n, ...fees });
      await gap.wait(1, 60_000);
      await provider.waitForTransaction(replacement.hash, 1, 60_000);
      expect(await provider.getTransaction(waiting.hash)).toBeNull();
      // It waited in this node's pool, whoever made the block.
      const { why, dropped } = await tools().koma.json<ShownPool>(
        "tx",
        "pool",
        "--why",
        waiting.hash,
        "--sender",
        "carol",
      );
      expect(why).toMatchObject({ state: "dropped", drop: { rule: "Replaced", nonce: String(nonce + 1) } });
      expect(why?.drop?.reason).toContain(replacement.hash);
      expect(dropped.map(({ hash }) => hash)).toContain(waiting.hash);
      expect([await provider.getBalance(kept), await provider.getBalance(other)]).toEqual([5n, 0n]);
    });

    it("uses a token: calls, events, past logs", async () => {
      const minted = await send("faucet", 500n * coins);
      expect(minted.logs).toHaveLength(1);
      const to = stranger();
      const moved = await send("transfer", to, 7n * coins);
      expect(await token.getFunction("balanceOf").staticCall(to)).toBe(7n * coins);
      const [event] = moved.logs as EventLog[];
      expect(event).toMatchObject({ eventName: "Transfer", index: expect.any(Number) });
      expect(event?.args.toObject()).toEqual({ from: expect.any(String), to: expect.any(String), value: 7n * coins });

      const logs = await token.queryFilter(token.getEvent("Transfer")(null, to), 0, "latest");
      expect(logs.map(({ transactionHash }) => transactionHash)).toEqual([moved.hash]);
      const byHash = await provider.getLogs({ blockHash: moved.blockHash, address: await token.getAddress() });
      expect(byHash.map(({ transactionHash }) => transactionHash)).toEqual([moved.hash]);
    });

    it("decodes custom errors of calls, estimates and reverted transactions", async () => {
      const called = await failureOf(token.getFunction("faucet").staticCall(10_001n * coins));
      expect(isError(called, "CALL_EXCEPTION") && called.revert).toMatchObject({ name: "FaucetLimit" });
      const estimated = await failureOf(token.getFunction("faucet").estimateGas(10_001n * coins));
      expect(isError(estimated, "CALL_EXCEPTION") && estimated.data).toMatch(/^0x[0-9a-f]{8}/);
      expect(
        token.interface.parseError(String(isError(estimated, "CALL_EXCEPTION") && estimated.data))?.args.toObject(),
      ).toEqual({
        wanted: 10_001n * coins,
        max: 10_000n * coins,
      });
      const failure = await failureOf(
        token
          .getFunction("faucet")
          .send(10_001n * coins, { gasLimit: 200_000n })
          .then((sent) => sent.wait(1, 60_000)),
      );
      expect(isError(failure, "CALL_EXCEPTION") && failure.receipt).toMatchObject({ status: 0 });
    });

    it("gives the text of a revert", async () => {
      const aggregate = new Contract(
        multicall3.address,
        ["function aggregate(tuple(address target, bytes callData)[] calls) payable returns (uint256, bytes[])"],
        provider,
      );
      const calls = [{ target: await token.getAddress(), callData: "0xdeadbeef" }];
      const failure = await failureOf(aggregate.getFunction("aggregate").staticCall(calls));
      expect(isError(failure, "CALL_EXCEPTION") && failure.reason).toBe("Multicall3: call failed");
    });

    it("estimates gas that is enough, and hardly more", async () => {
      expect(await provider.estimateGas({ from: alice, to: bob, value: 1n })).toBe(21_000n);
      const to = stranger();
      const gasLimit = await token.getFunction("transfer").estimateGas(to, coins);
      const receipt = await send("transfer", to, coins, { gasLimit });
      expect(receipt.status).toBe(1);
      expect(gasLimit).toBeLessThan((receipt.gasUsed * 3n) / 2n);
    });

    it("reads the history of fees", async () => {
      const history = (await provider.send("eth_feeHistory", ["0x5", "latest", [10, 50]])) as Record<string, unknown[]>;
      expect(history["baseFeePerGas"]).toHaveLength(6);
      expect(history["gasUsedRatio"]).toHaveLength(5);
      expect(history["reward"]).toHaveLength(5);
      const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
      expect(gasPrice).toBeGreaterThan(0n);
      expect(maxFeePerGas).toBeGreaterThan(maxPriorityFeePerGas as bigint);
    });

    it("gets proofs that follow from the block's state root", async () => {
      const address = (await token.getAddress()).toLowerCase() as Address;
      const block = await provider.send("eth_getBlockByNumber", ["finalized", false]);
      const slots = [`0x${"0".repeat(63)}2`, `0x${"f".repeat(64)}`]; // ERC20._totalSupply, and a slot never written
      for (const target of [address, alice, stranger()]) {
        const raw = await provider.send("eth_getProof", [target, target === address ? slots : [], block.number]);
        const proof: AccountProof = {
          ...raw,
          balance: BigInt(raw.balance),
          nonce: BigInt(raw.nonce),
          storageProof: raw.storageProof.map((slot: { value: Hex }) => ({ ...slot, value: BigInt(slot.value) })),
        };
        expect(verifyAccountProof(block.stateRoot as Hash, proof)).toMatchObject({ ok: true });
        expect(verifyAccountProof(block.stateRoot as Hash, { ...proof, balance: proof.balance + 1n }).ok).toBe(false);
        // And by another implementation of the trie.
        const nodes = raw.accountProof.map((node: Hex) => hexToBytes(node));
        const options = { root: hashToBytes(block.stateRoot), useKeyHashing: false };
        const leaf = await verifyMerkleProof(accountKey(target), nodes, options);
        const { nonce, balance, storageHash: storageRoot, codeHash } = proof;
        const exists = target === address || target === alice;
        expect(leaf).toEqual(exists ? encodeAccount({ nonce, balance, storageRoot, codeHash }) : null);
        if (target === address) expect(proof.storageProof.map(({ value }) => value)).toEqual([500n * coins, 0n]);
      }
    });

    it("traces a block that it hands in as one that the node has", async () => {
      const { blockNumber } = await send("faucet", 1n);
      const at = `0x${blockNumber.toString(16)}`;
      const raw = await provider.send("debug_getRawBlock", [at]);
      const tracer = { tracer: "callTracer", tracerConfig: { withLog: true } };
      const traced = await provider.send("debug_traceBlock", [raw, tracer]);
      expect(traced).toEqual(await provider.send("debug_traceBlockByNumber", [at, tracer]));
      expect(traced).toContainEqual(
        expect.objectContaining({ result: expect.objectContaining({ logs: [expect.anything()] }) }),
      );
    });

    it("follows the tags from final to newest", async () => {
      const numbers: number[] = [];
      for (const tag of ["earliest", "finalized", "safe", "latest"])
        numbers.push((await provider.getBlock(tag))?.number ?? -1);
      expect(numbers[0]).toBe(0);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers);
      const { number = 0 } = (await provider.getBlock("latest")) ?? {};
      await eventually(
        "the newest block to become final",
        async () => ((await provider.getBlock("finalized"))?.number ?? 0) >= number,
      );
    });

    it("hears of events by polling filters and over WebSocket", async () => {
      const socket = new WebSocketProvider(tools().wsUrl);
      try {
        const heard: { polled: Hash[]; pushed: Hash[]; blocks: number[]; pending: string[] } = {
          polled: [],
          pushed: [],
          blocks: [],
          pending: [],
        };
        const to = stranger();
        const note =
          (list: Hash[]) =>
          (...args: unknown[]) =>
            list.push((args.at(-1) as { log: Log }).log.transactionHash as Hash);
        const pushed = token.connect(socket) as Contract;
        await token.on(token.getEvent("Transfer")(null, to), note(heard.polled));
        await pushed.on(pushed.getEvent("Transfer")(null, to), note(heard.pushed));
        await socket.on("block", (number: number) => heard.blocks.push(number));
        await socket.on("pending", (hash: string) => heard.pending.push(hash));
        // Subscriptions are set up in the background; the first block proves that they are.
        await eventually("a block over WebSocket", async () => heard.blocks.length > 0);
        const { hash } = await send("transfer", to, coins);
        await eventually("the event over WebSocket", async () => heard.pushed.includes(hash as Hash));
        await eventually("the event by polling", async () => heard.polled.includes(hash as Hash));
        expect(heard.pushed).toEqual([hash]);
        expect(heard.polled).toEqual([hash]);
        expect(heard.pending).toContain(hash);
        const [first = 0] = heard.blocks;
        expect(heard.blocks).toEqual(heard.blocks.map((_, offset) => first + offset));
        await token.off("Transfer");
      } finally {
        await socket.destroy();
      }
    });
  });
}
