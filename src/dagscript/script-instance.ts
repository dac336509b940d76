import { createCommittee, createInstance, type Instance, type UnitHash } from "../consensus/index.ts";
import {
  addressOfKey,
  type Bytes,
  bytesToHex,
  hexToBytes,
  keccak256,
  keccakHash,
  timestamp,
  utf8,
} from "../primitives/index.ts";
import type { Script, ScriptValidator } from "./parse-script.ts";

/** The instance that a script describes, and the keys its validators sign with. */
export interface ScriptedInstance {
  readonly instance: Instance;
  /** By position. */
  readonly keys: readonly Bytes[];
}

/**
 * Validators get made-up keys whose addresses ascend, so that the committee's order is the file's. Everything else is as
 * the script says; all may lead, and no slot is open.
 */
export function scriptedInstance({ validators, params, leadersUsed }: Script): ScriptedInstance {
  const keys = validators
    .map((_, i) => keccak256(utf8(`scripted validator ${i}`)))
    .map((key) => ({ key, signer: addressOfKey(key) }))
    .sort((a, b) => (a.signer < b.signer ? -1 : 1));
  const committee = createCommittee(
    keys.map(({ signer }, i) => ({ signer, weight: (validators[i] as ScriptValidator).weight, producer: true })),
  );
  const limitedNaivety = { lnc: params.lnc, endorseEvidenceLimit: Math.max(1, params.endorsementEvidenceLimit) };
  const instance = createInstance({
    chainId: 1n,
    genesisHash: keccakHash(utf8("scripted genesis")),
    generation: 0,
    era: 0,
    keyBlock: { hash: keccakHash(utf8("scripted key block")), height: 0 },
    eraStart: timestamp(params.startTimestampMs),
    seed: keccakHash(utf8("scripted seed")),
    committee,
    banned: params.banned,
    leadersUsed: new Map([...leadersUsed].map(([slot, leader]) => [timestamp(slot), leader])),
    params: {
      ...limitedNaivety,
      baseRoundMs: params.minRoundLenMs,
      maxRoundExp: Math.floor(Math.log2(params.maxRoundLenMs / params.minRoundLenMs)),
      eraMinBlocks: params.eraMinHeight,
      eraMinMs: 0,
      weightScale: committee.total,
      maxLevel: 20,
      openGapSlots: 0,
      maxValidators: validators.length,
    },
  });
  return { instance, keys: keys.map(({ key }) => key) };
}

/**
 * A unit's hash is its id, so that the author decides how a tie of the fork choice ends: the greater id wins, byte by byte.
 * Ids are printable, so no hash looks like an empty or faulty entry of a panorama.
 */
export function hashOfId(id: string): UnitHash {
  const bytes = new Uint8Array(32);
  bytes.set(utf8(id));
  return bytesToHex(bytes) as UnitHash;
}

export function idOfHash(hash: UnitHash): string {
  return new TextDecoder().decode(hexToBytes(hash)).replace(/\0+$/, "");
}
