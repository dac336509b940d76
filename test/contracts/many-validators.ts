import { type Bytes, keccak256, utf8 } from "../../src/primitives/index.ts";
import type { RootDeployment } from "../../src/rootchain/index.ts";
import type { Anvil } from "./anvil.ts";
import { connectAs, kmc } from "./root-network.ts";

/** Accounts that own the validators: those with KMC. */
const OWNERS = [0, 1, 2, 3, 4];

/** Signer key of the validator that is registered as number `index`, from 0. */
export function signerKey(index: number): Bytes {
  return keccak256(utf8(`validator ${index}`));
}

/**
 * Registers validators `from` to `to` - 1 with 1,000 KMC each. Every account registers its share one after another, since
 * each of its proofs carries its next number; the accounts do so side by side.
 *
 * @returns ids by the validators' numbers
 */
export async function registerValidators(
  anvil: Anvil,
  root: RootDeployment,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ReadonlyMap<number, bigint>> {
  const ids = new Map<number, bigint>();
  await Promise.all(
    OWNERS.map(async (owner) => {
      const client = connectAs(anvil, root, owner);
      for (let index = from; index < to; index++) {
        if (index % OWNERS.length !== owner) continue;
        const { id } = await client.stakes.stake({ amount: kmc(1_000), signerKey: signerKey(index) });
        ids.set(index, id as bigint);
      }
    }),
  );
  return ids;
}

/** The account that owns a validator. */
export function ownerOf(index: number): number {
  return OWNERS[index % OWNERS.length] as number;
}
