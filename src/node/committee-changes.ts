import {
  type Committee,
  type Era,
  type EraRules,
  indexOfSigner,
  rotate,
  type StakedValidator,
} from "../consensus/index.ts";
import type { Logger } from "../logger.ts";
import type { Address } from "../primitives/index.ts";

/** Says who comes and who goes with the era after this one, and why a set of the root chain was not followed to the letter. */
export function tellCommitteeChanges(
  { number, committee, following, leftOut }: Era,
  staked: readonly StakedValidator[] | undefined,
  { params }: EraRules,
  logger: Logger,
): void {
  const era = number + 1;
  const { shortfall } = rotate(staked, committee, new Set(leftOut), params);
  if (shortfall) logger.warn({ era, shortfall }, "the root chain's set gives no committee as it is");
  const joining = absentFrom(committee, following);
  const leaving = absentFrom(following, committee);
  if (joining.length + leaving.length === 0) return;
  logger.info({ era, joining: joining.join(" "), leaving: leaving.join(" ") }, "the committee changes");
}

/** Members of `others` that are not in `committee`. */
function absentFrom(committee: Committee, others: Committee): readonly Address[] {
  const signers = others.validators.map(({ signer }) => signer);
  return signers.filter((signer) => indexOfSigner(committee, signer) === undefined);
}
