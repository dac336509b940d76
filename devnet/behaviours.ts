import { didYouMean, nearNames } from "../src/cli/index.ts";
import { UserError } from "../src/errors.ts";

/** A way in which a node can be made to break the rules. */
export interface Behaviour {
  readonly kind: string;
  readonly summary: string;
  /** Comes to nothing unless more than two thirds of the stake go along with it. */
  readonly needsAccomplices: boolean;
  /** Names of what `--set` can change about it. */
  readonly params: readonly string[];
  /** All who do it have to begin with the same block, or one shows what the other keeps. */
  readonly sameBlock?: true;
}

/** What `koma devnet fault behave` accepts; nodes can do no others. */
export const behaviours: readonly Behaviour[] = [
  {
    kind: "bad-nonce",
    summary: "produce a block with two different transactions of one sender and one nonce, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "tip-above-fee",
    summary: "produce a block with a transaction whose tip is above its fee cap, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "log-forge",
    summary: "produce a block with a log that the bridge's contract never emits, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "erc20-amount",
    summary: "produce a block with a token transfer whose log tells of another amount, and have it checkpointed",
    needsAccomplices: true,
    params: ["token"],
  },
  {
    kind: "erc20-output",
    summary: "produce a block with a token log that leaves the recipient with too much, and have it checkpointed",
    needsAccomplices: true,
    params: ["token"],
  },
  {
    kind: "erc20-input",
    summary: "produce a block with a token log that does not begin with the account's last balance",
    needsAccomplices: true,
    params: ["token"],
  },
  {
    kind: "seq-skip",
    summary: "produce a block with a token log whose number is not the account's next",
    needsAccomplices: true,
    params: ["token"],
  },
  {
    kind: "nonce-gap",
    summary: "produce a block with a transaction that leaves a nonce out, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "cross-twice",
    summary: "receive a message from another chain twice in a receipt, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "deposit-amount",
    summary: "deliver more than was deposited, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "deposit-phantom",
    summary: "deliver what nobody deposited, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "deposit-twice",
    summary: "deliver the newest deposit of coins again, and have it checkpointed",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "deposit-skip",
    summary: "deliver nothing; to leave a deposit out for good all producers have to",
    needsAccomplices: false,
    params: [],
  },
  {
    kind: "leaf-field",
    summary: "sign a checkpoint whose last leaf has another time than its block",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "bad-parent",
    summary: "sign a checkpoint whose last block does not stand on the one before",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "time-warp",
    summary: "sign a checkpoint whose last block is not later than the one before",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "wrong-producer",
    summary: "sign a checkpoint whose last block was sealed by somebody who is no producer",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "bad-seal",
    summary: "sign a checkpoint whose last block has a seal that is not its producer's",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "banned-block",
    summary: "sign a checkpoint that ends in the block that was banned last, once one was",
    needsAccomplices: true,
    params: [],
  },
  {
    kind: "withhold-block",
    summary: "keep the next blocks, one unless --times says more, from everybody who asks; what is demanded too",
    needsAccomplices: false,
    params: [],
    sameBlock: true,
  },
  {
    kind: "withhold-receipts",
    summary: "keep the receipts of the next blocks from everybody who asks; what is demanded too",
    needsAccomplices: false,
    params: [],
    sameBlock: true,
  },
  {
    kind: "double-vote",
    summary: "sign a second checkpoint of the same blocks with another content and send both to everybody",
    needsAccomplices: false,
    params: [],
  },
  {
    kind: "sign-anything",
    summary: "accept blocks that are invalid in any of these ways, and sign the checkpoints over them",
    needsAccomplices: false,
    params: [],
  },
  {
    kind: "equivocate",
    summary: "sign two consensus units with one number and send both to everybody",
    needsAccomplices: false,
    params: [],
  },
  {
    kind: "double-seal",
    summary: "seal two blocks for one second and send both to everybody, in two units with one number",
    needsAccomplices: false,
    params: [],
  },
];

/**
 * Nodes that, with the actors, weigh more than two thirds: the strongest others, so that as many as can be stay honest.
 *
 * @param powers of the nodes by name, as the root chain counts them
 */
export function chooseAccomplices(powers: ReadonlyMap<string, bigint>, actors: readonly string[]): readonly string[] {
  const total = [...powers.values()].reduce((sum, power) => sum + power, 0n);
  const powerOf = (name: string) => powers.get(name) ?? 0n;
  let weight = actors.reduce((sum, name) => sum + powerOf(name), 0n);
  const chosen: string[] = [];
  const others = [...powers.keys()].filter((name) => !actors.includes(name));
  for (const name of others.sort((a, b) => Number(powerOf(b) - powerOf(a)))) {
    if (weight * 3n > total * 2n) break;
    chosen.push(name);
    weight += powerOf(name);
  }
  return chosen;
}

/** @throws {UserError} KOMA_E_ARGUMENT_INVALID with near names */
export function parseBehaviour(kind: string): Behaviour {
  const known = behaviours.find((behaviour) => behaviour.kind === kind);
  if (known) return known;
  const kinds = behaviours.map((behaviour) => behaviour.kind);
  const near = nearNames(kind, kinds);
  throw new UserError("KOMA_E_ARGUMENT_INVALID", `There is no behaviour "${kind}".`, {
    facts: { kind, known: kinds.join(", ") },
    fix: near.length > 0 ? [didYouMean(near)] : [`Known: ${kinds.join(", ")}.`],
  });
}

/** @throws {UserError} KOMA_E_ARGUMENT_INVALID for a parameter that the behaviour does not have */
export function checkParameters({ kind, params }: Behaviour, given: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(given).find((key) => !params.includes(key));
  if (unknown === undefined) return;
  const near = nearNames(unknown, params);
  throw new UserError("KOMA_E_ARGUMENT_INVALID", `The behaviour ${kind} has no parameter "${unknown.slice(0, 60)}".`, {
    facts: { kind, parameter: unknown, known: params.join(", ") },
    fix:
      near.length > 0
        ? [didYouMean(near)]
        : [params.length === 0 ? `Leave --set out: ${kind} has no parameters.` : `Known: ${params.join(", ")}.`],
  });
}

/** Number of a block as `--at` takes it. @throws {UserError} KOMA_E_ARGUMENT_INVALID */
export function parseStartBlock(text: string): string {
  if (/^[0-9]{1,15}$/.test(text)) return text;
  throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 60)}" is not the number of a block.`, {
    facts: { at: text.slice(0, 60) },
    fix: ["Write --at 120; koma block show says which block is the newest."],
  });
}
