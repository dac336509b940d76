/** Ports of one node, as offsets from the node's own base. */
export type PortName = "rpc" | "p2p" | "metrics" | "admin" | "router";

const NODE_PORTS: readonly PortName[] = ["rpc", "p2p", "metrics", "admin", "router"];

/** A clash moves everything by this much, at most {@link MAX_SHIFTS} times. */
export const PORT_SHIFT = 1_000;
export const MAX_SHIFTS = 10;

export function rootChainPort(base: number): number {
  return base;
}

export function nodePorts(base: number, index: number): Readonly<Record<PortName, number>> {
  const first = base + 100 + 10 * index;
  return Object.fromEntries(NODE_PORTS.map((name, offset) => [name, first + offset])) as Record<PortName, number>;
}

/** Bases to try, in order: only the given one when a person chose it. */
export function candidateBases(base: number, pinned: boolean): readonly number[] {
  if (pinned) return [base];
  return Array.from({ length: MAX_SHIFTS + 1 }, (_, shift) => base + shift * PORT_SHIFT).filter(
    (next) => next <= 64_000,
  );
}
