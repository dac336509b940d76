import { UserError } from "../errors.ts";
import { didYouMean, nearNames } from "./near-names.ts";

/** The kind of fraud that a person means, by name or number. @throws {UserError} KOMA_E_FRAUD_KIND_UNKNOWN */
export function pickFraudKind<K extends { readonly kind: number; readonly type: string }>(
  text: string,
  kinds: readonly K[],
): K {
  const found = kinds.find(({ kind, type }) => type === text || String(kind) === text);
  if (found) return found;
  const near = nearNames(
    text,
    kinds.map(({ type }) => type),
  );
  throw new UserError("KOMA_E_FRAUD_KIND_UNKNOWN", `There is no kind of fraud "${text.slice(0, 60)}".`, {
    fix: near.length > 0 ? [didYouMean(near)] : ["koma proof types"],
  });
}
