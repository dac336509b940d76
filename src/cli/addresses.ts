import { UserError } from "../errors.ts";
import { type Address, isAddress, parseAddress } from "../primitives/index.ts";
import type { Ctx } from "./koma-command.ts";
import { didYouMean, nearNames } from "./near-names.ts";
import type { NetClient } from "./net-client.ts";

/**
 * The address a person means: itself, an account of the devnet (alice), a node (its stake's owner), a contract of the root
 * chain by name, or a key of the keystore.
 *
 * @throws {UserError} KOMA_E_ADDRESS_UNKNOWN with near names
 */
export async function resolveAddress(ctx: Ctx, net: NetClient, text: string): Promise<Address> {
  if (isAddress(text)) return parseAddress(text);
  const { accountIndex, accountName, createKeystore, deriveAccounts } = await import("../wallet/index.ts");
  const { mnemonic, count } = net.manifest.accounts;
  const index = accountIndex(text);
  if (index !== undefined && index < count) {
    const [account] = deriveAccounts(mnemonic, 1, index);
    if (account) return account.address;
  }
  const node = net.manifest.nodes.find(({ name }) => name === text);
  if (node) return parseAddress(node.owner);
  const contract = net.contracts[text];
  if (contract) return parseAddress(contract);
  const stored = await createKeystore(ctx.home.keys).list();
  const key = stored.find(({ name }) => name === text);
  if (key) return parseAddress(key.address);
  const known = [
    ...Array.from({ length: count }, (_, position) => accountName(position)),
    ...net.manifest.nodes.map(({ name }) => name),
    ...stored.map(({ name }) => name),
  ];
  const near = nearNames(text, known);
  throw new UserError("KOMA_E_ADDRESS_UNKNOWN", `"${text.slice(0, 60)}" is neither an address nor a name known here.`, {
    facts: { network: net.name },
    fix: near.length > 0 ? [didYouMean(near)] : ["koma devnet accounts"],
  });
}
