import { describe, expect, test } from "vitest";
import { corsHeaders, isHostAllowed, isOriginAllowed } from "./access.ts";

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
