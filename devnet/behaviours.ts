import { nearNames } from "../src/cli/index.ts";
import { UserError } from "../src/errors.ts";

/** A way in which a node can be made to break the rules. */
export interface Behaviour {
  readonly kind: string;
  readonly summary: string;
}

/** What `koma devnet fault behave` accepts; the node says whether it can do it. */
export const behaviours: readonly Behaviour[] = [
  { kind: "bad-nonce", summary: "produce a block that runs a sender's transactions with a nonce left out" },
  { kind: "nonce-gap", summary: "as bad-nonce: the first transaction of a sender is skipped" },
  { kind: "invalid-block", summary: "produce a block whose state root is wrong" },
  { kind: "bad-checkpoint", summary: "propose a checkpoint whose root does not belong to its blocks" },
  { kind: "sign-anything", summary: "sign every checkpoint without looking" },
  { kind: "equivocate", summary: "sign two different messages with the same sequence number" },
  { kind: "silent", summary: "send nothing" },
  { kind: "withhold", summary: "propose blocks but do not hand out their content" },
  { kind: "censor", summary: "leave a sender's transactions out of blocks" },
  { kind: "forge-deposit", summary: "credit a deposit that nobody made" },
  { kind: "deposit-phantom", summary: "as forge-deposit: the deposit does not exist on the root chain" },
  { kind: "deposit-twice", summary: "credit a deposit a second time" },
  { kind: "mint", summary: "give an account tokens out of nothing" },
  { kind: "spam-units", summary: "flood the others with messages" },
];

/** @throws {UserError} KOMA_E_ARGUMENT_INVALID with near names */
export function parseBehaviour(kind: string): string {
  if (behaviours.some((behaviour) => behaviour.kind === kind)) return kind;
  const kinds = behaviours.map((behaviour) => behaviour.kind);
  const near = nearNames(kind, kinds);
  throw new UserError("KOMA_E_ARGUMENT_INVALID", `There is no behaviour "${kind}".`, {
    facts: { kind, known: kinds.join(", ") },
    fix: near.length > 0 ? [`Did you mean ${near.join(" or ")}?`] : [`Known: ${kinds.join(", ")}.`],
  });
}
