import { nodeDown } from "./explain.ts";
import { FINAL_CONFIDENCE, type Payment } from "./payment.ts";

const WORDS: Readonly<Record<Payment["stage"], string>> = {
  signing: "Waiting for your signature",
  sent: "Sent, waiting for a block",
  included: "In a block, confidence is rising",
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
  const offline = payment !== undefined && "offline" in payment && payment.offline;
  return (
    <section aria-label="Progress" className={`card progress ${payment?.stage ?? "idle"}`}>
      <h2 role="status" data-testid="stage">
        {payment ? WORDS[payment.stage] : "Not paid yet"}
      </h2>
      <div className="bar" role="meter" aria-label="Confidence" aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
        <div className="fill" style={{ width: `${percent}%` }} />
        <div className="mark" style={{ left: `${FINAL_CONFIDENCE * 100}%` }} />
      </div>
      <p>
        <span data-testid="confidence">{percent} %</span> of all stake would have to cheat provably to take it back. Final from
        the mark on.
      </p>
      <p className="trouble" role="status" data-testid="trouble">
        {payment?.stage === "failed" && payment.reason}
        {offline && `The payment was sent; do not pay again. ${nodeDown(rpcUrl)} This page keeps asking.`}
      </p>
      <p className="hash" data-testid="hash">
        {payment && "hash" in payment && payment.hash}
        {payment && "block" in payment && ` in block ${payment.block}`}
      </p>
      <button type="button" className={payment?.stage === "final" ? "secondary" : "secondary hidden"} onClick={onNewOrder} data-testid="new-order">
        New order
      </button>
    </section>
  );
}
