import { expect, test } from "vitest";
import { reasonOf } from "./reason.ts";

test("a failed install is told with npm's own reason", () => {
  const said =
    "npm error code ECONNREFUSED\nnpm error FetchError: request to http://localhost/ failed, reason: refused";
  expect(reasonOf(new Error(`Command failed: npm install\n\n${said}`))).toBe(
    "Command failed: npm install: npm error FetchError: request to http://localhost/ failed, reason: refused",
  );
});

test("any other failure is told with its first line", () => {
  expect(reasonOf(new Error("3 transactions did not arrive in time\nstack"))).toBe(
    "3 transactions did not arrive in time",
  );
  expect(reasonOf("no error object")).toBe("no error object");
});
