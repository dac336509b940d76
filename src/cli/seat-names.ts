import type { NetClient } from "./net-client.ts";

/**
 * Name of the node that signs or seals blocks with this key, or that this account stakes for; null when it is none of the
 * network's.
 */
export function nodeNameOf(net: NetClient, address: string): string | null {
  const wanted = address.toLowerCase();
  const node = net.manifest.nodes.find(({ signer, producerKey, owner }) =>
    [signer, producerKey, owner].some((one) => one.toLowerCase() === wanted),
  );
  return node?.name ?? null;
}

/** Positions of the bits that are set, ascending: the seats of a checkpoint's bitmap. */
export function seatsOf(bitmap: bigint): readonly number[] {
  const seats: number[] = [];
  for (let seat = 0, left = bitmap; left > 0n; seat++, left >>= 1n) if ((left & 1n) === 1n) seats.push(seat);
  return seats;
}
