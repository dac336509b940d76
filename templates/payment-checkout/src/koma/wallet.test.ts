import type { EIP1193Provider } from "viem";
import { describe, expect, it } from "vitest";
import { explain } from "../explain.ts";
import { type BrowserWallet, connectWallet, watchWallet } from "./wallet.ts";

const account = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const settings = { rpcUrl: "http://127.0.0.1:21100", chainId: 80_401, chainName: "KOMA main", merchant: account } as const;

/** A wallet that answers a switch of chain with each of `codes` in turn, then agrees. */
function scriptedWallet(...codes: number[]) {
  const calls: string[] = [];
  const listeners = new Map<string, (value: unknown) => void>();
  const provider = {
    async request({ method }: { method: string }) {
      calls.push(method);
      if (method === "eth_requestAccounts") return [account];
      const code = method === "wallet_switchEthereumChain" ? codes.shift() : undefined;
      if (code !== undefined) throw Object.assign(new Error("no"), { code });
      return null;
    },
    on: (event: string, listener: (value: unknown) => void) => void listeners.set(event, listener),
    removeListener: (event: string) => void listeners.delete(event),
  } as unknown as EIP1193Provider;
  const wallet: BrowserWallet = { name: "Scripted", provider };
  return { wallet, calls, listeners };
}

describe("connecting a wallet", () => {
  it("adds the chain only when the wallet does not know it, and switches to it", async () => {
    const { wallet, calls } = scriptedWallet(4902);
    await expect(connectWallet(settings, wallet)).resolves.toMatchObject({ address: account, wallet });
    expect(calls).toEqual([
      "eth_requestAccounts",
      "wallet_switchEthereumChain",
      "wallet_addEthereumChain",
      "wallet_switchEthereumChain",
    ]);
  });

  it("takes a refusal for a refusal", async () => {
    const { wallet, calls } = scriptedWallet(4001);
    const error = await connectWallet(settings, wallet).catch((thrown: unknown) => thrown);
    expect(calls).not.toContain("wallet_addEthereumChain");
    expect(explain(error, settings.rpcUrl)).toContain("You refused in your wallet");
  });

  it("says when the wallet still asks something", async () => {
    const { wallet } = scriptedWallet(-32002);
    const error = await connectWallet(settings, wallet).catch((thrown: unknown) => thrown);
    expect(explain(error, settings.rpcUrl)).toContain("Open it");
  });

  it("hears of another account, of none and of another chain, until it stops", () => {
    const { wallet, listeners } = scriptedWallet();
    const heard: unknown[] = [];
    const stop = watchWallet(wallet, { account: (to) => heard.push(to), chain: (id) => heard.push(id) });
    listeners.get("accountsChanged")?.([account]);
    listeners.get("accountsChanged")?.([]);
    listeners.get("chainChanged")?.("0x1");
    expect(heard).toEqual([account, undefined, 1]);
    stop();
    expect(listeners.size).toBe(0);
  });
});
