import { join } from "node:path";
import { UserError } from "../errors.ts";
import type { Address, Bytes } from "../primitives/index.ts";
import type { Ctx } from "./koma-command.ts";
import { didYouMean, nearNames } from "./near-names.ts";
import type { NetClient } from "./net-client.ts";

/** A key that signs for the person. */
export interface NamedKey {
  readonly name: string;
  readonly address: Address;
  readonly privateKey: Bytes;
}

/**
 * Finds the key that `--from` or `--key` names: an account of the devnet (alice, bob, …, or its index or address), a
 * node's stake owner (`validator-0`), signer (`validator-0.signer`) or producer key (`validator-0.producer`), else a key of
 * the keystore, whose password is asked for or read from `passwordFile`.
 *
 * @throws {UserError} KOMA_E_KEY_NOT_FOUND with near names; what the keystore throws
 */
export async function openKey(
  ctx: Ctx,
  net: NetClient,
  name: string,
  options: { readonly passwordFile?: string | undefined } = {},
): Promise<NamedKey> {
  const { accountIndex, accountName, createKeystore, deriveAccounts } = await import("../wallet/index.ts");
  const { mnemonic, count } = net.manifest.accounts;
  const index = /^[0-9]{1,3}$/.test(name) ? Number(name) : accountIndex(name);
  if (index !== undefined && index < count) {
    const [account] = deriveAccounts(mnemonic, 1, index);
    if (account) return { name: accountName(index), address: account.address, privateKey: account.privateKey };
  }
  if (/^0x[0-9a-fA-F]{40}$/.test(name)) {
    const account = deriveAccounts(mnemonic, count).find(({ address }) => address === name.toLowerCase());
    if (account) return { name: accountName(account.index), address: account.address, privateKey: account.privateKey };
  }
  const ofNode = await openNodeKey(net, name);
  if (ofNode) return ofNode;

  const keystore = createKeystore(ctx.home.keys);
  const stored = await keystore.list();
  if (!stored.some((key) => key.name === name)) {
    const known = [
      ...Array.from({ length: count }, (_, position) => accountName(position)),
      ...net.manifest.nodes.map((node) => node.name),
      ...stored.map((key) => key.name),
    ];
    const near = nearNames(name, known);
    throw new UserError("KOMA_E_KEY_NOT_FOUND", `There is no key or account "${name}".`, {
      facts: { name, network: net.name },
      fix: near.length > 0 ? [didYouMean(near)] : ["koma devnet accounts", "koma keys list"],
    });
  }
  const password = await ctx.secret({
    message: `Password of ${name}`,
    flag: "--password-file",
    file: options.passwordFile,
  });
  const privateKey = await keystore.open(name, password);
  const { addressOfKey } = await import("../primitives/index.ts");
  return { name, address: addressOfKey(privateKey), privateKey };
}

async function openNodeKey(net: NetClient, name: string): Promise<NamedKey | undefined> {
  const [, node, purpose = "owner"] = /^([a-z0-9-]+?)(?:\.(owner|signer|producer))?$/.exec(name) ?? [];
  if (node === undefined || !net.manifest.nodes.some((candidate) => candidate.name === node)) return undefined;
  const { readKeyFile } = await import("../wallet/index.ts");
  const { addressOfKey } = await import("../primitives/index.ts");
  const privateKey = await readKeyFile(join(net.dir, "keys", `${node}.${purpose}`));
  return { name, address: addressOfKey(privateKey), privateKey };
}
