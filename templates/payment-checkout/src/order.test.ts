import { describe, expect, it } from "vitest";
import { items, showAmount, totalOf } from "./order.ts";
import { readSettings } from "./koma/settings.ts";

describe("an order", () => {
  it("adds prices exactly", () => {
    expect(totalOf(items)).toBe(55_750_000_000_000_000_000n);
    expect(totalOf([])).toBe(0n);
  });

  it("is shown in whole units of the currency", () => {
    expect(showAmount(totalOf(items), "KMC")).toBe("55.75 KMC");
  });

  it("never shows a balance as more than it is", () => {
    expect(showAmount(4_499_999_999_999_999_999n, "dUSD", 2)).toBe("4.49 dUSD");
    expect(showAmount(100n * 10n ** 18n, "dUSD", 2)).toBe("100 dUSD");
  });
});

describe("settings", () => {
  const good = {
    VITE_KOMA_RPC_URL: "http://127.0.0.1:21100",
    VITE_KOMA_CHAIN_ID: "80401",
    VITE_MERCHANT: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  };

  it("are read from the environment that `koma init dapp` wrote", () => {
    expect(readSettings(good)).toMatchObject({ chainId: 80401, rpcUrl: "http://127.0.0.1:21100" });
  });

  it.each(["VITE_KOMA_RPC_URL", "VITE_KOMA_CHAIN_ID", "VITE_MERCHANT"])("name %s when it is missing", (key) => {
    expect(() => readSettings({ ...good, [key]: undefined })).toThrow(key);
  });
});
