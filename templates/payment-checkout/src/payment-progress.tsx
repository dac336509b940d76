import { FINAL_CONFIDENCE, type Payment } from "./payment.ts";

const WORDS: Readonly<Record<Payment["stage"], string>> = {
  signing: "Waiting for your signature",
  sent: "Sent, waiting for a block",
  included: "In a block, confidence is rising",
  final: "Final",
  failed: "Not paid",
};

/** The payment's way to final: a bar for the confidence, with the mark where the shop may hand over the goods. */
export function PaymentProgress({ payment }: { readonly payment: Payment }) {
  const confidence = "confidence" in payment ? payment.confidence : 0;
  const percent = Math.round(confidence * 1000) / 10;
  return (
    <section aria-label="Progress" aria-live="polite" className={payment.stage}>
      <h2 data-testid="stage">{WORDS[payment.stage]}</h2>
      {payment.stage === "failed" ? (
        <p>{payment.reason}</p>
      ) : (
        <>
          <div className="bar" role="meter" aria-label="Confidence" aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
            <div className="fill" style={{ width: `${percent}%` }} />
            <div className="mark" style={{ left: `${FINAL_CONFIDENCE * 100}%` }} />
          </div>
          <p>
            <span data-testid="confidence">{percent} %</span> of all stake would have to cheat provably to take it back.
          </p>
        </>
      )}
      {"hash" in payment && <p className="hash">{payment.hash}</p>}
      {"block" in payment && <p>Block {payment.block.toString()}</p>}
    </section>
  );
}
