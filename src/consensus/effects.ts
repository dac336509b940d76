import type { Address, Bytes, Hash, Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex, Weight } from "./committee.ts";
import type { Endorsement, EndorsementRejection } from "./endorsement.ts";
import type { Evidence, EvidenceRejection } from "./evidence.ts";
import type { Instance } from "./instance.ts";
import type { Slot } from "./leader.ts";
import type { ConsensusMessage, PeerId } from "./messages.ts";
import type { Confidence } from "./summit.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";
import type { UnitRejection } from "./validity.ts";

/** A proposed block as the shell sees it. */
export interface BlockRef {
  /** Identity in consensus: the unit that carries it. */
  readonly unit: UnitHash;
  /** Unit of the parent; undefined: the era's key block. */
  readonly parent: UnitHash | undefined;
  /** Height in the chain. */
  readonly height: number;
  readonly creator: ValidatorIndex;
  /** Start of its slot; the EVM's timestamp is floor(t / 1000). */
  readonly t: Slot;
  /** keccak256 of the payload. */
  readonly payloadHash: Hash;
  /** Undefined once the block is deep in the chain; the shell's store has it. */
  readonly payload: Bytes | undefined;
  /** Last block of the era: the shell opens the next one when it is final. */
  readonly terminal: boolean;
}

/** What a timer is for; the shell hands it back at its time. */
export type Timer =
  | { readonly kind: "roundStart"; readonly slot: Slot }
  | { readonly kind: "witness"; readonly slot: Slot }
  | { readonly kind: "proposeDeadline"; readonly slot: Slot }
  | { readonly kind: "ping" }
  | { readonly kind: "retryBlock"; readonly block: UnitHash }
  | { readonly kind: "postponed" }
  | { readonly kind: "requests" }
  | { readonly kind: "panoramas" }
  | { readonly kind: "requestState" }
  | { readonly kind: "purge" };

export type DisconnectReason =
  | UnitRejection
  | EvidenceRejection
  | EndorsementRejection
  | { readonly code: "PingSignature"; readonly creator: ValidatorIndex };

export type Alarm =
  /** More weight is proven faulty than a threshold allows: nothing is reported at it any more. */
  | {
      readonly cause: "thresholdExceeded";
      readonly threshold: Weight;
      readonly fraction: number;
      readonly faultyWeight: Weight;
    }
  /** Somebody else signs with our key: we sign nothing more in this instance. */
  | { readonly cause: "doppelganger"; readonly unit: UnitHash | undefined }
  /** Half of all weight is proven faulty: we make no units. */
  | { readonly cause: "faultyMajority"; readonly faultyWeight: Weight };

/**
 * What the shell has to do, in the order given. A `persist` or `persistEndorsement` is durable before anything after it is
 * performed; if it fails, the rest is dropped and the object must not be used again.
 */
export type Effect =
  /**
   * Store a unit. `own` is set for units of this validator: write synchronously, and only if the stored own head has
   * sequence number `own.seq` − 1 (or none, for 0), moving it to this unit in the same transaction.
   */
  | {
      readonly kind: "persist";
      readonly unit: SignedUnit;
      readonly payload: Bytes | undefined;
      readonly own: { readonly seq: number } | undefined;
    }
  /**
   * Store an endorsement. `own` is set for those of this validator: write synchronously, and only if the last unit of
   * `own.creator` that it endorsed according to the store is `own.after` (undefined: none), moving that to this unit in the
   * same transaction.
   */
  | {
      readonly kind: "persistEndorsement";
      readonly endorsement: Endorsement;
      readonly own: { readonly creator: ValidatorIndex; readonly after: UnitHash | undefined } | undefined;
    }
  | { readonly kind: "broadcast"; readonly message: ConsensusMessage; readonly except: PeerId | undefined }
  | { readonly kind: "send"; readonly to: PeerId; readonly message: ConsensusMessage }
  /** Send to any one connected validator, a different one from time to time. */
  | { readonly kind: "sendToAny"; readonly message: ConsensusMessage }
  /** Send a `block` message with this block's payload from the store; consensus holds it no more. */
  | { readonly kind: "serveBlock"; readonly to: PeerId; readonly block: UnitHash }
  | { readonly kind: "schedule"; readonly timer: Timer; readonly at: Timestamp }
  /** We lead `slot`: answer with `propose` before `deadline`. */
  | {
      readonly kind: "buildBlock";
      readonly slot: Slot;
      readonly parent: BlockRef | undefined;
      /** Whose key seals it: our producer key, or our signer key. */
      readonly sealer: Address;
      readonly height: number;
      readonly deadline: Timestamp;
    }
  /** Answer with `resolveBlock`. The parent is valid; undefined: the key block. */
  | {
      readonly kind: "validateBlock";
      readonly block: BlockRef & { readonly payload: Bytes };
      readonly parent: BlockRef | undefined;
      readonly from: PeerId | undefined;
    }
  | { readonly kind: "headChanged"; readonly head: BlockRef | undefined }
  /** Final at a threshold: in height order, without gaps, once per threshold. */
  | {
      readonly kind: "finalize";
      readonly block: BlockRef;
      readonly threshold: Weight;
      readonly fraction: number;
      readonly confidence: Confidence;
    }
  /** First evidence against a validator: store it, hand it to the slashing interface. */
  | {
      readonly kind: "reportFault";
      readonly validator: ValidatorIndex;
      readonly evidence: Evidence;
      /** The era before, where the fault lies there; `validator` is its index then. */
      readonly earlier?: Instance;
    }
  | { readonly kind: "disconnect"; readonly peer: PeerId; readonly reason: DisconnectReason }
  | { readonly kind: "alarm"; readonly alarm: Alarm };
