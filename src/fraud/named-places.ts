import type { Fault, Position } from "./find-faults.ts";
import type { Gap } from "./find-gaps.ts";

/** Transactions or a block that a person wants looked into. */
export interface NamedPlaces {
  readonly transactions: readonly Position[];
  readonly block: bigint | undefined;
}

/** Whether what is wrong, or missing, has to do with every transaction that is named, and with the block. */
export function isAbout(fault: Fault | Gap, { transactions, block }: NamedPlaces): boolean {
  const places = placesOf(fault);
  // A fault of a whole block concerns each of its transactions.
  const stands = (named: Position) =>
    places.some((place) => place.block === named.block && (place.index ?? named.index) === named.index);
  return transactions.every(stands) && (block === undefined || places.some((place) => place.block === block));
}

interface Place {
  readonly block: bigint;
  readonly index?: number | undefined;
}

function placesOf(fault: Fault | Gap): readonly Place[] {
  if ("second" in fault) return fault.first ? [fault.first, fault.second] : [fault.second];
  return "at" in fault ? [fault.at] : [fault];
}
