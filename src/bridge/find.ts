import { type Address, addressWord, bytesToHex, type Hash, type Hex, hexToBytes, wordOf } from "../primitives/index.ts";
import { type Delivery, depositDeliveredTopic, parseDelivery } from "./deposit.ts";
import { childBridgeAddress } from "./deposit-relay.ts";
import { withdrawTopic } from "./exit-claim.ts";

/** Finds the newest log of the side-chain that matches; what a node's `eth_getLogs` can do. */
export type LogFinder = (search: {
  readonly address?: Address;
  readonly topics: readonly (Hash | null)[];
}) => Promise<
  | { readonly topics: readonly Hash[]; readonly data: Hex; readonly block: bigint; readonly transaction: Hash }
  | undefined
>;

/** The delivery of a deposit on the side-chain; undefined until a leader has made it. */
export async function findDelivery(
  find: LogFinder,
  id: bigint,
): Promise<(Delivery & { readonly block: bigint; readonly transaction: Hash }) | undefined> {
  const idTopic = bytesToHex(wordOf(id)) as Hash;
  const log = await find({ address: childBridgeAddress, topics: [depositDeliveredTopic, idTopic] });
  const delivery = log && parseDelivery({ topics: log.topics, data: hexToBytes(log.data) });
  return log && delivery && { ...delivery, block: log.block, transaction: log.transaction };
}

/** The newest transaction in which an account burned tokens of any kind. */
export async function findNewestBurn(find: LogFinder, account: Address): Promise<Hash | undefined> {
  const log = await find({ topics: [withdrawTopic, null, bytesToHex(addressWord(account)) as Hash] });
  return log?.transaction;
}
