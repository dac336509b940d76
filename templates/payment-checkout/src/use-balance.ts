import { useEffect, useState } from "react";
import { type Address, erc20Abi, type PublicClient } from "viem";

const REFRESH_MS = 2_000;

/** `amount` is undefined until the node first answered; `offline` while it does not. */
export interface Balance {
  readonly amount: bigint | undefined;
  readonly offline: boolean;
}

const UNKNOWN: Balance = { amount: undefined, offline: false };

/** What `owner` has in KMC, or in `token`; asked again all the time, so that a deposit shows by itself. */
export function useBalance(client: PublicClient, owner: Address | undefined, token: Address | undefined): Balance {
  const [balance, setBalance] = useState<Balance>(UNKNOWN);

  useEffect(() => {
    setBalance(UNKNOWN);
    if (!owner) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const ask = async () => {
      let amount: bigint | undefined;
      try {
        amount = await (token
          ? client.readContract({ address: token, abi: erc20Abi, functionName: "balanceOf", args: [owner] })
          : client.getBalance({ address: owner }));
      } catch {
        // Shown as "offline"; the next round asks again.
      }
      if (over) return;
      setBalance((before) => (amount === undefined ? { ...before, offline: true } : { amount, offline: false }));
      timer = setTimeout(ask, REFRESH_MS);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client, owner, token]);

  return balance;
}
