import type { NetClient } from "./net-client.ts";

/** A slot to come, as the present era draws its leader. */
export interface NextSlot {
  /** Start, milliseconds since the Unix epoch. */
  readonly slot: number;
  readonly at: string;
  /** Key that may propose then. */
  readonly leader: string;
  /** Key that it seals the block with. */
  readonly sealer: string;
}

/** @param count  at most 256 */
export async function nextSlots(net: NetClient, count: number): Promise<readonly NextSlot[]> {
  const { openChainClient } = await import("../rpc/index.ts");
  const chain = await openChainClient(net.rpcUrl());
  const { slots } = await chain.rpc.request<{ slots: readonly Omit<NextSlot, "at">[] }>("koma_getLeaders", [count]);
  return slots.map(({ slot, leader, sealer }) => ({ slot, at: new Date(slot).toISOString(), leader, sealer }));
}
