import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
import { execa } from "execa";
import {
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  parseAbiItem,
  type Hex as ViemHex,
  webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShownPool } from "../../commands/tx/pool.ts";
import { type Address, addressOfKey, bytesToHex, type Hash, type Hex } from "../../src/primitives/index.ts";
import { type AccountProof, verifyAccountProof } from "../../src/proofs/index.ts";
import { loadArtifacts, multicall3 } from "../../src/rootchain/index.ts";
import { createRpcClient } from "../../src/rpc/index.ts";
import { ask, type DevnetData, testKeys } from "../support/devnet.ts";
import { createKoma, eventually, repository } from "../support/koma.ts";

const koma = createKoma();
afterAll(() => koma.dispose());

const keys = { alice: bytesToHex(testKeys.alice), bob: bytesToHex(testKeys.bob), carol: bytesToHex(testKeys.carol) };
const alice = addressOfKey(testKeys.alice);
const bob = addressOfKey(testKeys.bob);
const artifact = loadArtifacts().of("DemoToken");
const coins = 10n ** 18n;
const chainId = 80401;

let devnet: DevnetData;
let rpcUrl: string;
let wsUrl: string;

beforeAll(async () => {
  devnet = await koma.json<DevnetData>("devnet", "up", "--validators", "2");
  rpcUrl = devnet.nodes[0]?.rpcUrl as string;
  wsUrl = devnet.nodes[0]?.wsUrl as string;
});

/** An address nobody has used yet. */
const stranger = (() => {
  let count = 0;
  return (): Address => `0x${(++count).toString(16).padStart(40, "c")}` as Address;
})();

/** What a promise is rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

describe("ethers", () => {
  let provider: JsonRpcProvider;
  let wallet: Wallet;
  let token: Contract;

  beforeAll(async () => {
    provider = new JsonRpcProvider(rpcUrl, undefined, { pollingInterval: 100 });
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
    expect(await provider.getBalance(devnet.accounts[9]?.address as string)).toBe(1_000_000n * coins);
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
    const { why, dropped } = await koma.json<ShownPool>("tx", "pool", "--why", waiting.hash, "--sender", "carol");
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
      if (target === address) expect(proof.storageProof.map(({ value }) => value)).toEqual([500n * coins, 0n]);
    }
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
    const socket = new WebSocketProvider(wsUrl);
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

describe("viem", () => {
  const komaChain = () =>
    defineChain({
      id: chainId,
      name: "KOMA",
      nativeCurrency: { name: "KOMA coin", symbol: "KMC", decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl], webSocket: [wsUrl] } },
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
      reader.simulateContract({ address: token, abi: demo, functionName: "faucet", args: [10_001n * coins], account }),
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

describe("foundry", () => {
  const cast = async (...args: string[]): Promise<string> => {
    const program = join(repository, "node_modules/@foundry-rs/cast-linux-amd64/bin/cast");
    const { stdout } = await execa(program, args, { env: { ETH_RPC_URL: rpcUrl, NO_COLOR: "1" } });
    return stdout.trim();
  };

  it("cast looks at the chain", async () => {
    expect(await cast("chain-id")).toBe(String(chainId));
    expect(Number(await cast("block-number"))).toBeGreaterThan(0);
    expect(await cast("balance", devnet.accounts[9]?.address as string, "--ether")).toBe("1000000.000000000000000000");
    const block = JSON.parse(await cast("block", "finalized", "--json")) as { hash: Hash; number: Hex };
    expect(block.hash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(BigInt(await cast("base-fee"))).toBeGreaterThan(0n);
    expect(await cast("client")).toMatch(/^koma\//);
    expect(JSON.parse(await cast("rpc", "koma_status"))).toMatchObject({ name: "validator-0", devnet: true });
  });

  it("cast sends, deploys, calls, and reads logs and proofs", async () => {
    const key = ["--private-key", keys.carol];
    const to = stranger();
    const plain = JSON.parse(await cast("send", to, "--value", "1ether", "--json", ...key));
    expect(plain).toMatchObject({ status: "0x1", type: "0x2" });
    const legacy = JSON.parse(await cast("send", to, "--value", "2ether", "--legacy", "--json", ...key));
    expect(legacy).toMatchObject({ status: "0x1", type: "0x0" });
    expect(await cast("balance", to)).toBe((3n * coins).toString());

    const deployed = JSON.parse(await cast("send", "--json", ...key, "--create", artifact.bytecode));
    expect(deployed.status).toBe("0x1");
    const token = deployed.contractAddress as string;
    const minted = JSON.parse(await cast("send", token, "faucet(uint256)", "42", "--json", ...key));
    expect(minted.status).toBe("0x1");
    const carol = addressOfKey(testKeys.carol);
    expect(await cast("call", token, "balanceOf(address)(uint256)", carol)).toBe("42");
    expect(BigInt(await cast("estimate", token, "faucet(uint256)", "1", "--from", carol))).toBeGreaterThan(21_000n);
    const logs = JSON.parse(
      await cast("logs", "Transfer(address,address,uint256)", "--address", token, "--from-block", "0", "--json"),
    );
    expect(logs).toMatchObject([{ transactionHash: minted.transactionHash }]);
    expect(JSON.parse(await cast("proof", token))).toMatchObject({ address: token.toLowerCase() });
    expect(await cast("storage", token, "2")).toBe(`0x${(42).toString(16).padStart(64, "0")}`);
    const refused = await failureOf(cast("call", token, "faucet(uint256)", (10_001n * coins).toString()));
    // cast asks a database on the net for names of errors it does not know; offline it has to be told.
    const data = /data: "(0x[0-9a-f]+)"/.exec(String(refused))?.[1] as string;
    expect(await cast("decode-error", "--sig", "FaucetLimit(uint256,uint256)", data)).toMatch(/^10001[0 ]/);
  });

  it("forge deploys a contract and runs a script", async () => {
    const project = mkdtempSync(join(tmpdir(), "koma-forge-"));
    try {
      mkdirSync(join(project, "src"));
      mkdirSync(join(project, "script"));
      writeFileSync(
        join(project, "foundry.toml"),
        `[profile.default]\nsolc = "${join(repository, "contracts/solc-forge.cjs")}"\noffline = true\nevm_version = "cancun"\n`,
      );
      writeFileSync(join(project, "src/Counter.sol"), counter);
      writeFileSync(join(project, "script/Count.s.sol"), script);
      const forge = async (...args: string[]): Promise<string> => {
        const program = join(repository, "node_modules/@foundry-rs/forge-linux-amd64/bin/forge");
        const path = `${join(process.execPath, "..")}:${process.env["PATH"]}`;
        const { stdout } = await execa(program, args, { cwd: project, env: { PATH: path, NO_COLOR: "1" } });
        return stdout;
      };
      const common = ["--rpc-url", rpcUrl, "--private-key", keys.carol, "--broadcast"];
      const created = await forge("create", "src/Counter.sol:Counter", ...common, "--constructor-args", "7");
      const address = /Deployed to: (0x[0-9a-fA-F]{40})/.exec(created)?.[1] as string;
      expect(await cast("call", address, "count()(uint256)")).toBe("7");
      await forge("script", "script/Count.s.sol:Count", "--sig", "run(address)", address, ...common);
      expect(await cast("call", address, "count()(uint256)")).toBe("8");
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  });
});

describe("what only KOMA knows", () => {
  it("says how sure a block is", async () => {
    const final = await ask<{ hash: Hash; number: Hex }>(rpcUrl, "eth_getBlockByNumber", "finalized", false);
    const confidence = await ask<{ confidence: number; maxT: number; N: number }>(
      rpcUrl,
      "koma_getConfidence",
      final.hash,
    );
    expect(confidence.confidence).toBeGreaterThan(1 / 3);
    expect(confidence.N).toBe(1_000_000);
    await expect(ask(rpcUrl, "koma_getConfidence", `0x${"1".repeat(64)}`)).rejects.toMatchObject({
      code: "KOMA_E_BLOCK_UNKNOWN",
    });
  });

  it("tells everything about a node at once", async () => {
    const status = await ask<Record<string, unknown>>(rpcUrl, "koma_status");
    expect(status).toMatchObject({
      name: "validator-0",
      chainId: "0x13a11",
      signer: devnet.nodes[0]?.signer,
      peers: 1,
      consensus: { faultyWeight: 0, totalWeight: 1_000_000, synced: true },
    });
  });

  it("announces each final block once, in order", async () => {
    const client = createRpcClient(wsUrl);
    try {
      const heard: { number: Hex; hash: Hash; confidence: { confidence: number } }[] = [];
      await client.subscribe("koma", ["finality", { alpha: 1 / 3 }], (result) =>
        heard.push(result as (typeof heard)[number]),
      );
      await eventually("three final blocks", async () => heard.length >= 3);
      const numbers = heard.map(({ number }) => Number(number));
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      for (const { number, hash, confidence } of heard) {
        expect(confidence.confidence).toBeGreaterThan(1 / 3);
        expect(await ask(rpcUrl, "eth_getBlockByNumber", number, false)).toMatchObject({ hash });
      }
      await expect(client.subscribe("koma", ["finality", { alpha: 2 }], () => {})).rejects.toMatchObject({
        code: "KOMA_E_RPC_PARAMS_INVALID",
      });
    } finally {
      await client.close();
    }
  });
});

const counter = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

contract Counter {
    uint256 public count;

    constructor(uint256 first) {
        count = first;
    }

    function increment() external {
        count += 1;
    }
}
`;

const script = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Counter} from "../src/Counter.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

contract Count {
    bool public constant IS_SCRIPT = true;
    Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run(address counter) external {
        vm.startBroadcast();
        Counter(counter).increment();
        vm.stopBroadcast();
    }
}
`;
