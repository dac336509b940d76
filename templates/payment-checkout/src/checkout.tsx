import { useEffect, useMemo, useRef, useState } from "react";
import { komaClient } from "./koma/chain.ts";
import type { Settings } from "./koma/settings.ts";
import { type BrowserWallet, connectWallet, devPayer, listenForWallets, type Payer } from "./koma/wallet.ts";
import { type Currency, type Item, items, showAmount, totalOf } from "./order.ts";
import { type Payment, pay } from "./payment.ts";
import { PaymentProgress } from "./payment-progress.tsx";

export function Checkout({ settings }: { readonly settings: Settings }) {
  const client = useMemo(() => komaClient(settings), [settings]);
  const [chosen, setChosen] = useState<readonly Item[]>(items.slice(0, 1));
  const [currency, setCurrency] = useState<Currency>("KMC");
  const [wallets, setWallets] = useState<readonly BrowserWallet[]>([]);
  const [payer, setPayer] = useState<Payer | undefined>(() => devPayer(settings));
  const [payment, setPayment] = useState<Payment>();
  const running = useRef<AbortController>(undefined);

  useEffect(
    () =>
      listenForWallets((wallet) => {
        setWallets((known) => (known.some((other) => other.provider === wallet.provider) ? known : [...known, wallet]));
      }),
    [],
  );
  useEffect(() => () => running.current?.abort(), []);

  const total = totalOf(chosen);
  const busy = payment?.stage === "signing" || payment?.stage === "sent";

  async function connect(wallet: BrowserWallet) {
    try {
      setPayer(await connectWallet(settings, wallet));
    } catch (error) {
      setPayment({ stage: "failed", reason: reasonOf(error) });
    }
  }

  async function checkOut() {
    if (!payer) return;
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const token = currency === "dUSD" ? settings.token : undefined;
    const order = { merchant: settings.merchant, amount: total, ...(token ? { token } : {}) };
    try {
      await pay(client, payer, order, setPayment, controller.signal);
    } catch (error) {
      setPayment({ stage: "failed", reason: reasonOf(error) });
    }
  }

  return (
    <main>
      <h1>Checkout</h1>
      <section aria-label="Basket">
        {items.map((item) => (
          <label key={item.name} className="item">
            <input
              type="checkbox"
              checked={chosen.includes(item)}
              onChange={() =>
                setChosen((now) => (now.includes(item) ? now.filter((other) => other !== item) : [...now, item]))
              }
            />
            <span>{item.name}</span>
            <span className="price">{item.price}</span>
          </label>
        ))}
        <div className="item total">
          <span>Total</span>
          <span className="price" data-testid="total">
            {showAmount(total, currency)}
          </span>
        </div>
      </section>

      <section aria-label="Payment">
        <fieldset>
          <legend>Pay with</legend>
          {(["KMC", "dUSD"] as const).map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="currency"
                value={name}
                checked={currency === name}
                disabled={name === "dUSD" && !settings.token}
                onChange={() => setCurrency(name)}
              />
              {name}
            </label>
          ))}
        </fieldset>
        <p className="payer">
          {payer ? `From ${payer.name} ${payer.address.slice(0, 6)}…${payer.address.slice(-4)}` : "No wallet connected"}
        </p>
        {wallets.map((wallet) => (
          <button key={wallet.name} type="button" className="secondary" onClick={() => connect(wallet)}>
            Connect {wallet.name}
          </button>
        ))}
        <button type="button" disabled={!payer || total === 0n || busy} onClick={checkOut} data-testid="pay">
          Pay {showAmount(total, currency)}
        </button>
      </section>

      {payment && <PaymentProgress payment={payment} />}
    </main>
  );
}

function reasonOf(error: unknown): string {
  const short = (error as { shortMessage?: string }).shortMessage;
  return short ?? (error instanceof Error ? error.message : String(error));
}
