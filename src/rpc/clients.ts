import { isIPv6 } from "node:net";
import type { Clock } from "../clock.ts";
import { UserError } from "../errors.ts";
import type { RpcLimits } from "./limits.ts";

/** Requests that may come at once, as seconds of the rate. */
const BURST_SECONDS = 2;
/** Addresses remembered before those are forgotten that have not come for a while. */
const KNOWN_ADDRESSES = 1_000;

type ClientLimits = Pick<
  RpcLimits,
  "maxConnectionsPerAddress" | "requestsPerSecond" | "localRequestsPerSecond" | "maxCostlyPerConnection"
>;

/** What one address has used up, all its connections together. */
interface Address {
  readonly isLocal: boolean;
  connections: number;
  tokens: number;
  refilledAt: number;
}

/** Everybody who is connected: how many connections and requests each address has, so that none can crowd out others. */
export class Clients {
  readonly #limits: ClientLimits;
  readonly #clock: Clock;
  readonly #addresses = new Map<string, Address>();

  constructor(limits: ClientLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Undefined when the address has as many connections as it may. */
  connect(remoteAddress: string | undefined): Client | undefined {
    const address = this.#address(remoteAddress ?? "unknown");
    if (!address.isLocal && address.connections >= this.#limits.maxConnectionsPerAddress) return undefined;
    address.connections++;
    const rate = address.isLocal ? this.#limits.localRequestsPerSecond : this.#limits.requestsPerSecond;
    const spend = (cost: number) => {
      if (rate > 0) this.#spend(address, cost, rate);
    };
    return new Client(spend, () => address.connections--, this.#limits.maxCostlyPerConnection);
  }

  #address(remoteAddress: string): Address {
    const name = networkOf(remoteAddress);
    let address = this.#addresses.get(name);
    if (address === undefined) {
      if (this.#addresses.size >= KNOWN_ADDRESSES) this.#forgetIdle();
      const now = this.#clock.now();
      address = { isLocal: isLoopback(name), connections: 0, tokens: Number.POSITIVE_INFINITY, refilledAt: now };
      this.#addresses.set(name, address);
    }
    return address;
  }

  #spend(address: Address, cost: number, rate: number): void {
    const now = this.#clock.now();
    const burst = rate * BURST_SECONDS;
    address.tokens = Math.min(burst, address.tokens + ((now - address.refilledAt) / 1_000) * rate);
    address.refilledAt = now;
    if (address.tokens < cost) {
      throw new UserError("KOMA_E_RPC_RATE", `too many requests: at most ${rate} per second`, {
        facts: { limit: rate, retryMs: Math.ceil(((cost - address.tokens) / rate) * 1_000) },
      });
    }
    address.tokens -= cost;
  }

  /** After {@link BURST_SECONDS} an address is as good as new, so forgetting it then gives it nothing. */
  #forgetIdle(): void {
    const before = this.#clock.now() - BURST_SECONDS * 1_000;
    for (const [name, { connections, refilledAt }] of this.#addresses) {
      if (connections === 0 && refilledAt < before) this.#addresses.delete(name);
    }
  }
}

/** One connection. Its costly requests wait for each other, whatever their number; cheap ones go past them. */
export class Client {
  readonly #spend: (cost: number) => void;
  readonly #onClose: () => void;
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #working = 0;
  #closed = false;

  constructor(spend: (cost: number) => void, onClose: () => void, maxCostly: number) {
    this.#spend = spend;
    this.#onClose = onClose;
    this.#most = maxCostly;
  }

  /**
   * @param cost  1 for cheap work; more is costly
   * @throws {UserError} KOMA_E_RPC_RATE
   */
  async run<T>(cost: number, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw gone();
    this.#spend(cost);
    if (cost === 1) return work();
    if (this.#working >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#working++;
    try {
      if (this.#closed) throw gone();
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#working--;
      else next();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }
}

/** Nobody is left to hear the answer. */
function gone(): UserError {
  return new UserError("KOMA_E_RPC_REQUEST_INVALID", "the client is gone");
}

/** An IPv4 address, or the /64 of an IPv6 address: whoever has one address of it has all of them. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address) || address === "::1") return address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => "0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}

function isLoopback(network: string): boolean {
  return network === "::1" || network.startsWith("127.");
}
