import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { addressOfKey, type Hash, type Hex } from "../../../src/primitives/index.ts";
import { testKeys } from "../../support/devnet.ts";
import { repository } from "../../support/koma.ts";
import { artifact, chainId, coins, failureOf, keys, stranger, type ToolsDevnet } from "./tools-devnet.ts";

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

/** What cast and forge make of a node. */
export function describeFoundry(tools: () => ToolsDevnet): void {
  describe("foundry", () => {
    const cast = async (...args: string[]): Promise<string> => {
      const program = join(repository, "node_modules/@foundry-rs/cast-linux-amd64/bin/cast");
      const { stdout } = await execa(program, args, { env: { ETH_RPC_URL: tools().rpcUrl, NO_COLOR: "1" } });
      return stdout.trim();
    };

    it("cast looks at the chain", async () => {
      expect(await cast("chain-id")).toBe(String(chainId));
      expect(Number(await cast("block-number"))).toBeGreaterThan(0);
      expect(await cast("balance", tools().devnet.accounts[9]?.address as string, "--ether")).toBe(
        "1000000.000000000000000000",
      );
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
        const common = ["--rpc-url", tools().rpcUrl, "--private-key", keys.carol, "--broadcast"];
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
}
