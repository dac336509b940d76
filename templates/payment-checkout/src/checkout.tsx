import { useEffect, useMemo, useRef, useState } from "react";
import { Basket } from "./basket.tsx";
import { explain, nodeDown } from "./explain.ts";
import { komaClient } from "./koma/chain.ts";
import type { Settings } from "./koma/settings.ts";
import { type Currency, type Item, items, showAmount, totalOf } from "./order.ts";
import { type Payment, pay } from "./payment.ts";
import { PaymentProgress } from "./payment-progress.tsx";
import { useBalance } from "./use-balance.ts";
import { useWallet } from "./use-wallet.ts";

export function Checkout({ settings }: { readonly settings: Settings }) {
  const client = useMemo(() => komaClient(settings), [settings]);
  const [chosen, setChosen] = useState<readonly Item[]>(items.slice(0, 1));
  const [currency, setCurrency] = useState<Currency>("KMC");
  const [payment, setPayment] = useState<Payment>();
  const { offered, payer, problem, connect } = useWallet(settings);
  const token = currency === "dUSD" ? settings.token : undefined;
  const balance = useBalance(client, payer?.address, token);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const total = totalOf(chosen);
  // From the click on, until it failed or a new order began: one order is paid once.
  const locked = payment !== undefined && payment.stage !== "failed";
  const short = balance.amount !== undefined && balance.amount < total;
  const notice = locked ? undefined : (problem ?? obstacle());

  function obstacle(): string | undefined {
    if (balance.offline) return `${nodeDown(settings.rpcUrl)} This page goes on by itself.`;
    if (short && payer) {
      const to = payer.wallet ? ` --to ${payer.address}` : "";
      return `Not enough ${currency}. Deposit some: koma bridge deposit --token ${currency} --amount 100${to} --wait`;
    }
    if (!payer) return "Connect a wallet to pay.";
    if (total === 0n) return "Put something into the basket.";
    return undefined;
  }

  async function checkOut() {
    if (!payer || locked) return;
    const controller = new AbortController();
    running.current = controller;
    const order = { merchant: settings.merchant, amount: total, ...(token ? { token } : {}) };
    try {
      await pay(client, payer, order, setPayment, controller.signal);
    } catch (error) {
      setPayment({ stage: "failed", reason: explain(error, settings.rpcUrl) });
    }
  }

  function newOrder() {
    running.current?.abort();
    setPayment(undefined);
    setChosen(items.slice(0, 1));
  }

  return (
    <main>
      <h1>Checkout</h1>
      <Basket chosen={chosen} currency={currency} locked={locked} onChange={setChosen} />

      <fieldset className="card" disabled={locked}>
        <legend>Pay with</legend>
        <div className="choice">
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
        </div>
        <p className="row">
          <span>From</span>
          <span className="price">
            {payer ? `${payer.name} ${payer.address.slice(0, 6)}…${payer.address.slice(-4)}` : "no account"}
          </span>
        </p>
        <p className="row">
          <span>Balance</span>
          <span className="price" data-testid="balance">
            {balance.amount === undefined ? (payer ? "…" : "–") : showAmount(balance.amount, currency, 2)}
          </span>
        </p>
        {offered.map((wallet) => (
          <button key={wallet.name} type="button" className="secondary" onClick={() => connect(wallet)}>
            Connect {wallet.name}
          </button>
        ))}
        <button
          type="button"
          className="pay"
          disabled={!payer || total === 0n || short || locked}
          onClick={checkOut}
          aria-describedby="notice"
          data-testid="pay"
        >
          Pay {showAmount(total, currency)}
        </button>
        <p id="notice" className="notice" role="status" data-testid="notice">
          {notice}
        </p>
      </fieldset>

      <PaymentProgress payment={payment} rpcUrl={settings.rpcUrl} onNewOrder={newOrder} />
    </main>
  );
}
