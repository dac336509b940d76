import { useEffect, useState } from "react";
import { explain } from "./explain.ts";
import type { Settings } from "./koma/settings.ts";
import { type BrowserWallet, connectWallet, devPayer, listenForWallets, type Payer, payerOf, watchWallet } from "./koma/wallet.ts";

export interface WalletState {
  /** Wallets of this browser, except the connected one while it is on our chain. */
  readonly offered: readonly BrowserWallet[];
  /** Who pays; undefined without an account on the right chain. */
  readonly payer: Payer | undefined;
  /** What stands in the way, with the next step. */
  readonly problem: string | undefined;
  readonly connect: (wallet: BrowserWallet) => Promise<void>;
}

/** The page's wallets and the account that pays, kept true when the person changes account or chain in the wallet. */
export function useWallet(settings: Settings): WalletState {
  const [wallets, setWallets] = useState<readonly BrowserWallet[]>([]);
  const [payer, setPayer] = useState<Payer | undefined>(() => devPayer(settings));
  const [chainId, setChainId] = useState(settings.chainId);
  const [problem, setProblem] = useState<string>();
  const wallet = payer?.wallet;
  const wrongChain = wallet !== undefined && chainId !== settings.chainId;

  useEffect(
    () =>
      listenForWallets((found) => {
        setWallets((known) => (known.some((other) => other.provider === found.provider) ? known : [...known, found]));
      }),
    [],
  );

  useEffect(() => {
    if (!wallet) return undefined;
    return watchWallet(wallet, {
      account: (account) => {
        setPayer(account ? payerOf(settings, wallet, account) : undefined);
        setProblem(account ? undefined : `${wallet.name} was disconnected. Connect a wallet to pay.`);
      },
      chain: setChainId,
    });
  }, [settings, wallet]);

  async function connect(chosen: BrowserWallet) {
    setProblem(undefined);
    try {
      const connected = await connectWallet(settings, chosen);
      setChainId(settings.chainId);
      setPayer(connected);
    } catch (error) {
      setProblem(explain(error, settings.rpcUrl));
    }
  }

  return {
    offered: wallets.filter((other) => wrongChain || other.provider !== wallet?.provider),
    payer: wrongChain ? undefined : payer,
    problem: wrongChain ? `${wallet.name} is on another chain. Connect it again to switch to ${settings.chainName}.` : problem,
    connect,
  };
}
