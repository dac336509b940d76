import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { BugError, KomaError } from "../../../src/errors.ts";
import { loadConfig } from "../../../src/node/config.ts";
import { blockAt } from "../../support/devnet.ts";
import { type Envelope, eventually, launcher } from "../../support/koma.ts";
import { createPrng } from "../../support/prng.ts";
import { damageJson, damageText } from "./damage.ts";
import type { InputStage } from "./stage.ts";

type Json = Record<string, unknown>;

function edit(folder: string, file: string, change: (json: Json) => void): void {
  const path = join(folder, file);
  const json = JSON.parse(readFileSync(path, "utf8")) as Json;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

/** What `koma node start` says to folders that somebody has damaged, and that it runs one that is sound. */
export function describeNodeFolders({ koma, devnet, sound, copyOfSound }: InputStage): void {
  describe("koma node start", () => {
    const write = (file: string, text: string) => (folder: string) => writeFileSync(join(folder, file), text);
    const remove = (file: string) => (folder: string) => rmSync(join(folder, file));
    const change = (file: string, edited: (json: Json) => void) => (folder: string) => edit(folder, file, edited);

    it.each<{ title: string; damage: (folder: string) => unknown; code: string; exit: number; says: RegExp }>([
      {
        title: "no configuration",
        damage: remove("config.json"),
        code: "KOMA_E_FILE_UNREADABLE",
        exit: 8,
        says: /config\.json/,
      },
      {
        title: "a configuration that is not JSON",
        damage: write("config.json", "{"),
        code: "KOMA_E_NODE_CONFIG_INVALID",
        exit: 2,
        says: /not JSON/,
      },
      {
        title: "an unknown key in the configuration",
        damage: change("config.json", (config) => {
          config["dataDirectory"] = "x";
        }),
        code: "KOMA_E_NODE_CONFIG_INVALID",
        exit: 2,
        says: /dataDirectory is not known/,
      },
      {
        title: "a port that is none",
        damage: change("config.json", (config) => {
          (config["rpc"] as Json)["port"] = 65_536;
        }),
        code: "KOMA_E_NODE_CONFIG_INVALID",
        exit: 2,
        says: /rpc\.port/,
      },
      {
        title: "a peer that is none",
        damage: change("config.json", (config) => {
          (config["p2p"] as Json)["peers"] = ["/ip4/127.0.0.1/tcp/1"];
        }),
        code: "KOMA_E_PEER_ADDRESS_MALFORMED",
        exit: 2,
        says: /\/ip4\/127\.0\.0\.1\/tcp\/1/,
      },
      {
        title: "a genesis that is not JSON",
        damage: write("genesis.json", "\u0000\u0001"),
        code: "KOMA_E_GENESIS_INVALID",
        exit: 2,
        says: /not JSON/,
      },
      {
        title: "an unknown key in the genesis",
        damage: change("genesis.json", (genesis) => {
          genesis["gasLimits"] = "1";
        }),
        code: "KOMA_E_GENESIS_INVALID",
        exit: 2,
        says: /did you mean "gasLimit"/,
      },
      {
        title: "a genesis without validators",
        damage: change("genesis.json", (genesis) => {
          genesis["validators"] = [];
        }),
        code: "KOMA_E_GENESIS_INVALID",
        exit: 2,
        says: /validators/,
      },
      {
        title: "a genesis without root contracts",
        damage: change("genesis.json", (genesis) => {
          (genesis["rootChain"] as Json)["contracts"] = {};
        }),
        code: "KOMA_E_ROOTCHAIN_CONTRACT_MISSING",
        exit: 3,
        says: /contract/,
      },
      {
        title: "a signer key that is zero",
        damage: write("keys/signer", `0x${"0".repeat(64)}`),
        code: "KOMA_E_KEY_FILE_INVALID",
        exit: 8,
        says: /keys\/signer/,
      },
      {
        title: "an identity key that is too short",
        damage: write("keys/identity", "0xabcdef"),
        code: "KOMA_E_KEY_FILE_INVALID",
        exit: 8,
        says: /keys\/identity/,
      },
      {
        title: "no signer key",
        damage: remove("keys/signer"),
        code: "KOMA_E_FILE_UNREADABLE",
        exit: 8,
        says: /keys\/signer/,
      },
      {
        title: "a store that is no database",
        damage: (folder) => {
          mkdirSync(join(folder, "data"));
          writeFileSync(join(folder, "data", "chain.db"), randomBytes(8_192));
        },
        code: "KOMA_E_STORE_CORRUPT",
        exit: 1,
        says: /chain\.db/,
      },
      {
        title: "a data folder that is a file",
        damage: (folder) => writeFileSync(join(folder, "data"), ""),
        code: "KOMA_E_STORE_IO",
        exit: 1,
        says: /data/,
      },
    ])("refuses $title", async ({ damage, code, exit, says }) => {
      const folder = copyOfSound();
      damage(folder);
      const { exitCode, envelope, stdout } = await koma.run("node", "start", "--dir", folder);
      expect(envelope, stdout).toMatchObject({ ok: false, kind: "node.start", error: { code, exit } });
      expect(exitCode).toBe(exit);
      expect(envelope.error?.message).toMatch(says);
      // Whatever else is said, a key never is.
      expect(stdout).not.toContain(
        readFileSync(join(sound(), "keys", "signer"), "utf8")
          .trim()
          .slice(2),
      );
    });

    it("runs a sound folder once, follows the chain, and refuses it for another chain", async () => {
      const folder = copyOfSound();
      edit(folder, "config.json", (config) => {
        delete config["signer"];
      });
      const running = execa(process.execPath, [launcher, "node", "start", "--dir", folder, "--json"], {
        env: { KOMA_HOME: koma.home, CI: "true", NO_COLOR: "1" },
        reject: false,
        stdin: "ignore",
      });
      try {
        let printed = "";
        running.stdout.on("data", (chunk: Buffer) => {
          printed += chunk.toString();
        });
        const { rpcUrl } = await eventually("the follower's first line", async () => {
          const line = printed.split("\n").find((each) => each.includes('"rpcUrl"'));
          return line !== undefined && (JSON.parse(line) as Envelope<{ rpcUrl: string }>).data;
        });
        const height = (await blockAt(devnet().nodes[0]?.rpcUrl as string, "finalized")).number;
        const followed = await eventually("the follower to catch up", async () => {
          const final = await blockAt(rpcUrl, "finalized");
          return final.number >= height && final;
        });
        expect(await blockAt(devnet().nodes[0]?.rpcUrl as string, followed.number)).toEqual(followed);

        const second = await koma.run("node", "start", "--dir", folder);
        expect(second).toMatchObject({ exitCode: 5, envelope: { error: { code: "KOMA_E_STORE_LOCKED" } } });
      } finally {
        running.kill("SIGTERM");
      }
      expect((await running).exitCode).toBe(0);

      edit(folder, "genesis.json", (genesis) => {
        genesis["timestamp"] = Number(genesis["timestamp"]) + 1;
      });
      const foreign = await koma.run("node", "start", "--dir", folder);
      expect(foreign, foreign.stdout).toMatchObject({
        exitCode: 5,
        envelope: { error: { code: "KOMA_E_GENESIS_MISMATCH" } },
      });
    });

    it("refuses a port that is taken", async () => {
      const folder = copyOfSound();
      edit(folder, "config.json", (config) => {
        (config["rpc"] as Json)["port"] = devnet().nodes[0]?.ports.rpc;
      });
      const { exitCode, envelope } = await koma.run("node", "start", "--dir", folder);
      expect(exitCode).toBe(5);
      expect(envelope.error?.code).toMatch(/^KOMA_E_(LISTEN_FAILED|PORT_TAKEN)$/);
    });

    it("has a typed error for whatever else stands in its files", () => {
      const seed = Date.now() % 1_000_000;
      const prng = createPrng(seed);
      const folder = copyOfSound();
      const files = ["config.json", "genesis.json", "keys/identity", "keys/signer"];
      const originals = new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
      for (const file of files) chmodSync(join(folder, file), 0o600);
      for (let round = 0; round < 400; round++) {
        const file = prng.pick(files) as string;
        const text = originals.get(file) as string;
        const damaged = file.endsWith(".json") && prng.next() < 0.7 ? damageJson(text, prng) : damageText(text, prng);
        writeFileSync(join(folder, file), damaged);
        try {
          loadConfig(folder);
        } catch (error) {
          const typed = error instanceof KomaError && !(error instanceof BugError);
          if (!typed)
            throw new Error(`seed ${seed}, round ${round}: ${file} = ${damaged.slice(0, 500)}`, { cause: error });
        }
        writeFileSync(join(folder, file), text);
      }
      expect(() => loadConfig(folder)).not.toThrow();
    });
  });
}
