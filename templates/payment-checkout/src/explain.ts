import { BaseError, ChainMismatchError, HttpRequestError, InsufficientFundsError, TimeoutError, UserRejectedRequestError } from "viem";

/** Codes of EIP-1193 and EIP-3326 wallets. */
export const REFUSED = 4001;
export const CHAIN_UNKNOWN = 4902;
const REQUEST_OPEN = -32002;

/** True when `error`, or one that caused it, carries this code; some wallets hide theirs in `data.originalError`. */
export function hasCode(error: unknown, code: number): boolean {
  for (let cause = error; typeof cause === "object" && cause !== null; cause = (cause as { cause?: unknown }).cause) {
    const found = cause as { code?: unknown; data?: { originalError?: { code?: unknown } } };
    if (found.code === code || found.data?.originalError?.code === code) return true;
  }
  return false;
}

/** True when no answer came: the request may have arrived all the same. */
export function isUnreachable(error: unknown): boolean {
  return is(error, HttpRequestError) || is(error, TimeoutError);
}

/** What went wrong before anything was paid, in plain words and with the next step. */
export function explain(error: unknown, rpcUrl: string): string {
  if (is(error, UserRejectedRequestError) || hasCode(error, REFUSED)) {
    return "You refused in your wallet, so nothing was paid. To go on, try again and confirm there.";
  }
  if (hasCode(error, REQUEST_OPEN)) return "Your wallet is still asking you something. Open it, answer, and try again.";
  if (is(error, ChainMismatchError)) return "Your wallet is on another chain, so nothing was paid. Connect it again to switch.";
  if (isUnreachable(error)) return `${nodeDown(rpcUrl)} Nothing was paid.`;
  const text = error instanceof BaseError ? `${error.shortMessage} ${error.details}` : String((error as Error)?.message ?? error);
  if (is(error, InsufficientFundsError) || /insufficient|exceeds.*balance/i.test(text)) {
    return "The account has too little for the price and the fee, so nothing was paid. Deposit more, then pay again.";
  }
  return `${text.trim()} Look into your wallet whether it sent anything before you pay again.`;
}

export function nodeDown(rpcUrl: string): string {
  return `The chain's node at ${rpcUrl} does not answer. Start it with "koma devnet up".`;
}

function is<T extends Error>(error: unknown, type: new (...args: never[]) => T): boolean {
  return error instanceof BaseError ? error.walk((cause) => cause instanceof type) !== null : error instanceof type;
}
