import {
  type Effect,
  encodeEvidence,
  type FinalityEvidence,
  type Instance,
  type ValidatorIndex,
} from "../consensus/index.ts";
import type { Logger } from "../logger.ts";
import type { Address } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import type { NodeEventBus } from "./events.ts";

/** Proven misdeeds of validators, as they come to light: kept for `koma consensus evidence`, told to whoever listens. */
export interface FaultNews {
  /** A validator called two blocks of one height final. */
  finalityConflict(evidence: FinalityEvidence, instance: Instance): void;
  /** Consensus found evidence; `instance` is that of the era in which it was done. */
  reported(effect: Extract<Effect, { kind: "reportFault" }>, instance: Instance): void;
}

export interface FaultNewsPorts {
  readonly store: Pick<Store, "units">;
  readonly events: NodeEventBus;
  readonly logger: Logger;
}

export function createFaultNews({ store, events, logger }: FaultNewsPorts): FaultNews {
  const signerOf = (instance: Instance, validator: ValidatorIndex) =>
    instance.committee.validators[validator]?.signer as Address;

  return {
    finalityConflict({ first }, instance) {
      const validator = signerOf(instance, first.validator);
      logger.error({ validator, height: first.height }, "a validator signed two final blocks of one height");
      events.emit({ type: "faultDetected", kind: "finality", validator, detail: `height ${first.height}` });
    },

    reported({ validator, evidence }, instance) {
      store.units.addEvidence(instance.id, validator, encodeEvidence(evidence));
      // Told already by whoever gathers those signatures.
      if (evidence.kind === "finality") return;
      events.emit({
        type: "faultDetected",
        kind: "equivocation",
        validator: signerOf(instance, validator),
        detail: `validator ${validator}`,
      });
    },
  };
}
