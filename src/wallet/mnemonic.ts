import { randomBytes } from "node:crypto";
import { HDNodeWallet, Mnemonic } from "ethers/wallet";
import { UserError } from "../errors.ts";
import { type Address, addressOfKey, type Bytes } from "../primitives/index.ts";

/** Known to everybody: keys for devnets only. Anvil, Hardhat and Foundry use the same phrase. */
export const TEST_MNEMONIC = "test test test test test test test test test test test junk";

/** BIP-44 for Ethereum, external chain; the index of the account follows. */
export const ETHEREUM_PATH = "m/44'/60'/0'/0";

/** An account that came from a mnemonic. */
export interface DerivedAccount {
  readonly index: number;
  readonly path: string;
  readonly address: Address;
  readonly privateKey: Bytes;
}

/**
 * @param phrase BIP-39 words of the English list
 * @throws {UserError} KOMA_E_MNEMONIC_MALFORMED
 */
export function deriveAccounts(phrase: string, count: number, first = 0): readonly DerivedAccount[] {
  const root = HDNodeWallet.fromMnemonic(parseMnemonic(phrase), ETHEREUM_PATH);
  return Array.from({ length: count }, (_, offset) => accountOf(root.deriveChild(first + offset), first + offset));
}

/** The account at one full path, such as `m/44'/60'/0'/0/3`. */
export function deriveAccountAt(phrase: string, path: string): DerivedAccount {
  const mnemonic = parseMnemonic(phrase);
  if (!/^m(\/[0-9]{1,10}'?){1,10}$/.test(path)) {
    throw new UserError("KOMA_E_PATH_MALFORMED", `"${path.slice(0, 80)}" is not a derivation path.`, {
      fix: [`Give a path like ${ETHEREUM_PATH}/0.`],
    });
  }
  return accountOf(HDNodeWallet.fromMnemonic(mnemonic, path), Number(/([0-9]+)'?$/.exec(path)?.[1]));
}

/** New words from the machine's random source; 12 words carry 128 bits, 24 carry 256. */
export function createMnemonic(words: 12 | 15 | 18 | 21 | 24): string {
  return Mnemonic.fromEntropy(randomBytes((words * 4) / 3)).phrase;
}

function accountOf(node: HDNodeWallet, index: number): DerivedAccount {
  const privateKey = new Uint8Array(Buffer.from(node.privateKey.slice(2), "hex"));
  return { index, path: node.path ?? "", address: addressOfKey(privateKey), privateKey };
}

function parseMnemonic(phrase: string): Mnemonic {
  const words = phrase.trim().toLowerCase().split(/\s+/).join(" ");
  if (!Mnemonic.isValidMnemonic(words)) {
    throw new UserError("KOMA_E_MNEMONIC_MALFORMED", "These words are not a BIP-39 mnemonic.", {
      fix: ["Give 12, 15, 18, 21 or 24 words of the English list; the last one holds a checksum."],
    });
  }
  return Mnemonic.fromPhrase(words);
}
