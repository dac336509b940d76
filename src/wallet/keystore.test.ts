import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decryptKeystoreJson, encryptKeystoreJson } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addressOfKey, bytesToHex } from "../primitives/index.ts";
import { createKeystore, decryptKey, LIGHT_SCRYPT_N, parsePrivateKey } from "./index.ts";

const key = parsePrivateKey("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
const light = { scryptN: LIGHT_SCRYPT_N };

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "koma-keys-")), "keys");
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

describe("a keystore", () => {
  it("gives back the key that was put in", async () => {
    const store = createKeystore(folder);
    const added = await store.add("treasury", key, "correct horse", light);
    expect(added.address).toBe("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    expect(await store.open("treasury", "correct horse")).toEqual(key);
    expect(await store.list()).toEqual([added]);
  });

  it("refuses a wrong password", async () => {
    const store = createKeystore(folder);
    await store.add("treasury", key, "right", light);
    await expect(store.open("treasury", "wrong")).rejects.toMatchObject({ code: "KOMA_E_PASSWORD_WRONG" });
  });

  it("keeps files to their owner", async () => {
    const { file } = await createKeystore(folder).add("treasury", key, "p", light);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it("tightens a folder that others could read", async () => {
    await createKeystore(folder).add("one", key, "p", light);
    await chmod(folder, 0o755);
    await createKeystore(folder).add("two", key, "p", light);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it("never overwrites a key, also when two add it at once", async () => {
    const store = createKeystore(folder);
    const attempts = await Promise.allSettled([store.add("k", key, "a", light), store.add("k", key, "b", light)]);
    expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(store.add("k", key, "c", light)).rejects.toMatchObject({ code: "KOMA_E_KEY_EXISTS" });
  });

  it.each(["../evil", "Upper", "", ".hidden", "a/b", "a".repeat(40)])("refuses the name %j", async (name) => {
    await expect(createKeystore(folder).add(name, key, "p", light)).rejects.toMatchObject({
      code: "KOMA_E_KEY_NAME_INVALID",
    });
  });

  it("names the key that is missing", async () => {
    await expect(createKeystore(folder).show("nobody")).rejects.toMatchObject({ code: "KOMA_E_KEY_NOT_FOUND" });
  });
});

describe("keystore files", () => {
  it("are opened by ethers", async () => {
    const { file } = await createKeystore(folder).add("k", key, "pässwörd", light);
    const opened = await decryptKeystoreJson(await readFile(file, "utf8"), "pässwörd");
    expect(opened.privateKey).toBe(bytesToHex(key));
  });

  it("of ethers are opened by koma", async () => {
    const account = { address: addressOfKey(key), privateKey: bytesToHex(key) };
    const json = await encryptKeystoreJson(account, "p", { scrypt: { N: 1024 } });
    expect(await decryptKey(JSON.parse(json), "p")).toEqual(key);
  });

  it.each([
    {
      why: "asks for 64 GiB",
      change: (s: Store) => {
        s.crypto.kdfparams.n = 2 ** 26;
      },
    },
    {
      why: "has a cost that is no power of two",
      change: (s: Store) => {
        s.crypto.kdfparams.n = 1000;
      },
    },
    {
      why: "is encrypted in another way",
      change: (s: Store) => {
        s.crypto.cipher = "aes-256-cbc";
      },
    },
    {
      why: "has a mac that is no hex",
      change: (s: Store) => {
        s.crypto.mac = "zz".repeat(32);
      },
    },
  ])("that $why are refused", async ({ change }) => {
    const { file } = await createKeystore(folder).add("k", key, "p", light);
    const store = JSON.parse(await readFile(file, "utf8")) as Store;
    change(store);
    await writeFile(file, JSON.stringify(store));
    await expect(createKeystore(folder).open("k", "p")).rejects.toMatchObject({ code: "KOMA_E_KEYSTORE_MALFORMED" });
  });
});

interface Store {
  crypto: { cipher: string; mac: string; kdfparams: { n: number } };
}
