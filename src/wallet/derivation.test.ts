import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { describe, expect, it } from "vitest";
import {
  accountIndex,
  accountName,
  createMnemonic,
  deriveAccountAt,
  deriveAccounts,
  deriveNodeKey,
  formatPrivateKey,
  parsePrivateKey,
  peerIdOfKey,
  TEST_MNEMONIC,
} from "./index.ts";

describe("accounts of the test mnemonic", () => {
  it("are those of anvil and Hardhat", () => {
    const [alice, bob] = deriveAccounts(TEST_MNEMONIC, 2);
    expect(alice?.address).toBe("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    expect(formatPrivateKey(alice?.privateKey as Uint8Array)).toBe(
      "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    );
    expect(bob?.address).toBe("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
    expect(deriveAccountAt(TEST_MNEMONIC, "m/44'/60'/0'/0/1").address).toBe(bob?.address);
  });

  it("have names, and numbers beyond the names", () => {
    expect([0, 1, 3, 12].map(accountName)).toEqual(["alice", "bob", "dave", "account-12"]);
    expect(["alice", "account-12", "nobody"].map(accountIndex)).toEqual([0, 12, undefined]);
  });
});

describe("mnemonics", () => {
  it.each([12, 24] as const)("of %i new words are valid", (words) => {
    const phrase = createMnemonic(words);
    expect(phrase.split(" ")).toHaveLength(words);
    expect(deriveAccounts(phrase, 1)).toHaveLength(1);
  });

  it("with a wrong checksum are refused", () => {
    expect(() => deriveAccounts("test ".repeat(12), 1)).toThrow(
      expect.objectContaining({ code: "KOMA_E_MNEMONIC_MALFORMED" }),
    );
  });

  it("are not derived along a path that is none", () => {
    expect(() => deriveAccountAt(TEST_MNEMONIC, "44/60")).toThrow(
      expect.objectContaining({ code: "KOMA_E_PATH_MALFORMED" }),
    );
  });
});

describe("keys of nodes", () => {
  it("depend on seed, network, node and purpose, and on nothing else", () => {
    const key = (seed: string, network: string, node: string, purpose: "signer" | "p2p") =>
      formatPrivateKey(deriveNodeKey(seed, network, node, purpose));
    const all = [
      key("koma", "default", "validator-0", "signer"),
      key("koma", "default", "validator-0", "p2p"),
      key("koma", "default", "validator-1", "signer"),
      key("koma", "demo", "validator-0", "signer"),
      key("other", "default", "validator-0", "signer"),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(key("koma", "default", "validator-0", "signer")).toBe(all[0]);
  });

  it("have the peer id that libp2p gives them", () => {
    for (const node of ["a", "b", "c", "d"]) {
      const key = deriveNodeKey("koma", "default", node, "p2p");
      expect(peerIdOfKey(key)).toBe(peerIdFromPrivateKey(privateKeyFromRaw(key)).toString());
    }
  });
});

describe("private keys", () => {
  it.each(["", "0x1234", "zz".repeat(32), "00".repeat(32), "ff".repeat(32)])(
    "refuses %j and does not repeat it",
    (text) => {
      expect(() => parsePrivateKey(text)).toThrow(expect.objectContaining({ code: "KOMA_E_PRIVATE_KEY_MALFORMED" }));
    },
  );
});
