import type { Address } from "../primitives/index.ts";
import type { RootChain, Undelegation } from "../rootchain/index.ts";

/** An account's stake that is on its way out of validators' pools, oldest first. */
export async function undelegationsOf(
  root: RootChain,
  account: Address,
  fromBlock: bigint,
): Promise<readonly Undelegation[]> {
  const events = await root.events({ contract: "StakeManager", event: "Undelegated", fromBlock });
  const nonces = events.filter(({ args }) => args["account"] === account).map(({ args }) => args["nonce"] as bigint);
  const found = await Promise.all(nonces.map((nonce) => root.delegations.undelegation(nonce)));
  return found.filter((undelegation) => undelegation !== undefined);
}
