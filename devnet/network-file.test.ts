import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readNetworkFile } from "./network-file.ts";
import { resolveNetwork } from "./network-request.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "koma-network-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string | Buffer, name = "koma.network.yaml"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function resolve(path: string, set: readonly string[] = []) {
  return resolveNetwork({ file: await readNetworkFile(path), set });
}

describe("a network file", () => {
  it("says the same in YAML and in JSON", async () => {
    const yaml = write("version: 1\nname: demo\nnodes:\n- name: val\n  count: 4\n  roles: [validator, producer]\n");
    const json = write(
      JSON.stringify({
        version: 1,
        name: "demo",
        nodes: [{ name: "val", count: 4, roles: ["validator", "producer"] }],
      }),
      "network.json",
    );
    const network = await resolve(yaml);
    expect(network.nodes.map(({ name }) => name)).toEqual(["val-0", "val-1", "val-2", "val-3"]);
    expect(await resolve(json)).toEqual(network);
  });

  it("of the documentation is one", async () => {
    const page = readFileSync(fileURLToPath(new URL("../docs/start.md", import.meta.url)), "utf8");
    const example = /```yaml\n(.+?)```/s.exec(page)?.[1];
    expect((await resolve(write(example ?? ""))).nodes.length).toBeGreaterThan(3);
  });

  it("that cannot be parsed is named with line and column", async () => {
    const path = write("version: 1\nnodes: &all\n");
    await expect(resolve(path)).rejects.toMatchObject({
      code: "KOMA_E_NETWORK_INVALID",
      message: `${path}: Line 2, column 12: anchors are not read.`,
      detail: { facts: { file: path, line: 2, column: 12 } },
    });
  });

  it("with a wrong value or key is named with the place of the key", async () => {
    const path = write("version: 1\nnodes:\n- name: val\n  roles: [validator, producer]\n  stake: [1, 2]\n");
    await expect(resolve(path)).rejects.toMatchObject({
      message: `${path}:5:3: nodes[0].stake must be one amount, or a list of 1.`,
      detail: { facts: { path: "nodes[0].stake", file: path, line: 5, column: 3 } },
    });
    const typo = write("version: 1\nnodes:\n- name: val\n  rolls: [validator]\n");
    await expect(resolve(typo)).rejects.toMatchObject({
      message: `${typo}:4:3: nodes[0].rolls is not a key of a network.`,
      detail: { fix: ["Did you mean roles?"] },
    });
    const duration = write(
      "version: 1\nl1:\n  blockTime: soon\nnodes:\n- { name: val, roles: [validator, producer] }\n",
    );
    await expect(resolve(duration)).rejects.toMatchObject({ detail: { facts: { line: 3, column: 3 } } });
  });

  it("that is huge, binary or not there is refused", async () => {
    await expect(resolve(write(Buffer.alloc(1024 * 1024, 0x20)))).rejects.toMatchObject({
      code: "KOMA_E_NETWORK_INVALID",
      message: expect.stringContaining("is longer than 256 KiB"),
    });
    await expect(resolve(write(Buffer.from([0xff, 0xfe, 0, 1, 2])))).rejects.toMatchObject({
      code: "KOMA_E_NETWORK_INVALID",
    });
    await expect(resolve(join(folder, "nowhere.yaml"))).rejects.toMatchObject({ code: "KOMA_E_FILE_UNREADABLE" });
    await expect(resolve(write("just a text"))).rejects.toMatchObject({ code: "KOMA_E_NETWORK_INVALID" });
    await expect(resolve(write(""))).rejects.toMatchObject({ code: "KOMA_E_NETWORK_INVALID" });
  });
});
