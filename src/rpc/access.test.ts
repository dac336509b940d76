import { describe, expect, test } from "vitest";
import { corsHeaders, isHostAllowed, isLocalRequest, isOriginAllowed } from "./access.ts";

describe("the Host header", () => {
  test.each([
    { host: undefined, allowed: true },
    { host: "localhost", allowed: true },
    { host: "LOCALHOST:8545", allowed: true },
    { host: "127.0.0.1:8545", allowed: true },
    { host: "192.168.1.7", allowed: true },
    { host: "[::1]:8545", allowed: true },
    { host: "node-1:8545", allowed: true },
    { host: "evil.example", allowed: false },
    { host: "localhost.evil.example:8545", allowed: false },
    { host: "127.0.0.1.evil.example", allowed: false },
    { host: "[evil]:1", allowed: false },
    { host: "", allowed: false },
    { host: "localhost:80:80", allowed: false },
  ])("$host is let through: $allowed", ({ host, allowed }) => {
    expect(isHostAllowed(host, ["Node-1"])).toBe(allowed);
  });

  test("does not matter when every name is allowed", () => {
    expect(isHostAllowed("evil.example", ["*"])).toBe(true);
  });
});

test("only listed origins may read answers, and programs without one may", () => {
  const cors = { origins: ["https://a.example"] };
  expect(isOriginAllowed(undefined, cors)).toBe(true);
  expect(isOriginAllowed("https://a.example", cors)).toBe(true);
  expect(isOriginAllowed("null", cors)).toBe(false);
  expect(corsHeaders("https://b.example", cors)).toEqual({});
  expect(corsHeaders("https://a.example", cors)).toEqual({
    "access-control-allow-origin": "https://a.example",
    vary: "Origin",
  });
});

test.each([
  { who: "a program on this machine", address: "127.0.0.1", headers: { host: "127.0.0.1:8545" }, local: true },
  { who: "one that says localhost", address: "::ffff:127.0.0.1", headers: { host: "localhost:8545" }, local: true },
  { who: "one on IPv6", address: "::1", headers: { host: "[::1]:8545" }, local: true },
  { who: "another machine", address: "192.168.1.7", headers: { host: "127.0.0.1:8545" }, local: false },
  { who: "nobody known", address: undefined, headers: {}, local: false },
  { who: "an address that only looks like it", address: "1270.0.0.1", headers: {}, local: false },
  { who: "a web page", address: "127.0.0.1", headers: { origin: "https://evil.example" }, local: false },
  { who: "a rebound name", address: "127.0.0.1", headers: { host: "evil.example" }, local: false },
  { who: "a proxy", address: "127.0.0.1", headers: { "x-forwarded-for": "203.0.113.9" }, local: false },
])("$who is local: $local", ({ address, headers, local }) => {
  expect(isLocalRequest(address, headers)).toBe(local);
});
