import type { Address, Bytes, Timestamp } from "../primitives/index.ts";
import { indexOfSigner, type ValidatorIndex } from "./committee.ts";
import { createKomaBft } from "./create-koma-bft.ts";
import type { Era } from "./era.ts";
import type { Instance } from "./instance.ts";
import type { KomaBft, LocalOptions } from "./koma-bft.ts";
import type { RoundLengthState } from "./round-length.ts";
import type { OwnValidator } from "./unit-maker.ts";

/** The key that a node signs with, in whatever committee it stands. */
export interface EraSigner {
  readonly key: Bytes;
  readonly address: Address;
}

/** What a node brings to every era that it opens. */
export interface EraRunConfig {
  readonly thresholds: readonly number[];
  readonly signer?: EraSigner;
  readonly local: Partial<LocalOptions>;
}

/** An era's instance, and that of the era before it in its generation. */
export interface EraInstances {
  readonly instance: Instance;
  readonly previous: Instance | undefined;
}

/** What an era takes over from the one before, which ran in this process. */
export interface EraBefore {
  readonly heard: ReadonlyMap<ValidatorIndex, Timestamp>;
  readonly roundLength?: RoundLengthState;
}

/** What the era `next` takes over from the one that `core` ran: who was heard when, as members of `next`, and how long rounds are. */
export function leftBy(core: KomaBft, { committee }: Pick<Era, "committee">, now: Timestamp): EraBefore {
  const { validators, roundLength } = core.status(now);
  const heard = new Map<ValidatorIndex, Timestamp>();
  for (const { index, lastHeard } of validators) {
    const signer = core.instance.committee.validators[index]?.signer as Address;
    const successor = indexOfSigner(committee, signer);
    if (successor !== undefined && lastHeard !== undefined) heard.set(successor, lastHeard);
  }
  return { heard, ...(roundLength ? { roundLength } : {}) };
}

/** Who a node is in an era; undefined: an observer. Whoever is banned could sign nothing that anybody takes. */
export function ownIn({ committee, banned }: Instance, signer: EraSigner | undefined): OwnValidator | undefined {
  const index = signer && indexOfSigner(committee, signer.address);
  return signer === undefined || index === undefined || banned.has(index)
    ? undefined
    : { index, privateKey: signer.key };
}

/** The object that takes part in an era, or follows it for whoever is not in its committee. */
export function createEraCore(
  { instance, previous }: EraInstances,
  { thresholds, signer, local }: EraRunConfig,
  before?: EraBefore,
): KomaBft {
  const own = ownIn(instance, signer);
  return createKomaBft({
    instance,
    previous,
    thresholds,
    local: { ...local, ...(before?.roundLength ? { roundLength: before.roundLength } : {}) },
    ...(own ? { own } : {}),
    ...(before ? { heard: before.heard } : {}),
  });
}
