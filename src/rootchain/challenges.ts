import type { Result } from "ethers";
import { AbiCoder } from "ethers";
import {
  type Address,
  type Bytes,
  type Hash,
  type Hex,
  hashFromBytes,
  hexToBytes,
  keccak256,
} from "../primitives/index.ts";
import { field, findEvent, type RootClientContext } from "./root-client.ts";
import type { SentTransaction } from "./sent-transaction.ts";

/** What evidence proves. */
export interface Verdict {
  readonly offenceId: Hash;
  /** 1 = A invalid content, 2 = B withholding, 3 = C equivocation, 4 = D downtime. */
  readonly class: number;
  readonly chainId: bigint;
  /** Number of the checkpoint. */
  readonly number: bigint;
  readonly blockHash: Hash;
  /** Seats charged instead of the checkpoint's signers, zero for those. */
  readonly signers: bigint;
}

/** An offence that was proven. */
export interface OffenceRecord {
  readonly offenceId: Hash;
  readonly kind: number;
  readonly class: number;
  /** This and the checkpoint's number are zero unless a producer can still be attached; the event has them always. */
  readonly chainId: bigint;
  readonly number: bigint;
  readonly challenger: Address;
  readonly claimant: Address;
  readonly provenInBlock: bigint;
  /** Seconds. */
  readonly provenAt: number;
  readonly settled: boolean;
}

/** Fraud proofs. */
export interface Challenges {
  readonly address: Address;
  /** Judges evidence without sending anything: the verdict, or the error that sending it would end in. */
  judge(kind: number, evidence: Hex): Promise<Verdict>;
  challenge(
    kind: number,
    evidence: Hex,
    signal?: AbortSignal,
  ): Promise<SentTransaction & { readonly offenceId: Hash | undefined }>;
  /** Notes {@link commitmentOf} ahead of a challenge, so that a copy of it cannot take the bounty. */
  commit(commitment: Hash, signal?: AbortSignal): Promise<SentTransaction>;
  claimBounty(offenceId: Hash, salt: Hash, signal?: AbortSignal): Promise<SentTransaction>;
  settleBounty(offenceId: Hash, signal?: AbortSignal): Promise<SentTransaction>;
  attachProducer(offenceId: Hash, header: Bytes, signal?: AbortSignal): Promise<SentTransaction>;
  /** Undefined when it was never proven. */
  offence(offenceId: Hash): Promise<OffenceRecord | undefined>;
  /** Windows: root chain blocks, seconds, seconds. */
  windows(): Promise<{
    readonly commitBlocks: bigint;
    readonly lateSlash: number;
    readonly attach: number;
  }>;
}

export function openChallenges(context: RootClientContext): Challenges {
  const contract = context.contract("ChallengeManager");
  const send = (action: string, method: string, args: readonly unknown[], signal?: AbortSignal) =>
    context.send(contract.call(action, method, args), signal);

  return {
    address: contract.address,
    async judge(kind, evidence) {
      const v = (await contract.read("judge", [kind, evidence]))[0] as Result;
      return {
        offenceId: field.hash(v, "offenceId"),
        class: field.number(v, "class"),
        chainId: field.bigint(v, "chainId"),
        number: field.bigint(v, "number"),
        blockHash: field.hash(v, "blockHash"),
        signers: field.bigint(v, "signers"),
      };
    },
    async challenge(kind, evidence, signal) {
      const sent = await send(`challenge with proof of kind ${kind}`, "challenge", [kind, evidence], signal);
      const event = findEvent(sent, contract, "Challenged");
      return { ...sent, offenceId: event === undefined ? undefined : field.hash(event, "offenceId") };
    },
    commit: (commitment, signal) => send("note a commitment", "commit", [commitment], signal),
    claimBounty: (offenceId, salt, signal) =>
      send(`claim the bounty of offence ${offenceId}`, "claimBounty", [offenceId, salt], signal),
    settleBounty: (offenceId, signal) =>
      send(`settle the bounty of offence ${offenceId}`, "settleBounty", [offenceId], signal),
    attachProducer: (offenceId, header, signal) =>
      send(`charge the producer for offence ${offenceId}`, "attachProducer", [offenceId, header], signal),
    async offence(offenceId) {
      const o = (await contract.read("offenceOf", [offenceId]))[0] as Result;
      const provenInBlock = field.bigint(o, "provenInBlock");
      if (provenInBlock === 0n) return undefined;
      return {
        offenceId,
        kind: field.number(o, "kind"),
        class: field.number(o, "class"),
        chainId: field.bigint(o, "chainId"),
        number: field.bigint(o, "number"),
        challenger: field.address(o, "challenger"),
        claimant: field.address(o, "claimant"),
        provenInBlock,
        provenAt: field.number(o, "provenAt"),
        settled: field.boolean(o, "settled"),
      };
    },
    async windows() {
      const [commitBlocks, lateSlash, attach] = await contract.read("windows");
      return { commitBlocks: BigInt(commitBlocks as bigint), lateSlash: Number(lateSlash), attach: Number(attach) };
    },
  };
}

/** What `commit` notes: keccak256(abi.encode(challenger, offenceId, salt)). */
export function commitmentOf(challenger: Address, offenceId: Hash, salt: Hash): Hash {
  const encoded = AbiCoder.defaultAbiCoder().encode(["address", "bytes32", "bytes32"], [challenger, offenceId, salt]);
  return hashFromBytes(keccak256(hexToBytes(encoded)));
}
