import { nodeDown } from "./explain.ts";
import { FINAL_CONFIDENCE, type Payment } from "./payment.ts";

const WORDS: Readonly<Record<Payment["stage"], string>> = {
  signing: "Waiting for your signature",
  sent: "Sent, waiting for a block",
  included: "In a block, not final yet",
  final: "Paid: final",
  failed: "Not paid",
};

interface ProgressProps {
  readonly payment: Payment | undefined;
  readonly rpcUrl: string;
  readonly onNewOrder: () => void;
}

/**
 * The payment's way to final: a bar for the confidence, with the mark where the shop may hand over the goods. It has its
 * full height from the start, so that nothing moves under the pointer; screen readers hear of new stages, not of numbers.
 */
export function PaymentProgress({ payment, rpcUrl, onNewOrder }: ProgressProps) {
  const confidence = payment && "confidence" in payment ? payment.confidence : 0;
  const percent = Math.round(confidence * 1000) / 10;
  const final = payment?.stage === "final";
  // Nothing that a node could say makes a final payment less so.
  const offline = payment !== undefined && "offline" in payment && payment.offline && !final;
  return (
    <section aria-label="Progress" className={`card progress ${payment?.stage ?? "idle"}`}>
      <h2 role="status" data-testid="stage">
        {payment ? WORDS[payment.stage] : "Not paid yet"}
      </h2>
      <div className="bar" role="meter" aria-label="Confidence" aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
        <div className="fill" style={{ width: `${percent}%` }} />
        <div className="mark" style={{ left: `${FINAL_CONFIDENCE * 100}%` }} />
      </div>
      <p className="row">
        <span>Confidence</span>
        <span className="price" data-testid="confidence">
          {percent} %
        </span>
      </p>
      <p>The share of all stake that would have to cheat provably to take the payment back. Final from the mark on.</p>
      <p className="hash" data-testid="hash">
        {payment && "hash" in payment && payment.hash}
        {payment && "block" in payment && ` in block ${payment.block}`}
      </p>
      <div className="end">
        <p className="trouble" role="status" data-testid="trouble">
          {payment?.stage === "failed" && payment.reason}
          {offline && `The payment was sent; do not pay again. ${nodeDown(rpcUrl)} This page keeps asking.`}
        </p>
        <button type="button" className={final ? "secondary" : "secondary hidden"} onClick={onNewOrder} data-testid="new-order">
          New order
        </button>
      </div>
    </section>
  );
}
