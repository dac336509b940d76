import {
  BaseError,
  ChainMismatchError,
  defineChain,
  HttpRequestError,
  InsufficientFundsError,
  TimeoutError,
  UserRejectedRequestError,
} from "viem";
import { describe, expect, it } from "vitest";
import { CHAIN_UNKNOWN, explain, hasCode, isUnreachable } from "./explain.ts";

const url = "http://127.0.0.1:21100";
const chain = defineChain({
  id: 80_401,
  name: "KOMA main",
  nativeCurrency: { name: "KOMA Coin", symbol: "KMC", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
/** As viem hands errors on: the reason inside of another one. */
const inside = (cause: Error) => new BaseError("The call failed.", { cause });

describe("an error", () => {
  it.each([
    ["a refusal", new UserRejectedRequestError(new Error("no")), /You refused.*try again/],
    ["a wrong chain", new ChainMismatchError({ chain, currentChainId: 1 }), /another chain.*Connect it again/],
    ["no connection", new HttpRequestError({ url }), /does not answer.*koma devnet up/],
    ["no answer in time", new TimeoutError({ url, body: {} }), /does not answer.*koma devnet up/],
    ["missing coins", new InsufficientFundsError(), /too little.*Deposit more/],
    ["missing tokens", new Error("ERC20: transfer amount exceeds balance"), /too little.*Deposit more/],
    ["anything else", new Error("Boom."), /Boom\. Look into your wallet/],
  ])("is explained with the next step: %s", (_, error, words) => {
    expect(explain(error, url)).toMatch(words);
    expect(explain(inside(error), url)).toMatch(words);
  });

  it("is searched for its code, also where wallets on phones hide it", () => {
    expect(hasCode({ code: CHAIN_UNKNOWN }, CHAIN_UNKNOWN)).toBe(true);
    expect(hasCode({ code: -32603, data: { originalError: { code: CHAIN_UNKNOWN } } }, CHAIN_UNKNOWN)).toBe(true);
    expect(hasCode({ code: -32603 }, CHAIN_UNKNOWN)).toBe(false);
    expect(hasCode("4902", CHAIN_UNKNOWN)).toBe(false);
  });

  it("that is an answer of the node is not taken for a node that is away", () => {
    expect(isUnreachable(new Error("nonce too low"))).toBe(false);
    expect(isUnreachable(inside(new HttpRequestError({ url })))).toBe(true);
  });
});
