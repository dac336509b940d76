import { describe, expect, it } from "vitest";
import { ProtocolError } from "../errors.ts";
import { type Address, parseAddress } from "../primitives/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import type { NetClient } from "./net-client.ts";
import { createTokenAmounts, requireRootBalance } from "./token-amounts.ts";

const address = (byte: string) => parseAddress(`0x${byte.repeat(20)}`);
const kmc = address("a1");
const net = { contract: () => kmc } as unknown as NetClient;

/** As much of a root chain as is asked: one token. */
function rootWith(token: { symbol?: string; decimals?: number; balance?: bigint }): RootChain & { asked: Address[] } {
  const asked: Address[] = [];
  const answer = <T>(value: T | undefined): Promise<T> =>
    value === undefined ? Promise.reject(new ProtocolError("KOMA_E_REVERTED", "no answer")) : Promise.resolve(value);
  const root = {
    asked,
    token: (at: Address) => {
      asked.push(at);
      return {
        symbol: () => answer(token.symbol),
        decimals: () => answer(token.decimals),
        balanceOf: () => answer(token.balance),
      };
    },
  };
  return root as unknown as RootChain & { asked: Address[] };
}

describe("an amount of a root-chain token", () => {
  it("is said in whole tokens with the token's own decimals, asked once", async () => {
    const root = rootWith({ symbol: "USDC", decimals: 6 });
    const amounts = createTokenAmounts(net, root);
    expect(await amounts.format(address("b2"), "1500000")).toBe("1.5 USDC");
    expect(await amounts.format(address("b2"), 7n)).toBe("0.000007 USDC");
    expect(root.asked).toHaveLength(1);
    expect(await amounts.format(kmc, 3n * 10n ** 18n)).toBe("3 KMC");
    expect(root.asked).toHaveLength(1);
  });

  it("of a token that has no name is in smallest units", async () => {
    const amounts = createTokenAmounts(net, rootWith({}));
    expect(await amounts.format(address("b2"), 7n)).toBe("7 of 0xb2b2…b2b2, smallest units");
  });

  it("does not carry a symbol to the terminal that is more than a word", async () => {
    const amounts = createTokenAmounts(net, rootWith({ symbol: "\u001b[31mKMC\n", decimals: 0 }));
    expect(await amounts.format(address("b2"), 7n)).toBe("7 of 0xb2b2…b2b2");
  });
});

it("a balance that is too low is told in whole tokens, with the exact figures beside", async () => {
  const token = { symbol: "USDC", decimals: 6, root: address("b2") };
  const owner = { name: "bob", address: address("c3") };
  await requireRootBalance(rootWith({ balance: 5n }), token, owner, 5n);
  await expect(requireRootBalance(rootWith({ balance: 1_500_000n }), token, owner, 2_000_000n)).rejects.toMatchObject({
    code: "KOMA_E_BALANCE_LOW",
    message: "bob does not have 2 USDC on the root chain.",
    detail: {
      facts: { balanceWei: 1_500_000n, neededWei: 2_000_000n, why: "1.5 USDC there, 2 USDC needed." },
      fix: ["koma token balance USDC bob --chain l1"],
    },
  });
});
