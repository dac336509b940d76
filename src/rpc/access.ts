import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** Who may talk to the server from a browser. */
export interface Cors {
  /** `"*"` for any page (devnets), else origins such as `https://wallet.example`; empty for none. */
  readonly origins: "*" | readonly string[];
}

/** @param origins  as a person lists them; one `*` stands for any */
export function corsFor(origins: readonly string[]): Cors {
  return { origins: origins.includes("*") ? "*" : origins };
}

/**
 * Whether the `Host` header names this machine. A page that rebinds its own DNS name to 127.0.0.1 still sends that name,
 * so names other than the known ones are refused; addresses cannot be rebound and pass.
 *
 * @param header   value of the header; absent only in HTTP/1.0
 * @param allowed  further host names without port; `*` allows any
 */
export function isHostAllowed(header: string | undefined, allowed: readonly string[]): boolean {
  if (header === undefined || allowed.includes("*")) return true;
  const name = hostName(header);
  if (name === undefined) return false;
  return name === "localhost" || isIP(name) !== 0 || allowed.some((each) => each.toLowerCase() === name);
}

function hostName(header: string): string | undefined {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::\d{1,5})?$/.exec(header);
  if (bracketed !== null) return bracketed[1];
  return /^([^:]+)(?::\d{1,5})?$/.exec(header)?.[1]?.toLowerCase();
}

/** Headers by which a proxy says that it speaks for somebody else. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * True for a request of a program on this machine: it comes over the loopback interface, names this machine, comes from no
 * web page, and through no proxy that says so.
 */
export function isLocalRequest(remoteAddress: string | undefined, headers: IncomingHttpHeaders): boolean {
  const address = remoteAddress?.replace(/^::ffff:/, "");
  if (address !== "::1" && !address?.startsWith("127.")) return false;
  const name = hostName(headers.host ?? "localhost");
  if (name !== "localhost" && name !== "::1" && !(name?.startsWith("127.") && isIP(name) === 4)) return false;
  return headers.origin === undefined && PROXY_HEADERS.every((header) => headers[header] === undefined);
}

/** Programs send no `Origin`; browsers always do when another page asks. */
export function isOriginAllowed(origin: string | undefined, cors: Cors): boolean {
  return origin === undefined || cors.origins === "*" || cors.origins.includes(origin);
}

/** Headers that let a page read the answer; none when its origin is not allowed. */
export function corsHeaders(origin: string | undefined, cors: Cors): Readonly<Record<string, string>> {
  if (origin === undefined || !isOriginAllowed(origin, cors)) return {};
  return cors.origins === "*"
    ? { "access-control-allow-origin": "*" }
    : { "access-control-allow-origin": origin, vary: "Origin" };
}

/** Headers of the answer to a browser's question before the request itself. */
export function preflightHeaders(
  origin: string | undefined,
  cors: Cors,
  asksForPrivateNetwork: boolean,
): Readonly<Record<string, string>> {
  const granted = corsHeaders(origin, cors);
  if (Object.keys(granted).length === 0) return {};
  return {
    ...granted,
    "access-control-allow-methods": "POST, GET, OPTIONS",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "600",
    // Chrome asks this before a public page may reach an address such as 127.0.0.1.
    ...(asksForPrivateNetwork ? { "access-control-allow-private-network": "true" } : {}),
  };
}
